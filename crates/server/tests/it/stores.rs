//! Every store passes the one suite, and keeps what it has said is kept.

use std::future::ready;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use bindproof::wire::{Amount, BindingId, OperationId};
use bindproof_server::drive::bank::DEBIT;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::{DebitRefs, RecordKind};
use bindproof_server::service::{existing_store, open_store};
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Change, Claim, Found, Head, OwedRow, Row, Saved, Store, suite};
use sqlx::Connection as _;

use crate::folder::Folder;
use crate::postgres::Postgres;

/// An operation of which every part looks different.
const OLD: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_memory_passes_the_suite() {
    let passed = suite::run(Arc::new(MemoryStore::new())).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 23);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_a_file_passes_the_suite() {
    let folder = Folder::new("suite");
    let store = SqliteStore::open(&folder.path().join("s.db")).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 23);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_file_holds_is_there_when_it_is_opened_again() {
    let folder = Folder::new("reopened");
    let file = folder.path().join("s.db");
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(store.spend("key", "nonce", 1_000).await.unwrap());
    drop(store);
    let log = folder.path().join("s.db-wal");
    assert!(!log.exists(), "a store that is dropped has all of it in its file");
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(!store.spend("key", "nonce", 1_000).await.unwrap(), "a restart forgets no signature");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_read_by_nobody_but_its_owner() {
    let folder = Folder::new("owner");
    let store = SqliteStore::open(&folder.path().join("s.db")).await.unwrap();
    assert!(store.spend("key", "nonce", 1_000).await.unwrap());
    for name in ["s.db", "s.db-wal", "s.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// Letters that are owed, so many that it takes a while to count them.
fn many_letters() -> Change {
    let letter = |number: u128| OwedRow {
        key: Key::from_bytes(number.to_be_bytes()),
        lane: format!("lane {number}"),
        ..suite::letter(0, 0)
    };
    let after = Head { version: 1, ..Head::NEW };
    let nothing = Change::nothing(Person::from_store("ada".to_owned()), Head::NEW, after);
    Change { owed: (0..20_000).map(letter).collect(), ..nothing }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_whole_although_somebody_was_reading_aside_as_its_store_was_dropped() {
    let folder = Folder::new("aside");
    let (file, log) = (folder.path().join("s.db"), folder.path().join("s.db-wal"));
    let store = SqliteStore::open(&file).await.unwrap();
    assert_eq!(store.save(many_letters()).await.unwrap(), Saved::Done);
    drop(store);
    for round in 0..10 {
        let store = SqliteStore::open(&file).await.unwrap();
        assert!(store.spend("key", &format!("nonce {round}"), 1_000).await.unwrap());
        for _ in 0..4 {
            // It is read in a thread of its own, and whoever asked does not wait.
            tokio::select! {
                biased;
                _ = store.queues() => {}
                () = ready(()) => {}
            }
        }
        drop(store);
        assert!(!log.exists(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_a_file_that_cannot_write_does_not_say_that_it_is_ready() {
    let folder = Folder::new("locked");
    let file = folder.path().join("s.db");
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(store.ping().await.is_ok());
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(store.find("scope", "id").await.is_ok(), "it reads");
    assert!(store.ping().await.is_err(), "and cannot write");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.ping().await.is_ok());
}

/// A debit as it was decided before the directory knew of debits.
async fn old_debit(store: &dyn Store, operation: OperationId, binding: BindingId) -> Found {
    let person = Person::of_binding(binding);
    let amount = Amount::new(100, "EUR".parse().unwrap()).unwrap();
    let refs = DebitRefs { binding, amount, reason: None };
    let row = Row {
        kind: RecordKind::Debit,
        key: operation.into(),
        version: 1,
        state: "\"accepted\"".to_owned(),
        refs: serde_json::to_string(&refs).unwrap(),
        live: false,
    };
    let after = Head { version: 1, ..Head::NEW };
    let change = Change::nothing(person.clone(), Head::NEW, after);
    let saved = store.save(Change { rows: vec![row], ..change }).await.unwrap();
    assert_eq!(saved, Saved::Done);
    assert_eq!(store.find(DEBIT, &operation.to_string()).await.unwrap(), None);
    Found { person, value: binding.to_string() }
}

/// Back to the tables of a program before the directory knew of debits.
const BACK: &str = "DELETE FROM migrations WHERE number >= 3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_of_an_old_file_learns_of_its_debits() {
    let folder = Folder::new("old");
    let file = folder.path().join("s.db");
    let (operation, binding) = (OperationId::from_bytes(OLD), BindingId::from_bytes([7; 16]));
    let store = SqliteStore::open(&file).await.unwrap();
    let expected = old_debit(&store, operation, binding).await;
    drop(store);
    rusqlite::Connection::open(&file).unwrap().execute_batch(BACK).unwrap();
    let store = SqliteStore::open(&file).await.unwrap();
    let found = store.find(DEBIT, &operation.to_string()).await.unwrap();
    assert_eq!(found, Some(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_of_an_old_database_learns_of_its_debits() {
    let postgres = Postgres::start("old-pg", &[]);
    let url = postgres.cluster.url("postgres");
    let (operation, binding) = (OperationId::from_bytes(OLD), BindingId::from_bytes([7; 16]));
    let store = PostgresStore::open(&url).await.unwrap();
    let expected = old_debit(&store, operation, binding).await;
    let mut on = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::query(BACK).execute(&mut on).await.unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    let found = store.find(DEBIT, &operation.to_string()).await.unwrap();
    assert_eq!(found, Some(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_a_database_passes_the_suite() {
    let postgres = Postgres::start("suite-pg", &[]);
    let store = PostgresStore::open(&postgres.cluster.url("postgres")).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 23);
}

/// The tables that are not a person's, in parts.
const IN_PARTS: [&str; 6] = [
    "ALTER TABLE directory RENAME TO old_directory",
    "CREATE TABLE directory (LIKE old_directory INCLUDING ALL) PARTITION BY HASH (scope, id)",
    "CREATE TABLE directory_1 PARTITION OF directory FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
    "ALTER TABLE keys RENAME TO old_keys",
    "CREATE TABLE keys (LIKE old_keys INCLUDING ALL) PARTITION BY HASH (scope, id)",
    "CREATE TABLE keys_1 PARTITION OF keys FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_a_database_of_tables_in_parts_passes_the_suite() {
    let postgres = Postgres::start("parts-pg", &[]);
    let url = postgres.cluster.url("postgres");
    drop(PostgresStore::open(&url).await.unwrap());
    let mut on = sqlx::PgConnection::connect(&url).await.unwrap();
    for statement in IN_PARTS {
        sqlx::query(statement).execute(&mut on).await.unwrap();
    }
    let store = PostgresStore::open(&url).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 23);
}

/// A file in which a letter cannot be read, and signatures with the nonce "bad" are not noted.
const SPOILT: &str = "UPDATE owed SET slot = 'of a later program' WHERE idempotency_key = 'key 1';
    CREATE TRIGGER spoilt BEFORE INSERT ON nonces WHEN new.nonce = 'bad'
    BEGIN SELECT raise(ABORT, 'spoilt'); END";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_or_written_keeps_nothing_else_from_it() {
    let folder = Folder::new("spoilt");
    let file = folder.path().join("s.db");
    let store = SqliteStore::open(&file).await.unwrap();
    let after = Head { version: 1, ..Head::NEW };
    let nothing = Change::nothing(Person::from_store("ada".to_owned()), Head::NEW, after);
    let owed = vec![suite::letter(1, 0), suite::letter(2, 0)];
    assert_eq!(store.save(Change { owed, ..nothing }).await.unwrap(), Saved::Done);
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch(SPOILT).unwrap();
    let (lane, owner) = ("lane".to_owned(), "one".to_owned());
    let claim = Claim { lane, now_ms: 1, lease_ms: 10, owner, limit: 10 };
    let due = store.claim(claim).await.unwrap();
    let due: Vec<&str> = due.iter().map(|due| due.owed.idempotency_key.as_str()).collect();
    assert_eq!(due, ["key 2"]);

    // While the first one waits, the others come together.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ends = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        other.execute_batch("ROLLBACK").unwrap();
    };
    let (first, bad, good, ()) = tokio::join!(
        store.ping(),
        store.spend("key", "bad", 1_000),
        store.spend("key", "good", 1_000),
        ends
    );
    assert!(first.is_ok() && bad.is_err());
    assert!(good.unwrap(), "it is another's");
    assert!(!store.spend("key", "good", 1_000).await.unwrap(), "and it is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_on_one_database_accept_a_signature_once() {
    let postgres = Postgres::start("two-pg", &[]);
    let one = PostgresStore::open(&postgres.cluster.url("postgres")).await.unwrap();
    let two = PostgresStore::open(&postgres.cluster.url("postgres")).await.unwrap();
    assert!(one.spend("key", "nonce", 1_000).await.unwrap());
    assert!(!two.spend("key", "nonce", 1_000).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_can_lose_what_it_has_committed_is_refused() {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let postgres = Postgres::start("unsafe-pg", &[&format!("{setting}=off")]);
        let refused = PostgresStore::open(&postgres.cluster.url("postgres")).await.err();
        let said = refused.map(|error| error.to_string());
        let expected =
            format!("PostgreSQL runs with {setting}=off and can lose what it has committed");
        assert_eq!(said.as_deref(), Some(expected.as_str()));
    }
}

#[tokio::test]
async fn who_looks_at_a_store_that_is_not_there_makes_none() {
    let folder = Folder::new("nothing");
    let file = folder.path().join("s.db");
    let address = format!("sqlite:{}", file.display());
    let looked = existing_store(&address).await;
    let Err(error) = looked else { panic!("there is none") };
    assert!(error.to_string().contains("there is no store here"), "{error}");
    assert!(!file.exists(), "one was made");
    drop(SqliteStore::open(&file).await.unwrap());
    assert!(existing_store(&address).await.is_ok());
}

/// Why a store that should be there is not.
async fn none_at(address: &str) -> String {
    let looked = existing_store(address).await;
    looked.err().unwrap_or_else(|| panic!("{address}: there is one")).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_into_a_database_makes_no_tables_and_changes_none() {
    let postgres = Postgres::start("looked-at-pg", &[]);
    let url = postgres.cluster.url("postgres");
    let said = none_at(&url).await;
    let place = "store postgres://…@localhost/postgres?…";
    let expected = "there is no bindproof store in it; a server makes one when it starts";
    assert_eq!(said, format!("{place}: {expected}"));
    let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut other).await.unwrap();
    assert_eq!(tables, 0, "they were made");
    drop(PostgresStore::open(&url).await.unwrap());
    assert!(existing_store(&url).await.is_ok());
    assert!(existing_store(&url.replace("postgres:", "postgresql:")).await.is_ok());

    let last = "DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)";
    sqlx::query(last).execute(&mut other).await.unwrap();
    let count = "SELECT count(*) FROM migrations";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut other).await.unwrap();
    let said = none_at(&url).await;
    assert!(said.contains("start the server, which brings them up to date"), "{said}");
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut other).await.unwrap();
    assert_eq!(after, before, "none has run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_database_cannot_be_opened_is_said_with_its_address_and_without_its_password() {
    let postgres = Postgres::start("not-opened-pg", &[]);
    let url = postgres.cluster.url("nobody").replace("postgres@", "postgres:secret@");
    for (url, why) in [
        (url.clone(), "database \"nobody\" does not exist (SQLSTATE 3D000)"),
        (url.replace("host=", "host=/nowhere"), "No such file or directory (os error 2)"),
    ] {
        let expected = format!("store postgres://…@localhost/nobody?… cannot be opened: {why}");
        assert_eq!(open_store(&url, 1).await.err().unwrap().to_string(), expected);
        assert_eq!(none_at(&url).await, expected);
    }
}

#[tokio::test]
async fn a_file_that_holds_no_store_stays_what_it_is() {
    let folder = Folder::new("no-store");
    let file = folder.path().join("s.db");
    let address = format!("sqlite:{}", file.display());
    std::fs::write(&file, "").unwrap();
    assert!(none_at(&address).await.contains("there is no bindproof store in it"));
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 0);
    std::fs::write(&file, "no database at all, but a text of some length").unwrap();
    let said = none_at(&address).await;
    let expected = format!("store {address} cannot be opened: file is not a database");
    assert_eq!(said, expected);
}
