//! The embedded store: SQLite with a write-ahead log, one connection that writes in a thread of its
//! own, and a few that read where they are asked. What several tasks write at once is committed
//! together, so that they share its cost.
//!
//! A read takes some twenty microseconds, less than the way to another thread and back. Only what
//! an operator asks for, which may take longer, is read aside.

mod letters;
mod load;
mod readers;
mod save;
#[cfg(test)]
mod tests;

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::migrate::{MIGRATIONS, NEWEST, TABLE, check};
use super::{
    Asked, Change, Claim, Due, JournalRow, Known, Loaded, Overdue, OwedRow, PRUNED_AT_ONCE,
    Postponed, Queue, Saved, Store, StoreError, Task,
};
use crate::defect::{Defect, planted};
use crate::key::{Key, Person};
use crate::record::RecordKind;
use readers::Readers;

/// The first version without the corruption of write-ahead logs that is reset (3.51.3).
const OLDEST_VERSION: i32 = 3_051_003;
/// How many writes one commit takes at most.
const BATCH_MAX: usize = 64;
/// How many writes may wait.
const QUEUE: usize = 1024;
/// How many statements a connection keeps prepared: all that there are.
const STATEMENTS: usize = 64;

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    readers: Arc<Readers>,
    writer: Writer,
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Whoever reads aside is waited for: the connection that closes last tidies the log away,
        // and that is the writer's, which is dropped after this.
        self.readers.close();
    }
}

/// The thread that writes. When this is dropped, what it was asked for is done, and its file is
/// closed: whoever copies the file then has all of it.
#[derive(Debug)]
struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // One that panicked has ended the process.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What the writer is asked for.
type Job = Box<dyn Write>;

/// Something to be written, in a transaction with others.
trait Write: Send {
    /// Writes it, all of it or nothing; or again, if the transaction has been undone.
    fn carry_out(&mut self, on: &Connection) -> Result<(), StoreError>;

    /// Says what it has come to, once that is durable.
    fn answer(self: Box<Self>);

    /// Says why nothing was written.
    fn refuse(self: Box<Self>, error: StoreError);
}

/// A write, what it has come to, and where that goes.
struct Pending<T, W> {
    write: W,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: FnMut(&Connection) -> Result<T, StoreError> + Send> Write for Pending<T, W> {
    fn carry_out(&mut self, on: &Connection) -> Result<(), StoreError> {
        self.done = Some((self.write)(on)?);
        Ok(())
    }

    fn answer(self: Box<Self>) {
        // Who no longer waits is not told. One without an answer hears that the channel is closed.
        let Self { done, answer, .. } = *self;
        let _ = done.map(|done| answer.send(Ok(done)));
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.answer.send(Err(error));
    }
}

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
        let file = file.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            only_its_owners(&file)?;
            let mut writer = Connection::open(&file)?;
            set(&writer)?;
            spare(&writer)?;
            refuse_unsafe(&writer)?;
            migrate(&mut writer)?;
            Ok::<_, StoreError>((writer, Readers::of(file)?))
        });
        let (writer, readers) = opened.await.map_err(|_| StoreError::Closed)??;
        let (writes, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store".to_owned());
        let thread = thread
            .spawn(move || {
                let _guard = FailStop;
                write(writer, jobs);
            })
            .map_err(|error| StoreError::Unsafe(format!("no thread for the store: {error}")))?;
        let writer = Writer { jobs: Some(writes), thread: Some(thread) };
        Ok(Self { readers: Arc::new(readers), writer })
    }

    /// Writes in the transaction that comes next.
    fn write<'a, T: Send + 'static>(
        &'a self,
        write: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Task<'a, T> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Pending { write, done: None, answer });
        Box::pin(async move {
            let jobs = self.writer.jobs.as_ref().ok_or(StoreError::Closed)?;
            jobs.send(job).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        })
    }

    /// Reads what takes its time.
    fn aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Task<'static, T> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || readers.read(read));
            read.await.map_err(|_| StoreError::Closed)?
        })
    }
}

/// Makes the file, if it is not there, for nobody to read but its owner: it holds the secrets of
/// bindings. What SQLite puts beside it has the same mode.
fn only_its_owners(file: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    let at = |error| StoreError::Unsafe(format!("{}: {error}", file.display()));
    let mode = made.and_then(|file| file.metadata()).map_err(at)?.mode();
    if mode & 0o077 != 0 {
        let (file, mode) = (file.display().to_string(), format!("{:o}", mode & 0o777));
        tracing::warn!(file, mode, "others than its owner have access to the store");
    }
    Ok(())
}

