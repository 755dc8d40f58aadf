//! A one-time code is not brought to anybody when nothing waits for it any more.

use std::sync::Arc;

use bindproof::wire::{ChallengeId, ContactRef};
use bindproof_server::development::OpenInbox;
use bindproof_server::key::{Key, Person};
use bindproof_server::letter::Letter;
use bindproof_server::service::run_wallet;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::{Change, Head, OwedRow, Saved, Slot, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::lanes::{notice, parts, signer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_given_up_is_not_brought_when_it_is_taken_up_again_too_late() {
    let (stop, stopping) = watch::channel(false);
    let (mut running, store) = (JoinSet::new(), Arc::new(MemoryStore::new()));
    let contact: ContactRef = "tel:+1-555-0100".parse().unwrap();
    let letter = Letter::OneTimeCode(ChallengeId::from_bytes([7; 16]), contact);
    let owed = OwedRow {
        slot: Slot::Code,
        key: Key::from_bytes([7; 16]),
        lane: letter.lane(),
        letter: serde_json::to_string(&letter).unwrap(),
        forever: false,
        dead: true,
        ..notice("north", 7, 0)
    };
    let after = Head { version: 1, ..Head::NEW };
    let nothing = Change::nothing(Person::from_store("ada".to_owned()), Head::NEW, after);
    let saved = store.save(Change { owed: vec![owed], ..nothing }).await.unwrap();
    assert_eq!(saved, Saved::Done);

    let inbox = Arc::new(OpenInbox::default());
    let wallet = parts("wallet", signer("wallet", 3), Vec::new(), store.clone());
    let wallet = Arc::new(wallet.wallet(Arc::clone(&inbox), None).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    run_wallet(&mut running, &wallet, listener, &stopping);
    assert_eq!(store.resume(0).await.unwrap(), 1);
    while store.owed().await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(inbox.take(contact), None);
    let _ = stop.send(true);
    running.shutdown().await;
}
