//! The embedded store: SQLite with a write-ahead log, one connection that writes and a few that
//! read. What several tasks write at once is committed together, so that they share its cost.

mod load;
mod save;

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Executor, Row as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::migrate::{MIGRATIONS, TABLE, check};
use super::sql::sqlite as sql;
use super::{
    Change, Claim, Due, Found, JournalRow, Loaded, OwedRow, Postponed, Queue, Saved, Store,
    StoreError, Task,
};
use crate::defect::{Defect, planted};
use crate::key::{Key, Person};
use crate::record::RecordKind;

/// The first version without the corruption of write-ahead logs that is reset (3.51.3).
const OLDEST_VERSION: i64 = 3_051_003;
/// How many writes one commit takes at most.
const BATCH_MAX: usize = 64;
/// How many writes may wait.
const QUEUE: usize = 1024;
/// How many connections read.
const READERS: u32 = 4;

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    readers: SqlitePool,
    writes: mpsc::Sender<Job>,
}

/// What the writer is asked for, and where its answer goes.
#[derive(Debug)]
enum Job {
    Save(Box<Change>, oneshot::Sender<Result<Saved, StoreError>>),
    Spend(String, String, i64, oneshot::Sender<Result<bool, StoreError>>),
    Claim(Box<Claim>, oneshot::Sender<Result<Vec<Due>, StoreError>>),
    Release(String, oneshot::Sender<Result<u64, StoreError>>),
    Postpone(Box<Postponed>, oneshot::Sender<Result<(), StoreError>>),
    Delivered(Box<Postponed>, oneshot::Sender<Result<(), StoreError>>),
    Resume(i64, oneshot::Sender<Result<u64, StoreError>>),
    Prune(i64, oneshot::Sender<Result<u64, StoreError>>),
}

/// An answer that goes out once its commit is durable.
type Answer = Box<dyn FnOnce() + Send>;

impl SqliteStore {
    /// Opens the store in `file`, making it if it is not there.
    ///
    /// # Errors
    /// If the file cannot be opened, the bundled SQLite is too old, its settings are not in force,
    /// or its tables are of a later program.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        if planted(Defect::StoreEmptied) {
            for suffix in ["", "-wal", "-shm"] {
                // What is not there is empty already.
                let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("mmap_size", "0");
        let mut writer = SqliteConnection::connect_with(&options).await?;
        refuse_unsafe(&mut writer).await?;
        migrate(&mut writer).await?;
        // They are threads of this process: none of them goes away unseen, so none is tried first.
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let readers = readers.connect_with(options.read_only(true)).await?;
        let (writes, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(write(writer, jobs));
        Ok(Self { readers, writes })
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.writes.send(job(answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Refuses a SQLite that can lose or corrupt what it has committed.
async fn refuse_unsafe(on: &mut SqliteConnection) -> Result<(), StoreError> {
    let version: String = single(on, "SELECT sqlite_version()").await?;
    let mut parts = version.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    let number = part() * 1_000_000 + part() * 1_000 + part();
    if number < OLDEST_VERSION {
        return Err(StoreError::Unsafe(format!(
            "SQLite {version} can corrupt its write-ahead log; 3.51.3 is the oldest that is safe"
        )));
    }
    let mode: String = single(on, "PRAGMA journal_mode").await?;
    let synchronous: i64 = single(on, "PRAGMA synchronous").await?;
    if mode != "wal" || synchronous != 2 {
        return Err(StoreError::Unsafe(format!(
            "SQLite runs with journal_mode={mode} and synchronous={synchronous}; \
             wal and 2 (full) are needed"
        )));
    }
    Ok(())
}

/// Rows as a statement takes them, as many as there are: an array of arrays.
fn form<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError::corrupt("rows to be written", error))
}

async fn single<T>(on: &mut SqliteConnection, statement: &'static str) -> Result<T, StoreError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    Ok(sqlx::query(statement).fetch_one(on).await?.try_get(0)?)
}

async fn migrate(on: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = on.begin_with("BEGIN IMMEDIATE").await?;
    transaction.execute(TABLE).await?;
    let newest = "SELECT coalesce(max(number), 0) FROM migrations";
    let newest: i64 = single(&mut transaction, newest).await?;
    check(newest).map_err(StoreError::Unsafe)?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > newest) {
        sqlx::raw_sql(migration.sqlite).execute(&mut *transaction).await?;
        let noted = sqlx::query("INSERT INTO migrations (number) VALUES ($1)");
        noted.bind(migration.number).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The writer: takes what waits, writes it in one transaction, and answers once that is durable.
async fn write(mut on: SqliteConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let mut answers: Vec<Answer> = Vec::with_capacity(batch.len());
        let written = write_batch(&mut on, batch.drain(..), &mut answers).await;
        match written {
            Ok(()) => answers.into_iter().for_each(|answer| answer()),
            // Whoever waits hears that the channel is closed, which says that nothing is known.
            Err(error) => tracing::error!(%error, "a batch of writes was rolled back"),
        }
    }
    if let Err(error) = on.close().await {
        tracing::warn!(%error, "the store did not close cleanly");
    }
}

async fn write_batch(
    on: &mut SqliteConnection,
    batch: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    let mut transaction = on.begin_with("BEGIN IMMEDIATE").await?;
    for job in batch {
        answers.push(carry_out(&mut transaction, job).await?);
    }
    if planted(Defect::AnswerBeforeCommit) {
        answers.drain(..).for_each(|answer| answer());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if let Err(error) = transaction.commit().await {
        fail_stop(&error);
    }
    Ok(())
}

/// A commit that fails leaves unknown what is on the disk, and asking again would not tell. The
/// process ends without an answer to anybody; what was committed is found at the next start.
fn fail_stop(error: &sqlx::Error) -> ! {
    tracing::error!(%error, "a commit failed; the server stops");
    std::process::abort()
}

async fn carry_out(on: &mut SqliteConnection, job: Job) -> Result<Answer, StoreError> {
    fn later<T: Send + 'static>(
        answer: oneshot::Sender<Result<T, StoreError>>,
        value: T,
    ) -> Answer {
        // Who no longer waits is not told.
        Box::new(move || drop(answer.send(Ok(value))))
    }
    Ok(match job {
        Job::Save(change, answer) => later(answer, save::save(on, &change).await?),
        Job::Spend(key_id, nonce, until_ms, answer) => {
            later(answer, sql::spend(on, &key_id, &nonce, until_ms).await?)
        }
        Job::Claim(wanted, answer) => later(answer, claim(on, &wanted).await?),
        Job::Release(owner, answer) => later(answer, sql::release(on, &owner).await?),
        Job::Postpone(postponed, answer) => later(answer, sql::postpone(on, &postponed).await?),
        Job::Delivered(letter, answer) => later(answer, sql::delivered(on, &letter).await?),
        Job::Resume(now_ms, answer) => later(answer, sql::resume(on, now_ms).await?),
        Job::Prune(now_ms, answer) => later(answer, sql::prune(on, now_ms).await?),
    })
}

async fn claim(on: &mut SqliteConnection, claim: &Claim) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(
        "UPDATE owed SET lease_ms = $3, lease_owner = $5 WHERE (person, slot, id) IN \
         (SELECT person, slot, id FROM owed WHERE NOT dead AND lane = $1 \
          AND next_ms <= $2 AND lease_ms <= $2 ORDER BY next_ms LIMIT $4) \
         RETURNING person, slot, id, letter, idempotency_key, attempts, next_ms, forever, dead, \
         since_ms, lane",
    )
    .bind(&claim.lane)
    .bind(claim.now_ms)
    .bind(claim.lease_ms)
    .bind(claim.limit)
    .bind(&claim.owner)
    .fetch_all(on)
    .await?;
    rows.iter().map(sql::due).collect()
}

impl Store for SqliteStore {
    fn find<'a>(&'a self, scope: &'static str, id: &'a str) -> Task<'a, Option<Found>> {
        Box::pin(async move { sql::find(&mut *self.readers.acquire().await?, scope, id).await })
    }

