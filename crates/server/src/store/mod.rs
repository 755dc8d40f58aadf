//! Where the records are kept: one trait, three stores, one suite that all of them pass.
//!
//! The one thing that a store does for the protocol is a transaction on one person, in two halves:
//! [`Store::load`] gives a snapshot of her records, and [`Store::save`] writes what was decided on
//! it if nothing of hers has changed meanwhile, all of it or nothing. In between, nothing waits.

mod alone;
mod error;
mod everybody;
mod existing;
pub mod memory;
mod migrate;
pub mod postgres;
mod shard;
pub mod sqlite;
pub mod suite;

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

pub use alone::Alone;
pub use error::StoreError;
pub use everybody::Everybody;
pub use existing::Tables;
pub use shard::{Shard, Timer};

use crate::key::{Key, Person};
use crate::letter::Letter;
use crate::record::RecordKind;

/// How many of a kind are forgotten at once.
pub const PRUNED_AT_ONCE: i64 = 1_000;

/// What a store is working on.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// One record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its kind.
    pub kind: RecordKind,
    /// Which of its kind.
    pub key: Key,
    /// How many times it was written; 0 before the first time.
    pub version: i64,
    /// What steps see, in the specification's own form, as JSON.
    pub state: String,
    /// What steps only compare, as JSON.
    pub refs: String,
    /// Whether every load of its person brings it; if not, only one that names it does.
    pub live: bool,
}

/// A deadline that is armed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerRow {
    /// The kind of the record.
    pub kind: RecordKind,
    /// Which record.
    pub key: Key,
    /// Which of its deadlines.
    pub what: Timer,
    /// When it passes, in milliseconds since 1970.
    pub due_ms: i64,
}

/// The slot of something owed: a new letter in it takes the place of the one before, so that what
/// is sent about one binding never overtakes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// From the bank to the wallet, by binding.
    ToWallet,
    /// The wallet's notice to a bank, by binding.
    Notice,
    /// The wallet's request for a debit, by operation.
    Debit,
    /// A one-time code to a contact, by challenge.
    Code,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 4] = [Self::ToWallet, Self::Notice, Self::Debit, Self::Code];

    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToWallet => "to_wallet",
            Self::Notice => "notice",
            Self::Debit => "debit",
            Self::Code => "code",
        }
    }

    /// The slot of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.name() == name)
    }
}

/// A letter that is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedRow {
    /// Its slot.
    pub slot: Slot,
    /// Of which record.
    pub key: Key,
    /// The queue in which it waits: that of one peer.
    pub lane: String,
    /// What is to be sent, as JSON.
    pub letter: String,
    /// The key under which it is sent, the same each time.
    pub idempotency_key: String,
    /// How many times it was sent in vain.
    pub attempts: i64,
    /// When it is sent next, in milliseconds since 1970.
    pub next_ms: i64,
    /// It is never given up.
    pub forever: bool,
    /// It was given up, until a person resumes it.
    pub dead: bool,
    /// Since when it is owed, in milliseconds since 1970.
    pub since_ms: i64,
}

impl OwedRow {
    /// The name of the letter, for logs and lists.
    pub fn name(&self) -> &'static str {
        let letter = serde_json::from_str::<Letter>(&self.letter);
        letter.map_or("unreadable", |letter| letter.name())
    }
}

/// A letter and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub person: Person,
    /// The letter.
    pub owed: OwedRow,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place: 0, 1, 2 and so on.
    pub sequence: i64,
    /// The line, as JSON.
    pub line: String,
    /// The hash over the hash before it and the line, in hexadecimal digits.
    pub hash: String,
}

/// Whose an id is. Written once and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRow {
    /// What kind of id.
    pub scope: &'static str,
    /// The id.
    pub id: String,
    /// What else is known with it.
    pub value: String,
}

/// Which body an idempotency key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Who uses it, and for which message.
    pub scope: String,
    /// The key.
    pub id: String,
    /// The digest of the body.
    pub digest: String,
    /// Until when it is remembered, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Whose an id is, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose.
    pub person: Person,
    /// What else is known with it.
    pub value: String,
}

