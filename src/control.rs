//! The controls of the protocol: the guards that, one by one, keep an attack or an accident out.
//!
//! Every guard that matters asks [`Controls::on`] with its own name. Production can name only
//! [`AllOn`]; the model switches single controls off to show that a named property then fails.

use crate::named::named;

/// Which controls are on. Production uses [`AllOn`]; only models implement another.
pub trait Controls: Copy {
    /// Whether this control is in force.
    fn on(self, control: Control) -> bool;

    /// Whether this control has been switched off.
    fn off(self, control: Control) -> bool {
        !self.on(control)
    }
}

/// Every control in force: the protocol itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllOn;

impl Controls for AllOn {
    #[inline(always)]
    fn on(self, _: Control) -> bool {
        true
    }
}

named! {
    /// A guard of the protocol, by name.
    pub enum Control {
        // The bank's client and the beginning of a binding.
        /// A binding begins only with a fresh authentication of the holder for this binding.
        HolderAuthenticated = "holder-authenticated",
        /// The instrument belongs to the person who asks.
        HolderMatched = "holder-matched",
        /// Nothing begins without consent, which includes the consent to be registered.
        ConsentRequired = "consent-required",
        /// One instrument has at most one binding that is not closed.
        InstrumentBoundOnce = "instrument-bound-once",
        /// The same key with another body is refused.
        BodyCompared = "body-compared",
        /// Only the client whose binding it is sees or ends it.
        ClientOwnsBinding = "client-owns-binding",
        /// A cancel of an unknown request leaves a cancelled binding behind.
        UnknownCancelRemembered = "unknown-cancel-remembered",

        // The bank's binding.
        /// The bank binds only according to an account that the wallet has answered.
        WaitsForAccount = "waits-for-account",
        /// Every exit that may have left something at the wallet goes through `Ending`.
        ExitsThroughEnding = "exits-through-ending",
        /// `Ending` never stops asking.
        EndingNeverGivesUp = "ending-never-gives-up",
        /// In `Ending` only ended and refused count.
        EndingHearsOnlyEnds = "ending-hears-only-ends",
        /// Suspended and active are the bank's own decision; no answer changes them.
        OwnDecision = "own-decision",
        /// "Not found" ends nothing.
        NotFoundEndsNothing = "not-found-ends-nothing",
        /// A closed binding stays closed.
        ClosedAbsorbs = "closed-absorbs",
        /// A notice is receipted in every state, closed included.
        NoticeAlwaysReceipted = "notice-always-receipted",
        /// The holder can end a binding whatever state it is in.
        LeaveFromAnyState = "leave-from-any-state",

        // The bank's debit.
        /// A debit is accepted only while the binding is active.
        DebitOnlyWhileActive = "debit-only-while-active",
        /// Only the bank that was asked for a debit decides it.
        DebitAnsweredByItsBank = "debit-answered-by-its-bank",
        /// A debit is decided once.
        DebitDecidedOnce = "debit-decided-once",

        // The wallet's registration and link.
        /// A person has at most one verified account that is not closed.
        OneAccountPerPerson = "one-account-per-person",
        /// Only accounts of a verified holder are matched to a person.
        OnlyVerifiedCount = "only-verified-count",
        /// A closed account does not keep its person from registering again.
        ClosedFreesPerson = "closed-frees-person",
        /// The account that a registration was answered with is remembered under its binding.
        RegistrationAnswerKept = "registration-answer-kept",
        /// A link becomes active only on an account that is open.
        AccountOpenAtActivation = "account-open-at-activation",
        /// A link on an account that was there waits for its holder.
        ExistingAccountWaits = "existing-account-waits",
        /// Spared approval is one binding, not its bank.
        CreatedForOneBinding = "created-for-one-binding",
        /// An end for an id never seen is remembered.
        UnknownEndRemembered = "unknown-end-remembered",
        /// A decided refusal is remembered.
        RefusalRemembered = "refusal-remembered",
        /// Ids are looked up before age.
        LookupBeforeAge = "lookup-before-age",
        /// Messages about ids that are known are exempt from the window.
        EndsExemptFromWindow = "ends-exempt-from-window",
        /// A problem leaves nothing behind.
        ProblemWritesNothing = "problem-writes-nothing",
        /// A lower revision of the bank changes nothing.
        RevisionOrdered = "revision-ordered",
        /// A bank reaches only what lies in its own namespace.
        BankNamespace = "bank-namespace",
        /// A link never changes its account.
        AccountFixed = "account-fixed",
        /// Closing an account ends every link on it.
        CloseEndsLinks = "close-ends-links",
        /// A bank-registered account that never was authenticated closes with its last link.
        LastLinkCloses = "last-link-closes",
        /// An end from the wallet's side is owed to the bank.
        EndOwesNotice = "end-owes-notice",
        /// A notice is owed until it is receipted.
        NoticeOwedUntilReceipt = "notice-owed-until-receipt",

        // The wallet's operations.
        /// What the condition asks for is asked of the person.
        ChallengeRequired = "challenge-required",
        /// The condition is looked at again at execution.
        ConditionAtExecution = "condition-at-execution",
        /// What a client says about its device counts only when the device's key signed it.
        UnsignedIsUnknown = "unsigned-is-unknown",
        /// Before its first authentication an account does nothing else but recover.
        FirstAuthenticationFirst = "first-authentication-first",
        /// A challenge that is not met and a proof that is not spent expire.
        ChallengeExpires = "challenge-expires",
        /// Executing spends the authentication.
        ProofSpent = "proof-spent",
        /// A proof is for one operation with its content.
        ProofFitsOperation = "proof-fits-operation",
        /// The class of the proof is compared with what is required.
        ProofClassCompared = "proof-class-compared",
        /// Only the key of the operation's device answers its challenge.
        AnswerFromItsDevice = "answer-from-its-device",
        /// First authentication takes the code and contact of the binding in `created_for` only.
        CodeOfCreatedFor = "code-of-created-for",
        /// Approval takes the account's own two factors besides code and contact.
        ApprovalTakesOwnFactors = "approval-takes-own-factors",
        /// Approval takes the code of that very binding.
        ApprovalTakesCode = "approval-takes-code",
        /// A code is spent when first presented, right or wrong.
        CodeSpentOnPresentation = "code-spent-on-presentation",
        /// What ends refuses the operations under way on it.
        EndRefusesOperations = "end-refuses-operations",
        /// Recovery and verification revoke every other device.
        ProvenIdentityRevokes = "proven-identity-revokes",
        /// Recovery asks for no old factor.
        RecoverNeedsNoOldFactor = "recover-needs-no-old-factor",
        /// A revoked key may do nothing.
        RevokedDoesNothing = "revoked-does-nothing",
        /// Nothing runs on a closed account.
        ClosedDoesNothing = "closed-does-nothing",
        /// A payment is sent for debit only while its link is active.
        LinkActiveAtDebit = "link-active-at-debit",
        /// A debit is owed until the bank has answered it.
        DebitOwedUntilAnswer = "debit-owed-until-answer",
        /// Payments in flight count towards the running total.
        InFlightCounts = "in-flight-counts",

        // Locks.
        /// A closed path compares nothing.
        LockAtAnswer = "lock-at-answer",
        /// A closed path executes nothing.
        LockAtExecution = "lock-at-execution",
        /// Wrong answers are counted per path, whatever challenge they answer.
        WrongAnswersCounted = "wrong-answers-counted",
        /// A success leaves the day's count as it is.
        SuccessKeepsDay = "success-keeps-day",
        /// A new challenge resets no count.
        NewChallengeKeepsCount = "new-challenge-keeps-count",
        /// Each known device key is a path of its own.
        DevicePathApart = "device-path-apart",
        /// Each presented binding code is a path of its own.
        CodePathApart = "code-path-apart",
        /// Locks do not stop `Recover`.
        RecoverPassesLocks = "recover-passes-locks",
        /// A success on the strangers' path leaves the other strangers' run as it is.
        StrangersKeepRun = "strangers-keep-run",

        // What a client that is not signed in is told.
        /// What is not there challenges like what is.
        DecoyChallenges = "decoy-challenges",
        /// A decoy is told as the class that stands in its place where there is an account.
        DecoyShownAlike = "decoy-shown-alike",
        /// Answers to a decoy are counted like wrong answers to any challenge.
        DecoyCounted = "decoy-counted",
        /// What ends leaves a decoy in the place of an open challenge.
        EndedBecomesDecoy = "ended-becomes-decoy",
        /// Whether a link is live is told only to a client that is signed in.
        LinkUntold = "link-untold",
        /// That a key is revoked is told only to who has shown that he holds it.
        RevokedUntold = "revoked-untold",

        // The servers.
        /// A server answers only what it has committed.
        CommitBeforeAnswer = "commit-before-answer",
        /// A write decides only if what was decided on is still there.
        GuardedWrite = "guarded-write",
    }
}
