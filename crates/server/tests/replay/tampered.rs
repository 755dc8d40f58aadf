//! A store that does not write what it is told: servers that are wrong, so that the comparison can
//! be seen to find them.

use bindproof_server::key::{Key, Person};
use bindproof_server::record::RecordKind;
use bindproof_server::store::{
    Asked, Change, Claim, Due, JournalRow, Known, Loaded, Overdue, OwedRow, Postponed, Queue,
    Saved, Store, Task,
};

/// A store around another, that changes what is written.
pub struct Tampered<S> {
    /// The store.
    pub inner: S,
    /// What it does to each change.
    pub with: fn(&mut Change),
}

impl<S: Store> Store for Tampered<S> {
    fn save(&self, mut change: Change) -> Task<'_, Saved> {
        (self.with)(&mut change);
        self.inner.save(change)
    }

    fn look<'a>(&'a self, asked: Asked<'a>) -> Task<'a, Known> {
        self.inner.look(asked)
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        self.inner.load(person, names)
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        self.inner.spend(key_id, nonce, until_ms)
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        self.inner.lanes()
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        self.inner.claim(claim)
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        self.inner.release(owner)
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        self.inner.postpone(postponed)
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        self.inner.delivered(letter)
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        self.inner.letters(person)
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        self.inner.dead(limit)
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        self.inner.resume(now_ms)
    }

    fn owed(&self) -> Task<'_, u64> {
        self.inner.owed()
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        self.inner.queues()
    }

    fn overdue<'a>(
        &'a self,
        now_ms: i64,
        after: Option<&'a Overdue>,
        limit: i64,
    ) -> Task<'a, Vec<Overdue>> {
        self.inner.overdue(now_ms, after, limit)
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        self.inner.persons(after, limit)
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        self.inner.journal(person)
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        self.inner.prune(now_ms)
    }

    fn ping(&self) -> Task<'_, ()> {
        self.inner.ping()
    }
}
