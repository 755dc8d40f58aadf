//! Of operations among others.

use crate::control::AllOn;
use crate::limits::Limits;
use crate::policy::{Bands, TrustAge};
use crate::refusal::Refusal;
use crate::tests::any;
use crate::wallet::device::Device;
use crate::wallet::facts::{
    Beginning, Beside, Payment, Running, demanded, ends_with_account, path_of_answer,
    path_of_request, runs_on, waiting,
};
use crate::wallet::kind::Kind;
use crate::wallet::link;
use crate::wallet::lock::Path;
use crate::wallet::operation::{Operation, Waiting};
use crate::wallet::proof::{Demand, Factors, Proof, Tie};

const HERS: char = 'h';
const OTHER: char = 'o';
const TRUSTED: Device =
    Device::Trusted { session: true, authenticator: true, age: TrustAge::Recent };
const PROVED: Operation = Operation::Authenticated { demand: Demand::Nothing, path: Path::Device };

/// A payment of 5 through binding 1, asked for at 100 ms and executed.
const PAID: Payment<u8, char, u8> = Payment {
    operation: 2,
    account: Some(HERS),
    binding: 1,
    state: Operation::Executed,
    minor: 5,
    asked_ms: Some(100),
};

/// Another one of 7, which is asked for.
const PAYS: Running<u8, char, u8> =
    Running { operation: 1, kind: Kind::Pay, account: Some(HERS), binding: Some(1), minor: 7 };

//= BIND-082 a recovery alone goes on
#[test]
fn a_recovery_is_the_persons_and_all_else_runs_on_the_account_noted() {
    for kind in Kind::ALL.iter().copied() {
        let recovers = kind == Kind::Recover;
        let on = runs_on(kind, || "noted", || "hers");
        assert_eq!(on, if recovers { "hers" } else { "noted" }, "{kind:?}");
        assert_eq!(ends_with_account(kind, Some(HERS), HERS), !recovers, "{kind:?}");
        assert!(!ends_with_account(kind, Some(OTHER), HERS), "{kind:?}");
        assert!(!ends_with_account(kind, None, HERS), "{kind:?}");
    }
}

//= BIND-044 an approval is about the binding that it names
//= BIND-045 all else is about the one that the account was made for
#[test]
fn a_challenge_is_about_the_binding_named_for_an_approval_only() {
    for kind in Kind::ALL.iter().copied() {
        let about = demanded(kind, || "named", || "made for");
        let expected = if kind == Kind::ApproveBinding { "named" } else { "made for" };
        assert_eq!(about, expected, "{kind:?}");
    }
    for (of, tie) in [(None, Tie::None), (Some(1), Tie::Demanded), (Some(2), Tie::Other)] {
        assert_eq!(Tie::between(Some(1), of), tie, "{of:?}");
    }
    assert_eq!(Tie::between(None, Some(1)), Tie::Other);
    assert_eq!(Tie::between(None::<u8>, None), Tie::None);
}

//= BIND-038 the code of `created_for` has its own path
//= BIND-039 a known key has its own path, for what it has signed
#[test]
fn an_answer_runs_on_the_path_of_what_its_challenge_was_answered_with() {
    let proof = Proof {
        from_its_device: true,
        fits: true,
        factors: Factors::None,
        code: Tie::None,
        contact: Tie::None,
        identity: false,
    };
    let elsewhere = Proof { from_its_device: false, ..proof };
    let code = Proof { code: Tie::Demanded, ..proof };
    let open = |demand| Operation::Challenged { demand, tries_left: 1 };
    let first = open(Demand::CodeAndContact);
    let cases = [
        (first, TRUSTED, proof, Path::Device),
        (first, TRUSTED, elsewhere, Path::Strangers),
        (first, Device::Unknown, proof, Path::Strangers),
        (first, Device::Revoked, proof, Path::Strangers),
        (first, TRUSTED, code, Path::Code),
        (open(Demand::Identity), TRUSTED, code, Path::Device),
        // Where no challenge is open nothing is guarded.
        (PROVED, TRUSTED, code, Path::Strangers),
        (Operation::Absent, TRUSTED, proof, Path::Strangers),
    ];
    for (operation, device, proof, path) in cases {
        let found = path_of_answer(AllOn, operation, device, proof);
        assert_eq!(found, path, "{operation:?}, {device:?}, {proof:?}");
    }
    assert_eq!(path_of_request(AllOn, TRUSTED), Path::Device);
    assert_eq!(path_of_request(AllOn, Device::Unknown), Path::Strangers);
    assert_eq!(path_of_request(AllOn, Device::Revoked), Path::Strangers);
}

