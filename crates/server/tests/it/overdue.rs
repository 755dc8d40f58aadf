//! Deadlines that nobody's request steps.

use std::sync::Arc;
use std::time::Duration;

use bindproof_server::development::WrittenBooks;
use bindproof_server::key::{Key, Person};
use bindproof_server::outbox;
use bindproof_server::record::RecordKind;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::{Change, Head, Row, Saved, Store, Timer, TimerRow};
use tokio::sync::watch;

use crate::lanes::{issuer, parts, signer};

/// How many persons there are of either kind: more than are asked for at once.
const EACH: u8 = 100;
/// How often is looked, with a pause of a fiftieth of a second.
const LOOKS: u32 = 3_000;

/// Somebody of whom a deadline has passed at `due_ms`, with a record or without one.
async fn late(store: &dyn Store, name: String, due_ms: i64, state: Option<&str>) {
    let (kind, key) = (RecordKind::Binding, Key::from_bytes([1; 16]));
    let row = |state: &str| Row {
        kind,
        key,
        version: 1,
        state: state.to_owned(),
        refs: "{}".to_owned(),
        live: true,
    };
    let armed = vec![TimerRow { kind, key, what: Timer::State, due_ms }];
    let rows = state.into_iter().map(row).collect();
    let after = Head { version: 1, ..Head::NEW };
    let nothing = Change::nothing(Person::from_store(name), Head::NEW, after);
    let saved = store.save(Change { armed, rows, ..nothing }).await.unwrap();
    assert_eq!(saved, Saved::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_whose_records_cannot_be_read_holds_up_nobody_else_s_deadlines() {
    let store = Arc::new(MemoryStore::new());
    for number in 0..EACH {
        late(&*store, format!("unreadable {number:03}"), 1, Some("{")).await;
        late(&*store, format!("well {number:03}"), 2, None).await;
    }
    assert!(store.spend("key", "nonce", 1).await.unwrap());
    let bank = parts("north", signer("north", 1), Vec::new(), store.clone());
    let bank = Arc::new(bank.bank(Arc::new(WrittenBooks::default()), issuer("wallet")));
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(outbox::run(bank, stopping));
    let mut left = Vec::new();
    for _ in 0..LOOKS {
        left = store.overdue(i64::MAX, None, i64::MAX).await.unwrap();
        if left.len() <= usize::from(EACH) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left.len(), usize::from(EACH), "the others' have been stepped");
    assert!(left.iter().all(|overdue| overdue.person.as_str().starts_with("unreadable")));
    let mut looks = 0;
    while !store.spend("key", "nonce", 1).await.unwrap() {
        looks += 1;
        assert!(looks < LOOKS, "nothing is pruned");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(true).unwrap();
    running.await.unwrap();
}
