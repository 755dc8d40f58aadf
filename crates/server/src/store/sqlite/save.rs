//! A change in two statements: the guard, and if it holds everything else. Each statement is a way
//! to the writer's thread and back, which costs more than what is done there.

use sqlx::SqliteConnection;

use crate::store::sql::sqlite::{body_of, find};
use crate::store::{Change, Saved, StoreError};

/// Begins the guard of a person, for the first time, unless an id or a key is taken.
const BEGUN: &str = "\
    INSERT INTO persons (person, version, sequence, head) SELECT $1, $2, $3, $4 \
    WHERE NOT EXISTS (SELECT 1 FROM json_each($5) AS d \
        JOIN directory t ON t.scope = d.value ->> 0 AND t.id = d.value ->> 1) \
      AND NOT EXISTS (SELECT 1 FROM json_each($6) AS k \
        JOIN keys t ON t.scope = k.value ->> 0 AND t.id = k.value ->> 1) \
    ON CONFLICT DO NOTHING";
/// Moves the guard on, if it is still where it was, unless an id or a key is taken.
const MOVED: &str = "\
    UPDATE persons SET version = $2, sequence = $3, head = $4 \
    WHERE person = $1 AND version = $7 \
      AND NOT EXISTS (SELECT 1 FROM json_each($5) AS d \
        JOIN directory t ON t.scope = d.value ->> 0 AND t.id = d.value ->> 1) \
      AND NOT EXISTS (SELECT 1 FROM json_each($6) AS k \
        JOIN keys t ON t.scope = k.value ->> 0 AND t.id = k.value ->> 1)";
/// Everything else. The guard has seen that no id and no key is taken; whoever names one twice
/// names the same.
const WRITTEN: &str = "\
    INSERT INTO directory (scope, id, person, value) \
    SELECT value ->> 0, value ->> 1, $1, value ->> 2 FROM json_each($2) WHERE TRUE \
    ON CONFLICT DO NOTHING; \
    INSERT INTO keys (scope, id, digest, until_ms) \
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($3) WHERE TRUE \
    ON CONFLICT DO NOTHING; \
    INSERT INTO records (person, kind, id, version, state, refs, live) \
    SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
    FROM json_each($4) WHERE TRUE \
    ON CONFLICT (person, kind, id) DO UPDATE SET version = excluded.version, \
      state = excluded.state, refs = excluded.refs, live = excluded.live; \
    DELETE FROM timers WHERE person = $1 AND (kind, id, what) IN \
      (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($5)); \
    INSERT INTO timers (person, kind, id, what, due_ms) \
    SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($6) WHERE TRUE \
    ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms; \
    DELETE FROM owed WHERE person = $1 AND (slot, id) IN \
      (SELECT value ->> 0, value ->> 1 FROM json_each($7)); \
    INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, \
      lease_ms, forever, dead, since_ms) \
    SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, \
      value ->> 6, 0, value ->> 7, value ->> 8, value ->> 9 FROM json_each($8) WHERE TRUE \
    ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
      letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
      attempts = excluded.attempts, next_ms = excluded.next_ms, lease_ms = 0, \
      forever = excluded.forever, dead = excluded.dead, since_ms = excluded.since_ms; \
    INSERT INTO journal (person, sequence, line, hash) \
    SELECT $1, value ->> 0, value ->> 1, value ->> 2 FROM json_each($9)";

/// Writes a change in the transaction that is open: all of it, or if it is not [`Saved::Done`]
/// nothing.
pub(super) async fn save(on: &mut SqliteConnection, change: &Change) -> Result<Saved, StoreError> {
    let directory: Vec<_> =
        change.directory.iter().map(|row| (row.scope, &row.id, &row.value)).collect();
    let keys = change.keys.iter().map(|row| (&row.scope, &row.id, &row.digest, row.until_ms));
    let (directory, keys) = (super::form(&directory)?, super::form(&keys.collect::<Vec<_>>())?);
    if !guard(on, change, &directory, &keys).await? {
        return if is_taken(on, change).await? { Ok(Saved::Taken) } else { Ok(Saved::Lost) };
    }
    sqlx::query(WRITTEN)
        .bind(change.person.as_str())
        .bind(directory)
        .bind(keys)
        .bind(rows(change)?)
        .bind(disarmed(change)?)
        .bind(armed(change)?)
        .bind(settled(change)?)
        .bind(owed(change)?)
        .bind(journal(change)?)
        .execute(on)
        .await?;
    Ok(Saved::Done)
}

/// Moves the guard on, if it is still where it was and nothing is taken.
async fn guard(
    on: &mut SqliteConnection,
    change: &Change,
    directory: &str,
    keys: &str,
) -> Result<bool, StoreError> {
    let statement = if change.before.version == 0 { BEGUN } else { MOVED };
    let guarded = sqlx::query(statement)
        .bind(change.person.as_str())
        .bind(change.after.version)
        .bind(change.after.sequence)
        .bind(&change.after.hash)
        .bind(directory)
        .bind(keys)
        .bind(change.before.version)
        .execute(on)
        .await?;
    Ok(guarded.rows_affected() == 1)
}

/// Whether an id or a key is taken.
async fn is_taken(on: &mut SqliteConnection, change: &Change) -> Result<bool, StoreError> {
    for row in &change.directory {
        if find(on, row.scope, &row.id).await?.is_some() {
            return Ok(true);
        }
    }
    for row in &change.keys {
        if body_of(on, &row.scope, &row.id).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn rows(change: &Change) -> Result<String, StoreError> {
    let rows = change.rows.iter().map(|row| {
        (row.kind.name(), row.key.to_string(), row.version, &row.state, &row.refs, row.live)
    });
    super::form(&rows.collect::<Vec<_>>())
}

fn disarmed(change: &Change) -> Result<String, StoreError> {
    let timers = change.disarmed.iter();
    let timers = timers.map(|(kind, key, what)| (kind.name(), key.to_string(), what.name()));
    super::form(&timers.collect::<Vec<_>>())
}

fn armed(change: &Change) -> Result<String, StoreError> {
    let timers = change.armed.iter();
    let timers = timers.map(|t| (t.kind.name(), t.key.to_string(), t.what.name(), t.due_ms));
    super::form(&timers.collect::<Vec<_>>())
}

fn settled(change: &Change) -> Result<String, StoreError> {
    let slots = change.settled.iter().map(|(slot, key)| (slot.name(), key.to_string()));
    super::form(&slots.collect::<Vec<_>>())
}

fn owed(change: &Change) -> Result<String, StoreError> {
    let letters = change.owed.iter().map(|letter| {
        (
            letter.slot.name(),
            letter.key.to_string(),
            &letter.lane,
            &letter.letter,
            &letter.idempotency_key,
            letter.attempts,
            letter.next_ms,
            letter.forever,
            letter.dead,
            letter.since_ms,
        )
    });
    super::form(&letters.collect::<Vec<_>>())
}

fn journal(change: &Change) -> Result<String, StoreError> {
    let lines = change.journal.iter().map(|line| (line.sequence, &line.line, &line.hash));
    super::form(&lines.collect::<Vec<_>>())
}
