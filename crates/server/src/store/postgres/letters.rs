//! The statements about letters that wait to be delivered.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::statements::key;
use crate::key::Person;
use crate::store::{Claim, Due, OwedRow, Postponed, Queue, Slot, StoreError, if_readable};

/// The letter in a row of `person, slot, id, letter, idempotency_key, attempts, next_ms,
/// forever, dead, since_ms, lane`.
pub fn due(row: &PgRow) -> Result<Due, StoreError> {
    let slot: &str = row.try_get(1)?;
    let owed = OwedRow {
        slot: Slot::from_name(slot)
            .ok_or_else(|| StoreError::corrupt(format!("the slot {slot:?}"), "unknown"))?,
        key: key(row.try_get(2)?)?,
        letter: row.try_get(3)?,
        idempotency_key: row.try_get(4)?,
        attempts: row.try_get(5)?,
        next_ms: row.try_get(6)?,
        forever: row.try_get(7)?,
        dead: row.try_get(8)?,
        since_ms: row.try_get(9)?,
        lane: row.try_get(10)?,
    };
    Ok(Due { person: Person::from_store(row.try_get(0)?), owed })
}

pub async fn claim(on: &mut PgConnection, claim: &Claim) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(
        "WITH due AS MATERIALIZED \
         (SELECT person, slot, id FROM owed WHERE NOT dead AND lane = $1 \
          AND next_ms <= $2 AND lease_ms <= $2 ORDER BY next_ms LIMIT $4 \
          FOR UPDATE SKIP LOCKED) \
         UPDATE owed o SET lease_ms = $3, lease_owner = $5 FROM due \
         WHERE o.person = due.person AND o.slot = due.slot AND o.id = due.id \
         AND o.person = ANY (ARRAY(SELECT person FROM due)) \
         RETURNING o.person, o.slot, o.id, letter, idempotency_key, attempts, next_ms, \
         forever, dead, since_ms, lane",
    )
    .bind(&claim.lane)
    .bind(claim.now_ms)
    .bind(claim.lease_ms)
    .bind(claim.limit)
    .bind(&claim.owner)
    .fetch_all(on)
    .await?;
    Ok(rows.iter().filter_map(|row| if_readable(due(row))).collect())
}

pub async fn postpone(on: &mut PgConnection, postponed: &Postponed) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE owed SET attempts = attempts + 1, next_ms = $5, dead = $6, lease_ms = 0 \
         WHERE person = $1 AND slot = $2 AND id = $3 AND idempotency_key = $4",
    )
    .bind(postponed.person.as_str())
    .bind(postponed.slot.name())
    .bind(postponed.key.to_string())
    .bind(&postponed.idempotency_key)
    .bind(postponed.next_ms)
    .bind(postponed.dead)
    .execute(on)
    .await?;
    Ok(())
}

pub async fn delivered(on: &mut PgConnection, letter: &Postponed) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM owed \
         WHERE person = $1 AND slot = $2 AND id = $3 AND idempotency_key = $4",
    )
    .bind(letter.person.as_str())
    .bind(letter.slot.name())
    .bind(letter.key.to_string())
    .bind(&letter.idempotency_key)
    .execute(on)
    .await?;
    Ok(())
}

/// Each lane is found by a step into the index, however many letters wait in it.
pub async fn lanes(on: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "WITH RECURSIVE lanes (lane) AS (\
         SELECT min(lane) FROM owed WHERE NOT dead \
         UNION ALL \
         SELECT (SELECT min(lane) FROM owed WHERE NOT dead AND lane > lanes.lane) \
         FROM lanes WHERE lanes.lane IS NOT NULL) \
         SELECT lane FROM lanes WHERE lane IS NOT NULL",
    )
    .fetch_all(on)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub async fn release(on: &mut PgConnection, owner: &str) -> Result<u64, StoreError> {
    let updated =
        sqlx::query("UPDATE owed SET lease_ms = 0 WHERE lease_owner = $1 AND lease_ms > 0")
            .bind(owner)
            .execute(on)
            .await?;
    Ok(updated.rows_affected())
}

pub async fn dead(on: &mut PgConnection, limit: i64) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(
        "SELECT person, slot, id, letter, idempotency_key, attempts, next_ms, forever, \
         dead, since_ms, lane FROM owed WHERE dead ORDER BY person, slot, id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.iter().map(due).collect()
}

pub async fn letters(on: &mut PgConnection, person: &Person) -> Result<Vec<OwedRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT person, slot, id, letter, idempotency_key, attempts, next_ms, forever, \
         dead, since_ms, lane FROM owed WHERE person = $1",
    )
    .bind(person.as_str())
    .fetch_all(on)
    .await?;
    let letters = rows.iter().map(|row| Ok(due(row)?.owed));
    let mut letters = letters.collect::<Result<Vec<OwedRow>, StoreError>>()?;
    letters.sort_by_key(|letter| (letter.slot, letter.key));
    Ok(letters)
}

pub async fn resume(on: &mut PgConnection, now_ms: i64) -> Result<u64, StoreError> {
    let updated =
        sqlx::query("UPDATE owed SET dead = FALSE, attempts = 0, next_ms = $1 WHERE dead")
            .bind(now_ms)
            .execute(on)
            .await?;
    Ok(updated.rows_affected())
}

pub async fn owed(on: &mut PgConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT count(*) FROM owed").fetch_one(on).await?;
    let count: i64 = row.try_get(0)?;
    Ok(count.unsigned_abs())
}

pub async fn queues(on: &mut PgConnection) -> Result<Vec<Queue>, StoreError> {
    let rows = sqlx::query(
        "SELECT lane, sum(CASE WHEN dead THEN 0 ELSE 1 END), \
         sum(CASE WHEN dead THEN 1 ELSE 0 END), min(since_ms) \
         FROM owed GROUP BY lane ORDER BY lane",
    )
    .fetch_all(on)
    .await?;
    let queue = |row: &PgRow| {
        Ok(Queue {
            lane: row.try_get(0)?,
            waiting: row.try_get(1)?,
            dead: row.try_get(2)?,
            oldest_ms: row.try_get(3)?,
        })
    };
    rows.iter().map(queue).collect()
}
