//! What a client that is not signed in is told, by hand: the same whether there is an account, a
//! link, a device, or not.

use super::operation::{WRONG, at, step};
use super::{any, moved};
use crate::control::AllOn;
use crate::policy::{Requirement, TrustAge};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::link;
use crate::wallet::lock::{Lock, Path};
use crate::wallet::operation::{Asked, Context, Input, Operation, Order, View};
use crate::wallet::proof::Demand;

/// A stranger's request: nothing is signed, and nothing is known of his device.
fn asks(account: Account, kind: Kind, link: link::State) -> (View, Input) {
    let view = View { account, device: Device::Unknown, ..at(Operation::Absent) };
    let context = Context { signed: false, link, ..Context::usual(kind) };
    (view, Input::Requested { context, asked: Asked::PROPER })
}

/// The class that a challenge told, if there was one.
fn told(view: View, input: Input) -> Option<Requirement> {
    step(view, input).orders().find_map(|order| match order {
        Order::SendChallenge(class) => Some(class),
        _ => None,
    })
}

//= BIND-081 what is not there challenges like what is
//= BIND-142 a decoy is told as the class that stands in its place
//= BIND-143 whether a link is live is not told
#[test]
fn a_stranger_is_challenged_for_the_same_class_whatever_account_and_link_there_are() {
    for kind in Kind::ALL.iter().copied() {
        let (view, input) = asks(Account::Absent, kind, link::State::Absent);
        let class = told(view, input);
        assert!(class >= Some(Requirement::TwoFactor), "{kind}");
        for account in any::accounts() {
            for link in any::link_states() {
                let (view, input) = asks(account, kind, link);
                assert_eq!(told(view, input), class, "{kind} {account:?} {link:?}");
            }
        }
    }
}

//= BIND-143 who is signed in is told
#[test]
fn a_client_that_is_signed_in_is_told_that_there_is_no_such_link() {
    for kind in Kind::ALL.iter().copied().filter(|kind| kind.names_link()) {
        let context = Context { link: link::State::Ended, ..Context::usual(kind) };
        let verdict =
            step(at(Operation::Absent), Input::Requested { context, asked: Asked::PROPER });
        assert_eq!(verdict.refusal(), Some(Refusal::NotFound), "{kind}");
    }
}

//= BIND-144 a request does not show that its sender holds the key
#[test]
fn a_request_in_the_name_of_a_revoked_key_looks_like_one_of_an_unknown_key() {
    for kind in Kind::ALL.iter().copied() {
        let (unknown, input) = asks(Account::RECOVERED, kind, link::State::Active);
        let revoked = View { device: Device::Revoked, ..unknown };
        assert_eq!(told(revoked, input), told(unknown, input), "{kind}");
    }
}

//= BIND-145 answers to a decoy are counted like any others
#[test]
fn wrong_answers_to_a_decoy_are_counted_like_those_to_a_challenge_in_its_place() {
    for kind in Kind::ALL.iter().copied() {
        let (view, input) = asks(Account::RECOVERED, kind, Context::usual(kind).link);
        let real = moved(&step(view, input)).unwrap_or(view);
        let Operation::Challenged { tries_left, .. } = real.operation else {
            panic!("{kind} is challenged")
        };
        let decoy = Operation::Challenged { demand: Demand::Decoy, tries_left };
        let after = |view| {
            let answered = Input::Answered {
                context: Context::usual(kind),
                proof: WRONG,
                path: Path::Strangers,
            };
            moved(&step(view, answered)).map(|view| view.lock)
        };
        let counted = after(View { operation: decoy, ..real });
        assert_eq!(after(real), counted, "{kind}");
        assert_eq!(counted == Some(Lock::OPEN), kind.proves_identity(), "{kind}");
    }
}

//= BIND-146 what ends leaves a decoy in the place of a stranger's challenge
#[test]
fn an_end_leaves_a_decoy_with_the_same_tries_and_tells_a_stranger_nothing() {
    for kind in Kind::ALL.iter().copied() {
        let unsigned = Context { signed: false, ..Context::usual(kind) };
        for demand in any::DEMANDS {
            for tries_left in 1..=5 {
                let view = at(Operation::Challenged { demand, tries_left });
                let verdict = step(view, Input::TargetEnded(unsigned));
                assert_eq!(verdict.rule(), Some(Rule::ChallengeEmptied));
                assert_eq!(verdict.orders().count(), 0, "nobody is told");
                let after = moved(&verdict).map_or(view.operation, |view| view.operation);
                let decoy = Operation::Challenged { demand: Demand::Decoy, tries_left };
                assert_eq!(after, decoy, "{kind} {demand:?}");
            }
        }
        // Who has proved is told.
        let proved = Operation::Authenticated { demand: Demand::Identity, path: Path::Strangers };
        let after = moved(&step(at(proved), Input::TargetEnded(unsigned)));
        let refused = Operation::Refused(Refusal::AccountUnavailable);
        assert_eq!(after.map(|view| view.operation), Some(refused), "{kind}");
    }
}

#[test]
fn a_decoy_is_met_by_nothing() {
    for proof in any::proofs() {
        assert!(!Demand::Decoy.is_met(AllOn, proof));
    }
}

//= BIND-151 strangers' operations are not counted with those of the account's own devices
#[test]
fn only_what_a_trusted_device_has_signed_for_counts_as_the_account_s_own() {
    let trusted = |session, age| Device::Trusted { session, authenticator: false, age };
    for age in TrustAge::ALL {
        for session in [false, true] {
            assert!(trusted(session, *age).counts_as_own(true));
            assert!(!trusted(session, *age).counts_as_own(false));
        }
    }
    for stranger in [Device::Unknown, Device::Revoked] {
        assert!(!stranger.counts_as_own(true) && !stranger.counts_as_own(false));
    }
}
