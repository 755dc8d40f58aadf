//! Which guard a server lacks that decides otherwise, and what does not hold of servers without it.
//!
//! Only the model can switch a guard off; without it nothing is said of guards.

use bindproof::control::Control;
use bindproof::journal::{Decided, Event};
use bindproof::wallet::operation::Terms;

use super::records::Records;
use super::report::REST;
use crate::key::Key;

/// The guard without which the step on these records decides so, and not as it does with all of
/// them; none if it is no single one.
#[cfg(feature = "models")]
pub fn lacking(
    terms: Terms<'_>,
    records: &Records,
    event: &Event<Key>,
    decided: Decided,
) -> Option<Control> {
    use bindproof_models::hunt::{decides, shown};
    let seen = seen(records, event);
    let guards = shown(terms, &seen).into_iter();
    guards.into_iter().find(|guard| decides(terms, &seen, *guard) == Some(decided))
}

/// Without the model nothing is known of guards.
#[cfg(not(feature = "models"))]
pub const fn lacking(_: Terms<'_>, _: &Records, _: &Event<Key>, _: Decided) -> Option<Control> {
    None
}

/// What the step on these records sees.
#[cfg(feature = "models")]
fn seen(records: &Records, event: &Event<Key>) -> bindproof_models::views::Seen {
    use bindproof::wallet::account::Account;
    use bindproof::wallet::device::Device;
    use bindproof::wallet::lock::Lock;
    use bindproof::wallet::{link, operation};
    use bindproof_models::views::Seen;
    let account_of = |account: Option<Key>| account.map_or(Account::Absent, |a| records.account(a));
    match *event {
        Event::Binding { id, input } => Seen::Binding(records.binding(id), input),
        Event::Debit { operation, input } => Seen::Debit(records.debit(operation), input),
        Event::Link { id, account, input } => {
            let account = account_of(account);
            Seen::Link(link::View { link: records.link(id), account }, input)
        }
        Event::Operation { id, account, device, path, input } => {
            let view = operation::View {
                operation: records.operation(id),
                account: account_of(account),
                device: device.map_or(Device::Unknown, |device| records.device(device)),
                lock: path.map_or(Lock::OPEN, |path| records.lock(path)),
            };
            Seen::Operation(view, input)
        }
        Event::Device { id, input } => Seen::Device(records.device(id), input),
        Event::Lock { path, input } => Seen::Lock(records.lock(path), input),
    }
}

/// The property that does not hold without a guard.
pub const fn property_of(control: Control) -> &'static str {
    use Control::*;
    match control {
        HolderAuthenticated | ConsentRequired => "every-binding-was-asked-for",
        HolderMatched => "same-person-on-both-sides",
        InstrumentBoundOnce | NotFoundEndsNothing | RefusalRemembered | LookupBeforeAge
        | ExitsThroughEnding => "link-and-binding-agree",
        BodyCompared | RegistrationAnswerKept => "same-key-same-answer",
        ClientOwnsBinding => "only-its-parties-see-or-end-it",
        UnknownCancelRemembered | CommitBeforeAnswer => "acknowledged-is-durable",
        WaitsForAccount | AccountOpenAtActivation => "never-bound-without-registered-account",
        EndingNeverGivesUp
        | NoticeAlwaysReceipted
        | UnknownEndRemembered
        | EndsExemptFromWindow
        | CloseEndsLinks
        | LastLinkCloses
        | EndOwesNotice
        | NoticeOwedUntilReceipt => REST,
        EndingHearsOnlyEnds | FirstAuthenticationFirst => "order-cannot-be-skipped",
        OwnDecision | DebitOnlyWhileActive | RevisionOrdered | LinkActiveAtDebit => {
            "no-debit-unless-active-on-both-sides"
        }
        ClosedAbsorbs | DebitDecidedOnce => "ended-stays-ended",
        DebitAnsweredByItsBank | BankNamespace => "bank-touches-only-its-own",
        OneAccountPerPerson | GuardedWrite => "one-account-per-person",
        OnlyVerifiedCount | CodeOfCreatedFor | CodeSpentOnPresentation | ProvenIdentityRevokes => {
            "pre-registered-account-captures-nothing"
        }
        ExistingAccountWaits
        | CreatedForOneBinding
        | ApprovalTakesOwnFactors
        | ApprovalTakesCode => "existing-account-needs-approval",
        ProblemWritesNothing => "refusal-changes-nothing",
        AccountFixed => "identity-never-changes",
        ChallengeRequired | ConditionAtExecution | UnsignedIsUnknown => {
            "always-authenticated-when-condition-met"
        }
        ProofSpent => "proof-spent-once",
        ProofFitsOperation | AnswerFromItsDevice => "proof-fits-its-operation",
        ProofClassCompared => "no-weaker-proof-accepted",
        EndRefusesOperations => "no-live-challenge-after-the-end",
        RevokedDoesNothing | ClosedDoesNothing | LockAtAnswer | LockAtExecution => {
            "closed-account-and-locked-path-do-nothing"
        }
        InFlightCounts => "running-total-counts",
        WrongAnswersCounted | SuccessKeepsDay | NewChallengeKeepsCount => "tries-bounded",
        LeaveFromAnyState => "holder-can-always-leave",
        ClosedFreesPerson => "can-bind-again",
        RecoverNeedsNoOldFactor | DevicePathApart | CodePathApart | RecoverPassesLocks => {
            "not-locked-out-for-ever"
        }
        ChallengeExpires | DebitOwedUntilAnswer => "every-challenge-settles",
        StrangersKeepRun | DecoyChallenges | DecoyShownAlike | DecoyCounted | EndedBecomesDecoy
        | LinkUntold | RevokedUntold => "existence-not-disclosed",
    }
}
