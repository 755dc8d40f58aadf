//! What stands in a journal: a header, a line for each decision, and an end. `docs/trace.md` says
//! the same for those who write journals in another language.

use bindproof::bank::binding::{self, Binding};
use bindproof::bank::debit::{self, Debit};
use bindproof::journal::{Entry, Event};
use bindproof::limits::{Limits, Timing};
use bindproof::message::Message;
use bindproof::policy::{Environment, Policy};
use bindproof::settings::SKEW_MS;
use bindproof::verdict::{ORDERS_MAX, Orders};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link::{self, Link};
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::{self, Operation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The mark of a journal of this shape, with its version.
pub const FORMAT: &str = "bindproof.trace/1";

/// The first line of a journal: whose it is, and under which rules it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub trace: String,
    /// The name under which the server speaks with others.
    pub server: String,
    /// What it is.
    pub role: Role,
    /// Counts; those of the specification if left out.
    #[serde(default)]
    pub limits: Limits,
    /// Times; those of the specification if left out.
    #[serde(default)]
    pub timing: Timing,
    /// The condition, in the shape of a policy file; the default policy if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// How far the clocks of its instances may differ, in milliseconds.
    #[serde(default = "skew_ms")]
    pub skew_ms: i64,
}

const fn skew_ms() -> i64 {
    SKEW_MS
}

impl Header {
    /// The header of a server that runs under the specification's own numbers.
    pub fn new(server: &str, role: Role) -> Self {
        Self {
            trace: FORMAT.to_owned(),
            server: server.to_owned(),
            role,
            limits: Limits::DEFAULT,
            timing: Timing::DEFAULT,
            policy: None,
            skew_ms: SKEW_MS,
        }
    }
}

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A bank's server.
    Bank,
    /// A wallet's server.
    Wallet,
}

/// The last line of a journal: that this is its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many lines there are between the header and this one.
    pub lines: u64,
    /// Of how many persons.
    pub persons: u64,
}

/// The last line as it is written.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// What it says.
    pub end: End,
}

/// One line between header and end: a decision, or what a transaction wrote in which nothing was
/// decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<K> {
    /// Whose records: the same key for the same person within one journal.
    pub person: K,
    /// The place in this person's journal, of a line without an entry. An entry has its own.
    pub sequence: Option<u64>,
    /// How many times anything of this person's was written, this transaction included.
    pub version: Option<u64>,
    /// When it was decided, in milliseconds since 1970.
    pub at_ms: i64,
    /// The decision.
    pub entry: Option<Entry<K>>,
    /// The message that it was made on. None for what a deadline, an order or the server itself
    /// brought.
    pub received: Option<Received<K>>,
    /// What the step ordered.
    pub orders: Option<Ordered>,
    /// The records as they were written because of it.
    pub after: Vec<Touched<K>>,
    /// On the last line of a transaction: what was committed.
    pub commit: Option<Commit<K>>,
}

impl<K> Line<K> {
    /// The place in this person's journal.
    pub fn place(&self) -> Option<u64> {
        self.entry.as_ref().map(|entry| entry.sequence).or(self.sequence)
    }
}

/// What was received, as the edge read it. Which members are there depends on the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "K: Serialize", deserialize = "K: Deserialize<'de>"))]
pub struct Received<K> {
    /// Its name.
    pub message: Message,
    /// The id of this very request, if a server sent it; of an answer, the id of the request that
    /// it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<K>,
    /// The server that sent it, if a server did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The idempotency key, if a server sent it under one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it was issued, in milliseconds since 1970; not of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_ms: Option<i64>,
    /// The person that it names, by the same key as in [`Line::person`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<K>,
    /// The account that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<K>,
    /// The instrument that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<K>,
    /// Stands for what it asks: the same exactly if the same is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<K>,
    /// Consent came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<bool>,
    /// What kind of operation it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The device's key that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<K>,
    /// That key signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// What the client claims about its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The binding that it names; of an answer to a challenge, the one whose code it presents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<K>,
    /// The device's key that is to be revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_device: Option<K>,
    /// The sum that is to be paid, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<u64>,
    /// Until when the challenge is open of a recovery that goes over to the person whose identity
    /// was proved, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

impl<K> Received<K> {
    /// This message, with nothing else in it yet.
    pub const fn new(message: Message) -> Self {
        Self {
            message,
            request: None,
            from: None,
            key: None,
            issued_ms: None,
            person: None,
            account: None,
            instrument: None,
            content: None,
            consent: None,
            kind: None,
            device: None,
            signed: None,
            environment: None,
            binding: None,
            revoked_device: None,
            amount_minor: None,
            until_ms: None,
        }
    }
}

/// A record as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touched<K> {
    /// A binding.
    Binding(Touch<K, Binding>),
    /// A debit, by its operation.
    Debit(Touch<K, Debit>),
    /// A link, by its binding.
    Link(Touch<K, Link>),
    /// An account.
    Account(Touch<K, Account>),
    /// A device's record on an account.
    Device(Touch<K, Device>),
    /// An operation.
    Operation(Touch<K, Operation>),
    /// The lock of a path.
    Lock(Touch<K, Lock>),
    /// What the bank's operator says of an instrument. No step writes it.
    Instrument(Touch<K, Instrument>),
}

