//! A change: the guard, and if it holds everything else, each statement prepared once.

use rusqlite::{Connection, params};

use super::load::{body_of, find};
use crate::key::{Key, Person};
use crate::store::{Change, Head, JournalRow, Row, Saved, Slot, StoreError, TimerRow};

/// Writes a change in the transaction that is open: all of it, or if it is not [`Saved::Done`]
/// nothing.
pub(super) fn save(on: &Connection, change: &Change) -> Result<Saved, StoreError> {
    if is_taken(on, change)? {
        return Ok(Saved::Taken);
    }
    if !guard(on, &change.person, &change.before, &change.after)? {
        return Ok(Saved::Lost);
    }
    ids(on, change)?;
    records(on, &change.person, &change.rows)?;
    timers(on, change)?;
    settled(on, &change.person, &change.settled)?;
    owed(on, change)?;
    journal(on, &change.person, &change.journal)?;
    Ok(Saved::Done)
}

/// Whether an id or a key is taken.
fn is_taken(on: &Connection, change: &Change) -> Result<bool, StoreError> {
    for row in &change.directory {
        if find(on, row.scope, &row.id)?.is_some() {
            return Ok(true);
        }
    }
    for row in &change.keys {
        if body_of(on, &row.scope, &row.id)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves the guard on, if it is still where it was.
fn guard(
    on: &Connection,
    person: &Person,
    before: &Head,
    after: &Head,
) -> Result<bool, StoreError> {
    let Head { version, sequence, hash } = after;
    let person = person.as_str();
    let moved = match before.version {
        0 => on
            .prepare_cached(
                "INSERT INTO persons (person, version, sequence, head) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![person, version, sequence, hash])?,
        known => on
            .prepare_cached(
                "UPDATE persons SET version = ?2, sequence = ?3, head = ?4 \
                 WHERE person = ?1 AND version = ?5",
            )?
            .execute(params![person, version, sequence, hash, known])?,
    };
    Ok(moved == 1)
}

/// Whoever names an id or a key twice names the same.
fn ids(on: &Connection, change: &Change) -> Result<(), StoreError> {
    let person = change.person.as_str();
    for row in &change.directory {
        let mut insert = on.prepare_cached(
            "INSERT INTO directory (scope, id, person, value) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO NOTHING",
        )?;
        insert.execute(params![row.scope, row.id, person, row.value])?;
    }
    for row in &change.keys {
        let mut insert = on.prepare_cached(
            "INSERT INTO keys (scope, id, digest, until_ms) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO NOTHING",
        )?;
        insert.execute(params![row.scope, row.id, row.digest, row.until_ms])?;
    }
    Ok(())
}

fn records(on: &Connection, person: &Person, rows: &[Row]) -> Result<(), StoreError> {
    for Row { kind, key, version, state, refs, live } in rows {
        let mut write = on.prepare_cached(
            "INSERT INTO records (person, kind, id, version, state, refs, live) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (person, kind, id) DO UPDATE SET version = excluded.version, \
             state = excluded.state, refs = excluded.refs, live = excluded.live",
        )?;
        let (person, kind, key) = (person.as_str(), kind.name(), key.to_string());
        write.execute(params![person, kind, key, version, state, refs, live])?;
    }
    Ok(())
}

fn timers(on: &Connection, change: &Change) -> Result<(), StoreError> {
    let person = change.person.as_str();
    for (kind, key, what) in &change.disarmed {
        let mut delete = on.prepare_cached(
            "DELETE FROM timers WHERE person = ?1 AND kind = ?2 AND id = ?3 AND what = ?4",
        )?;
        delete.execute(params![person, kind.name(), key.to_string(), what.name()])?;
    }
    for TimerRow { kind, key, what, due_ms } in &change.armed {
        let mut write = on.prepare_cached(
            "INSERT INTO timers (person, kind, id, what, due_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms",
        )?;
        write.execute(params![person, kind.name(), key.to_string(), what.name(), due_ms])?;
    }
    Ok(())
}

fn settled(on: &Connection, person: &Person, slots: &[(Slot, Key)]) -> Result<(), StoreError> {
    for (slot, key) in slots {
        let statement = "DELETE FROM owed WHERE person = ?1 AND slot = ?2 AND id = ?3";
        let mut delete = on.prepare_cached(statement)?;
        delete.execute(params![person.as_str(), slot.name(), key.to_string()])?;
    }
    Ok(())
}

fn owed(on: &Connection, change: &Change) -> Result<(), StoreError> {
    let lease = change.leased.as_ref();
    let (until_ms, owner) = lease.map_or((0, ""), |lease| (lease.until_ms, lease.owner.as_str()));
    for letter in &change.owed {
        let mut write = on.prepare_cached(
            "INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, \
               next_ms, forever, dead, since_ms, lease_ms, lease_owner) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
               letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
               attempts = excluded.attempts, next_ms = excluded.next_ms, \
               forever = excluded.forever, dead = excluded.dead, since_ms = excluded.since_ms, \
               lease_ms = excluded.lease_ms, lease_owner = excluded.lease_owner",
        )?;
        write.execute(params![
            change.person.as_str(),
            letter.slot.name(),
            letter.key.to_string(),
            letter.lane,
            letter.letter,
            letter.idempotency_key,
            letter.attempts,
            letter.next_ms,
            letter.forever,
            letter.dead,
            letter.since_ms,
            until_ms,
            owner,
        ])?;
    }
    Ok(())
}

fn journal(on: &Connection, person: &Person, lines: &[JournalRow]) -> Result<(), StoreError> {
    for JournalRow { sequence, line, hash } in lines {
        let mut insert = on.prepare_cached(
            "INSERT INTO journal (person, sequence, line, hash) VALUES (?1, ?2, ?3, ?4)",
        )?;
        insert.execute(params![person.as_str(), sequence, line, hash])?;
    }
    Ok(())
}
