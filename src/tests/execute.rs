//! The wallet's operation from its authentication to its end, by hand.

use super::operation::{AGED, CLOSED, at, requested, step};
use super::{any, moved};
use crate::control::AllOn;
use crate::policy::{Band, Environment, Origin};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::link;
use crate::wallet::lock::Path;
use crate::wallet::operation::{Asked, Context, Input, Operation, Order, View, Waiting};
use crate::wallet::proof::{Demand, Factors};

const SELF_ASSERTED: Account =
    Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
const WAITS: [Waiting; 2] = [Waiting::ForAnswer, Waiting::ForExecution];
const TWO: Demand = Demand::Factors(Factors::Two);

/// Authenticated to what suffices for this kind as usual.
fn proved(kind: Kind) -> View {
    let demand = match kind {
        Kind::ApproveBinding => Demand::CodeContactAndFactors,
        Kind::VerifyIdentity | Kind::Recover => Demand::Identity,
        _ => TWO,
    };
    let account = match kind {
        Kind::VerifyIdentity => SELF_ASSERTED,
        _ => Account::RECOVERED,
    };
    View { account, ..at(Operation::Authenticated { demand, path: Path::Device }) }
}

/// What becomes of an operation that is executed.
fn executed(view: View, context: Context) -> Option<Operation> {
    moved(&step(view, Input::Executing(context))).map(|view| view.operation)
}

fn refused(refusal: Refusal) -> Option<Operation> {
    Some(Operation::Refused(refusal))
}

fn orders(kind: Kind, order: Order) -> bool {
    step(proved(kind), Input::Executing(Context::usual(kind))).orders().any(|other| other == order)
}

//= BIND-009 executing and spending are one step
#[test]
fn executing_spends_the_authentication_so_that_it_executes_once() {
    for kind in Kind::ALL.iter().copied() {
        let after = moved(&step(proved(kind), Input::Executing(Context::usual(kind))));
        let expected = if kind == Kind::Pay { Operation::Debiting } else { Operation::Executed };
        assert_eq!(after.map(|view| view.operation), Some(expected), "{kind}");
        let again =
            after.and_then(|view| moved(&step(view, Input::Executing(Context::usual(kind)))));
        assert_eq!(again, None, "{kind}");
    }
}

#[test]
fn nothing_is_executed_that_was_not_authenticated() {
    let challenged = Operation::Challenged { demand: TWO, tries_left: 5 };
    for operation in [Operation::Absent, challenged, Operation::Debiting] {
        let verdict = step(at(operation), Input::Executing(Context::usual(Kind::EndLink)));
        assert_eq!(verdict.refusal(), Some(Refusal::InvalidState), "{operation:?}");
    }
}

//= BIND-012 a requirement that has risen is refused
#[test]
fn a_payment_proved_by_possession_is_refused_when_two_factors_are_required_meanwhile() {
    let demand = Demand::Factors(Factors::Possession);
    let view = at(Operation::Authenticated { demand, path: Path::Device });
    let pay = Context::usual(Kind::Pay);
    assert_eq!(executed(view, pay), Some(Operation::Debiting));
    for risen in [
        Context { amount: Band::Large, ..pay },
        Context { total: Band::Large, ..pay },
        Context { first_payment: true, ..pay },
        Context { environment: Environment::Unknown, ..pay },
        Context { signed: false, ..pay },
    ] {
        assert_eq!(executed(view, risen), refused(Refusal::StepUpRequired), "{risen:?}");
    }
}

//= BIND-014 nothing is executed with a revoked key, on a closed account or from a closed path
#[test]
fn a_revoked_key_a_closed_account_and_a_closed_path_execute_nothing_but_what_identity_proves() {
    for kind in Kind::ALL.iter().copied() {
        let recovers = kind == Kind::Recover;
        let context = Context::usual(kind);
        let revoked = View { device: Device::Revoked, ..proved(kind) };
        assert_eq!(executed(revoked, context), refused(Refusal::DeviceUnknown), "{kind}");
        for account in [Account::Absent, Account::Closed] {
            let view = View { account, ..proved(kind) };
            let unavailable = executed(view, context) == refused(Refusal::AccountUnavailable);
            assert_eq!(unavailable, !recovers, "{kind}");
        }
        let locked = executed(View { lock: CLOSED, ..proved(kind) }, context);
        let passes = kind.proves_identity();
        assert_eq!(locked == refused(Refusal::StepUpLocked), !passes, "{kind}");
    }
}

//= BIND-015 a payment needs an active link
//= BIND-090 it is decided in the step that sends its debit request
#[test]
fn a_payment_is_sent_for_debit_once_and_only_while_its_link_is_active() {
    for link in any::link_states() {
        let context = Context { link, ..Context::usual(Kind::Pay) };
        let sent = executed(proved(Kind::Pay), context) == Some(Operation::Debiting);
        assert_eq!(sent, link == link::State::Active, "{link:?}");
    }
    assert!(orders(Kind::Pay, Order::SendDebitRequest));
    for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Pay) {
        assert!(!orders(kind, Order::SendDebitRequest), "{kind}");
    }
}