/// The guard of a person's records, and the end of her journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many times anything of hers was written; 0 for nobody known.
    pub version: i64,
    /// How many lines her journal has.
    pub sequence: i64,
    /// The hash of the last line; empty for none.
    pub hash: String,
}

impl Head {
    /// Of a person of whom nothing is kept.
    pub const NEW: Self = Self { version: 0, sequence: 0, hash: String::new() };
}

/// A person's records as they stood at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Whose.
    pub person: Person,
    /// The guard.
    pub head: Head,
    /// Her live records, and those that were named.
    pub rows: Vec<Row>,
    /// Her deadlines.
    pub timers: Vec<TimerRow>,
}

/// What one transaction writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub person: Person,
    /// The guard as it was loaded: if it is another now, nothing is written.
    pub before: Head,
    /// The guard afterwards.
    pub after: Head,
    /// Records, each with the version that it has from now on.
    pub rows: Vec<Row>,
    /// Deadlines armed.
    pub armed: Vec<TimerRow>,
    /// Deadlines that are no more.
    pub disarmed: Vec<(RecordKind, Key, Timer)>,
    /// Letters owed from now on.
    pub owed: Vec<OwedRow>,
    /// Who has them in its hands from the beginning; none leaves them to whoever claims them.
    pub leased: Option<Lease>,
    /// Letters owed no more.
    pub settled: Vec<(Slot, Key)>,
    /// Lines of her journal.
    pub journal: Vec<JournalRow>,
    /// Ids that are hers from now on.
    pub directory: Vec<DirectoryRow>,
    /// Idempotency keys that stand for a body from now on.
    pub keys: Vec<KeyRow>,
}

/// Letters are kept from every other instance for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Until when, in milliseconds since 1970.
    pub until_ms: i64,
    /// The name of the instance that has them, which is the same when it starts again.
    pub owner: String,
}

impl Change {
    /// One that writes nothing but the guard, from `before` to `after`.
    pub const fn nothing(person: Person, before: Head, after: Head) -> Self {
        Self {
            person,
            before,
            after,
            rows: Vec::new(),
            armed: Vec::new(),
            disarmed: Vec::new(),
            owed: Vec::new(),
            leased: None,
            settled: Vec::new(),
            journal: Vec::new(),
            directory: Vec::new(),
            keys: Vec::new(),
        }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Written, and durable.
    Done,
    /// Something of hers has changed since it was loaded; nothing is written. Decide again.
    Lost,
    /// One of the ids or keys is taken already; nothing is written. Find out for what, and decide
    /// again.
    Taken,
}

/// A letter is sent again later, or never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postponed {
    /// Whose.
    pub person: Person,
    /// Its slot.
    pub slot: Slot,
    /// Of which record.
    pub key: Key,
    /// The letter itself: if another is in the slot by now, nothing is changed.
    pub idempotency_key: String,
    /// When it is sent next.
    pub next_ms: i64,
    /// It is given up.
    pub dead: bool,
}

/// Which letters an instance takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of which lane.
    pub lane: String,
    /// Those that are due at this time, in milliseconds since 1970.
    pub now_ms: i64,
    /// Until when they are kept from every other instance, in milliseconds since 1970.
    pub lease_ms: i64,
    /// The name of the instance, which is the same when it starts again.
    pub owner: String,
    /// How many at most.
    pub limit: i64,
}

/// A letter, if it can be read. One that cannot, which a later program may have written, keeps no
/// other one waiting: it stays, and is looked at again when its lease runs out.
fn if_readable(due: Result<Due, StoreError>) -> Option<Due> {
    due.inspect_err(|error| tracing::error!(%error, "a letter that is owed is not sent")).ok()
}

/// What waits in one lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// The lane.
    pub lane: String,
    /// How many letters are not given up.
    pub waiting: i64,
    /// How many are.
    pub dead: i64,
    /// Since when the oldest is owed, in milliseconds since 1970.
    pub oldest_ms: i64,
}