/// Puts a connection into the one setting that is safe.
fn set(on: &Connection) -> Result<(), StoreError> {
    on.busy_timeout(Duration::from_secs(5))?;
    on.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement is planned anew whenever a value might suit another plan, which is each
    // time that somebody is loaded. Everything is found by its key, whatever is asked for.
    on.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    on.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA mmap_size = 0;",
    )?;
    Ok(())
}

/// What the connection that writes does less often than is usual. Pages that are written again and
/// again go from the log into the file once where they went eight times, in a checkpoint that is
/// rarer and longer; the log takes some 32 MiB of the disk. 8 MiB of pages in memory need not be
/// read again; with more, SQLite goes over more of its memory at each commit that has balanced a
/// tree. What has to be kept to undo a statement or a job is kept in memory, not in a file.
fn spare(on: &Connection) -> Result<(), StoreError> {
    on.execute_batch(
        "PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(())
}

/// Refuses a SQLite that can lose or corrupt what it has committed.
fn refuse_unsafe(on: &Connection) -> Result<(), StoreError> {
    if rusqlite::version_number() < OLDEST_VERSION {
        return Err(StoreError::Unsafe(format!(
            "SQLite {} can corrupt its write-ahead log; 3.51.3 is the oldest that is safe",
            rusqlite::version()
        )));
    }
    let mode: String = on.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let synchronous: i64 = on.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(StoreError::Unsafe(format!(
            "SQLite runs with journal_mode={mode} and synchronous={synchronous}; \
             wal and 2 (full) are needed"
        )));
    }
    Ok(())
}

fn migrate(on: &mut Connection) -> Result<(), StoreError> {
    let transaction = on.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLE)?;
    let newest: i64 = transaction.query_row(NEWEST, [], |row| row.get(0))?;
    check(newest).map_err(StoreError::Unsafe)?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > newest) {
        transaction.execute_batch(migration.sqlite)?;
        let noted = "INSERT INTO migrations (number) VALUES (?1)";
        transaction.execute(noted, [migration.number])?;
    }
    transaction.commit()?;
    Ok(())
}

/// The writer: takes what waits, writes it in one transaction, and answers once that is durable.
fn write(mut on: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while jobs.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        match write_batch(&mut on, &mut batch) {
            Ok(()) => batch.drain(..).for_each(|job| job.answer()),
            Err(error) => {
                let error = Arc::new(error);
                let refused = |job: Job| job.refuse(StoreError::Together(Arc::clone(&error)));
                batch.drain(..).for_each(refused);
            }
        }
    }
    if let Err((_, error)) = on.close() {
        tracing::warn!(%error, "the store did not close cleanly");
    }
}

/// Writes a batch; who is undone alone is told so, and leaves it. To be able to undo one alone,
/// SQLite copies every page that it changes, so that is done only if one has failed.
fn write_batch(on: &mut Connection, batch: &mut Vec<Job>) -> Result<(), StoreError> {
    let transaction = on.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match batch.iter_mut().try_for_each(|job| job.carry_out(&transaction)) {
        Ok(()) => return commit(transaction, batch),
        Err(error) => tracing::debug!(%error, "writes are undone, and each is made by itself"),
    }
    // It undoes what is there to be undone: of some errors the engine has undone it itself.
    drop(transaction);
    let transaction = on.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut at = 0;
    while let Some(job) = batch.get_mut(at) {
        match alone(&transaction, &mut **job)? {
            Ok(()) => at += 1,
            Err(error) => batch.remove(at).refuse(error),
        }
    }
    commit(transaction, batch)
}

fn commit(transaction: Transaction<'_>, batch: &mut Vec<Job>) -> Result<(), StoreError> {
    if planted(Defect::AnswerBeforeCommit) {
        batch.drain(..).for_each(|job| job.answer());
        dawdle();
    }
    if let Err(error) = transaction.commit() {
        fail_stop(&error);
    }
    Ok(())
}

/// Carries out one job, all of it or nothing, whatever becomes of the others: what became of it, or
/// why none of them can go on.
fn alone(on: &Connection, job: &mut dyn Write) -> Result<Result<(), StoreError>, StoreError> {
    let run = |statement| on.prepare_cached(statement)?.execute([]);
    run("SAVEPOINT job")?;
    let done = job.carry_out(on);
    if done.is_err() {
        if on.is_autocommit() {
            // The engine has undone everything by itself: it is about the file, and everybody's.
            return done.map(Ok);
        }
        run("ROLLBACK TO job")?;
    }
    run("RELEASE job")?;
    Ok(done)
}

#[expect(clippy::disallowed_methods, reason = "with a defect, a kill is given the time to show it")]
fn dawdle() {
    std::thread::sleep(Duration::from_millis(20));
}

/// A commit that fails leaves unknown what is on the disk, and asking again would not tell. The
/// process ends without an answer to anybody; what was committed is found at the next start.
fn fail_stop(error: &rusqlite::Error) -> ! {
    tracing::error!(%error, "a commit failed; the server stops");
    std::process::abort()
}

