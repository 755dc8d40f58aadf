//! Whether a journal is what the steps would have written, line by line.

use std::collections::BTreeSet;
use std::fmt;

use bindproof::journal::{Divergence, Records as _, replay};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::operation::Terms;
use bindproof_conformance::trace::line::Touched;
use serde::Serialize;
use thiserror::Error;

use super::{Line, Ordered, Records, SELF_REGISTERED, hash_of, ordered};
use crate::key::{Key, Person};
use crate::operator::counted;
use crate::record::RecordKind;
use crate::store::{Everybody, JournalRow, Loaded, OwedRow, Slot, Store, StoreError};

/// How much was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Journals.
    pub persons: u64,
    /// Lines.
    pub lines: u64,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (journals, decisions) =
            (counted(self.persons, "journal"), counted(self.lines, "decision"));
        write!(f, "{journals} with {decisions} verified.")
    }
}

/// Where a journal is not right.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It could not be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line cannot be read.
    #[error("line {sequence} cannot be read: {why}")]
    Unreadable {
        /// The line.
        sequence: i64,
        /// Why not.
        why: String,
    },
    /// The hash of a line does not follow from the one before.
    #[error("line {sequence} does not follow the line before it: the chain is broken")]
    Broken {
        /// The line.
        sequence: i64,
    },
    /// The steps would not have written it.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// Lines are missing at the end: the store knows of more, or of another last one.
    #[error("the store says that {expected} lines end in another hash than the {found} found")]
    Cut {
        /// How many there should be.
        expected: i64,
        /// How many there are.
        found: i64,
    },
    /// A record is stored otherwise than the journal ends.
    #[error("the {kind} {key} is stored otherwise than its journal says")]
    OtherRecord {
        /// The kind of the record.
        kind: &'static str,
        /// Which.
        key: Key,
    },
    /// The outbox holds something else than the decisions have ordered.
    #[error("the {slot} of {key} is {owed}in the outbox, and the journal says otherwise")]
    OtherLetter {
        /// The slot.
        slot: &'static str,
        /// Of which record.
        key: Key,
        /// How it is there.
        owed: &'static str,
    },
    /// What a line says was written is not what the step writes.
    #[error("line {sequence}: the {kind} that it says was written is another")]
    OtherState {
        /// The line.
        sequence: i64,
        /// The kind of the record.
        kind: &'static str,
    },
}

impl JournalError {
    /// Whether it was found by deciding again, and so under the rules of today.
    pub const fn is_of_rules(&self) -> bool {
        matches!(self, Self::Divergence(_) | Self::OtherState { .. } | Self::OtherLetter { .. })
    }
}

/// Verifies one journal from its beginning: the chain, every decision, and every state written.
/// Gives the records as the journal leaves them.
///
/// # Errors
/// The first line that is not right.
pub fn verify(terms: Terms<'_>, rows: &[JournalRow]) -> Result<Records, JournalError> {
    walk(terms, rows, |_, _, _| ())
}

/// Verifies one journal from its beginning, and shows `each` line with what was ordered on it and
/// the records that it left behind.
///
/// # Errors
/// The first line that is not right.
pub fn walk(
    terms: Terms<'_>,
    rows: &[JournalRow],
    mut each: impl FnMut(&Line, &[Ordered], &Records),
) -> Result<Records, JournalError> {
    let mut records = Records::default();
    let mut hash = String::new();
    for (place, row) in rows.iter().enumerate() {
        let sequence = row.sequence;
        if hash_of(&hash, &row.line) != row.hash {
            return Err(JournalError::Broken { sequence });
        }
        let line: Line = serde_json::from_str(&row.line)
            .map_err(|error| JournalError::Unreadable { sequence, why: error.to_string() })?;
        let found = line.place().unwrap_or(u64::MAX);
        if found != place as u64 {
            return Err(Divergence::OutOfSequence { expected: place as u64, found }.into());
        }
        let mut orders = Vec::new();
        if let Some(entry) = line.entry {
            // The replay counts from 0; each entry is handed to it by itself.
            let alone = bindproof::journal::Entry { sequence: 0, ..entry };
            orders = ordered(terms, &records, alone.event);
            let replayed = replay(terms, &mut records, std::iter::once(alone));
            replayed.map_err(|divergence| at(divergence, place as u64))?;
            let mut owing = std::mem::take(&mut records.owing);
            owing.follow(alone.event, &orders, &records);
            records.owing = owing;
        } else {
            begun(&mut records, &line.after, sequence)?;
        }
        for touched in &line.after {
            let ((kind, key), form) = (place_of(touched), form_of(touched));
            if records.state(kind, key).is_some_and(|known| known != form) {
                return Err(JournalError::OtherState { sequence, kind: kind.name() });
            }
        }
        each(&line, &orders, &records);
        hash.clone_from(&row.hash);
    }
    Ok(records)
}

/// Takes accounts and devices as they begin that their holder has set up. They were not there.
fn begun(records: &mut Records, after: &[Touched<Key>], sequence: i64) -> Result<(), JournalError> {
    let (account, device) = SELF_REGISTERED;
    for touched in after {
        let new = match touched {
            Touched::Account(t) => records.account(t.key) == Account::Absent,
            Touched::Device(t) => records.device(t.key) == Device::Unknown,
            _ => true,
        };
        if !new {
            let kind = place_of(touched).0.name();
            return Err(JournalError::OtherState { sequence, kind });
        }
        match touched {
            Touched::Account(t) => records.write_account(t.key, account),
            Touched::Device(t) => records.write_device(t.key, device),
            _ => {}
        }
    }
    Ok(())
}

