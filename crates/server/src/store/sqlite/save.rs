//! A change.

use sqlx::SqliteConnection;

use crate::store::sql::sqlite::{body_of, find};
use crate::store::{Change, Saved, StoreError};

/// Writes a change in the transaction that is open. If it is [`Saved::Taken`], the
/// transaction may hold half of it and must be rolled back.
pub(super) async fn save(on: &mut SqliteConnection, change: &Change) -> Result<Saved, StoreError> {
    for row in &change.directory {
        if find(on, row.scope, &row.id).await?.is_some() {
            return Ok(Saved::Taken);
        }
    }
    for row in &change.keys {
        if body_of(on, &row.scope, &row.id).await?.is_some() {
            return Ok(Saved::Taken);
        }
    }
    if !guard(on, change).await? {
        return Ok(Saved::Lost);
    }
    for row in &change.directory {
        let inserted = sqlx::query(
            "INSERT INTO directory (scope, id, person, value) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
        )
        .bind(row.scope)
        .bind(&row.id)
        .bind(change.person.as_str())
        .bind(&row.value)
        .execute(&mut *on)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(Saved::Taken);
        }
    }
    for row in &change.keys {
        let inserted = sqlx::query(
            "INSERT INTO keys (scope, id, digest, until_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&row.scope)
        .bind(&row.id)
        .bind(&row.digest)
        .bind(row.until_ms)
        .execute(&mut *on)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(Saved::Taken);
        }
    }
    save_rows(on, change).await?;
    save_timers(on, change).await?;
    save_owed(on, change).await?;
    save_journal(on, change).await?;
    Ok(Saved::Done)
}

/// Moves the guard on, if it is still where it was.
async fn guard(on: &mut SqliteConnection, change: &Change) -> Result<bool, StoreError> {
    let statement = match change.before.version {
        0 => {
            "INSERT INTO persons (person, version, sequence, head) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        }
        _ => {
            "UPDATE persons SET version = $2, sequence = $3, head = $4 \
             WHERE person = $1 AND version = $5"
        }
    };
    let mut query = sqlx::query(statement)
        .bind(change.person.as_str())
        .bind(change.after.version)
        .bind(change.after.sequence)
        .bind(&change.after.hash);
    if change.before.version != 0 {
        query = query.bind(change.before.version);
    }
    Ok(query.execute(on).await?.rows_affected() == 1)
}

async fn save_rows(on: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    for row in &change.rows {
        sqlx::query(
            "INSERT INTO records (person, kind, id, version, state, refs, live) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (person, kind, id) DO UPDATE SET \
             version = excluded.version, state = excluded.state, \
             refs = excluded.refs, live = excluded.live",
        )
        .bind(change.person.as_str())
        .bind(row.kind.name())
        .bind(row.key.to_string())
        .bind(row.version)
        .bind(&row.state)
        .bind(&row.refs)
        .bind(row.live)
        .execute(&mut *on)
        .await?;
    }
    Ok(())
}

async fn save_timers(on: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    for (kind, key, what) in &change.disarmed {
        sqlx::query(
            "DELETE FROM timers \
             WHERE person = $1 AND kind = $2 AND id = $3 AND what = $4",
        )
        .bind(change.person.as_str())
        .bind(kind.name())
        .bind(key.to_string())
        .bind(what.name())
        .execute(&mut *on)
        .await?;
    }
    for timer in &change.armed {
        sqlx::query(
            "INSERT INTO timers (person, kind, id, what, due_ms) \
             VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms",
        )
        .bind(change.person.as_str())
        .bind(timer.kind.name())
        .bind(timer.key.to_string())
        .bind(timer.what.name())
        .bind(timer.due_ms)
        .execute(&mut *on)
        .await?;
    }
    Ok(())
}

async fn save_owed(on: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    for (slot, key) in &change.settled {
        sqlx::query("DELETE FROM owed WHERE person = $1 AND slot = $2 AND id = $3")
            .bind(change.person.as_str())
            .bind(slot.name())
            .bind(key.to_string())
            .execute(&mut *on)
            .await?;
    }
    for letter in &change.owed {
        sqlx::query(
            "INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, \
             attempts, next_ms, lease_ms, forever, dead, since_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11) \
             ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
             letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
             attempts = excluded.attempts, next_ms = excluded.next_ms, lease_ms = 0, \
             forever = excluded.forever, dead = excluded.dead, \
             since_ms = excluded.since_ms",
        )
        .bind(change.person.as_str())
        .bind(letter.slot.name())
        .bind(letter.key.to_string())
        .bind(&letter.lane)
        .bind(&letter.letter)
        .bind(&letter.idempotency_key)
        .bind(letter.attempts)
        .bind(letter.next_ms)
        .bind(letter.forever)
        .bind(letter.dead)
        .bind(letter.since_ms)
        .execute(&mut *on)
        .await?;
    }
    Ok(())
}

async fn save_journal(on: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    for line in &change.journal {
        sqlx::query("INSERT INTO journal (person, sequence, line, hash) VALUES ($1, $2, $3, $4)")
            .bind(change.person.as_str())
            .bind(line.sequence)
            .bind(&line.line)
            .bind(&line.hash)
            .execute(&mut *on)
            .await?;
    }
    Ok(())
}
