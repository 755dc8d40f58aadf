//! The store of a site with several instances: PostgreSQL. Every write is one short transaction
//! that is guarded by the person's version and by unique keys; nothing is held while a server
//! decides, and decisions are read from the primary.

mod letters;
mod load;
mod look;
mod parts;
mod pool;
mod save;
mod signature;
mod statements;
mod together;

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgConnection, Row as _};

use super::migrate::{MIGRATIONS, NEWEST, TABLE, check};
use super::{
    Asked, Change, Claim, Due, JournalRow, Known, Loaded, Overdue, OwedRow, Postponed, Queue,
    Saved, Store, StoreError, Task,
};
use crate::key::{Key, Person};
use crate::record::RecordKind;
use load::Load;
use look::Look;
use pool::Pool;
pub(super) use pool::in_time;
use signature::Signature;
use together::{MOST, Together};

/// The number under which instances take turns in migrating.
const MIGRATION_LOCK: i64 = 0x6269_6e64_7072_6f66;
/// What every connection is told. Statements are few, and what a request asks is found by key,
/// whatever it is: to plan it anew each time takes longer than to carry it out, and what is planned
/// while tables are empty is to be right when they are full.
const SETTINGS: [(&str, &str); 7] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // Rows are locked in the order of their keys.
    ("enable_bitmapscan", "off"),
    // Where all of a table is asked for, that makes it look dear enough to be compiled.
    ("jit", "off"),
    // What somebody else holds for longer is not waited for by all who are asking.
    ("lock_timeout", "2s"),
];
/// How many statements a connection keeps prepared: changes have a few dozen shapes.
const STATEMENTS: usize = 256;
/// How many times a write is tried that the engine calls off (40001, 40P01).
const ATTEMPTS: usize = 5;

/// A store in a database that instances share.
#[derive(Debug)]
pub struct PostgresStore {
    pool: Arc<Pool>,
    looks: Together<Look>,
    loads: Together<Load>,
    signatures: Together<Signature>,
    changes: Together<Arc<Change>>,
}

impl PostgresStore {
    /// Of how many persons the snapshots or changes share a transaction at most.
    pub const PERSONS_MAX: usize = MOST;

    /// Connects to the database at `url` and brings its tables up to date. What is asked of it and
    /// written at one time shares a transaction.
    ///
    /// # Errors
    /// If it cannot be reached, can lose what it has committed, or has the tables of a later
    /// program.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, Self::PERSONS_MAX).await
    }

    /// As [`Self::open`], with so many persons at most in one transaction.
    ///
    /// # Errors
    /// As there.
    pub async fn open_with(url: &str, persons: usize) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.options(SETTINGS).statement_cache_capacity(STATEMENTS);
        let pool = Arc::new(Pool::new(options));
        let mut on = pool.acquire().await?;
        let ready = async {
            refuse_unsafe(&mut on).await?;
            migrate(&mut on).await
        };
        let ready = ready.await;
        on.used(ready)?;
        let (looks, signatures) = (Together::by(&pool, MOST), Together::by(&pool, MOST));
        let (loads, changes) = (Together::by(&pool, persons), Together::by(&pool, persons));
        Ok(Self { pool, looks, loads, signatures, changes })
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
    // Other instances take their time.
    transaction.execute("SET LOCAL lock_timeout = 0").await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)");
    lock.bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    transaction.execute(TABLE).await?;
    let newest = sqlx::query(NEWEST);
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
    match error {
        StoreError::Engine(sqlx::Error::Database(error)) => {
            matches!(error.code().as_deref(), Some("40001" | "40P01"))
        }
        StoreError::Together(error) => is_called_off(error),
        _ => false,
    }
}

/// Asks by a connection of the pool.
macro_rules! ask {
    ($self:ident, $module:ident::$asked:ident($($value:expr),*)) => {
        Box::pin(async move {
            let mut on = $self.pool.acquire().await?;
            let asked = in_time($module::$asked(&mut on, $($value),*)).await;
            on.used(asked)
        })
    };
}

/// Asks again what the engine has called off, a few times.
macro_rules! again {
    ($asked:expr) => {{
        let mut attempt = 1;
        loop {
            match $asked.await {
                Err(error) if attempt < ATTEMPTS && is_called_off(&error) => attempt += 1,
                answered => break answered,
            }
        }
    }};
}

impl Store for PostgresStore {
    fn look<'a>(&'a self, asked: Asked<'a>) -> Task<'a, Known> {
        let look = Look::of(asked);
        Box::pin(async move { self.looks.ask(look).await })
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        let load = Load { person: person.clone(), names: names.to_owned() };
        Box::pin(async move { self.loads.ask(load).await })
    }

    fn save(&self, change: Change) -> Task<'_, Saved> {
        let change = Arc::new(change);
        Box::pin(async move { again!(self.changes.ask(Arc::clone(&change))) })
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        let signature = Signature { key_id: key_id.to_owned(), nonce: nonce.to_owned(), until_ms };
        Box::pin(async move { self.signatures.ask(signature).await })
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        ask!(self, letters::lanes())
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        ask!(self, letters::claim(&claim))
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        Box::pin(async move { again!(ask!(self, letters::release(owner))) })
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        ask!(self, letters::postpone(&postponed))
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        ask!(self, letters::delivered(&letter))
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        ask!(self, letters::letters(person))
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        ask!(self, letters::dead(limit))
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        Box::pin(async move { again!(ask!(self, letters::resume(now_ms))) })
    }

    fn owed(&self) -> Task<'_, u64> {
        ask!(self, letters::owed())
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        ask!(self, letters::queues())
    }

    fn overdue<'a>(
        &'a self,
        now_ms: i64,
        after: Option<&'a Overdue>,
        limit: i64,
    ) -> Task<'a, Vec<Overdue>> {
        ask!(self, statements::overdue(now_ms, after, limit))
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        ask!(self, statements::persons(after, limit))
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        ask!(self, statements::journal(person))
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        ask!(self, statements::prune(now_ms))
    }

    fn ping(&self) -> Task<'_, ()> {
        ask!(self, statements::ping())
    }
}
