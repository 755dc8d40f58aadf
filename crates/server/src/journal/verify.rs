//! Whether a journal is what the steps would have written, line by line.

use bindproof::journal::{Divergence, replay};
use bindproof::wallet::operation::Terms;
use bindproof_conformance::trace::line::Touched;
use serde::Serialize;
use thiserror::Error;

use super::{Line, Records, hash_of};
use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::{JournalRow, Store, StoreError};

/// How much was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Journals.
    pub persons: u64,
    /// Lines.
    pub lines: u64,
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
    /// What a line says was written is not what the step writes.
    #[error("line {sequence}: the {kind} that it says was written is another")]
    OtherState {
        /// The line.
        sequence: i64,
        /// The kind of the record.
        kind: &'static str,
    },
}

/// Verifies one journal from its beginning: the chain, every decision, and every state written.
/// Gives the records as the journal leaves them.
///
/// # Errors
/// The first line that is not right.
pub fn verify(terms: Terms<'_>, rows: &[JournalRow]) -> Result<Records, JournalError> {
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
        if let Some(entry) = line.entry {
            // The replay counts from 0; each entry is handed to it by itself.
            let alone = bindproof::journal::Entry { sequence: 0, ..entry };
            let replayed = replay(terms, &mut records, std::iter::once(alone));
            replayed.map_err(|divergence| at(divergence, place as u64))?;
        }
        for touched in &line.after {
            let (kind, key, form) = form_of(touched);
            if records.state(kind, key).is_some_and(|known| known != form) {
                return Err(JournalError::OtherState { sequence, kind: kind.name() });
            }
        }
        hash.clone_from(&row.hash);
    }
    Ok(records)
}

/// A record that a line says was written: its kind, which, and the form in which a store has it.
fn form_of(touched: &Touched<Key>) -> (RecordKind, Key, Option<String>) {
    fn form<S: Serialize>(state: &S) -> Option<String> {
        serde_json::to_string(state).ok()
    }
    match touched {
        Touched::Binding(t) => (RecordKind::Binding, t.key, form(&t.state)),
        Touched::Debit(t) => (RecordKind::Debit, t.key, form(&t.state)),
        Touched::Link(t) => (RecordKind::Link, t.key, form(&t.state)),
        Touched::Account(t) => (RecordKind::Account, t.key, form(&t.state)),
        Touched::Device(t) => (RecordKind::Device, t.key, form(&t.state)),
        Touched::Operation(t) => (RecordKind::Operation, t.key, form(&t.state)),
        Touched::Lock(t) => (RecordKind::Lock, t.key, form(&t.state)),
        Touched::Instrument(t) => (RecordKind::Instrument, t.key, form(&t.state)),
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

/// Verifies the journal of one person, that it ends where the store says, and that her records are
/// stored as it leaves them. How many lines it has.
async fn verify_person(
    terms: Terms<'_>,
    store: &dyn Store,
    person: &Person,
) -> Result<u64, JournalError> {
    let rows = store.journal(person).await?;
    let records = verify(terms, &rows)?;
    let loaded = store.load(person, &[]).await?;
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
    Ok(rows.len() as u64)
}

/// Verifies every journal of a store.
///
/// # Errors
/// The first that is not right, with whose it is.
pub async fn verify_all(
    terms: Terms<'_>,
    store: &dyn Store,
) -> Result<Verified, (Option<Person>, JournalError)> {
    const PAGE: i64 = 256;
    let mut verified = Verified::default();
    let mut after: Option<Person> = None;
    loop {
        let page = store.persons(after.as_ref(), PAGE).await.map_err(|e| (None, e.into()))?;
        let Some(last) = page.last().cloned() else { return Ok(verified) };
        for person in page {
            let verified_one = verify_person(terms, store, &person).await;
            let lines = verified_one.map_err(|error| (Some(person), error))?;
            verified.persons += 1;
            verified.lines += lines;
        }
        after = Some(last);
    }
}
