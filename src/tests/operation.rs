//! The wallet's operation up to its authentication, by hand.

use super::{any, moved};
use crate::control::AllOn;
use crate::limits::Limits;
use crate::policy::{Environment, Policy, Requirement, TrustAge};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::lock::{Closed, Lock, Path};
use crate::wallet::operation::{
    self, Asked, Context, Decided, Input, Operation, Order, Terms, View,
};
use crate::wallet::proof::{Demand, Factors, Proof, Tie};

pub const TERMS: Terms<'static> = Terms { policy: &Policy::DEFAULT, limits: &Limits::DEFAULT };
pub const CLOSED: Lock = Lock { run: 5, day: 5, closed: Closed::ForRun };
pub const AGED: Device =
    Device::Trusted { session: true, authenticator: true, age: TrustAge::Aged };

/// A proof of everything.
pub const RIGHT: Proof = Proof {
    from_its_device: true,
    fits: true,
    factors: Factors::Two,
    code: Tie::Demanded,
    contact: Tie::Demanded,
    identity: true,
};
pub const WRONG: Proof =
    Proof { factors: Factors::None, code: Tie::None, contact: Tie::None, identity: false, ..RIGHT };

pub fn at(operation: Operation) -> View {
    View { operation, account: Account::RECOVERED, device: AGED, lock: Lock::OPEN }
}

/// The request for an operation, with everything as usual.
pub fn requested(kind: Kind) -> Input {
    Input::Requested { context: Context::usual(kind), asked: Asked::PROPER }
}

pub fn step(view: View, input: Input) -> Decided {
    operation::step(TERMS, view, input)
}

fn challenged(demand: Demand, tries_left: u8) -> View {
    at(Operation::Challenged { demand, tries_left })
}

fn answer(view: View, kind: Kind, proof: Proof) -> Decided {
    step(view, Input::Answered { context: Context::usual(kind), proof, path: Path::Device })
}

//= BIND-008 if the condition is satisfied, the person is challenged first
#[test]
fn what_requires_something_is_challenged_and_what_requires_nothing_is_executed() {
    for kind in Kind::ALL.iter().copied() {
        for environment in Environment::ALL.iter().copied() {
            let context = Context { environment, ..Context::usual(kind) };
            let view = at(Operation::Absent);
            let required = operation::requirement(AllOn, TERMS, view, context);
            let demand = Demand::of(AllOn, kind, view.account, required);
            let verdict = step(view, Input::Requested { context, asked: Asked::PROPER });
            let challenged = verdict.rule() == Some(Rule::Challenged);
            assert_eq!(challenged, demand != Demand::Nothing, "{kind} {environment}");
            if required > Requirement::None {
                assert!(challenged, "{kind} {environment}");
                let sent = Order::SendChallenge(demand.shown_as(AllOn, kind));
                assert!(verdict.orders().any(|order| order == sent));
            }
        }
    }
}

#[test]
fn a_repeated_request_is_answered_from_the_record_in_every_state() {
    let states = [
        challenged(Demand::Identity, 3),
        at(Operation::Authenticated { demand: Demand::Identity, path: Path::Device }),
        at(Operation::Debiting),
        at(Operation::Executed),
        at(Operation::Expired),
    ];
    for view in states {
        let verdict = step(view, requested(Kind::Recover));
        assert_eq!(verdict.rule(), Some(Rule::OperationAskedAgain));
        assert_eq!(moved(&verdict), None);
    }
}

//= BIND-036 a revoked key begins nothing that can be met, and answers nothing
//= BIND-144 that it is revoked is told when it has answered
#[test]
fn a_revoked_key_begins_nothing_that_can_be_met_and_is_told_so_when_it_answers() {
    for kind in Kind::ALL.iter().copied() {
        let view = View { device: Device::Revoked, ..at(Operation::Absent) };
        let asked = moved(&step(view, requested(kind))).map(|view| view.operation);
        let decoy = Operation::Challenged { demand: Demand::Decoy, tries_left: 5 };
        assert_eq!(asked, Some(decoy), "{kind}");
        let view = View { device: Device::Revoked, ..challenged(Demand::Identity, 5) };
        assert_eq!(answer(view, kind, RIGHT).refusal(), Some(Refusal::DeviceUnknown));
    }
}

//= BIND-084 without a signature in a session the device is unknown
#[test]
fn an_unsigned_request_is_required_as_much_as_one_from_an_unknown_device() {
    for kind in Kind::ALL.iter().copied() {
        let context = Context { signed: false, ..Context::usual(kind) };
        let unsigned = operation::facts(AllOn, at(Operation::Absent), context);
        let unknown = View { device: Device::Unknown, ..at(Operation::Absent) };
        let stranger = operation::facts(AllOn, unknown, Context::usual(kind));
        assert_eq!(unsigned.device, stranger.device);
        let required = operation::requirement(AllOn, TERMS, at(Operation::Absent), context);
        assert!(required >= Requirement::TwoFactor, "{kind}");
    }
}

//= BIND-085 a new challenge resets no count
#[test]
fn a_new_challenge_leaves_every_count_of_wrong_answers_as_it_was() {
    for lock in [Lock { run: 3, day: 7, closed: Closed::No }, CLOSED] {
        let view = View { lock, ..at(Operation::Absent) };
        let after = moved(&step(view, requested(Kind::CloseAccount)));
        assert_eq!(after.map(|view| view.lock), Some(lock));
    }
}

