//! Every value of what is finite, and values by chance.

use proptest::prelude::*;
use proptest::sample::select;
use std::vec;
use std::vec::Vec;

use crate::bank::binding::{self, Asked, Binding, Outcome};
use crate::message::{LinkStatus, Reason};
use crate::policy::{Band, Environment, Origin, TrustAge};
use crate::refusal::Refusal;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::link::{self, Link, Request};
use crate::wallet::lock::{Closed, Lock, Path};
use crate::wallet::operation::{self, Context, Operation, View};
use crate::wallet::proof::{Demand, Factors, Proof, Tie};

/// Both answers to a question.
pub const BOTH: [bool; 2] = [false, true];

pub fn outcomes() -> Vec<Outcome> {
    use Outcome::{Cancelled, EndedByHolder, EndedByWallet, Expired};
    let refused = Reason::ALL.iter().copied().map(Outcome::Refused);
    refused.chain([Cancelled, Expired, EndedByHolder, EndedByWallet]).collect()
}

pub fn binding_states() -> Vec<binding::State> {
    use binding::State;
    use binding::State::{
        Absent, Active, AwaitingApproval, Linking, Looking, Registering, Suspended,
    };
    let mut states =
        Vec::from([Absent, Looking, Registering, Linking, AwaitingApproval, Active, Suspended]);
    states.extend(outcomes().into_iter().map(State::Ending));
    states.extend(outcomes().into_iter().map(State::Closed));
    states
}

pub fn statuses(bank_revision: u8) -> Vec<LinkStatus> {
    let mut statuses = Vec::from([
        LinkStatus::Registered,
        LinkStatus::AwaitingApproval,
        LinkStatus::Active { bank_revision },
        LinkStatus::Suspended { bank_revision },
        LinkStatus::Ended,
    ]);
    statuses.extend(Reason::ALL.iter().map(|reason| LinkStatus::Refused { reason: *reason }));
    statuses
}

pub fn link_states() -> Vec<link::State> {
    use link::State::{
        Absent, Active, AwaitingApproval, Ended, Matched, Refused, Registered, Suspended,
    };
    let mut states =
        Vec::from([Absent, Matched, Registered, AwaitingApproval, Active, Suspended, Ended]);
    states.extend(Reason::ALL.iter().copied().map(Refused));
    states
}

pub fn accounts() -> Vec<Account> {
    let mut accounts = Vec::from([Account::Absent, Account::Closed]);
    for origin in Origin::ALL.iter().copied() {
        for verified in BOTH {
            for authenticated in BOTH {
                accounts.push(Account::Open { origin, verified, authenticated });
            }
        }
    }
    accounts
}

pub fn devices() -> Vec<Device> {
    let mut devices = Vec::from([Device::Unknown, Device::Revoked]);
    for age in TrustAge::ALL.iter().copied() {
        for session in BOTH {
            for authenticator in BOTH {
                devices.push(Device::Trusted { session, authenticator, age });
            }
        }
    }
    devices
}

pub const DEMANDS: [Demand; 8] = [
    Demand::Nothing,
    Demand::Decoy,
    Demand::Factors(Factors::None),
    Demand::Factors(Factors::Possession),
    Demand::Factors(Factors::Two),
    Demand::CodeAndContact,
    Demand::CodeContactAndFactors,
    Demand::Identity,
];

pub const TIES: [Tie; 3] = [Tie::None, Tie::Other, Tie::Demanded];
pub const PATHS: [Path; 3] = [Path::Strangers, Path::Device, Path::Code];

