//! The records of both servers. What a step sees of one is its state, in the specification's own
//! type; what a step only compares, or never sees, is beside it.

use bindproof::bank::binding::Binding;
use bindproof::bank::debit::Debit;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{
    AccountId, Amount, BindingId, ChallengeId, Consent, ContactRef, DebitReason, DeviceKey,
    IdempotencyKey, InstrumentRef, Issuer, Opaque, OperationRequest, PersonRef, Secret,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::key::Key;

/// The kind of a record, in the order in which those that are due at once are stepped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The bank's binding.
    Binding,
    /// The bank's instrument, as far as it is blocked.
    Instrument,
    /// The bank's decision on a debit.
    Debit,
    /// The wallet's account.
    Account,
    /// A device of an account.
    Device,
    /// The wallet's half of a binding.
    Link,
    /// What a person does in the wallet client.
    Operation,
    /// The counts of a path.
    Lock,
    /// What gives an account's own factors on a device.
    Authenticator,
    /// An answer that is given again as it was.
    Answer,
    /// The registration of an account by its holder.
    Registration,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Binding,
        Self::Instrument,
        Self::Debit,
        Self::Account,
        Self::Device,
        Self::Link,
        Self::Operation,
        Self::Lock,
        Self::Authenticator,
        Self::Answer,
        Self::Registration,
    ];

    /// The name in the store and in journals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Instrument => "instrument",
            Self::Debit => "debit",
            Self::Account => "account",
            Self::Device => "device",
            Self::Link => "link",
            Self::Operation => "operation",
            Self::Lock => "lock",
            Self::Authenticator => "authenticator",
            Self::Answer => "answer",
            Self::Registration => "registration",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A kind of record: its two halves.
pub trait Table: Clone + 'static {
    /// The kind.
    const KIND: RecordKind;
    /// Every load of a person brings all of this kind. If not, a load has to name what it needs.
    const ALWAYS_LOADED: bool = true;
    /// What steps see.
    type State: Clone + Serialize + DeserializeOwned + Send;
    /// What steps do not see.
    type Refs: Clone + Serialize + DeserializeOwned + Send;

    /// Whether a load brings it that does not name it.
    fn is_live(_: &Kept<Self>) -> bool {
        true
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T: Table> {
    /// What steps see.
    pub state: T::State,
    /// What steps do not see.
    pub refs: T::Refs,
}

/// Declares tables whose every record is always loaded.
macro_rules! tables {
    ($($(#[$meta:meta])* $table:ident($kind:ident): $state:ty, $refs:ty;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $table;

        impl Table for $table {
            const KIND: RecordKind = RecordKind::$kind;
            type State = $state;
            type Refs = $refs;
        }
    )+ };
}
tables! {
    /// The bank's bindings.
    Bindings(Binding): Binding, BindingRefs;
    /// The bank's instruments.
    Instruments(Instrument): InstrumentState, ();
    /// The wallet's accounts.
    Accounts(Account): Account, AccountRefs;
    /// The devices of accounts.
    Devices(Device): Device, DeviceRefs;
    /// The wallet's links.
    Links(Link): Link, LinkRefs;
    /// The counts of paths.
    Locks(Lock): Lock, ();
    /// Authenticators of accounts.
    Authenticators(Authenticator): Credential, DeviceRefs;
    /// Registrations of accounts by their holders.
    Registrations(Registration): (), RegistrationRefs;
}

/// The bank's debits. There is one for each payment ever made, so a load names the one it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debits;

impl Table for Debits {
    const KIND: RecordKind = RecordKind::Debit;
    const ALWAYS_LOADED: bool = false;
    type State = Debit;
    type Refs = DebitRefs;

    fn is_live(_: &Kept<Self>) -> bool {
        false
    }
}

/// The wallet's operations. One that is over is loaded only if it is named, but a payment that was
/// executed: it counts towards the running total, and the next one is not the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations;

impl Table for Operations {
    const KIND: RecordKind = RecordKind::Operation;
    const ALWAYS_LOADED: bool = false;
    type State = Operation;
    type Refs = OperationRefs;

    fn is_live(kept: &Kept<Self>) -> bool {
        let pays = kept.refs.request.action.kind() == Kind::Pay;
        !kept.state.is_over() || (pays && kept.state == Operation::Executed)
    }
}

/// Answers that are given again as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers;

impl Table for Answers {
    const KIND: RecordKind = RecordKind::Answer;
    const ALWAYS_LOADED: bool = false;
    type State = StoredAnswer;
    type Refs = AnswerRefs;

    fn is_live(_: &Kept<Self>) -> bool {
        false
    }
}

/// What the bank knows of a binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingRefs {
    /// The key of the request that began it, or would have.
    pub request_key: IdempotencyKey,
    /// The digest of that request's body; none if only its cancel came.
    pub request_digest: Option<String>,
    /// What is bound; none if only the cancel came.
    pub terms: Option<BindingTerms>,
    /// The account that the wallet named. Set once.
    pub account: Option<AccountId>,
}

/// What is bound, for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingTerms {
    /// The instrument.
    pub instrument: InstrumentRef,
    /// Its holder.
    pub person: PersonRef,
    /// The contact that the bank has verified.
    pub contact: ContactRef,
    /// What the wallet has to know of her to register an account.
    pub registration: Opaque,
    /// What she consented to.
    pub consent: Consent,
    /// What the binding's codes are derived from.
    pub secret: Secret,
}

