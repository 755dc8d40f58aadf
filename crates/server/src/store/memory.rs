//! A store in memory: what the others are compared with. It keeps what it is told and loses all of
//! it when the program ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Asked, Change, Claim, Due, Found, Head, JournalRow, Known, Loaded, Overdue, OwedRow,
    PRUNED_AT_ONCE, Postponed, Queue, Row, Saved, Slot, Store, StoreError, Task, Timer, TimerRow,
};
use crate::key::{Key, Person};
use crate::record::RecordKind;

/// Everything in it.
#[derive(Debug, Default)]
struct Tables {
    persons: BTreeMap<Person, Head>,
    rows: BTreeMap<(Person, RecordKind, Key), Row>,
    timers: BTreeMap<(Person, RecordKind, Key, Timer), i64>,
    owed: BTreeMap<(Person, Slot, Key), Held>,
    journal: BTreeMap<(Person, i64), JournalRow>,
    directory: BTreeMap<(&'static str, String), Found>,
    nonces: BTreeMap<(String, String), i64>,
    keys: BTreeMap<(String, String), (String, i64)>,
}

/// A letter, and who has it in its hands.
#[derive(Debug)]
struct Held {
    letter: OwedRow,
    until_ms: i64,
    owner: String,
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tables. Nothing that holds them can panic half way, so a poisoned lock is whole.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done<'a, T: Send + 'a>(value: T) -> Task<'a, T> {
        Box::pin(std::future::ready(Ok(value)))
    }
}

impl Tables {
    fn load(&self, person: &Person, names: &BTreeSet<(RecordKind, Key)>) -> Loaded {
        let hers = self.rows.iter().filter(|((whose, ..), _)| whose == person);
        let wanted =
            hers.filter(|((_, kind, key), row)| row.live || names.contains(&(*kind, *key)));
        let timers = self.timers.iter().filter(|((whose, ..), _)| whose == person);
        let timer = |((_, kind, key, what), due_ms): (&(Person, RecordKind, Key, Timer), &i64)| {
            TimerRow { kind: *kind, key: *key, what: *what, due_ms: *due_ms }
        };
        Loaded {
            person: person.clone(),
            head: self.persons.get(person).cloned().unwrap_or(Head::NEW),
            rows: wanted.map(|(_, row)| row.clone()).collect(),
            timers: timers.map(timer).collect(),
        }
    }

    fn save(&mut self, change: Change) -> Saved {
        let person = change.person;
        if *self.persons.get(&person).unwrap_or(&Head::NEW) != change.before {
            return Saved::Lost;
        }
        let place = |row: &super::DirectoryRow| (row.scope, row.id.clone());
        if change.directory.iter().any(|row| self.directory.contains_key(&place(row))) {
            return Saved::Taken;
        }
        let key = |row: &super::KeyRow| (row.scope.clone(), row.id.clone());
        if change.keys.iter().any(|row| self.keys.contains_key(&key(row))) {
            return Saved::Taken;
        }
        for row in change.keys {
            self.keys.insert((row.scope, row.id), (row.digest, row.until_ms));
        }
        for row in change.directory {
            let found = Found { person: person.clone(), value: row.value };
            self.directory.insert((row.scope, row.id), found);
        }
        for row in change.rows {
            self.rows.insert((person.clone(), row.kind, row.key), row);
        }
        for (kind, key, what) in change.disarmed {
            self.timers.remove(&(person.clone(), kind, key, what));
        }
        for t in change.armed {
            self.timers.insert((person.clone(), t.kind, t.key, t.what), t.due_ms);
        }
        for (slot, key) in change.settled {
            self.owed.remove(&(person.clone(), slot, key));
        }
        for letter in change.owed {
            let place = (person.clone(), letter.slot, letter.key);
            let (until_ms, owner) = match &change.leased {
                Some(lease) => (lease.until_ms, lease.owner.clone()),
                None => (0, String::new()),
            };
            self.owed.insert(place, Held { letter, until_ms, owner });
        }
        for line in change.journal {
            self.journal.insert((person.clone(), line.sequence), line);
        }
        self.persons.insert(person, change.after);
        Saved::Done
    }

    fn claim(&mut self, claim: &Claim) -> Vec<Due> {
        let free = |held: &Held| {
            let due = held.letter.next_ms.max(held.until_ms) <= claim.now_ms;
            held.letter.lane == claim.lane && !held.letter.dead && due
        };
        let mut due: Vec<_> = self.owed.iter_mut().filter(|(_, held)| free(held)).collect();
        due.sort_by_key(|(place, held)| (held.letter.next_ms, (*place).clone()));
        let limit = usize::try_from(claim.limit).unwrap_or(0);
        let taken = due.into_iter().take(limit).map(|((person, ..), held)| {
            (held.until_ms, held.owner) = (claim.lease_ms, claim.owner.clone());
            Due { person: person.clone(), owed: held.letter.clone() }
        });
        taken.collect()
    }

    fn delivered(&mut self, letter: Postponed) {
        let place = (letter.person, letter.slot, letter.key);
        let same = |held: &Held| held.letter.idempotency_key == letter.idempotency_key;
        if self.owed.get(&place).is_some_and(same) {
            self.owed.remove(&place);
        }
    }

