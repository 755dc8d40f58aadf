//! Defects that can be planted in a server, so that whatever looks for defects can be seen to find
//! them.
//!
//! Only a program that is built with the feature `defects` can plant one: `--defect NAME` of its
//! servers. Without the feature nothing is ever planted, and nothing of it is in the program. The
//! same goes for `--without CONTROL`, which has the servers decide without a control of the
//! protocol ([`steps`]).

#[cfg(not(feature = "defects"))]
use bindproof::wallet::device::Device;
#[cfg(not(feature = "defects"))]
use bindproof::wire::DeviceKey;

/// A defect. Each is looked at in one place of the servers, and named by the check that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defects", derive(clap::ValueEnum))]
pub enum Defect {
    /// The embedded store answers before it commits, as if what it is about to write were durable.
    AnswerBeforeCommit,
    /// A decision is written whatever has changed since its snapshot. The journal's own key stands
    /// behind this guard.
    UnguardedUpdate,
    /// A signature is accepted as often as it comes.
    NonceForgotten,
    /// A line of a journal takes the place of one that is there.
    JournalOverwritten,
    /// A signature counts whoever made it.
    SignatureNotVerified,
    /// A body is not compared with its digest.
    DigestNotCompared,
    /// A signature counts however old it is.
    ExpiredSignatureAccepted,
    /// What nonces were used only the process knows.
    NonceOnlyInMemory,
    /// The same key may stand for another body.
    SameKeyOtherBody,
    /// A request is fresh whenever it was issued.
    DateNotChecked,
    /// An end is obeyed and answered with a problem.
    EndNotAcknowledged,
    /// What belongs to another bank is told apart from what is not there.
    ExistenceDisclosed,
    /// A notice counts as receipted whatever is answered.
    NoticeNotRepeated,
    /// Any one-time code is the one that was sent.
    ContactNotCompared,
    /// Any binding code is the current one.
    WrongCodeAccepted,
    /// What an authenticator signed is not tied to what is approved.
    ProofNotBoundToAmount,
    /// Answers are not signed.
    AnswerNotSigned,
    /// An answer names another request.
    AnswerToAnotherRequest,
    /// A debit is asked for with another amount.
    DebitOfAnotherAmount,
    /// A repeated answer to a challenge is counted again.
    RepeatedAnswerCounted,
    /// Members that are not known are let pass.
    UnknownMembersAccepted,
    /// The books cover every debit.
    CoverNotAsked,
    /// The wallet is told of a contact that nobody has verified.
    ContactNotVerified,
    /// The wallet is asked to link another instrument of the holder's.
    InstrumentExchanged,
    /// The wallet is asked to link what is another person's.
    HolderExchanged,
    /// The wallet is told of another consent than was given.
    ConsentNotPassedOn,
    /// Whoever knows a binding's id cancels it.
    AnybodyCancels,
    /// A key of a client's stands for the request of whoever used it first.
    KeysShared,
    /// What was begun just now is not seen.
    RequestsRaced,
    /// Whoever knows a binding's id is told of it and ends it.
    AnybodyAsks,
    /// A cancel of what is not there yet is forgotten.
    CancelForgotten,
    /// A session counts that was made up.
    SessionMadeUp,
    /// Whoever names an instrument is its holder.
    HolderNotCompared,
    /// A link that waits for its approval counts as active.
    ApprovalNotAwaited,
    /// That a link is over is not heard.
    LinkEndsUnheard,
    /// A notice about nothing is receipted.
    UnknownReceipted,
    /// A debit that comes too early is refused for good.
    EarlyDebitRefused,
    /// A block is told to nobody.
    BlockNotTold,
    /// A block means nothing to what is not active yet.
    BlockTooEarly,
    /// Nothing of the bank's ever expires.
    DeadlinesForgotten,
    /// The embedded store is empty whenever the server starts.
    StoreEmptied,
    /// A registration finds no link, whatever there is.
    LinksForgotten,
    /// A suspension is obeyed whatever state the link is in.
    SuspensionNeverTooEarly,
    /// An account query is answered with an account, whether there is one or not.
    AccountInvented,
    /// A challenge takes any number of wrong answers.
    TriesUnlimited,
    /// A debit that the bank refuses is paid all the same.
    RefusedDebitPaid,
    /// A debit that is not decided the first time counts as refused.
    LateDebitRefused,
    /// Any number of approvals may wait.
    ApprovalsUnlimited,
    /// A member may come twice.
    MembersTwiceAccepted,
    /// What is null is not there.
    NullsAccepted,
    /// Numbers may have a fraction or an exponent.
    FractionsAccepted,
    /// Ids may be in upper case.
    UpperCaseAccepted,
    /// An instrument may be a card number.
    CardNumbersAccepted,
    /// Whatever says that it is something else is read as JSON.
    MediaTypeNotRead,
    /// An answer is read as far as it can be.
    AnswersReadLeniently,
    /// An answer counts whoever signed it.
    AnswersNotVerified,
    /// What is sent has a member twice.
    MemberSentTwice,
    /// A notice goes to every bank.
    NoticesToEverybody,
    /// What is sent again is sent under another key.
    KeyNotKept,
    /// What is sent again has the time of issue of the first time.
    TimeOfIssueKept,
    /// What is sent again has the request id of the first time.
    RequestIdKept,
    /// A code that was presented is still good.
    SpentCodeAccepted,
    /// What is under way on a link or an account outlives it.
    EndRefusesNothing,
    /// A problem in answer to a bank is taken for the end of the link.
    ProblemEndsBinding,
    /// An authentication counts for any instrument, and as often as one likes.
    AuthenticationReused,
    /// A request counts as one of a device that is signed in, whoever sent it.
    SessionNotAsked,
    /// A link that is not on the account counts as a live one that is.
    LinkOfAnyAccount,
    /// An authenticator counts whether or not it was enrolled on the account.
    AuthenticatorOfAnyAccount,
    /// Evidence of who anybody is proves that the person was there.
    IdentityOfAnybody,
    /// A device that some account trusts is trusted by every one.
    DeviceOfAnyAccount,
    /// Wrong evidence of identity is counted like any other wrong answer.
    IdentityCounted,
    /// A one-time code is the same for every challenge.
    OneTimeCodeOfAnyChallenge,
    /// A new authenticator need not have been made for this challenge.
    EnrolmentOfAnyCeremony,
    /// A binding code is good for many periods.
    OldCodeAccepted,
    /// A spent code is good again as soon as the next one comes.
    SpentCodeRenewed,
    /// The authenticator of a device outlives its trust.
    RevokedAuthenticatorCounts,
    /// Every environment is a normal one.
    EnvironmentIgnored,
    /// What is to be approved names another amount.
    WordsOfAnotherAmount,
    /// What is to be approved says something else where there is nothing to approve.
    DecoyWordsDiffer,
    /// Operations of strangers and of the account's own devices are limited together.
    LimitTogether,
    /// Recoveries take the places of other operations.
    RecoveriesCounted,
    /// That an account trusts as many devices as it may is told to whoever asks.
    DevicesTold,
    /// An operation's debit is another one with each person's binding.
    DebitsKeptApart,
    /// The holder is shown a code of some time ago.
    OldCodeShown,
    /// Good answers say that they are plain text.
    AnsweredAsText,
    /// An answer counts only a while after it was given. No defect: a server may be slow.
    AnswersHeardLate,
    /// A key of a bind request stands for its body, whatever became of it. No defect.
    BodiesRemembered,
    /// Between two sendings is the longest pause from the first on. No defect.
    PausesLong,
    /// What is decided is not told the first time: the server says that it could not decide. No
    /// defect.
    AnswersLost,
    /// What an answer settles is sent on.
    SendingNotStopped,
    /// A receipt settles nothing.
    ReceiptsUnheard,
    /// Problems are not signed.
    ProblemsNotSigned,
    /// Every deadline passes three seconds before its time.
    DeadlinesEarly,
}