/// A writer that panics ends the process, too: without it nothing could be written any more.
struct FailStop;

impl Drop for FailStop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the store's writer panicked; the server stops");
            std::process::abort();
        }
    }
}

fn spend(on: &Connection, key_id: &str, nonce: &str, until_ms: i64) -> Result<bool, StoreError> {
    let mut insert = on.prepare_cached(
        "INSERT INTO nonces (key_id, nonce, until_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    Ok(insert.execute(params![key_id, nonce, until_ms])? == 1)
}

fn prune(on: &Connection, now_ms: i64) -> Result<u64, StoreError> {
    let bound = [now_ms, PRUNED_AT_ONCE];
    let nonces = on.execute(
        "DELETE FROM nonces WHERE (key_id, nonce) IN \
         (SELECT key_id, nonce FROM nonces WHERE until_ms <= ?1 LIMIT ?2)",
        bound,
    )?;
    let keys = on.execute(
        "DELETE FROM keys WHERE (scope, id) IN \
         (SELECT scope, id FROM keys WHERE until_ms <= ?1 LIMIT ?2)",
        bound,
    )?;
    Ok((nonces + keys) as u64)
}

impl Store for SqliteStore {
    fn look<'a>(&'a self, asked: Asked<'a>) -> Task<'a, Known> {
        Box::pin(async move { self.readers.read(|on| load::look(on, asked)) })
    }

    fn load<'a>(&'a self, person: &'a Person, names: &'a [(RecordKind, Key)]) -> Task<'a, Loaded> {
        Box::pin(async move { self.readers.read(|on| load::load(on, person, names)) })
    }

    fn save(&self, change: Change) -> Task<'_, Saved> {
        self.write(move |on| save::save(on, &change))
    }

    fn spend<'a>(&'a self, key_id: &'a str, nonce: &'a str, until_ms: i64) -> Task<'a, bool> {
        let (key_id, nonce) = (key_id.to_owned(), nonce.to_owned());
        self.write(move |on| spend(on, &key_id, &nonce, until_ms))
    }

    fn lanes(&self) -> Task<'_, Vec<String>> {
        Box::pin(async move { self.readers.read(letters::lanes) })
    }

    fn claim(&self, claim: Claim) -> Task<'_, Vec<Due>> {
        self.write(move |on| letters::claim(on, &claim))
    }

    fn release<'a>(&'a self, owner: &'a str) -> Task<'a, u64> {
        let owner = owner.to_owned();
        self.write(move |on| letters::release(on, &owner))
    }

    fn postpone(&self, postponed: Postponed) -> Task<'_, ()> {
        self.write(move |on| letters::postpone(on, &postponed))
    }

    fn delivered(&self, letter: Postponed) -> Task<'_, ()> {
        self.write(move |on| letters::delivered(on, &letter))
    }

    fn letters<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<OwedRow>> {
        Box::pin(async move { self.readers.read(|on| letters::letters(on, person)) })
    }

    fn dead(&self, limit: i64) -> Task<'_, Vec<Due>> {
        self.aside(move |on| letters::dead(on, limit))
    }

    fn resume(&self, now_ms: i64) -> Task<'_, u64> {
        self.write(move |on| letters::resume(on, now_ms))
    }

    fn owed(&self) -> Task<'_, u64> {
        self.aside(letters::owed)
    }

    fn queues(&self) -> Task<'_, Vec<Queue>> {
        self.aside(letters::queues)
    }

    fn overdue<'a>(
        &'a self,
        now_ms: i64,
        after: Option<&'a Overdue>,
        limit: i64,
    ) -> Task<'a, Vec<Overdue>> {
        Box::pin(async move { self.readers.read(|on| load::overdue(on, now_ms, after, limit)) })
    }

    fn persons<'a>(&'a self, after: Option<&'a Person>, limit: i64) -> Task<'a, Vec<Person>> {
        let after = after.map_or("", Person::as_str).to_owned();
        self.aside(move |on| load::persons(on, &after, limit))
    }

    fn journal<'a>(&'a self, person: &'a Person) -> Task<'a, Vec<JournalRow>> {
        Box::pin(async move { self.readers.read(|on| load::journal(on, person)) })
    }

    fn prune(&self, now_ms: i64) -> Task<'_, u64> {
        self.write(move |on| prune(on, now_ms))
    }

    fn ping(&self) -> Task<'_, ()> {
        let look = |on: &Connection| Ok(on.query_row("SELECT 1", [], |_| Ok(()))?);
        Box::pin(async move {
            self.readers.read(look)?;
            // Nothing but to begin and to commit.
            self.write(|_| Ok(())).await
        })
    }
}
