//! The servers that are replayed on: with a clock that is set by hand and chance that can be
//! repeated.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bindproof::limits::Limits;
use bindproof::settings::Settings;
use bindproof::wire::{Amount, InstrumentRef, OperationId, PersonRef};
use bindproof_server::bank::Bank;
use bindproof_server::clock::{Chance, Clock, World};
use bindproof_server::development::{OpenInbox, WrittenBooks};
use bindproof_server::drive::bank::Holding;
use bindproof_server::http::accept::Connections;
use bindproof_server::http::rate::Rates;
use bindproof_server::service::Parts;
use bindproof_server::signature::Signer;
use bindproof_server::signing::{Peer, PeerKey, Registry};
use bindproof_server::site::{Asked, Books, Held, ready};
use bindproof_server::store::Store;
use bindproof_server::wallet::Wallet;
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::names;
use crate::random::Random;

/// The name of the bank.
pub const BANK: &str = "bank";
/// The name of another bank.
pub const SOUTH: &str = "south";
/// The name of the wallet.
pub const WALLET: &str = "wallet";

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct Hand(AtomicI64);

impl Hand {
    /// A clock that stands at `now_ms`.
    pub const fn at(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Sets it.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Chance from a seed.
#[derive(Debug)]
pub struct Seeded(Mutex<Random>);

impl Seeded {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(Random::new(seed)))
    }
}

impl Chance for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            let word = random.next().to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// A world whose clock stands at `now_ms`, and its clock.
pub fn world(now_ms: i64, seed: u64) -> (Arc<Hand>, World) {
    let clock = Arc::new(Hand::at(now_ms));
    (Arc::clone(&clock), World { clock, chance: Arc::new(Seeded::new(seed)) })
}

/// The servers' names.
const NAMES: [&str; 3] = [BANK, SOUTH, WALLET];

/// Their keys.
static SIGNERS: LazyLock<[Signer; 3]> = LazyLock::new(|| {
    let mut secret = 0;
    NAMES.map(|name| {
        secret += 1;
        Signer::new(format!("{name}-1"), SigningKey::from_bytes(&[secret; 32]))
    })
});

/// The key of a server.
///
/// # Panics
/// If there is none of this name.
pub fn signer(name: &str) -> &'static Signer {
    let place = NAMES.iter().position(|known| *known == name);
    &SIGNERS[place.expect("the name of a server")]
}

/// What it verifies by.
pub fn public(signer: &Signer) -> VerifyingKey {
    VerifyingKey::from_bytes(&signer.public()).unwrap()
}

/// What the others know of the server with this name.
fn peer(name: &str, url: &str) -> Peer {
    let known = signer(name);
    let (id, key) = (known.key_id().to_owned(), public(known));
    let keys = vec![PeerKey { id, key, from_ms: 0, until_ms: i64::MAX }];
    Peer { name: name.parse().unwrap(), url: url.to_owned(), keys }
}

fn parts(
    name: &str,
    store: Arc<dyn Store>,
    world: &World,
    limits: Limits,
    peers: Vec<Peer>,
) -> Parts {
    let (plenty, many) = (u32::MAX, 10_000);
    Parts {
        name: name.parse().unwrap(),
        instance: name.to_owned(),
        store,
        world: world.clone(),
        rules: Settings { limits, ..Settings::DEFAULT },
        registry: Registry::new(peers).unwrap(),
        signer: signer(name).clone(),
        derive_from: signer(name).clone(),
        authorities: Vec::new(),
        operator: None,
        connections: Connections { max: many, per_address_max: many },
        rates: Rates {
            per_second: 1_000_000,
            burst: plenty,
            strangers_per_second: 1_000_000,
            strangers_burst: plenty,
        },
    }
}

/// A bank, in whose books everybody holds what is named after her.
pub fn bank(store: Arc<dyn Store>, world: &World, limits: Limits, wallet_url: &str) -> Bank {
    let parts = parts(BANK, store, world, limits, vec![peer(WALLET, wallet_url)]);
    let bank = parts.bank(Arc::new(WrittenBooks::default()), WALLET.parse().unwrap());
    Bank { books: Arc::new(Everybody), ..bank }
}

/// A wallet, with authenticators that are keys in memory.
pub fn wallet(store: Arc<dyn Store>, world: &World, limits: Limits, bank_url: &str) -> Wallet {
    let peers = vec![peer(BANK, bank_url), peer(SOUTH, bank_url)];
    let parts = parts(WALLET, store, world, limits, peers);
    parts.wallet(Arc::new(OpenInbox::default()), None).unwrap()
}

/// Books in which everybody holds one instrument, that covers everything.
struct Everybody;

impl Books for Everybody {
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Asked<'_, Option<Holding>> {
        let hers = names::instrument(person) == instrument;
        let (contact, registration) = (names::contact(person), names::registration());
        ready(hers.then_some(Holding { contact, registration }))
    }

    fn covers(&self, _: InstrumentRef, _: Amount, _: OperationId) -> Asked<'_, bool> {
        ready(true)
    }

    fn holds(&self, person: PersonRef) -> Asked<'_, Vec<Held>> {
        let reference = names::instrument(person);
        ready(vec![Held { reference, label: reference.as_str().to_owned() }])
    }
}