/// Whether an instrument is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentState {
    /// It is.
    pub blocked: bool,
}

/// What a debit was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebitRefs {
    /// The binding.
    pub binding: BindingId,
    /// The sum.
    pub amount: Amount,
    /// Why it was refused, if it was.
    pub reason: Option<DebitReason>,
}

/// For whose sake an account was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRefs {
    /// The binding, if a bank had it made.
    pub created_for: Option<BindingId>,
    /// That bank.
    pub bank: Option<Issuer>,
}

/// Whose device it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRefs {
    /// The account.
    pub account: AccountId,
    /// The key.
    pub device: DeviceKey,
}

/// What the wallet knows of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRefs {
    /// The bank whose binding it is.
    pub bank: Issuer,
    /// The account that it hangs on. Set once.
    pub account: Option<AccountId>,
    /// The instrument.
    pub instrument: Option<InstrumentRef>,
    /// The contact that the bank has verified.
    pub contact: Option<ContactRef>,
    /// What its codes are derived from.
    pub secret: Option<Secret>,
    /// The last period whose code is spent.
    pub spent_through: i64,
}

/// What the wallet knows of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRefs {
    /// The request.
    pub request: OperationRequest,
    /// The account that it runs on.
    pub account: Option<AccountId>,
    /// The challenge that is open or was.
    pub challenge: Option<ChallengeId>,
    /// The request was signed by the key of its device.
    pub signed: bool,
    /// What the verifier has to remember between the challenge and its answer.
    pub ceremony: Option<String>,
    /// The authenticator that the proof brought, to be enrolled by the execution.
    pub enrolment: Option<Credential>,
    /// When the debit was asked for, in milliseconds since 1970.
    pub debited_ms: Option<i64>,
}

/// How an account is set up by its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRefs {
    /// On which device.
    pub device: DeviceKey,
    /// What the verifier has to remember until the authenticator is made.
    pub ceremony: String,
    /// Until when that is, in milliseconds since 1970.
    pub until_ms: i64,
}

/// What an authenticator is known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// In the form of whoever verifies it.
    pub form: String,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

/// What an answer was given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRefs {
    /// The digest of the request's body.
    pub digest: String,
}

/// Where it is kept what the answer of `caller` under this idempotency key was answered.
pub fn answer_place(caller: &str, key: IdempotencyKey) -> Key {
    Key::derived("answer", &[caller.as_bytes(), key.as_str().as_bytes()])
}
