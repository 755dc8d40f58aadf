//! The same arbitrary inputs, from one seed, on servers with three stores and on the core: each
//! answers, decides and keeps the same after every input.

use std::collections::BTreeSet;
use std::sync::Arc;

use bindproof::wire;
use bindproof_kit::call::By;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::RecordKind;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Claim, Postponed, Slot, Store};

use crate::differential_bank::Customers;
use crate::differential_wallet::Holders;
use crate::folder::Folder;
use crate::postgres::Postgres;
use crate::random::{Random, from_environment};
use crate::rig::{Core, Rig, compared};
use crate::seen::Seen;
use crate::tampered::Tampered;

/// How many inputs there are, if nothing else is said.
const INPUTS: u64 = 1_000;
/// How many inputs the same persons have.
const EPISODE: u64 = 40;
/// The seed, if nothing else is said.
const SEED: u64 = 20;

/// One of these.
pub fn one_of<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u64) as usize]
}

/// True so many times in a hundred.
pub const fn percent(random: &mut Random, times: u64) -> bool {
    random.below(100) < times
}

/// Servers that have to do the same.
pub struct Alike {
    /// The servers.
    pub rigs: Vec<Rig>,
    /// The time.
    pub now_ms: i64,
    /// Chance.
    pub random: Random,
    /// Records that a load does not bring unless they are named.
    pub names: Vec<(RecordKind, Key)>,
}

impl Alike {
    /// Posts the same to each, and compares what comes back.
    pub async fn post<M: wire::Request>(
        &self,
        by: &By<'_>,
        key: Option<wire::IdempotencyKey>,
        ago_ms: i64,
        message: M,
    ) -> Seen<()> {
        let mut first = None;
        for rig in &self.rigs {
            let reply = rig.post(by, key, ago_ms, message).await?;
            let said = (reply.status, reply.media, reply.body);
            let known = first.get_or_insert_with(|| said.clone());
            if *known != said {
                return Err(format!("{} answers {said:?}, the first {known:?}", rig.name));
            }
        }
        Ok(())
    }

    /// Time passes for all.
    pub async fn pass(&mut self) -> Seen<()> {
        let minute = 60_000;
        let long = [1_000, 31_000, 6 * minute, 16 * minute, 25 * 60 * minute];
        self.now_ms += one_of(&mut self.random, &long);
        for rig in &self.rigs {
            rig.pass(self.now_ms).await?;
        }
        Ok(())
    }

    /// Letters are taken, and delivered or put off.
    pub async fn letters(&mut self) -> Seen<()> {
        let delivered = percent(&mut self.random, 50);
        let mut first = None;
        for rig in &self.rigs {
            let taken = rig.taken(self.now_ms, delivered).await?;
            let known = first.get_or_insert_with(|| taken.clone());
            if *known != taken {
                return Err(format!("{} has taken {taken:?}, the first {known:?}", rig.name));
            }
        }
        Ok(())
    }
}

impl Rig {
    /// Takes up to four letters of each lane, and delivers what needs no step, or puts it off.
    async fn taken(&self, now_ms: i64, delivered: bool) -> Seen<Vec<String>> {
        let failed = |error| format!("{}: {error}", self.name);
        let store = self.store();
        let mut taken = Vec::new();
        for lane in store.lanes().await.map_err(failed)?.into_iter().collect::<BTreeSet<_>>() {
            let (lease_ms, owner) = (now_ms + 1, "one".to_owned());
            // No more than there can be: which of many are taken is the store's own affair.
            let claim = Claim { lane, now_ms, lease_ms, owner, limit: 10_000 };
            for due in store.claim(claim).await.map_err(failed)? {
                let (owed, person) = (due.owed, due.person);
                taken.push(format!("{owed:?}"));
                let letter = Postponed {
                    person,
                    slot: owed.slot,
                    key: owed.key,
                    idempotency_key: owed.idempotency_key,
                    next_ms: now_ms + 1_000,
                    dead: owed.attempts > 2,
                };
                let alone = matches!(owed.slot, Slot::Notice | Slot::Code);
                match delivered && alone {
                    true => store.delivered(letter).await.map_err(failed)?,
                    false => store.postpone(letter).await.map_err(failed)?,
                }
            }
        }
        taken.sort();
        Ok(taken)
    }
}

/// Who gives inputs.
pub trait Crowd {
    /// People whom nobody knows yet.
    fn new(episode: u64) -> Self;

    /// One input.
    async fn input(&mut self, alike: &mut Alike) -> Seen<()>;
}