pub mod memory;
pub mod steps;

/// Whether this process has used a nonce for the first time; there is nobody to ask.
#[cfg(not(feature = "defects"))]
pub const fn spent_here(_: &str, _: &str) -> bool {
    false
}

/// A device as it was found: nothing is remembered of other accounts.
#[cfg(not(feature = "defects"))]
pub const fn of_any_account(_: &DeviceKey, found: Device) -> Device {
    found
}

/// Whether this defect is planted: never.
#[cfg(not(feature = "defects"))]
pub const fn planted(_: Defect) -> bool {
    false
}

#[cfg(feature = "defects")]
pub use planting::{Chosen, of_any_account, plant, planted, spent_here, switch_off};

#[cfg(feature = "defects")]
mod planting {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::{Mutex, OnceLock, PoisonError};

    use bindproof::control::{Control, Controls};
    use bindproof::wallet::device::Device;
    use bindproof::wire::DeviceKey;

    use super::Defect;

    static OFF: OnceLock<Vec<Control>> = OnceLock::new();

    static NONCES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    /// Whether this process has used a nonce for the first time.
    pub fn spent_here(scope: &str, nonce: &str) -> bool {
        let mut nonces = NONCES.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.insert(format!("{scope} {nonce}"))
    }

    static DEVICES: Mutex<BTreeMap<DeviceKey, Device>> = Mutex::new(BTreeMap::new());

    /// A device as it was found, or, where it is unknown, as it was on whichever account it was
    /// seen last.
    pub fn of_any_account(device: &DeviceKey, found: Device) -> Device {
        if !planted(Defect::DeviceOfAnyAccount) {
            return found;
        }
        let mut devices = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
        if found == Device::Unknown {
            return devices.get(device).copied().unwrap_or(found);
        }
        devices.insert(*device, found);
        found
    }

    /// The controls that are in force: all but those that were switched off.
    #[derive(Clone, Copy, Debug)]
    pub struct Chosen;

    impl Controls for Chosen {
        fn on(self, control: Control) -> bool {
            !OFF.get().is_some_and(|off| off.contains(&control))
        }
    }

    /// Switches controls of the protocol off in this process; once, before its server starts.
    ///
    /// # Panics
    /// If it is done twice.
    pub fn switch_off(controls: Vec<Control>) {
        tracing::warn!(?controls, "switched off");
        assert!(OFF.set(controls).is_ok(), "controls are switched off once");
    }

    static PLANTED: OnceLock<Vec<Defect>> = OnceLock::new();

    /// Plants defects in this process; once, before its server starts.
    ///
    /// # Panics
    /// If it is done twice.
    pub fn plant(defects: Vec<Defect>) {
        tracing::warn!(?defects, "planted");
        assert!(PLANTED.set(defects).is_ok(), "defects are planted once");
    }

    /// Whether this defect is planted.
    pub fn planted(defect: Defect) -> bool {
        PLANTED.get().is_some_and(|planted| planted.contains(&defect))
    }
}