//= BIND-086 only the key of the operation's device answers
#[test]
fn an_answer_by_another_key_counts_for_nothing() {
    for demand in any::DEMANDS {
        let proof = Proof { from_its_device: false, ..RIGHT };
        let verdict = answer(challenged(demand, 1), Kind::Pay, proof);
        assert_eq!(verdict.refusal(), Some(Refusal::SignatureInvalid), "{demand:?}");
    }
}

//= BIND-087 a closed path compares nothing
#[test]
fn on_a_closed_path_a_right_answer_is_refused_like_a_wrong_one_unless_it_is_identity() {
    let view = View { lock: CLOSED, ..challenged(Demand::Identity, 5) };
    for kind in Kind::ALL.iter().copied() {
        for proof in [RIGHT, WRONG] {
            let verdict = answer(view, kind, proof);
            let refused = verdict.refusal() == Some(Refusal::StepUpLocked);
            assert_eq!(refused, !kind.proves_identity(), "{kind}");
        }
    }
}

//= BIND-040 an answer is counted before it is compared
//= BIND-041 a right one gives its count back
//= BIND-088 identity is not counted
#[test]
fn a_wrong_answer_counts_on_its_path_a_right_one_ends_the_run_and_identity_does_neither() {
    let lock = Lock { run: 2, day: 6, closed: Closed::No };
    for demand in any::DEMANDS {
        let view = View { lock, ..challenged(demand, 5) };
        let after = |proof| moved(&answer(view, Kind::SignIn, proof)).map(|view| view.lock);
        let identity = demand == Demand::Identity;
        let elsewhere = Proof { fits: false, ..RIGHT };
        let counted = if identity { lock } else { Lock { run: 3, day: 7, ..lock } };
        assert_eq!(after(elsewhere), Some(counted), "{demand:?}");
        if demand != Demand::Decoy {
            let right = if identity { lock } else { Lock { run: 0, ..lock } };
            assert_eq!(after(RIGHT), Some(right), "{demand:?}");
        }
    }
}

//= BIND-089 a challenge takes a bounded number of wrong answers
#[test]
fn a_challenge_is_refused_with_its_last_wrong_answer_and_takes_no_more() {
    let mut view = challenged(Demand::Factors(Factors::Two), TERMS.limits.tries);
    for left in (1..TERMS.limits.tries).rev() {
        view.lock = Lock::OPEN;
        view = moved(&answer(view, Kind::SignIn, WRONG)).unwrap_or(view);
        let demand = Demand::Factors(Factors::Two);
        assert_eq!(view.operation, Operation::Challenged { demand, tries_left: left });
    }
    let last = moved(&answer(View { lock: Lock::OPEN, ..view }, Kind::SignIn, WRONG));
    let over = Operation::Refused(Refusal::ChallengeLimitReached);
    assert_eq!(last.map(|view| view.operation), Some(over));
    let late = answer(at(over), Kind::SignIn, RIGHT);
    assert_eq!(late.refusal(), Some(Refusal::ChallengeExpired));
}

//= BIND-097 an id belongs to who used it first
//= BIND-098 the same id with other content is refused
//= BIND-099 only a fresh request begins
#[test]
fn what_the_edge_found_wrong_with_a_request_is_refused_by_the_strongest_and_changes_nothing() {
    for bits in 0..16u8 {
        let has = |bit: u8| bits & (1 << bit) != 0;
        let asked =
            Asked { own: has(0), same_content: has(1), fresh: has(2), within_limits: has(3) };
        let input = Input::Requested { context: Context::usual(Kind::SignIn), asked };
        let foreign = (!asked.own).then_some(Refusal::NotFound);
        let other = (!asked.same_content).then_some(Refusal::IdempotencyConflict);
        let known = step(at(Operation::Executed), input);
        assert_eq!(known.refusal(), foreign.or(other), "{asked:?}");
        let stale = (!asked.fresh).then_some(Refusal::RequestStale);
        let many = (!asked.within_limits).then_some(Refusal::LimitExceeded);
        let new = step(at(Operation::Absent), input);
        assert_eq!(new.refusal(), foreign.or(stale).or(many), "{asked:?}");
    }
}

//= BIND-087 nor is anything counted there
#[test]
fn on_a_closed_path_no_answer_is_counted_whatever_is_demanded() {
    for kind in Kind::ALL.iter().copied() {
        for demand in any::DEMANDS {
            // What is demanded of these is identity, or a decoy in its place.
            if kind.proves_identity() && !matches!(demand, Demand::Identity | Demand::Decoy) {
                continue;
            }
            let view = View { lock: CLOSED, ..challenged(demand, 5) };
            let after = moved(&answer(view, kind, WRONG));
            assert!(after.is_none_or(|after| after.lock == CLOSED), "{kind} {demand:?}");
        }
    }
}

//= BIND-081 a decoy takes answers as any other challenge does
#[test]
fn a_decoy_answers_every_wrong_answer_as_a_real_challenge_does() {
    for tries_left in 1..=5 {
        let seen = |demand| {
            let verdict = answer(challenged(demand, tries_left), Kind::SignIn, WRONG);
            let after = moved(&verdict).map(|view| (view.operation.is_over(), view.lock));
            (verdict.rule(), verdict.refusal(), after)
        };
        assert_eq!(seen(Demand::Decoy), seen(Demand::CodeAndContact));
        assert_eq!(seen(Demand::Decoy), seen(Demand::Factors(Factors::Two)));
    }
}