/// Every proof that there is.
pub fn proofs() -> Vec<Proof> {
    let mut proofs = Vec::new();
    for factors in [Factors::None, Factors::Possession, Factors::Two] {
        for code in TIES {
            for contact in TIES {
                for bits in 0..8 {
                    let (from_its_device, fits, identity) =
                        (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                    let proof = Proof { from_its_device, fits, factors, code, contact, identity };
                    proofs.push(proof);
                }
            }
        }
    }
    proofs
}

pub fn binding() -> impl Strategy<Value = Binding> {
    let revision = prop_oneof![0..4u8, any::<u8>()];
    (select(binding_states()), revision).prop_map(|(state, revision)| Binding { state, revision })
}

pub fn asked() -> impl Strategy<Value = Asked> {
    any::<[bool; 7]>().prop_map(|[a, b, c, d, e, f, g]| Asked {
        fresh: a,
        same_body: b,
        authenticated: c,
        holder_matches: d,
        consent: e,
        instrument_free: f,
        instrument_usable: g,
    })
}

pub fn binding_input() -> impl Strategy<Value = binding::Input> {
    use binding::Input;
    prop_oneof![
        asked().prop_map(Input::Asked),
        any::<bool>().prop_map(|own| Input::LeaveAsked { own }),
        any::<bool>().prop_map(|own| Input::StatusAsked { own }),
        Just(Input::AccountFound),
        Just(Input::AccountMissing),
        Just(Input::AccountRegistered),
        select(Reason::ALL).prop_map(Input::RegistrationRefused),
        (0..4u8).prop_flat_map(|revision| select(statuses(revision))).prop_map(Input::LinkHeard),
        Just(Input::LinkNotFound),
        Just(Input::InstrumentBlocked),
        Just(Input::InstrumentUnblocked),
        select(binding_states()).prop_map(Input::Expired),
    ]
}

pub fn link_view() -> impl Strategy<Value = link::View> {
    let revision = prop_oneof![0..4u8, any::<u8>()];
    let link = (select(link_states()), revision, any::<bool>())
        .prop_map(|(state, bank_revision, code_spent)| Link { state, bank_revision, code_spent });
    (link, select(accounts())).prop_map(|(link, account)| link::View { link, account })
}

pub fn request() -> impl Strategy<Value = Request> {
    any::<[bool; 8]>().prop_map(|[a, b, c, d, e, f, g, h]| Request {
        own: a,
        fresh: b,
        consent: c,
        account_matches: d,
        created_for: e,
        created_for_bank: f,
        may_wait: g,
        same_account: h,
    })
}

pub fn link_input() -> impl Strategy<Value = link::Input> {
    use link::Input;
    let decision = || (request(), prop_oneof![0..4u8, any::<u8>()]);
    prop_oneof![
        request().prop_map(Input::RegistrationAsked),
        request().prop_map(Input::LinkAsked),
        decision().prop_map(|(request, revision)| Input::SuspendAsked { request, revision }),
        decision().prop_map(|(request, revision)| Input::ResumeAsked { request, revision }),
        (request(), any::<bool>()).prop_map(|(request, last)| Input::EndAsked { request, last }),
        request().prop_map(Input::StatusAsked),
        any::<bool>().prop_map(|last| Input::Expired { last }),
        select(&[
            Input::Approved,
            Input::Declined,
            Input::EndedByHolder,
            Input::AccountLeft,
            Input::CodePresented,
            Input::CodeRenewed,
        ]),
    ]
}

pub fn lock() -> impl Strategy<Value = Lock> {
    (0..=6u8, 0..=11u8, select(&[Closed::No, Closed::ForRun, Closed::ForDay]))
        .prop_map(|(run, day, closed)| Lock { run, day, closed })
}

pub fn operation() -> impl Strategy<Value = Operation> {
    let challenged = (select(&DEMANDS), 0..=5u8)
        .prop_map(|(demand, tries_left)| Operation::Challenged { demand, tries_left });
    let authenticated = (select(&DEMANDS), select(&PATHS))
        .prop_map(|(demand, path)| Operation::Authenticated { demand, path });
    prop_oneof![
        2 => Just(Operation::Absent),
        3 => challenged,
        4 => authenticated,
        1 => Just(Operation::Debiting),
        1 => Just(Operation::Executed),
        1 => select(Refusal::ALL).prop_map(Operation::Refused),
        1 => Just(Operation::Expired),
    ]
}

pub fn view() -> impl Strategy<Value = View> {
    let lock = prop_oneof![Just(Lock::OPEN), lock()];
    (operation(), select(accounts()), select(devices()), lock)
        .prop_map(|(operation, account, device, lock)| View { operation, account, device, lock })
}

pub fn operation_asked() -> impl Strategy<Value = operation::Asked> {
    any::<[bool; 4]>().prop_map(|[a, b, c, d]| operation::Asked {
        own: a,
        fresh: b,
        same_content: c,
        within_limits: d,
    })
}

pub fn context() -> impl Strategy<Value = Context> {
    (
        select(Kind::ALL),
        select(Environment::ALL),
        select(Band::ALL),
        select(Band::ALL),
        select(link_states()),
        any::<[bool; 4]>(),
    )
        .prop_map(|(kind, environment, amount, total, link, [signed, first, free, place])| {
            Context {
                kind,
                signed,
                environment,
                first_payment: first,
                amount,
                total,
                link,
                person_free: free,
                device_free: place,
            }
        })
}