/// A person of whom a deadline has passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overdue {
    /// When it passed, in milliseconds since 1970.
    pub due_ms: i64,
    /// Whose it is.
    pub person: Person,
}

impl Overdue {
    /// Time and key after which a page begins; without one, those that come before everybody.
    fn place_of(after: Option<&Self>) -> (i64, &str) {
        after.map_or((i64::MIN, ""), |after| (after.due_ms, after.person.as_str()))
    }
}

/// What is asked before it is known whose records a request is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose these ids are, each in its scope.
    pub ids: &'a [(&'static str, &'a str)],
    /// Which body this idempotency key stands for, in its scope.
    pub key: Option<(&'a str, &'a str)>,
}

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whose each id is, in the order in which they were asked for.
    pub found: Vec<Option<Found>>,
    /// The digest of the body that the key stands for.
    pub body: Option<String>,
}

/// A store of persons' records. Everything that it says is done is durable.
pub trait Store: Send + Sync + 'static {
    /// Whose ids are, and what a key stands for: all of one moment, and in one go, since each way
    /// to a store costs more than what it asks for.
    fn look<'a>(&'a self, asked: Asked<'a>) -> Task<'a, Known>;

    /// Whose an id is.
    fn find<'a>(&'a self, scope: &'static str, id: &'a str) -> Task<'a, Option<Found>> {
        Box::pin(async move {
            let ids = [(scope, id)];
            let known = self.look(Asked { ids: &ids, key: None }).await?;
            Ok(known.found.into_iter().next().flatten())
        })
    }

    /// The digest of the body that an idempotency key stands for.
    fn key<'a>(&'a self, scope: &'a str, id: &'a str) -> Task<'a, Option<String>> {
        Box::pin(
            async move { Ok(self.look(Asked { ids: &[], key: Some((scope, id)) }).await?.body) },
        )
    }

    /// A snapshot of a person: her live records and, of the others, those in `names`.
    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded>;

    /// Writes what was decided, all of it or nothing.
    fn save(&self, change: Change) -> Task<'_, Saved>;

    /// Notes that a signature was used; false if it had been before.
    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool>;

    /// The lanes in which letters wait that are not dead, whether or not they are due.
    fn lanes(&self) -> Task<'_, Vec<String>>;

    /// Takes letters that are due, and keeps them from every other instance for a while.
    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>>;

    /// Lets go of every letter that this instance has taken: it has started again, and whatever it
    /// had in its hands it has no longer. How many there were.
    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64>;

    /// Puts a letter off that could not be delivered.
    fn postpone(&self, postponed: Postponed) -> Task<'_, ()>;

    /// A letter was delivered and needs no step: it is owed no more, if it is still the same.
    fn delivered(&self, letter: Postponed) -> Task<'_, ()>;

    /// Everything that is owed for a person, given up or not, in the order of slot and key.
    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>>;

    /// Letters that were given up.
    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>>;

    /// Takes every dead letter up again; how many.
    fn resume(&self, now_ms: i64) -> Task<'_, u64>;

    /// How many letters are owed, dead ones included.
    fn owed(&self) -> Task<'_, u64>;

    /// Every lane in which anything is owed, in order, dead letters included.
    fn queues(&self) -> Task<'_, Vec<Queue>>;

    /// Up to `limit` persons of whom a deadline has passed at `now_ms`, the earliest first and then
    /// in the order of their keys: those that come after `after`. Somebody of whom several have
    /// passed is there once for each time.
    fn overdue<'a>(
        &'a self,
        now_ms: i64,
        after: Option<&'a Overdue>,
        limit: i64,
    ) -> Task<'a, Vec<Overdue>>;

    /// Up to `limit` persons whose key comes after `after`, in order.
    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>>;

    /// A person's journal from its beginning.
    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>>;

    /// Forgets signatures whose window has passed, and keys that were kept long enough: up to
    /// [`PRUNED_AT_ONCE`] of either, so that nobody waits long. How many there were.
    fn prune(&self, now_ms: i64) -> Task<'_, u64>;

    /// Whether the store answers; one that is part of the program, whether it can write as well.
    fn ping(&self) -> Task<'_, ()>;
}
