//! The statements about everything but letters, snapshots and changes.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::{Asked, Found, JournalRow, Known, Overdue, PRUNED_AT_ONCE, StoreError};

pub fn key(text: &str) -> Result<Key, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("the key {text:?}"), error))
}

pub fn kind(text: &str) -> Result<RecordKind, StoreError> {
    RecordKind::from_name(text)
        .ok_or_else(|| StoreError::corrupt(format!("the kind {text:?}"), "unknown"))
}

/// In one statement, and so of one moment. Each id has a part of its own, which finds it by its
/// key: to join them as a table was planned once, while the directory was empty, and read all of
/// it.
pub async fn look(on: &mut PgConnection, asked: Asked<'_>) -> Result<Known, StoreError> {
    match (asked.ids, asked.key) {
        ([], None) => return Ok(Known::default()),
        ([(scope, id)], None) => {
            return Ok(Known { found: vec![find(on, scope, id).await?], body: None });
        }
        ([], Some((scope, id))) => {
            return Ok(Known { found: Vec::new(), body: body_of(on, scope, id).await? });
        }
        _ => {}
    }
    let mut statement = QueryBuilder::<Postgres>::new("");
    let mut between = "SELECT ";
    for (place, (scope, id)) in asked.ids.iter().enumerate() {
        statement.push(between).push(place);
        statement.push(", person, value FROM directory WHERE scope = ").push_bind(*scope);
        statement.push(" AND id = ").push_bind(*id);
        between = " UNION ALL SELECT ";
    }
    if let Some((scope, id)) = asked.key {
        // The key has no place.
        statement.push(between).push("-1, digest, '' FROM keys WHERE scope = ").push_bind(scope);
        statement.push(" AND id = ").push_bind(id);
    }
    let mut known = Known { found: vec![None; asked.ids.len()], body: None };
    for row in statement.build().fetch_all(on).await? {
        let place = usize::try_from(row.try_get::<i32, _>(0)?).ok();
        match place.and_then(|place| known.found.get_mut(place)) {
            Some(found) => {
                let person = Person::from_store(row.try_get(1)?);
                *found = Some(Found { person, value: row.try_get(2)? });
            }
            None => known.body = Some(row.try_get(1)?),
        }
    }
    Ok(known)
}

async fn find(on: &mut PgConnection, scope: &str, id: &str) -> Result<Option<Found>, StoreError> {
    let statement = "SELECT person, value FROM directory WHERE scope = $1 AND id = $2";
    let row = sqlx::query(statement).bind(scope).bind(id).fetch_optional(on).await?;
    row.map(|row| Ok(Found { person: Person::from_store(row.try_get(0)?), value: row.try_get(1)? }))
        .transpose()
}

async fn body_of(
    on: &mut PgConnection,
    scope: &str,
    id: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT digest FROM keys WHERE scope = $1 AND id = $2")
        .bind(scope)
        .bind(id)
        .fetch_optional(on)
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

pub async fn spend(
    on: &mut PgConnection,
    key_id: &str,
    nonce: &str,
    until_ms: i64,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO nonces (key_id, nonce, until_ms) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(key_id)
    .bind(nonce)
    .bind(until_ms)
    .execute(on)
    .await?;
    Ok(inserted.rows_affected() == 1)
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
        "DELETE FROM nonces WHERE (key_id, nonce) IN \
         (SELECT key_id, nonce FROM nonces WHERE until_ms <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        "DELETE FROM keys WHERE (scope, id) IN \
         (SELECT scope, id FROM keys WHERE until_ms <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    ] {
        let deleted = sqlx::query(statement).bind(now_ms).bind(PRUNED_AT_ONCE);
        pruned += deleted.execute(&mut *on).await?.rows_affected();
    }
    Ok(pruned)
}

pub async fn ping(on: &mut PgConnection) -> Result<(), StoreError> {
    Ok(sqlx::Connection::ping(on).await?)
}
