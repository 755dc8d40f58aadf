//! The name of every move. One tag names one arm of a step; it serves coverage, mutants, the
//! requirement table, vectors, metrics, audit lines and trace checks, without touching the state.

use crate::named::named;

named! {
    /// A move of the protocol. A retired name is never given to another move.
    pub enum Rule {
        // The bank client.
        /// The holder asks; the client keeps asking with one key.
        ClientAsks = "bank-client.asks",
        /// The holder gives up or ends; the client keeps saying so.
        ClientLeaves = "bank-client.leaves",
        /// The client was told how it came out.
        ClientSettled = "bank-client.settled",
        /// An answer that settles nothing.
        ClientWaits = "client.waits",

        // The bank's binding.
        /// A binding begins; the bank looks for the account.
        BindingAsked = "binding.asked",
        /// A repeated request is answered from the record.
        BindingAskedAgain = "binding.asked-again",
        /// Where the binding stands.
        BindingStatusTold = "binding.status-told",
        /// The person has an account; the bank asks for the link.
        AccountFound = "binding.account-found",
        /// The person has none; the bank asks for a registration.
        AccountMissing = "binding.account-missing",
        /// The wallet named the account; the bank asks for the link.
        AccountRegistered = "binding.account-registered",
        /// The wallet decided against the registration.
        RegistrationRefused = "binding.registration-refused",
        /// The link is active, so the binding is.
        LinkActiveHeard = "binding.link-active",
        /// The link awaits its holder's approval.
        LinkAwaitsHeard = "binding.link-awaits",
        /// The link is over, so the binding is.
        LinkEndedHeard = "binding.link-ended",
        /// The link was decided against, so the binding is.
        LinkRefusedHeard = "binding.link-refused",
        /// "Not found" ends nothing.
        LinkNotFound = "binding.link-not-found",
        /// The wallet has the bank's last decision.
        RevisionAcknowledged = "binding.revision-acknowledged",
        /// An answer to a question no longer asked.
        AnswerTooLate = "binding.answer-too-late",
        /// A notice to a closed binding is receipted.
        NoticeToClosed = "binding.notice-to-closed",
        /// The bank suspends an active binding.
        Suspended = "binding.suspended",
        /// The bank resumes a suspended binding.
        Resumed = "binding.resumed",
        /// A block before anything is at the wallet.
        BlockedLooking = "binding.blocked-looking",
        /// A block before the binding is active ends it.
        BlockedWaiting = "binding.blocked-waiting",
        /// A cancel came before its request.
        CancelOvertook = "binding.cancel-overtook",
        /// A cancel before anything is at the wallet.
        CancelledLooking = "binding.cancelled-looking",
        /// A cancel while the wallet may know of the binding.
        Cancelled = "binding.cancelled",
        /// The holder ends a binding at the bank.
        EndedByHolder = "binding.ended-by-holder",
        /// A repeated cancel or end.
        LeaveAskedAgain = "binding.leave-asked-again",
        /// The deadline passed before anything is at the wallet.
        ExpiredLooking = "binding.expired-looking",
        /// The deadline passed while the wallet may know of the binding.
        Expired = "binding.expired",
        /// The wallet acknowledged the end.
        EndAcknowledged = "binding.end-acknowledged",
        /// A deadline or an end that finds nothing to do.
        DeadlineMeantNothing = "deadline-meant-nothing",

        // The bank's debit.
        /// The bank stands by the debit.
        DebitAccepted = "debit.accepted",
        /// The bank decides against the debit.
        DebitRefused = "debit.refused",
        /// A repeated request gets the same decision.
        DebitAskedAgain = "debit.asked-again",

        // The wallet's registration and link.
        /// An account is registered for this binding.
        AccountCreated = "link.account-created",
        /// The person has an account already.
        AccountExists = "link.account-exists",
        /// A repeated registration.
        RegistrationAskedAgain = "link.registration-asked-again",
        /// A registration that comes after the end.
        RegistrationAfterEnd = "link.registration-after-end",
        /// The link becomes active on the account created for it.
        LinkActivated = "link.activated",
        /// The link waits for the account's holder.
        LinkAwaits = "link.awaits",
        /// The link is decided against.
        LinkRefused = "link.refused",
        /// A repeated link request.
        LinkAskedAgain = "link.asked-again",
        /// The holder let the link in.
        LinkApproved = "link.approved",
        /// The bank's suspension is in force.
        LinkSuspended = "link.suspended",
        /// The bank's resumption is in force.
        LinkResumed = "link.resumed",
        /// A decision of the bank that is not newer.
        DecisionAskedAgain = "link.decision-asked-again",
        /// The bank ended it.
        LinkEndedByBank = "link.ended-by-bank",
        /// An end came before anything else.
        EndOvertook = "link.end-overtook",
        /// A repeated end.
        EndAskedAgain = "link.end-asked-again",
        /// Nobody approved in time.
        ApprovalExpired = "link.approval-expired",
        /// The holder ended it in the wallet.
        LinkEndedByHolder = "link.ended-by-holder",
        /// Its account closed, or the person recovered.
        LinkEndedByAccount = "link.ended-by-account",
        /// Where the link stands.
        LinkStatusTold = "link.status-told",
        /// The binding code was presented.
        CodeSpent = "link.code-spent",
        /// The next binding code is current.
        CodeRenewed = "link.code-renewed",

        // The wallet's devices.
        /// A key is revoked.
        DeviceRevoked = "device.revoked",
        /// Its account closed.
        DeviceLeft = "device.left",
        /// A session ran out.
        SessionEnded = "device.session-ended",
        /// Trust has lasted long enough.
        DeviceAged = "device.aged",

        // The wallet's operations.
        /// The person is asked for proof.
        Challenged = "operation.challenged",
        /// A repeated request.
        OperationAskedAgain = "operation.asked-again",
        /// The person gave the proof.
        Authenticated = "operation.authenticated",
        /// A wrong answer, and tries are left.
        AnsweredWrong = "operation.answered-wrong",
        /// The last wrong answer a challenge takes.
        AnsweredTooOften = "operation.answered-too-often",
        /// An answer to a challenge that was met.
        AnsweredAgain = "operation.answered-again",
        /// What was proved no longer suffices, or its target is not there.
        ExecutionRefused = "operation.execution-refused",
        /// A session is open on the device.
        SignedIn = "operation.signed-in",
        /// The holder lets a binding in.
        BindingApproved = "operation.binding-approved",
        /// The holder keeps a binding out.
        BindingDeclined = "operation.binding-declined",
        /// The bank is asked for the debit.
        PaymentSent = "operation.payment-sent",
        /// The bank stands by the debit.
        PaymentExecuted = "operation.payment-executed",
        /// The bank decided against the debit.
        PaymentRefused = "operation.payment-refused",
        /// A repeated answer to a debit.
        DebitDecidedAgain = "operation.debit-decided-again",
        /// The holder ends a link.
        LinkEnded = "operation.link-ended",
        /// An authenticator is enrolled on the device.
        AuthenticatorAdded = "operation.authenticator-added",
        /// The holder revokes another device.
        OtherDeviceRevoked = "operation.other-device-revoked",
        /// A self-asserted account becomes the person's verified one.
        IdentityVerified = "operation.identity-verified",
        /// The person starts afresh.
        Recovered = "operation.recovered",
        /// The holder closes the account.
        AccountClosed = "operation.account-closed",
        /// What it runs on has ended.
        OperationTargetEnded = "operation.target-ended",
        /// What it runs on has ended, and its client, which is not signed in, is not told: the
        /// challenge goes on as a decoy.
        ChallengeEmptied = "operation.challenge-emptied",
        /// Its deadline passed.
        OperationExpired = "operation.expired",

        // The wallet's locks.
        /// The time of a closed run has passed.
        LockEnded = "lock.ended",
        /// The day has ended.
        DayEnded = "lock.day-ended",

        // The wallet client.
        /// The person starts an operation.
        ClientStarts = "wallet-client.starts",
        /// The person is asked for proof.
        ClientChallenged = "wallet-client.challenged",
        /// The client was told how it came out.
        ClientTold = "wallet-client.told",
    }
}
