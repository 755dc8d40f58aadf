//! The statements that SQLite and PostgreSQL share. They are the same text for both; what differs
//! (snapshots, changes, leases, migrations) is with each store.

/// Declares the shared functions over connections of one engine.
macro_rules! statements {
    ($Connection:ty, $Row:ty) => {
        use sqlx::Row as _;

        use crate::key::{Key, Person};
        use crate::record::RecordKind;
        use crate::store::{
            Due, Found, JournalRow, OwedRow, Postponed, Queue, Slot, StoreError,
        };

        pub fn key(text: &str) -> Result<Key, StoreError> {
            text.parse().map_err(|error| StoreError::corrupt(format!("the key {text:?}"), error))
        }

        pub fn kind(text: &str) -> Result<RecordKind, StoreError> {
            RecordKind::from_name(text)
                .ok_or_else(|| StoreError::corrupt(format!("the kind {text:?}"), "unknown"))
        }

        pub async fn find(
            on: &mut $Connection,
            scope: &str,
            id: &str,
        ) -> Result<Option<Found>, StoreError> {
            let statement = "SELECT person, value FROM directory WHERE scope = $1 AND id = $2";
            let row = sqlx::query(statement)
                .bind(scope)
                .bind(id)
                .fetch_optional(on)
                .await?;
            row.map(|row| {
                Ok(Found { person: Person::from_store(row.try_get(0)?), value: row.try_get(1)? })
            })
            .transpose()
        }

        pub async fn body_of(
            on: &mut $Connection,
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
            on: &mut $Connection,
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

        /// The letter in a row of `person, slot, id, letter, idempotency_key, attempts, next_ms,
        /// forever, dead, since_ms, lane`.
        pub fn due(row: &$Row) -> Result<Due, StoreError> {
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

        pub async fn postpone(
            on: &mut $Connection,
            postponed: &Postponed,
        ) -> Result<(), StoreError> {
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

        pub async fn delivered(
            on: &mut $Connection,
            letter: &Postponed,
        ) -> Result<(), StoreError> {
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
        pub async fn lanes(on: &mut $Connection) -> Result<Vec<String>, StoreError> {
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

        pub async fn release(on: &mut $Connection, owner: &str) -> Result<u64, StoreError> {
            let updated =
                sqlx::query("UPDATE owed SET lease_ms = 0 WHERE lease_owner = $1 AND lease_ms > 0")
                    .bind(owner)
                    .execute(on)
                    .await?;
            Ok(updated.rows_affected())
        }

        pub async fn dead(on: &mut $Connection, limit: i64) -> Result<Vec<Due>, StoreError> {
            let rows = sqlx::query(
                "SELECT person, slot, id, letter, idempotency_key, attempts, next_ms, forever, \
                 dead, since_ms, lane FROM owed WHERE dead ORDER BY person, slot, id LIMIT $1",
            )
            .bind(limit)
            .fetch_all(on)
            .await?;
            rows.iter().map(due).collect()
        }

        pub async fn letters(
            on: &mut $Connection,
            person: &Person,
        ) -> Result<Vec<OwedRow>, StoreError> {
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

        pub async fn resume(on: &mut $Connection, now_ms: i64) -> Result<u64, StoreError> {
            let updated =
                sqlx::query("UPDATE owed SET dead = FALSE, attempts = 0, next_ms = $1 WHERE dead")
                    .bind(now_ms)
                    .execute(on)
                    .await?;
            Ok(updated.rows_affected())
        }

        pub async fn owed(on: &mut $Connection) -> Result<u64, StoreError> {
            let row = sqlx::query("SELECT count(*) FROM owed").fetch_one(on).await?;
            let count: i64 = row.try_get(0)?;
            Ok(count.unsigned_abs())
        }

        pub async fn queues(on: &mut $Connection) -> Result<Vec<Queue>, StoreError> {
            let rows = sqlx::query(
                "SELECT lane, sum(CASE WHEN dead THEN 0 ELSE 1 END), \
                 sum(CASE WHEN dead THEN 1 ELSE 0 END), min(since_ms) \
                 FROM owed GROUP BY lane ORDER BY lane",
            )
            .fetch_all(on)
            .await?;
            let queue = |row: &$Row| {
                Ok(Queue {
                    lane: row.try_get(0)?,
                    waiting: row.try_get(1)?,
                    dead: row.try_get(2)?,
                    oldest_ms: row.try_get(3)?,
                })
            };
            rows.iter().map(queue).collect()
        }

        pub async fn overdue(
            on: &mut $Connection,
            now_ms: i64,
            limit: i64,
        ) -> Result<Vec<Person>, StoreError> {
            let rows =
                sqlx::query("SELECT DISTINCT person FROM timers WHERE due_ms <= $1 LIMIT $2")
                    .bind(now_ms)
                    .bind(limit)
                    .fetch_all(on)
                    .await?;
            rows.iter().map(|row| Ok(Person::from_store(row.try_get(0)?))).collect()
        }

        pub async fn persons(
            on: &mut $Connection,
            after: Option<&Person>,
            limit: i64,
        ) -> Result<Vec<Person>, StoreError> {
            let rows = sqlx::query(
                "SELECT person FROM persons WHERE person > $1 ORDER BY person LIMIT $2",
            )
            .bind(after.map_or("", Person::as_str))
            .bind(limit)
            .fetch_all(on)
            .await?;
            rows.iter().map(|row| Ok(Person::from_store(row.try_get(0)?))).collect()
        }

        pub async fn journal(
            on: &mut $Connection,
            person: &Person,
        ) -> Result<Vec<JournalRow>, StoreError> {
            let rows = sqlx::query(
                "SELECT sequence, line, hash FROM journal WHERE person = $1 ORDER BY sequence",
            )
            .bind(person.as_str())
            .fetch_all(on)
            .await?;
            let line = |row: &$Row| {
                Ok(JournalRow {
                    sequence: row.try_get(0)?,
                    line: row.try_get(1)?,
                    hash: row.try_get(2)?,
                })
            };
            rows.iter().map(line).collect()
        }

        pub async fn prune(on: &mut $Connection, now_ms: i64) -> Result<u64, StoreError> {
            let nonces = sqlx::query("DELETE FROM nonces WHERE until_ms <= $1")
                .bind(now_ms)
                .execute(&mut *on)
                .await?;
            let keys = sqlx::query("DELETE FROM keys WHERE until_ms <= $1")
                .bind(now_ms)
                .execute(&mut *on)
                .await?;
            Ok(nonces.rows_affected() + keys.rows_affected())
        }
    };
}

/// The statements on SQLite.
pub mod sqlite {
    statements!(sqlx::SqliteConnection, sqlx::sqlite::SqliteRow);
}

/// The statements on PostgreSQL.
pub mod postgres {
    statements!(sqlx::PgConnection, sqlx::postgres::PgRow);
}
