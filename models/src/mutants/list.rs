//! The list of mutants, in the order of the controls.

use bindproof::control::Control::*;

use super::{Mutant, off};

/// Every mutant. Each control appears at least once; each property is expected at least once.
pub const MUTANTS: &[Mutant] = &[
    // The bank client and the beginning of a binding.
    off(
        &[HolderAuthenticated],
        "impostor",
        "every-binding-was-asked-for",
        "A stranger binds the holder's instrument without her.",
    ),
    off(
        &[HolderMatched],
        "impostor",
        "same-person-on-both-sides",
        "A stranger binds his own instrument under the holder's name.",
    ),
    off(
        &[ConsentRequired],
        "impostor",
        "every-binding-was-asked-for",
        "An account is registered for somebody who did not agree to it.",
    ),
    off(
        &[InstrumentBoundOnce],
        "same-instrument",
        "link-and-binding-agree",
        "One instrument has two live links.",
    ),
    off(
        &[BodyCompared],
        "approval",
        "same-key-same-answer",
        "Another body under the same key gets the first one's answer.",
    ),
    off(
        &[ClientOwnsBinding],
        "approval",
        "only-its-parties-see-or-end-it",
        "A stranger ends the holder's binding.",
    ),
    off(
        &[UnknownCancelRemembered],
        "registration",
        "acknowledged-is-durable",
        "A cancel is acknowledged, and the request that it overtook goes through.",
    ),
    // The bank's binding.
    off(
        &[WaitsForAccount],
        "smoke",
        "never-bound-without-registered-account",
        "The bank binds although the wallet has named no account.",
    ),
    off(
        &[ExitsThroughEnding],
        "registration",
        "quiescent-agreement",
        "The bank's deadline passes while a registration is under way, and an account stays for nobody.",
    ),
    off(
        &[ExitsThroughEnding],
        "registration",
        "link-and-binding-agree",
        "The bank closes, and the link comes alive.",
    ),
    off(
        &[EndingNeverGivesUp],
        "smoke",
        "quiescent-agreement",
        "The bank stops telling the wallet that it is over.",
    ),
    off(
        &[EndingHearsOnlyEnds],
        "smoke",
        "order-cannot-be-skipped",
        "A binding that is ending comes back to life.",
    ),
    off(
        &[OwnDecision],
        "suspend-pay",
        "no-debit-unless-active-on-both-sides",
        "A late active answer revives a suspended binding.",
    ),
    off(
        &[NotFoundEndsNothing],
        "approval",
        "link-and-binding-agree",
        "A question overtakes the link request, \"not found\" closes the binding, and the link comes alive.",
    ),
    off(
        &[ClosedAbsorbs],
        "registration",
        "ended-stays-ended",
        "A late answer revives a closed binding.",
    ),
    off(
        &[NoticeAlwaysReceipted],
        "end",
        "quiescent-agreement",
        "A notice to a closed binding is owed for ever.",
    ),
    off(
        &[LeaveFromAnyState],
        "suspend",
        "holder-can-always-leave",
        "The holder cannot leave while the bank has suspended.",
    ),
    // The bank's debit.
    off(
        &[DebitOnlyWhileActive],
        "suspend-pay",
        "no-debit-unless-active-on-both-sides",
        "A payment is debited while the bank is ending.",
    ),
    off(
        &[DebitDecidedOnce],
        "suspend-pay",
        "ended-stays-ended",
        "A debit is decided anew when it is asked for again.",
    ),
    // The wallet's registration and link.
    off(
        &[OneAccountPerPerson],
        "two-banks",
        "one-account-per-person",
        "Two banks register the same person twice.",
    ),
    off(
        &[OnlyVerifiedCount],
        "takeover",
        "pre-registered-account-captures-nothing",
        "A self-asserted account in the person's name catches her link.",
    ),
    off(
        &[ClosedFreesPerson],
        "rebind",
        "can-bind-again",
        "After her account closed nobody can bind her again.",
    ),
    off(
        &[RegistrationAnswerKept],
        "two-banks",
        "never-bound-without-registered-account",
        "A repeated registration makes an account after the bank was told of another.",
    ),
    off(
        &[AccountOpenAtActivation],
        "end",
        "never-bound-without-registered-account",
        "A link becomes active on a closed account.",
    ),
    off(
        &[ExistingAccountWaits],
        "limits",
        "existing-account-needs-approval",
        "A link on an account that was there becomes active unapproved.",
    ),
    off(
        &[CreatedForOneBinding],
        "second-binding",
        "existing-account-needs-approval",
        "The same bank's second binding enters unapproved, because only the bank was remembered.",
    ),
    off(
        &[UnknownEndRemembered],
        "registration",
        "quiescent-agreement",
        "An end overtakes its registration, and an account stays for nobody.",
    ),
    off(
        &[RefusalRemembered],
        "limits",
        "link-and-binding-agree",
        "A refused link request is redelivered and comes alive at a closed binding.",
    ),
    off(
        &[LookupBeforeAge],
        "registration",
        "link-and-binding-agree",
        "A retry older than the window is answered \"refused\", and the bank closes on a live link.",
    ),
    off(
        &[EndsExemptFromWindow],
        "registration",
        "quiescent-agreement",
        "An end that outlives the window is refused for ever.",
    ),
    off(
        &[ProblemWritesNothing],
        "registration",
        "refusal-changes-nothing",
        "A request that is too old leaves an ended link behind.",
    ),
    off(
        &[RevisionOrdered],
        "suspend",
        "no-debit-unless-active-on-both-sides",
        "Suspend 1, resume 2, suspend 3 delivered as 1, 3, 2 leaves a payable link.",
    ),
    off(
        &[BankNamespace],
        "hostile-approval",
        "bank-touches-only-its-own",
        "A hostile bank ends another bank's link.",
    ),
    off(
        &[AccountFixed],
        "hostile-approval",
        "identity-never-changes",
        "A repeated request moves a link to another account.",
    ),
    off(
        &[CloseEndsLinks],
        "end",
        "quiescent-agreement",
        "Closing an account leaves a binding active.",
    ),
    off(
        &[LastLinkCloses],
        "registration",
        "quiescent-agreement",
        "An account that nobody ever used stays open without a link.",
    ),
    off(
        &[EndOwesNotice],
        "end",
        "quiescent-agreement",
        "The bank never hears that the link ended in the wallet.",
    ),
    off(
        &[NoticeOwedUntilReceipt],
        "end",
        "quiescent-agreement",
        "The wallet's outbox gives up.",
    ),
    // The wallet's operations.
    off(
        &[ChallengeRequired],
        "step-up",
        "always-authenticated-when-condition-met",
        "What the condition asks for is never asked of the person.",
    ),
    off(
        &[ConditionAtExecution],
        "recovery",
        "always-authenticated-when-condition-met",
        "The requirement rises, and the weaker proof executes all the same.",
    ),
    off(
        &[UnsignedIsUnknown],
        "false-device",
        "always-authenticated-when-condition-met",
        "Claiming to be a trusted device is enough.",
    ),
    off(
        &[FirstAuthenticationFirst],
        "suspend-pay",
        "order-cannot-be-skipped",
        "A payment is an account's first operation.",
    ),
    off(
        &[ProofSpent],
        "step-up",
        "proof-spent-once",
        "One proof executes an operation twice.",
    ),
    off(
        &[ProofFitsOperation],
        "step-up",
        "proof-fits-its-operation",
        "A proof made for one operation passes another.",
    ),
    off(
        &[ProofClassCompared],
        "step-up",
        "no-weaker-proof-accepted",
        "The unlocked phone alone passes for two factors.",
    ),
    off(
        &[AnswerFromItsDevice],
        "step-up",
        "proof-fits-its-operation",
        "Anybody can use up another's challenge.",
    ),
    off(
        &[CodeOfCreatedFor],
        "hostile-code",
        "pre-registered-account-captures-nothing",
        "Another binding's code passes the first authentication.",
    ),
    off(
        &[ApprovalTakesOwnFactors],
        "hostile-approval",
        "existing-account-needs-approval",
        "A hostile bank's own code and contact approve its link on the holder's account.",
    ),
    off(
        &[ApprovalTakesCode],
        "hostile-approval",
        "existing-account-needs-approval",
        "The holder is pushed to approve a binding whose bank client she never saw.",
    ),
    off(
        &[CodeSpentOnPresentation],
        "recycled",
        "pre-registered-account-captures-nothing",
        "A code presented in vain is presented again by another.",
    ),
    off(
        &[EndRefusesOperations],
        "end",
        "no-live-challenge-after-the-end",
        "A challenge outlives the account that it was made for.",
    ),
    off(
        &[EndRefusesOperations],
        "takeover",
        "pre-registered-account-captures-nothing",
        "An operation begun before a recovery executes after it.",
    ),
    off(
        &[ProvenIdentityRevokes],
        "takeover",
        "pre-registered-account-captures-nothing",
        "A device from before keeps its trust when the person makes the account hers.",
    ),
    off(
        &[RecoverNeedsNoOldFactor],
        "lockout-lost",
        "not-locked-out-for-ever",
        "After a lost phone nothing can recover the account.",
    ),
    off(
        &[RevokedDoesNothing],
        "recovery",
        "closed-account-and-locked-path-do-nothing",
        "A revoked key goes on signing.",
    ),
    off(
        &[ClosedDoesNothing, EndRefusesOperations],
        "closing",
        "closed-account-and-locked-path-do-nothing",
        "An operation executes on an account that has closed.",
    ),
    off(
        &[LinkActiveAtDebit],
        "suspend-pay",
        "no-debit-unless-active-on-both-sides",
        "A payment is sent although its link is suspended.",
    ),
    off(
        &[InFlightCounts],
        "small-payments",
        "running-total-counts",
        "Small payments in flight add up to a large one.",
    ),
    // Locks.
    off(
        &[LockAtAnswer],
        "guessing",
        "closed-account-and-locked-path-do-nothing",
        "A closed path still compares.",
    ),
    off(
        &[LockAtExecution],
        "guessing",
        "closed-account-and-locked-path-do-nothing",
        "A closed path still executes.",
    ),
    off(
        &[WrongAnswersCounted],
        "guessing",
        "tries-bounded",
        "Nobody counts wrong answers.",
    ),
    off(
        &[SuccessKeepsDay],
        "guessing",
        "tries-bounded",
        "Guess, succeed, guess resets the day's count.",
    ),
    off(
        &[NewChallengeKeepsCount],
        "guessing",
        "tries-bounded",
        "A new challenge resets the count.",
    ),
    off(
        &[DevicePathApart],
        "lockout",
        "not-locked-out-for-ever",
        "A stranger's wrong guesses keep the holder out of her own device.",
    ),
    off(
        &[CodePathApart],
        "lockout-new",
        "not-locked-out-for-ever",
        "A stranger's wrong guesses keep a new customer from ever signing in.",
    ),
    off(
        &[RecoverPassesLocks],
        "lockout-lost",
        "not-locked-out-for-ever",
        "A stranger's wrong guesses keep the holder from recovering.",
    ),
    // The servers.
    off(
        &[CommitBeforeAnswer],
        "crash",
        "acknowledged-is-durable",
        "An answer goes out, and the crash takes what it promised.",
    ),
    off(
        &[GuardedWrite],
        "race",
        "one-account-per-person",
        "Two instances with stale views both register the person.",
    ),
];