/// Which record a line says was written.
pub const fn place_of(touched: &Touched<Key>) -> (RecordKind, Key) {
    match touched {
        Touched::Binding(t) => (RecordKind::Binding, t.key),
        Touched::Debit(t) => (RecordKind::Debit, t.key),
        Touched::Link(t) => (RecordKind::Link, t.key),
        Touched::Account(t) => (RecordKind::Account, t.key),
        Touched::Device(t) => (RecordKind::Device, t.key),
        Touched::Operation(t) => (RecordKind::Operation, t.key),
        Touched::Lock(t) => (RecordKind::Lock, t.key),
        Touched::Instrument(t) => (RecordKind::Instrument, t.key),
    }
}

/// The form in which a store has what a line says was written.
fn form_of(touched: &Touched<Key>) -> Option<String> {
    fn form<S: Serialize>(state: &S) -> Option<String> {
        serde_json::to_string(state).ok()
    }
    match touched {
        Touched::Binding(t) => form(&t.state),
        Touched::Debit(t) => form(&t.state),
        Touched::Link(t) => form(&t.state),
        Touched::Account(t) => form(&t.state),
        Touched::Device(t) => form(&t.state),
        Touched::Operation(t) => form(&t.state),
        Touched::Lock(t) => form(&t.state),
        Touched::Instrument(t) => form(&t.state),
    }
}

/// A divergence with the place in the whole journal.
const fn at(divergence: Divergence, sequence: u64) -> Divergence {
    match divergence {
        Divergence::UnknownProtocol { found, .. } => {
            Divergence::UnknownProtocol { sequence, found }
        }
        Divergence::OutOfSequence { found, .. } => {
            Divergence::OutOfSequence { expected: sequence, found }
        }
        Divergence::DecidesOtherwise { recorded, computed, .. } => {
            Divergence::DecidesOtherwise { sequence, recorded, computed }
        }
    }
}

/// How many times a journal is read that grows while it is read.
const READS: usize = 8;

/// Verifies the journal of one person, that it ends where the store says, that her records are
/// stored as it leaves them, and that the outbox holds what it says is owed. How many lines it has,
/// and what it leaves.
///
/// # Errors
/// What is not right.
pub async fn verify_person(
    terms: Terms<'_>,
    store: &dyn Store,
    person: &Person,
) -> Result<(u64, Records), JournalError> {
    let mut loaded = store.load(person, &[]).await?;
    for _ in 1..READS {
        let (rows, letters) = (store.journal(person).await?, store.letters(person).await?);
        let again = store.load(person, &[]).await?;
        if again.head == loaded.head {
            return compared(terms, &loaded, &rows, &letters);
        }
        // Somebody has decided meanwhile; what was read is of two moments.
        loaded = again;
    }
    let (rows, letters) = (store.journal(person).await?, store.letters(person).await?);
    compared(terms, &loaded, &rows, &letters)
}

fn compared(
    terms: Terms<'_>,
    loaded: &Loaded,
    rows: &[JournalRow],
    letters: &[OwedRow],
) -> Result<(u64, Records), JournalError> {
    let records = verify(terms, rows)?;
    let found = rows.len() as i64;
    let last = rows.last().map_or("", |row| row.hash.as_str());
    if (loaded.head.sequence, loaded.head.hash.as_str()) != (found, last) {
        return Err(JournalError::Cut { expected: loaded.head.sequence, found });
    }
    for row in &loaded.rows {
        let other = |state: Option<String>| state.as_ref() != Some(&row.state);
        if records.state(row.kind, row.key).is_some_and(other) {
            return Err(JournalError::OtherRecord { kind: row.kind.name(), key: row.key });
        }
    }
    outbox(&records, letters)?;
    Ok((rows.len() as u64, records))
}

/// Whether the outbox holds what the decisions have ordered and no answer has settled. A notice may
/// have been receipted; a one-time code is not in the journal.
fn outbox(records: &Records, letters: &[OwedRow]) -> Result<(), JournalError> {
    let open = &records.owing.open;
    let other =
        |(slot, key): (Slot, Key), owed| JournalError::OtherLetter { slot: slot.name(), key, owed };
    let places = letters.iter().map(|letter| (letter.slot, letter.key));
    let held: BTreeSet<(Slot, Key)> = places.filter(|(slot, _)| *slot != Slot::Code).collect();
    if let Some(place) = held.iter().find(|place| !open.contains_key(place)) {
        return Err(other(*place, ""));
    }
    let answered = |(slot, _): &&(Slot, Key)| *slot != Slot::Notice;
    match open.keys().filter(answered).find(|place| !held.contains(place)) {
        Some(place) => Err(other(*place, "not ")),
        None => Ok(()),
    }
}

/// Verifies every journal of a store.
///
/// # Errors
/// The first that is not right, with whose it is.
pub async fn verify_all(
    terms: Terms<'_>,
    store: &dyn Store,
) -> Result<Verified, (Option<Person>, JournalError)> {
    let mut verified = Verified::default();
    let mut everybody = Everybody::of(store);
    while let Some(person) = everybody.next().await.map_err(|error| (None, error.into()))? {
        let verified_one = verify_person(terms, store, &person).await;
        let (lines, _) = verified_one.map_err(|error| (Some(person), error))?;
        verified.persons += 1;
        verified.lines += lines;
    }
    Ok(verified)
}
