//! Every store passes the one suite, and keeps what it has said is kept.

use std::sync::Arc;

use bindproof_server::service::existing_store;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Store, suite};

use crate::folder::Folder;
use crate::postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_memory_passes_the_suite() {
    let passed = suite::run(Arc::new(MemoryStore::new())).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 17);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_a_file_passes_the_suite() {
    let folder = Folder::new("suite");
    let store = SqliteStore::open(&folder.path().join("s.db")).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 17);
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
async fn the_store_in_a_database_passes_the_suite() {
    let postgres = Postgres::start("suite-pg", &[]);
    let store = PostgresStore::open(&postgres.cluster.url("postgres")).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 17);
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