//= BIND-094 the bank's answer completes or refuses it
#[test]
fn the_banks_answer_decides_a_payment_that_was_sent_and_nothing_else_does() {
    let decided =
        |accepted| step(at(Operation::Debiting), Input::DebitDecided { own: true, accepted });
    let after = |accepted| moved(&decided(accepted)).map(|view| view.operation);
    assert_eq!(after(true), Some(Operation::Executed));
    assert_eq!(after(false), refused(Refusal::InstrumentUnavailable));
    assert!(decided(true).orders().any(|order| order == Order::StopDebitRequest));
    for input in WAITS.map(Input::Expired).into_iter().chain([
        Input::TargetEnded(Context::usual(Kind::Pay)),
        Input::Executing(Context::usual(Kind::Pay)),
    ]) {
        assert_eq!(moved(&step(at(Operation::Debiting), input)), None, "{input:?}");
    }
    let early = step(proved(Kind::Pay), Input::DebitDecided { own: true, accepted: true });
    assert_eq!(early.refusal(), Some(Refusal::InvalidState));
}

//= BIND-065 counted from the debit request on
#[test]
fn a_payment_counts_towards_the_total_from_its_debit_request_unless_it_is_refused() {
    let counts = |operation: Operation| operation.counts_towards_total(AllOn);
    assert!(counts(Operation::Debiting) && counts(Operation::Executed));
    for operation in [
        Operation::Absent,
        Operation::Challenged { demand: TWO, tries_left: 5 },
        Operation::Authenticated { demand: TWO, path: Path::Device },
        Operation::Refused(Refusal::InstrumentUnavailable),
        Operation::Expired,
    ] {
        assert!(!counts(operation), "{operation:?}");
    }
}

//= BIND-091 proved identity revokes the others and ends every link
//= BIND-057 closing and recovering reach every link
#[test]
fn recovery_and_verification_start_afresh_and_closing_leaves_nothing_behind() {
    for kind in Kind::ALL.iter().copied() {
        assert_eq!(orders(kind, Order::StartAfresh), kind.proves_identity(), "{kind}");
        assert_eq!(orders(kind, Order::LeaveAccount), kind == Kind::CloseAccount, "{kind}");
    }
    let closed = moved(&step(
        proved(Kind::CloseAccount),
        Input::Executing(Context::usual(Kind::CloseAccount)),
    ));
    assert_eq!(closed.map(|view| view.account), Some(Account::Closed));
}

//= BIND-092 the person is claimed by the step that verifies, once
#[test]
fn verification_is_refused_while_another_verified_account_of_the_person_is_open() {
    let kind = Kind::VerifyIdentity;
    let taken = Context { person_free: false, ..Context::usual(kind) };
    assert_eq!(executed(proved(kind), taken), refused(Refusal::AccountUnavailable));
    let verified = moved(&step(proved(kind), Input::Executing(Context::usual(kind))));
    assert!(verified.is_some_and(|view| view.account.is_verified()));
    let unsigned = Context { signed: false, ..Context::usual(kind) };
    assert_eq!(executed(proved(kind), unsigned), refused(Refusal::StepUpRequired));
}

//= BIND-152 that there is no room for a device is told to who has proved who she is
#[test]
fn a_sign_in_without_room_for_its_device_is_challenged_and_refused_at_its_execution() {
    let full = Context { device_free: false, ..Context::usual(Kind::SignIn) };
    let stranger = Context { signed: false, ..full };
    let absent =
        View { operation: Operation::Absent, device: Device::Unknown, ..proved(Kind::SignIn) };
    let asked = Input::Requested { context: stranger, asked: Asked::PROPER };
    let challenged = moved(&step(absent, asked)).map(|view| view.operation);
    assert!(matches!(challenged, Some(Operation::Challenged { .. })), "{challenged:?}");
    assert_eq!(executed(proved(Kind::SignIn), full), refused(Refusal::LimitExceeded));
}

//= BIND-094 only the bank that was asked decides a debit
#[test]
fn a_debit_that_another_bank_answers_for_stays_undecided() {
    for accepted in [true, false] {
        let foreign = Input::DebitDecided { own: false, accepted };
        let refusal = step(at(Operation::Debiting), foreign).refusal();
        assert_eq!(refusal, Some(Refusal::NotFound));
    }
}

//= BIND-068 only a device that is signed in becomes the verified person's or bears an authenticator
#[test]
fn a_device_that_did_not_sign_in_a_session_is_neither_verified_nor_enrolled_on() {
    for kind in [Kind::VerifyIdentity, Kind::AddAuthenticator] {
        let unsigned = Context { signed: false, ..Context::usual(kind) };
        let stepped_up = refused(Refusal::StepUpRequired);
        assert_eq!(executed(proved(kind), unsigned), stepped_up, "{kind}");
        assert_eq!(
            executed(proved(kind), Context::usual(kind)),
            Some(Operation::Executed),
            "{kind}"
        );
    }
}