/// Gives each server the same inputs, and compares after each; how many decisions there were.
async fn run<C: Crowd>(rigs: Vec<Rig>, inputs: u64, seed: u64) -> Seen<u64> {
    let mut alike =
        Alike { rigs, now_ms: crate::rig::START_MS, random: Random::new(seed), names: Vec::new() };
    let (mut core, mut past) = (Core::default(), BTreeSet::<Person>::new());
    let mut crowd = C::new(0);
    for number in 0..inputs {
        if number % EPISODE == 0 {
            past.extend(alike.rigs[0].persons().await?);
            crowd = C::new(number / EPISODE);
            alike.names.clear();
        }
        crowd.input(&mut alike).await.map_err(|error| format!("input {number}: {error}"))?;
        let same = compared(&alike.rigs, &mut core, &alike.names, &past).await;
        same.map_err(|error| format!("after input {number}: {error}"))?;
    }
    compared(&alike.rigs, &mut core, &alike.names, &BTreeSet::new()).await?;
    Ok(core.decisions)
}

/// Where the stores are.
struct Stores {
    folder: Folder,
    postgres: Postgres,
}

impl Stores {
    fn start(name: &str) -> Self {
        Self { folder: Folder::new(name), postgres: Postgres::start(&format!("{name}-pg"), &[]) }
    }

    async fn all(&self) -> Vec<(&'static str, Arc<dyn Store>)> {
        let file = self.folder.path().join("alike.db");
        let url = self.postgres.cluster.url("postgres");
        vec![
            ("memory", Arc::new(MemoryStore::new())),
            ("SQLite", Arc::new(SqliteStore::open(&file).await.unwrap())),
            ("PostgreSQL", Arc::new(PostgresStore::open(&url).await.unwrap())),
        ]
    }
}

fn told(what: &str, outcome: Seen<u64>, inputs: u64, seed: u64) {
    let decisions = outcome.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    println!("{what}: {inputs} inputs from seed {seed}, {decisions} decisions, all alike");
    assert!(decisions >= inputs / 2, "most inputs reach no step: {decisions} of {inputs}");
}

fn asked_for() -> (u64, u64) {
    let inputs = from_environment("BINDPROOF_INPUTS", INPUTS);
    (inputs, from_environment("BINDPROOF_SEED", SEED))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_does_the_same_on_every_store_and_as_the_core() {
    let (inputs, seed) = asked_for();
    let stores = Stores::start("alike-bank");
    let rigs = stores.all().await.into_iter().map(|(name, store)| Rig::bank(name, store));
    told("bank", run::<Customers>(rigs.collect(), inputs, seed).await, inputs, seed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_does_the_same_on_every_store_and_as_the_core() {
    let (inputs, seed) = asked_for();
    let stores = Stores::start("alike-wallet");
    let rigs = stores.all().await.into_iter().map(|(name, store)| Rig::wallet(name, store));
    told("wallet", run::<Holders>(rigs.collect(), inputs, seed).await, inputs, seed);
}

/// A store beside one that does this to what it writes.
fn beside(with: fn(&mut bindproof_server::store::Change)) -> [(&'static str, Arc<dyn Store>); 2] {
    let other = Tampered { inner: MemoryStore::new(), with };
    [("memory", Arc::new(MemoryStore::new())), ("tampered", Arc::new(other))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_keeps_something_else_is_found() {
    type With = fn(&mut bindproof_server::store::Change);
    let kept: [(&str, With); 5] = [
        ("a deadline", |change| change.armed.clear()),
        ("a letter", |change| change.owed.truncate(change.owed.len().saturating_sub(1))),
        ("a version", |change| change.rows.iter_mut().for_each(|row| row.version += 1)),
        ("a line", |change| drop(change.journal.pop())),
        ("an id", |change| change.directory.clear()),
    ];
    for (what, with) in kept {
        let rigs = beside(with).map(|(name, store)| Rig::bank(name, store));
        let found = run::<Customers>(rigs.into(), 200, SEED).await;
        assert!(found.is_err_and(|error| error.contains("tampered")), "{what} at a bank");
        let rigs = beside(with).map(|(name, store)| Rig::wallet(name, store));
        let found = run::<Holders>(rigs.into(), 200, SEED).await;
        assert!(found.is_err_and(|error| error.contains("tampered")), "{what} at a wallet");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_agree_with_each_other_and_not_with_the_core_are_found() {
    fn otherwise(change: &mut bindproof_server::store::Change) {
        for row in &mut change.rows {
            row.state = row.state.replace("\"looking\"", "\"linking\"");
        }
    }
    let store = || Arc::new(Tampered { inner: MemoryStore::new(), with: otherwise });
    let rigs = vec![Rig::bank("one", store()), Rig::bank("other", store())];
    let found = run::<Customers>(rigs, 200, SEED).await;
    assert!(found.is_err_and(|error| error.contains("should be")));
}
