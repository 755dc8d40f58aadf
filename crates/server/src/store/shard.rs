//! One person's records while a decision about them is made.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::journal::{Decided, Entry, Event, PROTOCOL_NUMBER};
use bindproof_conformance::trace::line::{Commit, Ordered, Owed, Received, Touched};

use super::{
    Change, DirectoryRow, Head, JournalRow, KeyRow, Lease, Loaded, OwedRow, Row, Slot, StoreError,
};
use super::{Timer as What, TimerRow};
use crate::defect::{Defect, planted};
use crate::journal::{Line, hash_of, touched};
use crate::key::{Key, Person};
use crate::record::{Kept, RecordKind, Table};

/// Which deadline of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The deadline of the state that it is in.
    State,
    /// A device has been trusted long enough.
    Aged,
    /// A session has been idle too long.
    Idle,
    /// The time of a closed run passes.
    Run,
    /// The day ends.
    Day,
    /// The next binding code is current.
    Code,
}

impl Timer {
    /// Every deadline, in the order in which those that are due at once are stepped.
    pub const ALL: [Self; 6] =
        [Self::State, Self::Aged, Self::Idle, Self::Run, Self::Day, Self::Code];

    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Aged => "aged",
            Self::Idle => "idle",
            Self::Run => "run",
            Self::Day => "day",
            Self::Code => "code",
        }
    }

    /// The deadline of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|timer| timer.name() == name)
    }
}

/// One person's records, and what becomes of them. Nothing here is written until it is saved.
#[derive(Clone, Debug)]
pub struct Shard {
    person: Person,
    now_ms: i64,
    before: Head,
    names: BTreeSet<(RecordKind, Key)>,
    rows: BTreeMap<(RecordKind, Key), Row>,
    changed: BTreeSet<(RecordKind, Key)>,
    touched: BTreeSet<(RecordKind, Key)>,
    timers: BTreeMap<(RecordKind, Key, What), i64>,
    timed: BTreeSet<(RecordKind, Key, What)>,
    owed: BTreeMap<(Slot, Key), Option<OwedRow>>,
    leased: Option<Lease>,
    received: Option<Received<Key>>,
    lines: Vec<Line>,
    letters: Vec<((Slot, Key), Owed<Key>)>,
    directory: Vec<DirectoryRow>,
    keys: Vec<KeyRow>,
}

