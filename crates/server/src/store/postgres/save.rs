//! Changes in one statement: the guards first, and of a change everything else only if its guard
//! holds. Each is decided by itself; what several tasks write at once shares a commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::postgres::PgDatabaseError;
use sqlx::{PgConnection, Row as _};

use super::parts::{ARMED, BEGUN, DIRECTORY, DISARMED, JOURNAL, KEYS, MOVED, OVERWRITTEN, OWED};
use super::parts::{Parts, RECORDS, SETTLED, UNGUARDED, Whose};
use super::together::Question;
use crate::defect::{Defect, planted};
use crate::key::Person;
use crate::store::{Change, Saved, StoreError};

impl Question for Arc<Change> {
    type Answer = Saved;

    /// Of two changes of one person the second is lost, as it was decided on what the first one
    /// changes; in one statement both would be written.
    fn apart(&self) -> Option<&Person> {
        Some(&self.person)
    }

    /// In one statement and so in one transaction: of each change all of it, or if it is not
    /// [`Saved::Done`] nothing.
    async fn ask(on: &mut PgConnection, all: &[Self]) -> Result<Vec<Saved>, StoreError> {
        let mut changes: Vec<&Change> = all.iter().map(|change| &**change).collect();
        // All instances lock persons in one order, so that none waits for one that waits for it.
        changes.sort_by_key(|change| &change.person);
        let persons = changes.iter().map(|change| change.person.as_str()).collect();
        let mut parts = Parts::of(persons)?;
        guards(&mut parts, &changes);
        shared(&mut parts, &changes);
        records(&mut parts, &changes);
        letters(&mut parts, &changes);
        match parts.into_query().build().fetch_all(on).await {
            Ok(rows) => {
                let held = rows.iter().map(|row| row.try_get(0));
                let held = held.collect::<Result<BTreeSet<&str>, sqlx::Error>>()?;
                let saved = |change: &Self| match held.contains(change.person.as_str()) {
                    true => Saved::Done,
                    false => Saved::Lost,
                };
                Ok(all.iter().map(saved).collect())
            }
            // Of several it is not known whose it is, until each is written by itself.
            Err(error) if all.len() == 1 && is_taken(&error) => Ok(vec![Saved::Taken]),
            Err(error) => Err(error.into()),
        }
    }
}

/// The rows of all changes, each with its person.
fn rows<'r, R>(
    changes: &[&'r Change],
    of: impl Fn(&'r Change) -> &'r [R],
) -> Vec<Whose<'r, &'r R>> {
    let whose = |change: &&'r Change| {
        let (person, rows) = (change.person.as_str(), of(change));
        rows.iter().map(move |row| Whose { person, row })
    };
    changes.iter().flat_map(whose).collect()
}

/// What every change is guarded by.
fn guards(parts: &mut Parts, changes: &[&Change]) {
    let whose = changes.iter().map(|&row| Whose { person: row.person.as_str(), row });
    let (begin, move_on): (Vec<_>, Vec<_>) = whose.partition(|whose| whose.row.before.version == 0);
    parts.add(&BEGUN, &begin, |rows| {
        rows.column(|change| change.after.version)
            .column(|change| change.after.sequence)
            .column(|change| change.after.hash.as_str());
    });
    let moved = if planted(Defect::UnguardedUpdate) { &UNGUARDED } else { &MOVED };
    parts.add(moved, &move_on, |rows| {
        rows.column(|change| change.after.version)
            .column(|change| change.after.sequence)
            .column(|change| change.after.hash.as_str())
            .column(|change| change.before.version);
    });
    parts.guarded(!begin.is_empty(), !move_on.is_empty());
}

/// What concerns more than a person.
fn shared(parts: &mut Parts, changes: &[&Change]) {
    parts.add(&DIRECTORY, &rows(changes, |change| &change.directory), |rows| {
        rows.column(|row| row.scope).column(|row| row.id.as_str()).column(|row| row.value.as_str());
    });
    parts.add(&KEYS, &rows(changes, |change| &change.keys), |rows| {
        rows.column(|row| row.scope.as_str())
            .column(|row| row.id.as_str())
            .column(|row| row.digest.as_str())
            .column(|row| row.until_ms);
    });
}

/// Records, their deadlines, and the journal.
fn records(parts: &mut Parts, changes: &[&Change]) {
    parts.add(&RECORDS, &rows(changes, |change| &change.rows), |rows| {
        rows.column(|row| row.kind.name())
            .column(|row| row.key.to_string())
            .column(|row| row.version)
            .column(|row| row.state.as_str())
            .column(|row| row.refs.as_str())
            .column(|row| row.live);
    });
    parts.add(&DISARMED, &rows(changes, |change| &change.disarmed), |rows| {
        rows.column(|(kind, _, _)| kind.name())
            .column(|(_, key, _)| key.to_string())
            .column(|(_, _, what)| what.name());
    });
    parts.add(&ARMED, &rows(changes, |change| &change.armed), |rows| {
        rows.column(|timer| timer.kind.name())
            .column(|timer| timer.key.to_string())
            .column(|timer| timer.what.name())
            .column(|timer| timer.due_ms);
    });
    let journal = if planted(Defect::JournalOverwritten) { &OVERWRITTEN } else { &JOURNAL };
    parts.add(journal, &rows(changes, |change| &change.journal), |rows| {
        rows.column(|line| line.sequence)
            .column(|line| line.line.as_str())
            .column(|line| line.hash.as_str());
    });
}

/// What is owed no more, and from now on.
fn letters(parts: &mut Parts, changes: &[&Change]) {
    parts.add(&SETTLED, &rows(changes, |change| &change.settled), |rows| {
        rows.column(|(slot, _)| slot.name()).column(|(_, key)| key.to_string());
    });
    let mut owed = Vec::new();
    for change in changes {
        let (person, lease) = (change.person.as_str(), change.leased.as_ref());
        owed.extend(change.owed.iter().map(|letter| Whose { person, row: (letter, lease) }));
    }
    parts.add(&OWED, &owed, |rows| {
        rows.column(|(letter, _)| letter.slot.name())
            .column(|(letter, _)| letter.key.to_string())
            .column(|(letter, _)| letter.lane.as_str())
            .column(|(letter, _)| letter.letter.as_str())
            .column(|(letter, _)| letter.idempotency_key.as_str())
            .column(|(letter, _)| letter.attempts)
            .column(|(letter, _)| letter.next_ms)
            .column(|(letter, _)| letter.forever)
            .column(|(letter, _)| letter.dead)
            .column(|(letter, _)| letter.since_ms)
            .column(|(_, lease)| lease.map_or(0, |lease| lease.until_ms))
            .column(|(_, lease)| lease.map_or("", |lease| lease.owner.as_str()));
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