//= BIND-083 a challenge and a proof have a deadline each
#[test]
fn a_deadline_is_that_of_the_answer_until_the_proof_is_given() {
    let challenged = Operation::Challenged { demand: Demand::Decoy, tries_left: 1 };
    assert_eq!(waiting(challenged), Waiting::ForAnswer);
    assert_eq!(waiting(PROVED), Waiting::ForExecution);
}

//= BIND-062 the first payment through this link
#[test]
fn a_payment_is_the_first_until_another_through_its_link_is_executed() {
    let cases = [
        (PAYS, PAID, false),
        (Running { kind: Kind::EndLink, ..PAYS }, Payment { binding: 2, ..PAID }, false),
        (PAYS, Payment { operation: 1, ..PAID }, true),
        (PAYS, Payment { binding: 2, ..PAID }, true),
        (PAYS, Payment { state: Operation::Debiting, ..PAID }, true),
        // It is the link that counts, and however long ago.
        (PAYS, Payment { account: Some(OTHER), asked_ms: Some(i64::MIN), ..PAID }, false),
    ];
    for (running, other, first) in cases {
        let payments = [Payment { state: Operation::Expired, ..PAID }, other].into_iter();
        assert_eq!(running.is_first_payment(payments), first, "{running:?}, {other:?}");
    }
    assert!(PAYS.is_first_payment([].into_iter()));
}

//= BIND-065 of the account, within the window, in flight or executed
#[test]
fn the_total_is_what_the_account_has_paid_within_the_window_and_pays_now() {
    let refused = Operation::Refused(Refusal::InstrumentUnavailable);
    let cases = [
        (PAID, 12),
        (Payment { state: Operation::Debiting, ..PAID }, 12),
        (Payment { state: PROVED, ..PAID }, 7),
        (Payment { state: refused, ..PAID }, 7),
        (Payment { account: Some(OTHER), ..PAID }, 7),
        (Payment { account: None, ..PAID }, 7),
        (Payment { binding: 2, ..PAID }, 12),
        (Payment { operation: 1, ..PAID }, 7),
        (Payment { asked_ms: Some(99), ..PAID }, 7),
        (Payment { asked_ms: None, ..PAID }, 12),
        (Payment { minor: u64::MAX, ..PAID }, u64::MAX),
    ];
    for (other, total) in cases {
        let payments = [other].into_iter();
        assert_eq!(PAYS.total(AllOn, 100, payments), total, "{other:?}");
    }
    let twice = [PAID, Payment { operation: 3, minor: 4, ..PAID }];
    assert_eq!(PAYS.total(AllOn, 100, twice.into_iter()), 16);
    let signs_in = Running { kind: Kind::SignIn, binding: None, minor: 0, ..PAYS };
    assert_eq!(signs_in.total(AllOn, 100, twice.into_iter()), 9);
}

#[test]
fn the_window_begins_as_many_days_ago_as_the_bands_say() {
    let bands = Bands { window_days: 2, ..Bands::DEFAULT };
    assert_eq!(bands.since_ms(172_800_001), 1);
    assert_eq!(bands.since_ms(i64::MIN), i64::MIN);
}

//= BIND-014 a link of another account is none
#[test]
fn a_link_counts_only_on_the_account_that_the_operation_runs_on() {
    let (active, absent) = (link::State::Active, link::State::Absent);
    let cases = [
        (Some(HERS), Some((Some(HERS), active)), active),
        (Some(HERS), Some((Some(OTHER), active)), absent),
        (Some(HERS), Some((None, active)), absent),
        (None, Some((Some(HERS), active)), absent),
        // What hangs on nothing does not hang on the account that is not there.
        (None, Some((None, active)), absent),
        (Some(HERS), None, absent),
    ];
    for (account, named, state) in cases {
        let running = Running { account, ..PAYS };
        assert_eq!(running.link(named), state, "{account:?}, {named:?}");
    }
}

//= BIND-084 signed, by a device in a session
#[test]
fn a_request_is_the_devices_if_it_signed_in_a_session() {
    for device in any::devices() {
        let session = matches!(device, Device::Trusted { session: true, .. });
        assert_eq!(device.stands_for(true), session, "{device:?}");
        assert!(!device.stands_for(false), "{device:?}");
    }
}

/// A sign-in on a device that is not known, without a signature.
const SIGNS_IN: Beginning<char> =
    Beginning { kind: Kind::SignIn, account: Some(HERS), device: Device::Unknown, signed: false };

/// Whether it is within a limit of two operations, beside sign-ins like these, each with whether it
/// is of the account's own devices.
fn has_room(begins: Beginning<char>, others: &[(Option<char>, Operation, bool)]) -> bool {
    has_room_beside(Kind::SignIn, begins, others)
}

