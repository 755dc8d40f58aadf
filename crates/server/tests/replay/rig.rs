//! The same server on several stores, each with a clock and chance of its own that go alike, so
//! that whatever is written differs exactly if something is decided or kept otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bindproof::journal::{self, Entry};
use bindproof::limits::Limits;
use bindproof::settings::Settings;
use bindproof::wire::{self, IdempotencyKey};
use bindproof_kit::call::{By, Reply};
use bindproof_server::bank::Bank;
use bindproof_server::clock::World;
use bindproof_server::http;
use bindproof_server::journal::{Line, Records};
use bindproof_server::key::{Key, Person};
use bindproof_server::record::RecordKind;
use bindproof_server::store::{Loaded, Overdue, OwedRow, Store};
use bindproof_server::wallet::Wallet;

use crate::line::Wire;
use crate::seen::Seen;
use crate::servers::{self, BANK, Hand, WALLET};

/// What a server is.
pub enum Server {
    /// A bank.
    Bank(Arc<Bank>),
    /// A wallet.
    Wallet(Arc<Wallet>),
}

/// A server on one store.
pub struct Rig {
    /// Which store it is.
    pub name: &'static str,
    clock: Arc<Hand>,
    store: Arc<dyn Store>,
    /// The server.
    pub server: Server,
    wire: Wire,
}

/// When it begins, in milliseconds since 1970.
pub const START_MS: i64 = 1_700_000_000_000;

impl Rig {
    fn new(
        name: &'static str,
        store: Arc<dyn Store>,
        server: impl FnOnce(&World, Arc<dyn Store>) -> (Server, &'static str, axum::Router),
    ) -> Self {
        let (clock, world) = servers::world(START_MS, 3);
        let (server, of, router) = server(&world, Arc::clone(&store));
        let wire = Wire::inside(of, router, &world);
        Self { name, clock, store, server, wire }
    }

    /// A bank on this store.
    pub fn bank(name: &'static str, store: Arc<dyn Store>) -> Self {
        Self::new(name, store, |world, store| {
            let bank = Arc::new(servers::bank(store, world, Limits::DEFAULT, "http://none"));
            let router = http::bank::router(Arc::clone(&bank));
            (Server::Bank(bank), BANK, router)
        })
    }

    /// A wallet on this store.
    pub fn wallet(name: &'static str, store: Arc<dyn Store>) -> Self {
        Self::new(name, store, |world, store| {
            let wallet = servers::wallet(store, world, Limits::DEFAULT, "http://none");
            let wallet = Arc::new(wallet);
            let router = http::wallet::router(Arc::clone(&wallet));
            (Server::Wallet(wallet), WALLET, router)
        })
    }

    /// Its store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// A message, issued `ago_ms` ago, and what came back.
    pub async fn post<M: wire::Request>(
        &self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        ago_ms: i64,
        message: M,
    ) -> Seen<Reply> {
        self.wire.post(by, key, ago_ms, message).await.map(|(reply, _)| reply)
    }

    /// Time passes, and with it what is overdue.
    pub async fn pass(&self, now_ms: i64) -> Seen<()> {
        self.clock.set(now_ms);
        let failed = |error| format!("{}: {error}", self.name);
        loop {
            let overdue = self.store.overdue(now_ms, None, 32).await.map_err(failed)?;
            if overdue.is_empty() {
                return Ok(());
            }
            for Overdue { person, .. } in overdue {
                match &self.server {
                    Server::Bank(bank) => bank.overdue(&person).await.map_err(failed)?,
                    Server::Wallet(wallet) => wallet.overdue(&person).await.map_err(failed)?,
                }
            }
        }
    }

    /// Everything that the store holds of a person, of records that are over those in `names`.
    pub async fn held(&self, person: &Person, names: &[(RecordKind, Key)]) -> Seen<Held> {
        let failed = |error| format!("{}: {error}", self.name);
        let loaded = self.store.load(person, names).await.map_err(failed)?;
        let letters = self.store.letters(person).await.map_err(failed)?;
        let journal = self.store.journal(person).await.map_err(failed)?;
        let journal = journal.into_iter().map(|row| (row.sequence, row.line, row.hash)).collect();
        Ok(Held { loaded, letters, journal })
    }

    /// Everybody of whom the store holds anything.
    pub async fn persons(&self) -> Seen<Vec<Person>> {
        self.store.persons(None, 10_000).await.map_err(|error| format!("{}: {error}", self.name))
    }
}

/// What a store holds of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Her records and deadlines.
    pub loaded: Loaded,
    /// What is owed.
    pub letters: Vec<OwedRow>,
    /// Her journal: sequence, line and hash.
    pub journal: Vec<(i64, String, String)>,
}

impl Held {
    /// In an order that is no store's own.
    fn sorted(mut self) -> Self {
        self.loaded.rows.sort_by_key(|row| (row.kind, row.key));
        self.loaded.timers.sort();
        self.letters.sort_by_key(|letter| (letter.slot, letter.key));
        self
    }
}

/// The core: the specification's steps on records in a map, a map for each person.
#[derive(Default)]
pub struct Core {
    records: BTreeMap<Person, (i64, Records)>,
    /// How many decisions it has made.
    pub decisions: u64,
}

impl Core {
    /// Steps what is new in a journal, and compares what it decides, and its records, with what the
    /// store holds.
    pub fn follow(&mut self, held: &Held) -> Seen<()> {
        let person = &held.loaded.person;
        let (read, records) = self.records.entry(person.clone()).or_default();
        for (sequence, line, _) in &held.journal {
            if sequence < read {
                continue;
            }
            *read = sequence + 1;
            let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
            let Some(entry) = line.entry else { continue };
            let alone = core::iter::once(Entry { sequence: 0, ..entry });
            let terms = Settings::DEFAULT;
            journal::replay(terms.terms(), records, alone).map_err(|error| error.to_string())?;
            self.decisions += 1;
        }
        for row in &held.loaded.rows {
            let Some(own) = records.state(row.kind, row.key) else { continue };
            if own.as_ref() != Some(&row.state) {
                let kind = row.kind.name();
                return Err(format!("{kind} {} is {} and should be {own:?}", row.key, row.state));
            }
        }
        Ok(())
    }
}

/// Compares what each server holds of everybody but `past` with what the first holds, and that with
/// the core.
pub async fn compared(
    rigs: &[Rig],
    core: &mut Core,
    names: &[(RecordKind, Key)],
    past: &BTreeSet<Person>,
) -> Seen<()> {
    let (first, others) = rigs.split_first().ok_or("there is no server")?;
    let persons = first.persons().await?;
    for other in others {
        if other.persons().await? != persons {
            return Err(format!("{} holds other persons than {}", other.name, first.name));
        }
    }
    for person in persons.into_iter().filter(|person| !past.contains(person)) {
        let held = first.held(&person, names).await?.sorted();
        for other in others {
            let also = other.held(&person, names).await?.sorted();
            if also != held {
                let names = (other.name, first.name);
                return Err(format!("{} holds {also:#?}, {} {held:#?}", names.0, names.1));
            }
        }
        core.follow(&held)?;
    }
    Ok(())
}