/// Which record, and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch<K, S> {
    /// Which of its kind.
    pub key: K,
    /// In how many transactions it had been written then.
    pub version: u64,
    /// What it was then.
    pub state: S,
}

/// Whether an instrument is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// It is.
    pub blocked: bool,
}

/// What went into the store together with the lines of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit<K> {
    /// How many lines the transaction has, this one included.
    pub lines: u64,
    /// Messages to other servers that are owed from now on.
    #[serde(default = "Vec::new")]
    pub owed: Vec<Owed<K>>,
}

/// A message that is owed to another server until it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed<K> {
    /// Its name.
    pub message: Message,
    /// The binding or, of a debit request, the operation that it is about.
    pub about: K,
    /// The idempotency key under which it is sent each time. What is sent without one has one here
    /// all the same, and it stays here.
    pub key: String,
}

/// What a step ordered, by the kind of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// For a binding.
    Binding(Orders<binding::Order>),
    /// For a debit.
    Debit(Orders<debit::Order>),
    /// For a link.
    Link(Orders<link::Order>),
    /// For an operation.
    Operation(Orders<operation::Order>),
    /// Devices and locks order nothing.
    Nothing,
}

macro_rules! ordered {
    ($($variant:ident $order:ty;)+) => { $(
        impl From<Orders<$order>> for Ordered {
            fn from(orders: Orders<$order>) -> Self {
                Self::$variant(orders)
            }
        }
    )+ };
}
ordered! {
    Binding binding::Order;
    Debit debit::Order;
    Link link::Order;
    Operation operation::Order;
}

impl From<Orders<()>> for Ordered {
    fn from(_: Orders<()>) -> Self {
        Self::Nothing
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Binding(orders) => serializer.collect_seq(orders.iter()),
            Self::Debit(orders) => serializer.collect_seq(orders.iter()),
            Self::Link(orders) => serializer.collect_seq(orders.iter()),
            Self::Operation(orders) => serializer.collect_seq(orders.iter()),
            Self::Nothing => serializer.collect_seq([(); 0]),
        }
    }
}

impl Ordered {
    /// The list in `text`, read as what a step on this event's record orders.
    fn read<K>(text: &str, event: Option<&Event<K>>) -> Result<Self, String> {
        fn list<O: DeserializeOwned + Copy>(text: &str) -> Result<Orders<O>, String> {
            let list: Vec<O> = serde_json::from_str(text).map_err(|e| e.to_string())?;
            if list.len() > ORDERS_MAX {
                return Err(format!("no step gives more than {ORDERS_MAX} orders"));
            }
            let mut orders = Orders::none();
            list.into_iter().for_each(|order| orders.push(order));
            Ok(orders)
        }
        Ok(match event {
            Some(Event::Binding { .. }) => Self::Binding(list(text)?),
            Some(Event::Debit { .. }) => Self::Debit(list(text)?),
            Some(Event::Link { .. }) => Self::Link(list(text)?),
            Some(Event::Operation { .. }) => Self::Operation(list(text)?),
            Some(Event::Device { .. } | Event::Lock { .. }) | None => list::<()>(text)?.into(),
        })
    }
}

/// A line as it is written. The orders can be read only once the event is known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    serialize = "K: Serialize, O: Serialize",
    deserialize = "K: Deserialize<'de>, O: Deserialize<'de>"
))]
struct Shape<K, O> {
    person: K,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    at_ms: i64,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    entry: Option<Entry<K>>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    received: Option<Received<K>>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    orders: Option<O>,
    #[serde(default = "Vec::new")]
    after: Vec<Touched<K>>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    commit: Option<Commit<K>>,
    /// What stands at the end was taken off before: this one does not, or is none.
    #[serde(default, rename = "hash", skip_serializing, deserialize_with = "misplaced")]
    _hash: (),
}

fn misplaced<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    let expected = "`hash` has to be the last member, of 64 lower-case hexadecimal digits";
    Err(serde::de::Error::custom(expected))
}

const fn none<T>() -> Option<T> {
    None
}

impl<K: Serialize + Clone> Serialize for Line<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = self.clone();
        Shape {
            person: line.person,
            sequence: line.sequence,
            version: line.version,
            at_ms: line.at_ms,
            entry: line.entry,
            received: line.received,
            orders: line.orders,
            after: line.after,
            commit: line.commit,
            _hash: (),
        }
        .serialize(serializer)
    }
}

impl<'de, K: Deserialize<'de>> Deserialize<'de> for Line<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape: Shape<K, &'de RawValue> = Shape::deserialize(deserializer)?;
        let read = |text: &RawValue| Ordered::read(text.get(), shape.entry.as_ref().map(event));
        let orders = shape
            .orders
            .map(read)
            .transpose()
            .map_err(|error| serde::de::Error::custom(format_args!("orders: {error}")))?;
        Ok(Self {
            person: shape.person,
            sequence: shape.sequence,
            version: shape.version,
            at_ms: shape.at_ms,
            entry: shape.entry,
            received: shape.received,
            orders,
            after: shape.after,
            commit: shape.commit,
        })
    }
}

const fn event<K>(entry: &Entry<K>) -> &Event<K> {
    &entry.event
}
