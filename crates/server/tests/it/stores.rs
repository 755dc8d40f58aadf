//! Every store passes the one suite, and keeps what it has said is kept.

use std::sync::Arc;

use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Store, suite};

use crate::folder::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_memory_passes_the_suite() {
    let passed = suite::run(Arc::new(MemoryStore::new())).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_a_file_passes_the_suite() {
    let folder = Folder::new("suite");
    let store = SqliteStore::open(&folder.path().join("s.db")).await.unwrap();
    let passed = suite::run(Arc::new(store)).await;
    assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_file_holds_is_there_when_it_is_opened_again() {
    let folder = Folder::new("reopened");
    let file = folder.path().join("s.db");
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(store.spend("key", "nonce", 1_000).await.unwrap());
    drop(store);
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(!store.spend("key", "nonce", 1_000).await.unwrap(), "a restart forgets no signature");
}