//= BIND-043 recovery makes an account where none is open
#[test]
fn recovery_claims_the_person_for_a_new_account_where_none_is_open_and_trusts_the_new_key() {
    for account in any::accounts() {
        let view = View { account, device: Device::Unknown, ..proved(Kind::Recover) };
        let verdict = step(view, Input::Executing(Context::usual(Kind::Recover)));
        let claims = verdict.orders().any(|order| order == Order::ClaimPerson);
        assert_eq!(claims, !account.is_open(), "{account:?}");
        let after = moved(&verdict);
        assert!(after.is_some_and(|view| view.account.is_verified()), "{account:?}");
        assert!(after.is_some_and(|view| view.account.is_authenticated()), "{account:?}");
        assert!(after.is_some_and(|view| view.device.has_authenticator()), "{account:?}");
    }
}

//= BIND-093 a first authentication does not outlive the first authentication
#[test]
fn a_proof_given_as_a_first_authentication_executes_only_on_an_account_that_still_waits_for_it() {
    let path = Path::Code;
    let view = at(Operation::Authenticated { demand: Demand::CodeAndContact, path });
    let waiting = View { account: Account::REGISTERED_BY_BANK, ..view };
    assert_eq!(executed(waiting, Context::usual(Kind::SignIn)), Some(Operation::Executed));
    for kind in Kind::ALL.iter().copied() {
        assert_eq!(
            executed(view, Context::usual(kind)),
            refused(Refusal::StepUpRequired),
            "{kind}"
        );
    }
}

//= BIND-080 nothing else runs on an account that waits for its first authentication
#[test]
fn on_an_account_that_waits_only_its_first_authentication_and_recovery_are_executed() {
    for kind in Kind::ALL.iter().copied() {
        for demand in any::DEMANDS {
            let operation = Operation::Authenticated { demand, path: Path::Device };
            let view = View { account: Account::REGISTERED_BY_BANK, ..at(operation) };
            let done = executed(view, Context::usual(kind));
            let runs = matches!(done, Some(Operation::Executed | Operation::Debiting));
            assert!(!runs || matches!(kind, Kind::SignIn | Kind::Recover), "{kind} {demand:?}");
        }
    }
}

//= BIND-082 what ends refuses the operations under way on it
//= BIND-083 a challenge and a proof expire
#[test]
fn an_operation_under_way_is_refused_with_its_target_and_expires_with_its_deadline() {
    let challenged = at(Operation::Challenged { demand: TWO, tries_left: 5 });
    for view in [challenged, proved(Kind::Pay)] {
        let after = |input| moved(&step(view, input)).map(|view| view.operation);
        let ended = Input::TargetEnded(Context::usual(Kind::Pay));
        assert_eq!(after(ended), refused(Refusal::AccountUnavailable));
        let (own, other) = match view.operation {
            Operation::Challenged { .. } => (Waiting::ForAnswer, Waiting::ForExecution),
            _ => (Waiting::ForExecution, Waiting::ForAnswer),
        };
        assert_eq!(after(Input::Expired(own)), Some(Operation::Expired));
        assert_eq!(after(Input::Expired(other)), None, "armed for another state");
    }
}

//= BIND-020 its repeated request is answered with its outcome
#[test]
fn an_operation_that_is_over_answers_what_comes_late_and_stays_as_it_is() {
    let over = Refusal::ALL.iter().copied().map(Operation::Refused);
    for operation in over.chain([Operation::Executed, Operation::Expired]) {
        let asked = step(at(operation), requested(Kind::Pay));
        assert_eq!(asked.rule(), Some(Rule::OperationAskedAgain));
        assert!(asked.orders().eq([Order::TellOutcome]), "{operation:?}");
        let late = step(at(operation), Input::DebitDecided { own: true, accepted: true });
        assert_eq!(late.rule(), Some(Rule::DebitDecidedAgain));
        for input in WAITS.map(Input::Expired).into_iter().chain([
            Input::TargetEnded(Context::usual(Kind::Pay)),
            Input::Executing(Context::usual(Kind::Pay)),
        ]) {
            assert_eq!(moved(&step(at(operation), input)), None, "{operation:?} {input:?}");
        }
    }
}

#[test]
fn trust_is_given_by_sign_in_and_recovery_to_a_device_that_had_none() {
    for kind in Kind::ALL.iter().copied() {
        let view = View { device: Device::Unknown, ..proved(kind) };
        let after = moved(&step(view, Input::Executing(Context::usual(kind))));
        let trusted = after.is_some_and(|view| view.device.is_trusted());
        assert_eq!(trusted, matches!(kind, Kind::SignIn | Kind::Recover), "{kind}");
    }
    assert!(AGED.is_trusted());
}
