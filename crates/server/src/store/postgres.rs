//! The store of a site with several instances: PostgreSQL. Every write is one short transaction
//! that is guarded by the person's version and by unique keys; nothing is held while a server
//! decides, and decisions are read from the primary.

mod letters;
mod load;
mod save;
mod statements;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Executor, PgConnection, Row as _};

use super::migrate::{MIGRATIONS, TABLE, check};
use super::{
    Change, Claim, Due, Found, JournalRow, Loaded, OwedRow, Postponed, Queue, Saved, Store,
    StoreError, Task,
};
use crate::key::{Key, Person};
use crate::record::RecordKind;

/// How many connections one instance holds.
const CONNECTIONS: u32 = 16;
/// How long a connection may have been idle, to be used without being tried.
const IDLE: Duration = Duration::from_millis(500);
/// The number under which instances take turns in migrating.
const MIGRATION_LOCK: i64 = 0x6269_6e64_7072_6f66;
/// How many times a write is tried that the engine calls off (40001, 40P01).
const ATTEMPTS: usize = 5;

/// A store in a database that instances share.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database at `url` and brings its tables up to date.
    ///
    /// # Errors
    /// If it cannot be reached, can lose what it has committed, or has the tables of a later
    /// program.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        // Statements are few and each finds its rows by key, whatever is asked for: to plan them
        // anew each time takes longer than to carry them out.
        let options = options.options([("plan_cache_mode", "force_generic_plan")]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        let pool = pool.before_acquire(|on, metadata| {
            Box::pin(async move {
                // One that was used just now is there. One that was not may have been cut off.
                if metadata.idle_for > IDLE {
                    sqlx::Connection::ping(on).await?;
                }
                Ok(true)
            })
        });
        let pool = pool.connect_with(options).await?;
        let mut on = pool.acquire().await?;
        refuse_unsafe(&mut on).await?;
        migrate(&mut on).await?;
        drop(on);
        Ok(Self { pool })
    }

    async fn save_once(&self, change: &Change) -> Result<Saved, StoreError> {
        if !save::may_be_taken(change) {
            // One statement is a transaction by itself.
            return save::save(&mut *self.pool.acquire().await?, change).await;
        }
        let mut transaction = self.pool.begin().await?;
        let saved = save::save(&mut transaction, change).await?;
        match saved {
            Saved::Done => transaction.commit().await?,
            Saved::Lost | Saved::Taken => transaction.rollback().await?,
        }
        Ok(saved)
    }
}

/// Refuses a database that can lose what it has committed.
async fn refuse_unsafe(on: &mut PgConnection) -> Result<(), StoreError> {
    for (setting, statement) in [
        ("fsync", "SHOW fsync"),
        ("full_page_writes", "SHOW full_page_writes"),
        ("synchronous_commit", "SHOW synchronous_commit"),
    ] {
        let value: String = sqlx::query(statement).fetch_one(&mut *on).await?.try_get(0)?;
        if value == "off" {
            return Err(StoreError::Unsafe(format!(
                "PostgreSQL runs with {setting}=off and can lose what it has committed"
            )));
        }
    }
    Ok(())
}

async fn migrate(on: &mut PgConnection) -> Result<(), StoreError> {
    let mut transaction = sqlx::Connection::begin(on).await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)");
    lock.bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    transaction.execute(TABLE).await?;
    let newest = sqlx::query("SELECT coalesce(max(number), 0) FROM migrations");
    let newest: i64 = newest.fetch_one(&mut *transaction).await?.try_get(0)?;
    check(newest).map_err(StoreError::Unsafe)?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > newest) {
        sqlx::raw_sql(migration.postgres).execute(&mut *transaction).await?;
        let noted = sqlx::query("INSERT INTO migrations (number) VALUES ($1)");
        noted.bind(migration.number).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Whether the engine called the transaction off for the sake of another.
fn is_called_off(error: &StoreError) -> bool {
    let StoreError::Engine(sqlx::Error::Database(error)) = error else { return false };
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}

impl Store for PostgresStore {
    fn find<'a>(&'a self, scope: &'static str, id: &'a str) -> Task<'a, Option<Found>> {
        Box::pin(async move { statements::find(&mut *self.pool.acquire().await?, scope, id).await })
    }

    fn key<'a>(&'a self, scope: &'a str, id: &'a str) -> Task<'a, Option<String>> {
        Box::pin(
            async move { statements::body_of(&mut *self.pool.acquire().await?, scope, id).await },
        )
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        Box::pin(async move { load::load(&mut *self.pool.acquire().await?, person, names).await })
    }

    fn save(&self, change: Change) -> Task<'_, Saved> {
        Box::pin(async move {
            for _ in 1..ATTEMPTS {
                match self.save_once(&change).await {
                    Err(error) if is_called_off(&error) => {}
                    decided => return decided,
                }
            }
            self.save_once(&change).await
        })
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        Box::pin(async move {
            statements::spend(&mut *self.pool.acquire().await?, key_id, nonce, until_ms).await
        })
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        Box::pin(async move { letters::lanes(&mut *self.pool.acquire().await?).await })
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "UPDATE owed SET lease_ms = $3, lease_owner = $5 WHERE (person, slot, id) IN \
                 (SELECT person, slot, id FROM owed WHERE NOT dead AND lane = $1 \
                  AND next_ms <= $2 AND lease_ms <= $2 ORDER BY next_ms LIMIT $4 \
                  FOR UPDATE SKIP LOCKED) \
                 RETURNING person, slot, id, letter, idempotency_key, attempts, next_ms, \
                 forever, dead, since_ms, lane",
            )
            .bind(&claim.lane)
            .bind(claim.now_ms)
            .bind(claim.lease_ms)
            .bind(claim.limit)
            .bind(&claim.owner)
            .fetch_all(&mut *self.pool.acquire().await?)
            .await?;
            rows.iter().map(letters::due).collect()
        })
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        Box::pin(async move { letters::release(&mut *self.pool.acquire().await?, owner).await })
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        Box::pin(
            async move { letters::postpone(&mut *self.pool.acquire().await?, &postponed).await },
        )
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        Box::pin(async move { letters::delivered(&mut *self.pool.acquire().await?, &letter).await })
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        Box::pin(async move { letters::letters(&mut *self.pool.acquire().await?, person).await })
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        Box::pin(async move { letters::dead(&mut *self.pool.acquire().await?, limit).await })
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        Box::pin(async move { letters::resume(&mut *self.pool.acquire().await?, now_ms).await })
    }

    fn owed(&self) -> Task<'_, u64> {
        Box::pin(async move { letters::owed(&mut *self.pool.acquire().await?).await })
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        Box::pin(async move { letters::queues(&mut *self.pool.acquire().await?).await })
    }

    fn overdue(&self, now_ms: i64, limit: i64) -> Task<'_, Vec<Person>> {
        Box::pin(async move {
            statements::overdue(&mut *self.pool.acquire().await?, now_ms, limit).await
        })
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        Box::pin(async move {
            statements::persons(&mut *self.pool.acquire().await?, after, limit).await
        })
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        Box::pin(async move { statements::journal(&mut *self.pool.acquire().await?, person).await })
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        Box::pin(async move { statements::prune(&mut *self.pool.acquire().await?, now_ms).await })
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(async move {
            let mut on = self.pool.acquire().await?;
            Ok(sqlx::Connection::ping(&mut *on).await?)
        })
    }
}
