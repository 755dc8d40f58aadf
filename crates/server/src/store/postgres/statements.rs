//! The statements about everything but letters, snapshots and changes.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::{JournalRow, Overdue, PRUNED_AT_ONCE, StoreError};

pub fn key(text: &str) -> Result<Key, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("the key {text:?}"), error))
}

pub fn kind(text: &str) -> Result<RecordKind, StoreError> {
    RecordKind::from_name(text)
        .ok_or_else(|| StoreError::corrupt(format!("the kind {text:?}"), "unknown"))
}

pub async fn overdue(
    on: &mut PgConnection,
    now_ms: i64,
    after: Option<&Overdue>,
    limit: i64,
) -> Result<Vec<Overdue>, StoreError> {
    let (after_ms, person) = Overdue::place_of(after);
    let rows = sqlx::query(
        "SELECT DISTINCT due_ms, person FROM timers \
         WHERE due_ms <= $1 AND (due_ms, person) > ($2, $3) ORDER BY due_ms, person LIMIT $4",
    )
    .bind(now_ms)
    .bind(after_ms)
    .bind(person)
    .bind(limit)
    .fetch_all(on)
    .await?;
    let overdue = |row: &PgRow| {
        Ok(Overdue { due_ms: row.try_get(0)?, person: Person::from_store(row.try_get(1)?) })
    };
    rows.iter().map(overdue).collect()
}

pub async fn persons(
    on: &mut PgConnection,
    after: Option<&Person>,
    limit: i64,
) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query("SELECT person FROM persons WHERE person > $1 ORDER BY person LIMIT $2")
        .bind(after.map_or("", Person::as_str))
        .bind(limit)
        .fetch_all(on)
        .await?;
    rows.iter().map(|row| Ok(Person::from_store(row.try_get(0)?))).collect()
}

pub async fn journal(
    on: &mut PgConnection,
    person: &Person,
) -> Result<Vec<JournalRow>, StoreError> {
    let rows =
        sqlx::query("SELECT sequence, line, hash FROM journal WHERE person = $1 ORDER BY sequence")
            .bind(person.as_str())
            .fetch_all(on)
            .await?;
    let line = |row: &PgRow| {
        Ok(JournalRow { sequence: row.try_get(0)?, line: row.try_get(1)?, hash: row.try_get(2)? })
    };
    rows.iter().map(line).collect()
}

pub async fn prune(on: &mut PgConnection, now_ms: i64) -> Result<u64, StoreError> {
    let mut pruned = 0;
    for statement in [
        "WITH past AS MATERIALIZED \
         (SELECT key_id, nonce FROM nonces WHERE until_ms <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED) \
         DELETE FROM nonces WHERE until_ms <= $1 \
           AND key_id = ANY (ARRAY(SELECT key_id FROM past)) \
           AND nonce = ANY (ARRAY(SELECT nonce FROM past))",
        "WITH past AS MATERIALIZED \
         (SELECT scope, id FROM keys WHERE until_ms <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED) \
         DELETE FROM keys WHERE until_ms <= $1 \
           AND scope = ANY (ARRAY(SELECT scope FROM past)) \
           AND id = ANY (ARRAY(SELECT id FROM past))",
    ] {
        let deleted = sqlx::query(statement).bind(now_ms).bind(PRUNED_AT_ONCE);
        pruned += deleted.execute(&mut *on).await?.rows_affected();
    }
    Ok(pruned)
}

pub async fn ping(on: &mut PgConnection) -> Result<(), StoreError> {
    Ok(sqlx::Connection::ping(on).await?)
}