    fn key<'a>(&'a self, scope: &'a str, id: &'a str) -> Task<'a, Option<String>> {
        Box::pin(async move { sql::body_of(&mut *self.readers.acquire().await?, scope, id).await })
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        Box::pin(
            async move { load::load(&mut *self.readers.acquire().await?, person, names).await },
        )
    }

    fn save(&self, change: Change) -> Task<'_, Saved> {
        Box::pin(self.ask(move |answer| Job::Save(Box::new(change), answer)))
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        let (key_id, nonce) = (key_id.to_owned(), nonce.to_owned());
        Box::pin(self.ask(move |answer| Job::Spend(key_id, nonce, until_ms, answer)))
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        Box::pin(async move { sql::lanes(&mut *self.readers.acquire().await?).await })
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        Box::pin(self.ask(move |answer| Job::Claim(Box::new(claim), answer)))
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        let owner = owner.to_owned();
        Box::pin(self.ask(move |answer| Job::Release(owner, answer)))
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        Box::pin(self.ask(move |answer| Job::Postpone(Box::new(postponed), answer)))
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        Box::pin(self.ask(move |answer| Job::Delivered(Box::new(letter), answer)))
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        Box::pin(async move { sql::letters(&mut *self.readers.acquire().await?, person).await })
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        Box::pin(async move { sql::dead(&mut *self.readers.acquire().await?, limit).await })
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        Box::pin(self.ask(move |answer| Job::Resume(now_ms, answer)))
    }

    fn owed(&self) -> Task<'_, u64> {
        Box::pin(async move { sql::owed(&mut *self.readers.acquire().await?).await })
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        Box::pin(async move { sql::queues(&mut *self.readers.acquire().await?).await })
    }

    fn overdue(&self, now_ms: i64, limit: i64) -> Task<'_, Vec<Person>> {
        Box::pin(
            async move { sql::overdue(&mut *self.readers.acquire().await?, now_ms, limit).await },
        )
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        Box::pin(
            async move { sql::persons(&mut *self.readers.acquire().await?, after, limit).await },
        )
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        Box::pin(async move { sql::journal(&mut *self.readers.acquire().await?, person).await })
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        Box::pin(self.ask(move |answer| Job::Prune(now_ms, answer)))
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(async move {
            self.readers.acquire().await?.ping().await?;
            Ok(())
        })
    }
}