    fn postpone(&mut self, postponed: Postponed) {
        let place = (postponed.person, postponed.slot, postponed.key);
        if let Some(held) = self.owed.get_mut(&place)
            && held.letter.idempotency_key == postponed.idempotency_key
        {
            held.letter.attempts += 1;
            held.letter.next_ms = postponed.next_ms;
            held.letter.dead = postponed.dead;
            held.until_ms = 0;
        }
    }
}

/// Takes out what is over, up to as many as are at once; how many.
fn prune<V>(kept: &mut BTreeMap<(String, String), V>, is_over: impl Fn(&V) -> bool) -> u64 {
    let over = kept.extract_if(.., |_, value| is_over(value));
    over.take(PRUNED_AT_ONCE as usize).count() as u64
}

impl Store for MemoryStore {
    fn look<'a>(&'a self, asked: Asked<'a>) -> Task<'a, Known> {
        let tables = self.tables();
        let found = |(scope, id): &(&'static str, &str)| {
            tables.directory.get(&(*scope, (*id).to_owned())).cloned()
        };
        let key = asked.key.map(|(scope, id)| (scope.to_owned(), id.to_owned()));
        let body = key.and_then(|key| tables.keys.get(&key));
        let body = body.map(|(digest, _)| digest.clone());
        Self::done(Known { found: asked.ids.iter().map(found).collect(), body })
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        Self::done(self.tables().load(person, &names.iter().copied().collect()))
    }

    fn save(&self, change: Change) -> Task<'_, Saved> {
        Self::done(self.tables().save(change))
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        let place = (key_id.to_owned(), nonce.to_owned());
        let mut tables = self.tables();
        let new = !tables.nonces.contains_key(&place);
        tables.nonces.entry(place).or_insert(until_ms);
        Self::done(new)
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        let tables = self.tables();
        let live = tables.owed.values().filter(|held| !held.letter.dead);
        let lanes: BTreeSet<&String> = live.map(|held| &held.letter.lane).collect();
        Self::done(lanes.into_iter().cloned().collect())
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        Self::done(self.tables().claim(&claim))
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        let mut tables = self.tables();
        let own = |held: &&mut Held| held.owner == owner && held.until_ms > 0;
        let released = tables.owed.values_mut().filter(own).map(|held| held.until_ms = 0);
        let count = released.count() as u64;
        Self::done(count)
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        self.tables().postpone(postponed);
        Self::done(())
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        self.tables().delivered(letter);
        Self::done(())
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        let tables = self.tables();
        let hers = tables.owed.iter().filter(|((whose, ..), _)| whose == person);
        Self::done(hers.map(|(_, held)| held.letter.clone()).collect())
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let tables = self.tables();
        let dead = tables.owed.iter().filter(|(_, held)| held.letter.dead);
        let due = dead
            .map(|((person, ..), held)| Due { person: person.clone(), owed: held.letter.clone() });
        Self::done(due.take(limit).collect())
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        let mut tables = self.tables();
        let dead = tables.owed.values_mut().filter(|held| held.letter.dead);
        let resumed = dead.map(|Held { letter, .. }| {
            (letter.dead, letter.attempts, letter.next_ms) = (false, 0, now_ms);
        });
        let count = resumed.count() as u64;
        Self::done(count)
    }

    fn owed(&self) -> Task<'_, u64> {
        Self::done(self.tables().owed.len() as u64)
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
        for Held { letter, .. } in self.tables().owed.values() {
            let lane = letter.lane.clone();
            let empty = Queue { lane, waiting: 0, dead: 0, oldest_ms: i64::MAX };
            let queue = queues.entry(letter.lane.clone()).or_insert(empty);
            queue.waiting += i64::from(!letter.dead);
            queue.dead += i64::from(letter.dead);
            queue.oldest_ms = queue.oldest_ms.min(letter.since_ms);
        }
        Self::done(queues.into_values().collect())
    }

    fn overdue<'a>(
        &'a self,
        now_ms: i64,
        after: Option<&'a Overdue>,
        limit: i64,
    ) -> Task<'a, Vec<Overdue>> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let tables = self.tables();
        let passed = tables.timers.iter().filter(|(_, due_ms)| **due_ms <= now_ms);
        let passed = passed
            .map(|((person, ..), due_ms)| Overdue { due_ms: *due_ms, person: person.clone() });
        let next = passed.filter(|overdue| after.is_none_or(|after| overdue > after));
        let next: BTreeSet<Overdue> = next.collect();
        Self::done(next.into_iter().take(limit).collect())
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let tables = self.tables();
        let next = tables.persons.keys().filter(|person| after.is_none_or(|after| *person > after));
        Self::done(next.take(limit).cloned().collect())
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        let tables = self.tables();
        let lines = tables.journal.iter().filter(|((whose, _), _)| whose == person);
        Self::done(lines.map(|(_, line)| line.clone()).collect())
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        let mut tables = self.tables();
        let nonces = prune(&mut tables.nonces, |until_ms| *until_ms <= now_ms);
        let keys = prune(&mut tables.keys, |(_, until_ms)| *until_ms <= now_ms);
        Self::done(nonces + keys)
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(std::future::ready(Ok::<(), StoreError>(())))
    }
}
