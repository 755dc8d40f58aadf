//! The statements that SQLite and PostgreSQL share. They are the same text for both; what differs
//! (locks, leases, migrations) is with each store.

#[macro_use]
mod letters;

/// Declares the shared functions over connections of one engine.
macro_rules! statements {
    ($Connection:ty, $Row:ty) => {
        use sqlx::Row as _;

        use crate::defect::{Defect, planted};
        use crate::key::{Key, Person};
        use crate::record::RecordKind;
        use crate::store::{
            Change, Due, Found, Head, JournalRow, Loaded, OwedRow, Postponed, Queue, Row, Saved,
            Slot, StoreError, Timer, TimerRow,
        };

        fn key(text: &str) -> Result<Key, StoreError> {
            text.parse().map_err(|error| StoreError::corrupt(format!("the key {text:?}"), error))
        }

        fn kind(text: &str) -> Result<RecordKind, StoreError> {
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

        /// Must run in a transaction that sees one snapshot.
        pub async fn load(
            on: &mut $Connection,
            person: &Person,
            names: &[(RecordKind, Key)],
        ) -> Result<Loaded, StoreError> {
            let head = head(on, person).await?;
            let live = sqlx::query(
                "SELECT kind, id, version, state, refs, live FROM records \
                 WHERE person = $1 AND live",
            )
            .bind(person.as_str())
            .fetch_all(&mut *on)
            .await?;
            let mut rows = live.iter().map(record).collect::<Result<Vec<Row>, StoreError>>()?;
            for (kind, key) in names {
                if rows.iter().any(|row| (row.kind, row.key) == (*kind, *key)) {
                    continue;
                }
                let named = sqlx::query(
                    "SELECT kind, id, version, state, refs, live FROM records \
                     WHERE person = $1 AND kind = $2 AND id = $3",
                )
                .bind(person.as_str())
                .bind(kind.name())
                .bind(key.to_string())
                .fetch_optional(&mut *on)
                .await?;
                rows.extend(named.as_ref().map(record).transpose()?);
            }
            let timers = timers(on, person).await?;
            Ok(Loaded { person: person.clone(), head, rows, timers })
        }

        async fn head(on: &mut $Connection, person: &Person) -> Result<Head, StoreError> {
            let row = sqlx::query("SELECT version, sequence, head FROM persons WHERE person = $1")
                .bind(person.as_str())
                .fetch_optional(on)
                .await?;
            let Some(row) = row else { return Ok(Head::NEW) };
            Ok(Head {
                version: row.try_get(0)?,
                sequence: row.try_get(1)?,
                hash: row.try_get(2)?,
            })
        }

        fn record(row: &$Row) -> Result<Row, StoreError> {
            Ok(Row {
                kind: kind(row.try_get(0)?)?,
                key: key(row.try_get(1)?)?,
                version: row.try_get(2)?,
                state: row.try_get(3)?,
                refs: row.try_get(4)?,
                live: row.try_get(5)?,
            })
        }

        async fn timers(
            on: &mut $Connection,
            person: &Person,
        ) -> Result<Vec<TimerRow>, StoreError> {
            let rows = sqlx::query("SELECT kind, id, what, due_ms FROM timers WHERE person = $1")
                .bind(person.as_str())
                .fetch_all(on)
                .await?;
            let timer = |row: &$Row| {
                let what: &str = row.try_get(2)?;
                Ok(TimerRow {
                    kind: kind(row.try_get(0)?)?,
                    key: key(row.try_get(1)?)?,
                    what: Timer::from_name(what)
                        .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
                    due_ms: row.try_get(3)?,
                })
            };
            rows.iter().map(timer).collect()
        }

        /// Writes a change in the transaction that is open. If it is [`Saved::Taken`], the
        /// transaction may hold half of it and must be rolled back.
        pub async fn save(on: &mut $Connection, change: &Change) -> Result<Saved, StoreError> {
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
        async fn guard(on: &mut $Connection, change: &Change) -> Result<bool, StoreError> {
            let statement = match change.before.version {
                0 => {
                    "INSERT INTO persons (person, version, sequence, head) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
                }
                _ if planted(Defect::UnguardedUpdate) => {
                    "UPDATE persons SET version = $2, sequence = $3, head = $4 \
                     WHERE person = $1 AND $5 > 0"
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

        async fn save_rows(on: &mut $Connection, change: &Change) -> Result<(), StoreError> {
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

        async fn save_timers(on: &mut $Connection, change: &Change) -> Result<(), StoreError> {
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

        async fn save_owed(on: &mut $Connection, change: &Change) -> Result<(), StoreError> {
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

        async fn save_journal(on: &mut $Connection, change: &Change) -> Result<(), StoreError> {
            let statement = match planted(Defect::JournalOverwritten) {
                true => {
                    "INSERT INTO journal (person, sequence, line, hash) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (person, sequence) DO UPDATE SET \
                     line = excluded.line, hash = excluded.hash"
                }
                false => {
                    "INSERT INTO journal (person, sequence, line, hash) VALUES ($1, $2, $3, $4)"
                }
            };
            for line in &change.journal {
                sqlx::query(statement)
                .bind(change.person.as_str())
                .bind(line.sequence)
                .bind(&line.line)
                .bind(&line.hash)
                .execute(&mut *on)
                .await?;
            }
            Ok(())
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
    statements_about_letters!(sqlx::SqliteConnection, sqlx::sqlite::SqliteRow);
}

/// The statements on PostgreSQL.
pub mod postgres {
    statements!(sqlx::PgConnection, sqlx::postgres::PgRow);
    statements_about_letters!(sqlx::PgConnection, sqlx::postgres::PgRow);
}
