//! A peer that does not answer keeps nobody else waiting.

use bindproof::settings::Settings;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bindproof::message::LinkStatus;
use bindproof::wire::{BindingId, Issuer, LinkNotice, LinkReport};
use bindproof_server::clock::World;
use bindproof_server::development::{OpenInbox, WrittenBooks};
use bindproof_server::http::accept::Connections;
use bindproof_server::http::rate::Rates;
use bindproof_server::key::{Key, Person};
use bindproof_server::letter::Letter;
use bindproof_server::service::{Parts, run_bank, run_wallet};
use bindproof_server::signature::Signer;
use bindproof_server::signing::{Peer, PeerKey, Registry};
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::{Change, Head, OwedRow, Saved, Slot, Store};
use ed25519_dalek::{SigningKey, VerifyingKey};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many letters are owed to the bank that does not answer.
const MANY: u8 = 200;

pub fn issuer(name: &str) -> Issuer {
    name.parse().unwrap()
}

pub fn peer(name: &str, url: &str, signer: &Signer) -> Peer {
    let key = VerifyingKey::from_bytes(&signer.public()).unwrap();
    let key = PeerKey { id: signer.key_id().to_owned(), key, from_ms: 0, until_ms: i64::MAX };
    Peer { name: issuer(name), url: url.to_owned(), keys: vec![key] }
}

pub fn signer(name: &str, number: u8) -> Signer {
    Signer::new(format!("{name}-1"), SigningKey::from_bytes(&[number; 32]))
}

pub fn parts(name: &str, signer: Signer, peers: Vec<Peer>, store: Arc<dyn Store>) -> Parts {
    Parts {
        name: issuer(name),
        instance: name.to_owned(),
        store,
        world: World::system(),
        rules: Settings::DEFAULT,
        registry: Registry::new(peers).unwrap(),
        derive_from: signer.clone(),
        signer,
        authorities: Vec::new(),
        operator: None,
        connections: Connections::default(),
        rates: Rates::default(),
    }
}

/// A notice to a bank.
pub fn notice(bank: &str, number: u8, next_ms: i64) -> OwedRow {
    let binding = BindingId::from_bytes([number; 16]);
    let notice = LinkNotice(LinkReport { binding, status: LinkStatus::Ended });
    let letter = Letter::LinkNotice(issuer(bank), notice);
    OwedRow {
        slot: Slot::Notice,
        key: binding.into(),
        lane: letter.lane(),
        letter: serde_json::to_string(&letter).unwrap(),
        idempotency_key: format!("{number:032}"),
        attempts: 0,
        next_ms,
        forever: true,
        dead: false,
        since_ms: 0,
    }
}

/// Owes a notice to a bank.
pub async fn owe(store: &dyn Store, bank: &str, number: u8, next_ms: i64) {
    owe_row(store, number, notice(bank, number, next_ms)).await;
}

/// Owes this letter for the person with this number.
pub async fn owe_row(store: &dyn Store, number: u8, letter: OwedRow) {
    let person = Person::of_binding(BindingId::from_bytes([number; 16]));
    let after = Head { version: 1, ..Head::NEW };
    let owed = vec![letter];
    let change = Change { owed, ..Change::nothing(person, Head::NEW, after) };
    assert_eq!(store.save(change).await.unwrap(), Saved::Done);
}

/// How often the letter with this number was sent in vain.
async fn attempts(store: &dyn Store, number: u8) -> i64 {
    let person = Person::of_binding(BindingId::from_bytes([number; 16]));
    let letters = store.letters(&person).await.unwrap();
    letters.iter().find(|letter| letter.key == Key::from_bytes([number; 16])).unwrap().attempts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_does_not_answer_takes_no_place_from_one_that_does() {
    /// Before a request is given up that nobody answers.
    const IN_TIME: Duration = Duration::from_secs(9);
    for _ in 0..3 {
        let began = Instant::now();
        let (in_vain, taken) = north_beside_south().await;
        // A machine that stood still for as long would have had south let go, too.
        if began.elapsed() < IN_TIME {
            assert_eq!(in_vain, 0, "north was told before south had let go of a single place");
            assert!((1..usize::from(MANY)).contains(&taken), "{taken} places are south's");
            return;
        }
    }
    panic!("north is told no sooner than south lets go of places");
}

/// Owes much to south, which does not answer, and one letter to north, until north has answered:
/// how many were sent to south in vain by then, and how many places it has.
async fn north_beside_south() -> (i64, usize) {
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let held = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&held);
    let silence = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            open.push(silent.accept().await.unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let [north, south, own] =
        [("north", 1), ("south", 2), ("wallet", 3)].map(|(n, k)| signer(n, k));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let north_url = format!("http://{}", listener.local_addr().unwrap());
    let to_wallet = vec![peer("wallet", "http://127.0.0.1:1", &own)];
    let bank = parts("north", north.clone(), to_wallet, Arc::new(MemoryStore::new()));
    let bank = Arc::new(bank.bank(Arc::new(WrittenBooks::default()), issuer("wallet")));
    run_bank(&mut running, &bank, listener, &stopping);

    let store = Arc::new(MemoryStore::new());
    for number in 1..=MANY {
        owe(&*store, "south", number, 0).await;
    }
    // Of all that are due it is the last.
    owe(&*store, "north", MANY + 1, 1).await;
    let peers = vec![peer("north", &north_url, &north), peer("south", &silent_url, &south)];
    let wallet = parts("wallet", own, peers, store.clone());
    let wallet = Arc::new(wallet.wallet(Arc::new(OpenInbox::default()), None).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    run_wallet(&mut running, &wallet, listener, &stopping);

    // North knows no such binding, and says so at once.
    while attempts(&*store, MANY + 1).await == 0 || held.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (taken, mut in_vain) = (held.load(Ordering::SeqCst), 0);
    for number in 1..=MANY {
        in_vain += attempts(&*store, number).await;
    }
    let _ = stop.send(true);
    silence.abort();
    running.shutdown().await;
    (in_vain, taken)
}
