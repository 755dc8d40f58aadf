//! Executing an operation: what keeps it from being done now, and what it does to the records.

use super::{Context, Decided, Operation, Order, Terms, View, finish, requirement};
use crate::control::{Control, Controls};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::link;
use crate::wallet::proof::Demand;

/// Executes an operation whose demand, as it was then, is met: everything is looked at again.
pub(super) fn execute(
    controls: impl Controls,
    terms: Terms<'_>,
    view: View,
    context: Context,
    met: Demand,
) -> Decided {
    if let Some(refusal) = prevents(controls, terms, view, context, met) {
        return finish(view, Operation::Refused(refusal), Rule::ExecutionRefused);
    }
    //= BIND-009 executing and spending the authentication are one step
    let spent = controls.on(Control::ProofSpent) || !view.operation.is_under_way();
    let after = |operation| if spent { operation } else { view.operation };
    let done = View { operation: after(Operation::Executed), ..view };
    let verdict = match context.kind {
        Kind::SignIn => {
            let first = view.account.awaits_first_authentication();
            let account = view.account.authenticated();
            let device = view.device.signed_in(first);
            Verdict::apply(Rule::SignedIn, View { account, device, ..done })
        }
        Kind::ApproveBinding => Verdict::apply(Rule::BindingApproved, done)
            .order(Order::StepLink(link::Input::Approved)),
        Kind::DeclineBinding => Verdict::apply(Rule::BindingDeclined, done)
            .order(Order::StepLink(link::Input::Declined)),
        //= BIND-090 a payment is executed in the step that sends its debit request
        Kind::Pay => {
            let operation = after(Operation::Debiting);
            return Verdict::apply(Rule::PaymentSent, View { operation, ..view })
                .order(Order::SendDebitRequest);
        }
        Kind::EndLink => {
            Verdict::apply(Rule::LinkEnded, done).order(Order::StepLink(link::Input::EndedByHolder))
        }
        Kind::AddAuthenticator => {
            let device = view.device.enrolled();
            Verdict::apply(Rule::AuthenticatorAdded, View { device, ..done })
        }
        Kind::RevokeDevice => {
            Verdict::apply(Rule::OtherDeviceRevoked, done).order(Order::RevokeNamedDevice)
        }
        //= BIND-091 proved identity revokes every other device and ends every link
        Kind::VerifyIdentity => {
            let account = view.account.verified();
            Verdict::apply(Rule::IdentityVerified, View { account, ..done })
                .order(Order::ClaimPerson)
                .order(Order::StartAfresh)
        }
        Kind::Recover => {
            let made = !view.account.is_open();
            let account = if made { Account::RECOVERED } else { view.account.verified() };
            let device = view.device.signed_in(true);
            Verdict::apply(Rule::Recovered, View { account, device, ..done })
                .order_if(made, Order::ClaimPerson)
                .order(Order::StartAfresh)
        }
        Kind::CloseAccount => {
            let account = Account::Closed;
            Verdict::apply(Rule::AccountClosed, View { account, ..done }).order(Order::LeaveAccount)
        }
    };
    verdict.order(Order::TellOutcome)
}

/// What keeps an operation from being executed now; the strongest reason.
fn prevents(
    controls: impl Controls,
    terms: Terms<'_>,
    view: View,
    context: Context,
    met: Demand,
) -> Option<Refusal> {
    let recovers = context.kind == Kind::Recover;
    //= BIND-092 the person's key is claimed once, in the step that verifies
    if context.kind == Kind::VerifyIdentity && !context.person_free {
        return Some(Refusal::AccountUnavailable);
    }
    //= BIND-014 nothing runs on a closed account, a revoked key or a closed path
    if !recovers && !view.account.is_open() && controls.on(Control::ClosedDoesNothing) {
        return Some(Refusal::AccountUnavailable);
    }
    //= BIND-014 nor with a revoked key
    if view.device == Device::Revoked && controls.on(Control::RevokedDoesNothing) {
        return Some(Refusal::DeviceUnknown);
    }
    let open = view.lock.is_open() || passes_locks(controls, context);
    //= BIND-014 nor on a closed path
    if !open && controls.on(Control::LockAtExecution) {
        return Some(Refusal::StepUpLocked);
    }
    //= BIND-068 only a device that is signed in becomes the verified person's or bears an
    // authenticator.
    let on_its_device = matches!(context.kind, Kind::VerifyIdentity | Kind::AddAuthenticator);
    if on_its_device && !context.signed {
        return Some(Refusal::StepUpRequired);
    }
    //= BIND-012 the condition is looked at again at execution; what has risen is refused
    let now = Demand::of(
        controls,
        context.kind,
        view.account,
        requirement(controls, terms, view, context),
    );
    let risen = now.requirement() > met.requirement() || now == Demand::Decoy;
    //= BIND-093 a first authentication fits only while the account is unauthenticated
    let outlived = met == Demand::CodeAndContact && now != Demand::CodeAndContact;
    let proved = view.operation.is_under_way();
    //= BIND-012 whatever was proved, what is required now counts
    let looked_at = controls.on(Control::ConditionAtExecution)
        && (proved || controls.on(Control::ChallengeRequired));
    if looked_at && (risen || outlived) {
        return Some(Refusal::StepUpRequired);
    }
    //= BIND-152 who has proved who she is may hear that there is no room, and nobody else
    if context.kind == Kind::SignIn && !context.device_free {
        return Some(Refusal::LimitExceeded);
    }
    (!link_fits(controls, context)).then_some(Refusal::InvalidState)
}

/// Identity that is proved to the wallet itself is what gets a person past every lock.
pub(super) fn passes_locks(controls: impl Controls, context: Context) -> bool {
    context.kind.proves_identity() && controls.on(Control::RecoverPassesLocks)
}

/// The link that the operation names is where the operation needs it.
fn link_fits(controls: impl Controls, context: Context) -> bool {
    match context.kind {
        Kind::ApproveBinding | Kind::DeclineBinding => {
            context.link == link::State::AwaitingApproval
        }
        //= BIND-015 a payment is sent for debit only while its link is active
        Kind::Pay => {
            context.link == link::State::Active || controls.off(Control::LinkActiveAtDebit)
        }
        Kind::EndLink => context.link.is_live(),
        _ => true,
    }
}
