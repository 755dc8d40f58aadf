//! The statements about letters that wait to be delivered.

use rusqlite::{Connection, Row, params};

use super::load::{key, text};
use crate::key::Person;
use crate::store::{Claim, Due, OwedRow, Postponed, Queue, Slot, StoreError, if_readable};

/// The columns of a letter, in the order in which [`due`] reads them.
macro_rules! letter {
    () => {
        "person, slot, id, letter, idempotency_key, attempts, next_ms, forever, dead, since_ms, \
         lane"
    };
}

fn due(row: &Row<'_>) -> Result<Due, StoreError> {
    let slot = text(row, 1)?;
    let owed = OwedRow {
        slot: Slot::from_name(slot)
            .ok_or_else(|| StoreError::corrupt(format!("the slot {slot:?}"), "unknown"))?,
        key: key(text(row, 2)?)?,
        letter: row.get(3)?,
        idempotency_key: row.get(4)?,
        attempts: row.get(5)?,
        next_ms: row.get(6)?,
        forever: row.get(7)?,
        dead: row.get(8)?,
        since_ms: row.get(9)?,
        lane: row.get(10)?,
    };
    Ok(Due { person: Person::from_store(row.get(0)?), owed })
}

fn all(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Due>, StoreError> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(due(row)?);
    }
    Ok(all)
}

pub(super) fn claim(on: &Connection, claim: &Claim) -> Result<Vec<Due>, StoreError> {
    let mut statement = on.prepare_cached(concat!(
        "UPDATE owed SET lease_ms = ?3, lease_owner = ?5 WHERE (person, slot, id) IN \
         (SELECT person, slot, id FROM owed WHERE NOT dead AND lane = ?1 \
          AND next_ms <= ?2 AND lease_ms <= ?2 ORDER BY next_ms LIMIT ?4) RETURNING ",
        letter!()
    ))?;
    let Claim { lane, now_ms, lease_ms, owner, limit } = claim;
    let mut rows = statement.query(params![lane, now_ms, lease_ms, limit, owner])?;
    let mut readable = Vec::new();
    while let Some(row) = rows.next()? {
        readable.extend(if_readable(due(row)));
    }
    Ok(readable)
}

pub(super) fn postpone(on: &Connection, postponed: &Postponed) -> Result<(), StoreError> {
    let mut statement = on.prepare_cached(
        "UPDATE owed SET attempts = attempts + 1, next_ms = ?5, dead = ?6, lease_ms = 0 \
         WHERE person = ?1 AND slot = ?2 AND id = ?3 AND idempotency_key = ?4",
    )?;
    let Postponed { person, slot, key, idempotency_key, next_ms, dead } = postponed;
    let place = (person.as_str(), slot.name(), key.to_string());
    statement.execute(params![place.0, place.1, place.2, idempotency_key, next_ms, dead])?;
    Ok(())
}

pub(super) fn delivered(on: &Connection, letter: &Postponed) -> Result<(), StoreError> {
    let mut statement = on.prepare_cached(
        "DELETE FROM owed \
         WHERE person = ?1 AND slot = ?2 AND id = ?3 AND idempotency_key = ?4",
    )?;
    let Postponed { person, slot, key, idempotency_key, .. } = letter;
    let key = key.to_string();
    statement.execute(params![person.as_str(), slot.name(), key, idempotency_key])?;
    Ok(())
}

/// Each lane is found by a step into the index, however many letters wait in it.
pub(super) fn lanes(on: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = on.prepare_cached(
        "WITH RECURSIVE lanes (lane) AS (\
         SELECT min(lane) FROM owed WHERE NOT dead \
         UNION ALL \
         SELECT (SELECT min(lane) FROM owed WHERE NOT dead AND lane > lanes.lane) \
         FROM lanes WHERE lanes.lane IS NOT NULL) \
         SELECT lane FROM lanes WHERE lane IS NOT NULL",
    )?;
    let lanes = statement.query_map([], |row| row.get(0))?;
    Ok(lanes.collect::<Result<_, _>>()?)
}

pub(super) fn release(on: &Connection, owner: &str) -> Result<u64, StoreError> {
    let statement = "UPDATE owed SET lease_ms = 0 WHERE lease_owner = ?1 AND lease_ms > 0";
    Ok(on.execute(statement, [owner])? as u64)
}

pub(super) fn dead(on: &Connection, limit: i64) -> Result<Vec<Due>, StoreError> {
    let mut statement = on.prepare_cached(concat!(
        "SELECT ",
        letter!(),
        " FROM owed WHERE dead ORDER BY person, slot, id LIMIT ?1"
    ))?;
    all(statement.query([limit])?)
}

pub(super) fn letters(on: &Connection, person: &Person) -> Result<Vec<OwedRow>, StoreError> {
    let mut statement =
        on.prepare_cached(concat!("SELECT ", letter!(), " FROM owed WHERE person = ?1"))?;
    let due = all(statement.query([person.as_str()])?)?;
    let mut letters: Vec<OwedRow> = due.into_iter().map(|due| due.owed).collect();
    letters.sort_by_key(|letter| (letter.slot, letter.key));
    Ok(letters)
}

pub(super) fn resume(on: &Connection, now_ms: i64) -> Result<u64, StoreError> {
    let statement = "UPDATE owed SET dead = FALSE, attempts = 0, next_ms = ?1 WHERE dead";
    Ok(on.execute(statement, [now_ms])? as u64)
}

pub(super) fn owed(on: &Connection) -> Result<u64, StoreError> {
    let count: i64 = on.query_row("SELECT count(*) FROM owed", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub(super) fn queues(on: &Connection) -> Result<Vec<Queue>, StoreError> {
    let mut statement = on.prepare_cached(
        "SELECT lane, sum(CASE WHEN dead THEN 0 ELSE 1 END), \
         sum(CASE WHEN dead THEN 1 ELSE 0 END), min(since_ms) \
         FROM owed GROUP BY lane ORDER BY lane",
    )?;
    let queues = statement.query_map([], |row| {
        Ok(Queue {
            lane: row.get(0)?,
            waiting: row.get(1)?,
            dead: row.get(2)?,
            oldest_ms: row.get(3)?,
        })
    })?;
    Ok(queues.collect::<Result<_, _>>()?)
}
