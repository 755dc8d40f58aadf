//! What must be reachable. A property that holds only because nothing happens is worth nothing:
//! each witness names a step that some scope must be able to take.

use bindproof::bank::debit::Debit;
use bindproof::journal::Decided;
use bindproof::message::Reason;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wallet::account::Account;
use bindproof::wallet::link::State as Link;
use bindproof::wallet::operation::Operation;

use super::step::Step;
use crate::action::{Action, Delivery};
use crate::model::Protocol;
use crate::network::ToBank;
use crate::server::Slot;

/// A step that must be reachable.
pub type Witness<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    fn(&Protocol<B, O, A, D, S>, &Step<'_, B, O, A, D, S>) -> bool;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The witnesses by name.
    pub const WITNESSES: [(&'static str, Witness<B, O, A, D, S>); 37] = [
        ("new-account-bound", |_, step| {
            step.fired.applied(Rule::LinkActiveHeard)
                && step.after.accounts.iter().any(|account| account.awaits_first_authentication())
        }),
        ("existing-account-approved", |_, step| step.fired.applied(Rule::LinkApproved)),
        ("declined", |_, step| step.fired.applied(Rule::BindingDeclined)),
        ("step-up-passed", |_, step| step.fired.applied(Rule::Authenticated)),
        ("step-up-failed-out", |_, step| step.fired.applied(Rule::AnsweredTooOften)),
        ("step-up-expired", |_, step| step.fired.applied(Rule::OperationExpired)),
        ("first-authentication", |_, step| {
            let waits = |account: &Account| account.awaits_first_authentication();
            step.fired.applied(Rule::SignedIn)
                && step.before.accounts.iter().any(waits)
                && !step.after.accounts.iter().any(waits)
        }),
        ("payment-debited", |_, step| step.fired.applied(Rule::PaymentExecuted)),
        ("payment-refused-by-bank", |_, step| step.fired.applied(Rule::PaymentRefused)),
        ("payment-without-challenge", |_, step| {
            step.fired.applied(Rule::PaymentSent) && matches!(step.action, Action::Request { .. })
        }),
        ("payment-outlives-end", |model, step| {
            let Action::DebitRequest(o) = step.action else { return false };
            let o = usize::from(o);
            let b = usize::from(model.scope.operation[o].binding);
            let accepted = step.before.debits[o] != step.after.debits[o]
                && step.after.debits[o] == Debit::Accepted;
            accepted && step.before.links[b].state.is_over()
        }),
        ("requirement-risen", |_, step| {
            (0..O).any(|o| {
                step.before.operations[o] != step.after.operations[o]
                    && step.after.operations[o] == Operation::Refused(Refusal::StepUpRequired)
            })
        }),
        ("suspended", |_, step| step.fired.applied(Rule::LinkSuspended)),
        ("resumed", |_, step| step.fired.applied(Rule::LinkResumed)),
        ("recovered", |_, step| step.fired.applied(Rule::Recovered)),
        ("recovered-without-account", |_, step| {
            step.fired.applied(Rule::Recovered)
                && !step.before.accounts.iter().any(|account| account.is_verified())
        }),
        ("identity-verified", |_, step| step.fired.applied(Rule::IdentityVerified)),
        ("device-revoked", |_, step| step.fired.applied(Rule::OtherDeviceRevoked)),
        ("authenticator-added", |_, step| step.fired.applied(Rule::AuthenticatorAdded)),
        ("account-closed", |_, step| step.fired.applied(Rule::AccountClosed)),
        ("account-closed-with-last-link", |_, step| {
            step.after.accounts.contains(&Account::Closed)
                && !step.before.accounts.contains(&Account::Closed)
                && !step.fired.applied(Rule::AccountClosed)
        }),
        ("cancel-overtook-request", |_, step| step.fired.applied(Rule::CancelOvertook)),
        ("cancel-overtook-confirm", |_, step| {
            step.fired.applied(Rule::EndAcknowledged)
                && (0..B).any(|b| {
                    step.before.to_bank[b]
                        & ToBank::Link(bindproof::message::LinkStatus::Active { bank_revision: 0 })
                            .bit()
                        != 0
                        && !step.before.history.told_active[b]
                })
        }),
        ("end-overtook-link", |_, step| step.fired.applied(Rule::EndOvertook)),
        ("late-registration-after-end", |_, step| {
            step.fired.steps().any(|(_, tag)| tag == Decided::Replayed(Rule::RegistrationAfterEnd))
        }),
        ("bound-again", |_, step| {
            step.fired.applied(Rule::LinkActiveHeard)
                && step.after.bindings.iter().any(|binding| binding.state.is_closed())
        }),
        ("registered-again-after-close", |_, step| {
            step.fired.applied(Rule::AccountCreated)
                && step.before.accounts.contains(&Account::Closed)
        }),
        ("ended-in-wallet", |_, step| step.fired.applied(Rule::LinkEndedByHolder)),
        ("path-locked", |_, step| step.fired.refused(Refusal::StepUpLocked)),
        ("path-opened-again", |_, step| step.fired.applied(Rule::LockEnded)),
        ("crash-before-commit", |_, step| crashed(step, false)),
        ("crash-before-answer", |_, step| crashed(step, true)),
        ("lost-race", |_, step| {
            let Action::Commit(slot) = step.action else { return false };
            step.after.slots[usize::from(slot)].is_empty()
                && step.fired.steps().next().is_none()
                && !matches!(
                    step.before.slots[usize::from(slot)].slot(),
                    Slot::Decided {
                        delivery: Delivery::ToWallet {
                            message: crate::network::ToWallet::AccountQuery,
                            ..
                        },
                        ..
                    }
                )
        }),
        ("refused-consent-missing", |_, step| step.fired.refused(Refusal::ConsentMissing)),
        ("refused-account-unavailable", |_, step| refused(step, Reason::AccountUnavailable)),
        ("refused-binding-limit", |_, step| refused(step, Reason::BindingLimitReached)),
        ("refused-already-bound", |_, step| step.fired.refused(Refusal::AlreadyBound)),
    ];
}

/// A server crashed with a message in its hands, decided on or committed.
fn crashed<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    step: &Step<'_, B, O, A, D, S>,
    committed: bool,
) -> bool {
    let Action::Crash(slot) = step.action else { return false };
    matches!(step.before.slots[usize::from(slot)].slot(), Slot::Committed(_)) == committed
}

/// A link was decided against for this reason.
fn refused<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    step: &Step<'_, B, O, A, D, S>,
    reason: Reason,
) -> bool {
    (0..B).any(|b| {
        step.before.links[b].state != step.after.links[b].state
            && step.after.links[b].state == Link::Refused(reason)
    })
}
