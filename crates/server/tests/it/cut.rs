//! A client that goes before it is answered leaves nothing behind.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bindproof::wire::BindingId;
use bindproof_server::clock::Clock;
use bindproof_server::development::OpenInbox;
use bindproof_server::key::Person;
use bindproof_server::service::run_wallet;
use bindproof_server::store::Store;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::wallet::Wallet;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::folder::Folder;
use crate::lanes::{notice, parts, peer, signer};

/// How many clients go.
const CLIENTS: u8 = 40;
/// How often is looked, with a pause of a fiftieth of a second.
const LOOKS: u32 = 1_000;

/// A clock that stands still: no lease runs out, and nothing is sent twice.
struct Still;

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        1_000_000_000_000
    }
}

fn whose(number: u8) -> Person {
    Person::of_binding(BindingId::from_bytes([number; 16]))
}

/// Begins a decision that owes a letter, and goes as soon as there is anything to wait for.
async fn begin_and_go(wallet: &Wallet, number: u8) {
    let (person, owed) = (whose(number), notice("south", number, 0));
    let decision = wallet.node.transact(&person, &[], |shard| {
        shard.owe(owed.clone());
        Ok(())
    });
    tokio::select! {
        biased;
        _ = decision => {}
        () = ready(()) => {}
    }
}

/// Whether the letter was written, and how often it was sent.
async fn sent(store: &dyn Store, number: u8) -> Option<i64> {
    store.letters(&whose(number)).await.unwrap().first().map(|letter| letter.attempts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_is_sent_although_the_client_that_began_it_has_gone() {
    let folder = Folder::new("cut");
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&folder.path().join("w.db")).await.unwrap());
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    let [south, own] = [("south", 2), ("wallet", 3)].map(|(name, key)| signer(name, key));
    // Nobody listens there: what is sent is sent in vain, and noted.
    let to_south = vec![peer("south", "http://127.0.0.1:1", &south)];
    let mut parts = parts("wallet", own, to_south, Arc::clone(&store));
    parts.world.clock = Arc::new(Still);
    let wallet = Arc::new(parts.wallet(Arc::new(OpenInbox::default()), None).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    run_wallet(&mut running, &wallet, listener, &stopping);
    for number in 1..CLIENTS {
        begin_and_go(&wallet, number).await;
        let mut looks = 0;
        while sent(&*store, number).await != Some(1) {
            looks += 1;
            assert!(looks < LOOKS, "letter {number} is in nobody's hands");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // A server that stops finishes it, too.
    begin_and_go(&wallet, CLIENTS).await;
    stop.send(true).unwrap();
    while running.join_next().await.is_some() {}
    assert_eq!(sent(&*store, CLIENTS).await, Some(1));
}