/// The same, beside operations of another kind.
fn has_room_beside(
    kind: Kind,
    begins: Beginning<char>,
    others: &[(Option<char>, Operation, bool)],
) -> bool {
    let limits = Limits { operations_open_max: 2, ..Limits::DEFAULT };
    let beside = others.iter().map(|(account, state, own)| Beside {
        kind,
        account: *account,
        state: *state,
        own: || *own,
    });
    begins.is_within_limits(&limits, beside)
}

//= BIND-099 no more under way than the limit
//= BIND-151 own devices' apart from all others
#[test]
fn operations_under_way_are_limited_per_account_own_devices_apart_from_all_others() {
    let own = Beginning { device: TRUSTED, signed: true, ..SIGNS_IN };
    let (one, no) = ((Some(HERS), PROVED, true), (Some(HERS), PROVED, false));
    let cases = [
        (own, [one, one], false),
        (own, [one, no], true),
        (own, [no, no], true),
        (SIGNS_IN, [no, no], false),
        (SIGNS_IN, [one, one], true),
        // Trust without the signature, or the signature without trust, is anybody's.
        (Beginning { signed: false, ..own }, [one, one], true),
        (Beginning { device: Device::Revoked, ..own }, [one, one], true),
        (own, [one, (Some(OTHER), PROVED, true)], true),
        (own, [one, (None, PROVED, true)], true),
        (own, [one, (Some(HERS), Operation::Executed, true)], true),
        (own, [one, (Some(HERS), Operation::Expired, true)], true),
        // A payment is under way until its bank has answered.
        (own, [one, (Some(HERS), Operation::Debiting, true)], false),
        // A recovery is the person's, and kept out by nobody.
        (Beginning { kind: Kind::Recover, ..SIGNS_IN }, [no, no], true),
    ];
    for (begins, others, room) in cases {
        assert_eq!(has_room(begins, &others), room, "{begins:?}, {others:?}");
    }
    // Nor does it count for others, on whichever account it runs.
    assert!(has_room_beside(Kind::Recover, SIGNS_IN, &[no; 2]));
    let nowhere = Beginning { account: None, ..SIGNS_IN };
    assert!(!has_room(nowhere, &[(None, PROVED, false), (None, PROVED, false)]));
}

//= BIND-152 no more devices than the limit
#[test]
fn a_sign_in_on_a_new_device_takes_one_of_the_places_that_there_are() {
    let limits = Limits { devices_per_account_max: 1, ..Limits::DEFAULT };
    let cases = [
        (SIGNS_IN, (HERS, TRUSTED), false),
        (SIGNS_IN, (OTHER, TRUSTED), true),
        (SIGNS_IN, (HERS, Device::Revoked), true),
        (Beginning { device: Device::Revoked, ..SIGNS_IN }, (HERS, TRUSTED), false),
        (Beginning { device: TRUSTED, ..SIGNS_IN }, (HERS, TRUSTED), true),
        (Beginning { kind: Kind::CloseAccount, ..SIGNS_IN }, (HERS, TRUSTED), true),
        // It revokes every other device, so that there is room for its own.
        (Beginning { kind: Kind::Recover, ..SIGNS_IN }, (HERS, TRUSTED), true),
        (Beginning { account: None, ..SIGNS_IN }, (HERS, TRUSTED), true),
    ];
    for (begins, device, within) in cases {
        let found = begins.finds_place(&limits, [device].into_iter());
        assert_eq!(found, within, "{begins:?}, {device:?}");
    }
}

//= BIND-045 code and contact are taken for a first authentication
//= BIND-044 and for an approval
#[test]
fn demands_say_whether_they_take_a_code_and_enrol_an_authenticator() {
    for (demand, takes, enrols) in [
        (Demand::CodeAndContact, true, true),
        (Demand::CodeContactAndFactors, true, false),
        (Demand::Factors(Factors::Two), false, false),
        (Demand::Identity, false, false),
        (Demand::Decoy, false, false),
        (Demand::Nothing, false, false),
    ] {
        assert_eq!(demand.takes_code(), takes, "{demand:?}");
        for kind in Kind::ALL.iter().copied() {
            let brings = matches!(kind, Kind::Recover | Kind::AddAuthenticator);
            assert_eq!(demand.enrols(kind), enrols || brings, "{demand:?}, {kind:?}");
        }
    }
    for (factors, with) in [
        (Factors::None, Factors::Possession),
        (Factors::Possession, Factors::Possession),
        (Factors::Two, Factors::Two),
    ] {
        assert_eq!((factors.with_contact(true), factors.with_contact(false)), (with, factors));
    }
}