impl Shard {
    /// The records as they were loaded, at `now_ms`; `names` are those that were asked for.
    pub fn new(loaded: Loaded, names: &[(RecordKind, Key)], now_ms: i64) -> Self {
        let timers = loaded.timers.into_iter();
        Self {
            person: loaded.person,
            now_ms,
            before: loaded.head,
            names: names.iter().copied().collect(),
            rows: loaded.rows.into_iter().map(|row| ((row.kind, row.key), row)).collect(),
            changed: BTreeSet::new(),
            touched: BTreeSet::new(),
            timers: timers.map(|t| ((t.kind, t.key, t.what), t.due_ms)).collect(),
            timed: BTreeSet::new(),
            owed: BTreeMap::new(),
            leased: None,
            received: None,
            lines: Vec::new(),
            letters: Vec::new(),
            directory: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Whose records they are.
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// The moment at which is decided, in milliseconds since 1970.
    pub const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// One record.
    ///
    /// # Errors
    /// If it cannot be read, or if it could be there and was not loaded.
    pub fn find<T: Table>(&self, key: Key) -> Result<Option<Kept<T>>, StoreError> {
        match self.rows.get(&(T::KIND, key)) {
            Some(row) => read(row).map(Some),
            None if T::ALWAYS_LOADED || self.names.contains(&(T::KIND, key)) => Ok(None),
            None => Err(StoreError::corrupt(format!("{} {key}", T::KIND.name()), "not loaded")),
        }
    }

    /// Every loaded record of a kind, in the order of their keys.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn each<T: Table>(&self) -> Result<Vec<(Key, Kept<T>)>, StoreError> {
        let of_kind = self.rows.values().filter(|row| row.kind == T::KIND);
        of_kind.map(|row| Ok((row.key, read(row)?))).collect()
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If it has no form.
    pub fn put<T: Table>(&mut self, key: Key, kept: &Kept<T>) -> Result<(), StoreError> {
        let form = |error| StoreError::corrupt(T::KIND.name(), error);
        let state = serde_json::to_string(&kept.state).map_err(form)?;
        let refs = serde_json::to_string(&kept.refs).map_err(form)?;
        let place = (T::KIND, key);
        let live = T::is_live(kept);
        let version = self.rows.get(&place).map_or(0, |row| row.version);
        let step = i64::from(!self.changed.contains(&place));
        let row = Row { kind: T::KIND, key, version: version + step, state, refs, live };
        self.rows.insert(place, row);
        self.changed.insert(place);
        self.touched.insert(place);
        Ok(())
    }

    /// Arms a deadline `after_ms` from now, in place of the one before.
    pub fn arm(&mut self, kind: RecordKind, key: Key, what: What, after_ms: u64) {
        let early_ms = if planted(Defect::DeadlinesEarly) { 3_000 } else { 0 };
        let after_ms = i64::try_from(after_ms).unwrap_or(i64::MAX) - early_ms;
        self.arm_at(kind, key, what, self.now_ms.saturating_add(after_ms));
    }

    /// Arms a deadline at `due_ms`, in place of the one before.
    pub fn arm_at(&mut self, kind: RecordKind, key: Key, what: What, due_ms: i64) {
        self.timers.insert((kind, key, what), due_ms);
        self.timed.insert((kind, key, what));
    }

    /// When a deadline passes, if it is armed.
    pub fn armed(&self, kind: RecordKind, key: Key, what: What) -> Option<i64> {
        self.timers.get(&(kind, key, what)).copied()
    }

    /// Lets a deadline be.
    pub fn disarm(&mut self, kind: RecordKind, key: Key, what: What) {
        if self.timers.remove(&(kind, key, what)).is_some() {
            self.timed.insert((kind, key, what));
        }
    }

    /// The first deadline that has passed: the earliest, then in the order of kind, key and name.
    pub fn first_overdue(&self) -> Option<(RecordKind, Key, What)> {
        let passed = self.timers.iter().filter(|(_, due_ms)| **due_ms <= self.now_ms);
        passed.min_by_key(|(place, due_ms)| (**due_ms, **place)).map(|(place, _)| *place)
    }

    /// Owes a letter, in place of what its slot held.
    pub fn owe(&mut self, letter: OwedRow) {
        self.owed.insert((letter.slot, letter.key), Some(letter));
    }

    /// Owes nothing any more in this slot.
    pub fn settle(&mut self, slot: Slot, key: Key) {
        if planted(Defect::SendingNotStopped) {
            return;
        }
        self.owed.insert((slot, key), None);
        self.letters.retain(|(place, _)| *place != (slot, key));
    }

    /// What this letter is in the journal, from now on.
    pub fn name_letter(&mut self, slot: Slot, key: Key, letter: Owed<Key>) {
        self.letters.retain(|(place, _)| *place != (slot, key));
        self.letters.push(((slot, key), letter));
    }

    /// What the next decision is made on.
    pub fn receive(&mut self, received: Received<Key>) {
        self.received = Some(received);
    }

    /// An id is hers from now on.
    pub fn claim(&mut self, scope: &'static str, id: String, value: String) {
        self.directory.push(DirectoryRow { scope, id, value });
    }

    /// An idempotency key stands for a body from now on.
    pub fn remember(&mut self, key: KeyRow) {
        self.keys.push(key);
    }

    /// The letters that are owed by this decision and were not before.
    pub fn owed(&self) -> Vec<OwedRow> {
        self.owed.values().flatten().cloned().collect()
    }

    /// Whoever decides this sends its letters, too.
    pub fn lease(&mut self, lease: Lease) {
        self.leased = Some(lease);
    }

    /// Whether this decision has put something else into a slot, or emptied it.
    pub fn has_moved(&self, slot: Slot, key: Key) -> bool {
        self.owed.contains_key(&(slot, key))
    }

    /// The answer that the next decision is made on presents the code of this binding.
    pub fn presents(&mut self, binding: Key) {
        if let Some(received) = &mut self.received {
            received.binding = Some(binding);
        }
    }

    /// Writes one decision into the journal, together with what was written because of it.
    ///
    /// # Errors
    /// If a record has no form.
    pub fn enter(
        &mut self,
        event: Event<Key>,
        decided: Decided,
        orders: Ordered,
    ) -> Result<(), StoreError> {
        let sequence = (self.before.sequence + self.lines.len() as i64).unsigned_abs();
        let entry = Entry { protocol: PROTOCOL_NUMBER, sequence, event, decided };
        let after = self.take_touched()?;
        let received = self.received.take();
        let orders = Some(orders);
        self.lines.push(Line { entry: Some(entry), received, orders, ..self.bare(after) });
        Ok(())
    }

    /// What was written since the last decision.
    fn take_touched(&mut self) -> Result<Vec<Touched<Key>>, StoreError> {
        let places = std::mem::take(&mut self.touched);
        let rows = places.iter().filter_map(|place| self.rows.get(place));
        let each = rows.map(touched).collect::<Result<Vec<_>, _>>()?;
        Ok(each.into_iter().flatten().collect())
    }

    /// A line of this transaction on which nothing was decided.
    fn bare(&self, after: Vec<Touched<Key>>) -> Line {
        Line {
            person: self.person.journal_key(),
            sequence: None,
            version: Some((self.before.version + 1).unsigned_abs()),
            at_ms: self.now_ms,
            entry: None,
            received: None,
            orders: None,
            after,
            commit: None,
        }
    }

    /// The lines of this transaction as they are stored. A transaction in which nothing was decided
    /// has one as well, so that none can be missing unseen.
    fn journal(&mut self) -> Result<Vec<JournalRow>, StoreError> {
        if self.lines.is_empty() {
            let after = self.take_touched()?;
            let sequence = Some(self.before.sequence.unsigned_abs());
            self.lines.push(Line { sequence, ..self.bare(after) });
        }
        let (mut lines, letters) =
            (std::mem::take(&mut self.lines), std::mem::take(&mut self.letters));
        let owed = letters.into_iter().map(|(_, letter)| letter).collect();
        let count = lines.len() as u64;
        if let Some(last) = lines.last_mut() {
            last.commit = Some(Commit { lines: count, owed });
        }
        let mut before = self.before.hash.clone();
        let mut rows = Vec::with_capacity(lines.len());
        for (sequence, line) in (self.before.sequence..).zip(&lines) {
            let line = serde_json::to_string(line).map_err(|e| StoreError::corrupt("a line", e))?;
            let hash = hash_of(&before, &line);
            before.clone_from(&hash);
            rows.push(JournalRow { sequence, line, hash });
        }
        Ok(rows)
    }

    /// Whether there is anything to save.
    pub fn is_changed(&self) -> bool {
        !(self.changed.is_empty()
            && self.timed.is_empty()
            && self.owed.is_empty()
            && self.lines.is_empty()
            && self.directory.is_empty()
            && self.keys.is_empty())
    }

    /// What is to be written.
    ///
    /// # Errors
    /// If a line of the journal has no form.
    pub fn into_change(mut self) -> Result<Change, StoreError> {
        let journal = self.journal()?;
        let after = Head {
            version: self.before.version + 1,
            sequence: self.before.sequence + journal.len() as i64,
            hash: journal.last().map_or_else(|| self.before.hash.clone(), |row| row.hash.clone()),
        };
        let (mut armed, mut disarmed) = (Vec::new(), Vec::new());
        for (kind, key, what) in self.timed {
            match self.timers.get(&(kind, key, what)) {
                Some(&due_ms) => armed.push(TimerRow { kind, key, what, due_ms }),
                None => disarmed.push((kind, key, what)),
            }
        }
        let settled = self.owed.iter().filter(|(_, letter)| letter.is_none());
        let settled = settled.map(|(place, _)| *place).collect();
        let rows = self.changed.iter().filter_map(|place| self.rows.get(place).cloned()).collect();
        Ok(Change {
            person: self.person,
            before: self.before,
            after,
            rows,
            armed,
            disarmed,
            owed: self.owed.into_values().flatten().collect(),
            leased: self.leased,
            settled,
            journal,
            directory: self.directory,
            keys: self.keys,
        })
    }
}

fn read<T: Table>(row: &Row) -> Result<Kept<T>, StoreError> {
    let bad = |error| StoreError::corrupt(format!("{} {}", row.kind.name(), row.key), error);
    Ok(Kept {
        state: serde_json::from_str(&row.state).map_err(bad)?,
        refs: serde_json::from_str(&row.refs).map_err(bad)?,
    })
}
