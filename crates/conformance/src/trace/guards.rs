//! Which guard a server lacks that decides otherwise, and what does not hold of servers without it.

use bindproof::control::{Control, Controls};
use bindproof::journal::{Decided, Event};
use bindproof::wallet::operation::Terms;

use super::line::Line;
use super::records::Records;
use super::replay::{again, compare};
use super::report::REST;
use crate::key::Key;

/// Every guard but one.
#[derive(Clone, Copy)]
struct AllBut(Control);

impl Controls for AllBut {
    fn on(self, control: Control) -> bool {
        control != self.0
    }
}

/// The guard without which the step on these records is just what a line says; none if it is no
/// single one.
pub fn lacking(
    terms: Terms<'_>,
    records: &Records,
    event: &Event<Key>,
    line: &Line<Key>,
    decided: Decided,
    transaction: u64,
) -> Option<Control> {
    let without = |control: &&Control| {
        let moved = again(AllBut(**control), terms, records, event);
        moved.is_ok_and(|moved| compare(line, decided, &moved, records, transaction).is_ok())
    };
    Control::ALL.iter().find(without).copied()
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
