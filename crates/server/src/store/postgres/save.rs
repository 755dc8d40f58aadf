//! A change in one statement: the guard first, and everything else only if it holds.

use sqlx::PgConnection;
use sqlx::postgres::PgDatabaseError;

use super::parts::{ARMED, DIRECTORY, DISARMED, JOURNAL, KEYS, OVERWRITTEN, OWED, Parts};
use super::parts::{BEGUN, MOVED, RECORDS, SETTLED, UNGUARDED};
use crate::defect::{Defect, planted};
use crate::store::{Change, Saved, StoreError};

/// Writes a change, in one statement and so in one transaction: all of it, or if it is not
/// [`Saved::Done`] nothing.
pub(super) async fn save(on: &mut PgConnection, change: &Change) -> Result<Saved, StoreError> {
    let guard = match change.before.version {
        0 => BEGUN,
        _ if planted(Defect::UnguardedUpdate) => UNGUARDED,
        _ => MOVED,
    };
    let mut parts = Parts::after(guard, change)?;
    shared(&mut parts, change);
    records(&mut parts, change);
    letters(&mut parts, change);
    match parts.into_query().build().fetch_optional(on).await {
        Ok(Some(_)) => Ok(Saved::Done),
        Ok(None) => Ok(Saved::Lost),
        Err(error) if is_taken(&error) => Ok(Saved::Taken),
        Err(error) => Err(error.into()),
    }
}

/// What concerns more than this person.
fn shared(parts: &mut Parts, change: &Change) {
    parts.add(&DIRECTORY, &change.directory, |rows| {
        rows.column(|row| row.scope).column(|row| row.id.as_str()).column(|row| row.value.as_str());
    });
    parts.add(&KEYS, &change.keys, |rows| {
        rows.column(|row| row.scope.as_str())
            .column(|row| row.id.as_str())
            .column(|row| row.digest.as_str())
            .column(|row| row.until_ms);
    });
}

/// Her records, their deadlines, and the journal.
fn records(parts: &mut Parts, change: &Change) {
    parts.add(&RECORDS, &change.rows, |rows| {
        rows.column(|row| row.kind.name())
            .column(|row| row.key.to_string())
            .column(|row| row.version)
            .column(|row| row.state.as_str())
            .column(|row| row.refs.as_str())
            .column(|row| row.live);
    });
    parts.add(&DISARMED, &change.disarmed, |rows| {
        rows.column(|(kind, _, _)| kind.name())
            .column(|(_, key, _)| key.to_string())
            .column(|(_, _, what)| what.name());
    });
    parts.add(&ARMED, &change.armed, |rows| {
        rows.column(|timer| timer.kind.name())
            .column(|timer| timer.key.to_string())
            .column(|timer| timer.what.name())
            .column(|timer| timer.due_ms);
    });
    let journal = if planted(Defect::JournalOverwritten) { &OVERWRITTEN } else { &JOURNAL };
    parts.add(journal, &change.journal, |rows| {
        rows.column(|line| line.sequence)
            .column(|line| line.line.as_str())
            .column(|line| line.hash.as_str());
    });
}

/// What is owed no more, and from now on.
fn letters(parts: &mut Parts, change: &Change) {
    parts.add(&SETTLED, &change.settled, |rows| {
        rows.column(|(slot, _)| slot.name()).column(|(_, key)| key.to_string());
    });
    let lease = change.leased.as_ref();
    parts.add(&OWED, &change.owed, |rows| {
        rows.column(|letter| letter.slot.name())
            .column(|letter| letter.key.to_string())
            .column(|letter| letter.lane.as_str())
            .column(|letter| letter.letter.as_str())
            .column(|letter| letter.idempotency_key.as_str())
            .column(|letter| letter.attempts)
            .column(|letter| letter.next_ms)
            .column(|letter| letter.forever)
            .column(|letter| letter.dead)
            .column(|letter| letter.since_ms)
            .column(|_| lease.map_or(0, |lease| lease.until_ms))
            .column(|_| lease.map_or("", |lease| lease.owner.as_str()));
    });
}

/// Whether the statement was called off because an id or a key is taken.
fn is_taken(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let detail = error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
    // Of a table in parts the error names a part, and an index of that part; so it is the columns.
    let columns = detail.and_then(|detail| detail.split_once('(')).map(|(_, columns)| columns);
    error.is_unique_violation() && columns.is_some_and(|said| said.starts_with("scope, id)="))
}
