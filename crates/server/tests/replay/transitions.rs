//! Every transition of a scope, replayed on a bank and a wallet in this process.
//!
//! A transition is an input on the records of one server, or of one after the other. The same input
//! on the same records occurs in many transitions; it is replayed once, and once more for each
//! state of a server that the model does not tell apart. The records before it are those to which
//! replaying has led, put into an empty store.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bindproof_server::clock::World;
use bindproof_server::key::Person;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::{Change, Slot, Store};

use crate::expected::{Expected, Of, Table, Told, model};
use crate::names::Names;
use crate::party::{Party, TheBank, TheWallet, at_the_bank, begin, expected};
use crate::seen::{Hidden, Seen, steps};
use crate::servers::world;
use crate::snapshot::Snapshot;
use crate::tampered::Tampered;
use crate::view::{BankView, WalletView};

/// When all of it happens, in milliseconds since 1970.
const NOW_MS: i64 = 1_700_000_000_000;
/// How many differences are enough.
const ENOUGH: usize = 20;

/// What a replay found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// States of the server.
    states: usize,
    /// Inputs on them.
    inputs: u64,
    /// Transitions that they stand for.
    transitions: u64,
    /// Where the server did otherwise.
    differences: Vec<String>,
}

/// Makes stores.
pub type Stores = fn() -> Arc<dyn Store>;

/// A store in memory.
pub fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

struct Replay<'a, P: Party> {
    party: P,
    of: &'a Of<P::View, P::Input>,
    stores: Stores,
    seen: BTreeSet<(P::View, Hidden)>,
    covered: BTreeSet<(P::View, P::Input)>,
    queue: VecDeque<(P::View, Hidden, Snapshot)>,
    found: Found,
}

impl<'a, P: Party> Replay<'a, P> {
    fn new(party: P, of: &'a Of<P::View, P::Input>, stores: Stores) -> Self {
        let (seen, covered, queue) = (BTreeSet::new(), BTreeSet::new(), VecDeque::new());
        Self { party, of, stores, seen, covered, queue, found: Found::default() }
    }

    /// Replays every input on every state to which it leads from here.
    async fn run(mut self, initial: Snapshot) -> Seen<Found> {
        let store = memory();
        initial.put(&store).await?;
        self.reached(&*store, &mut initial.names.clone()).await?;
        while let Some((view, hidden, snapshot)) = self.queue.pop_front() {
            let of = self.of;
            for input in of.get(&view).into_iter().flat_map(|of| of.keys()).copied() {
                if let Err(difference) = self.replay(&view, hidden, &snapshot, input).await {
                    let place = format!("{input:?} on {view:?}, {hidden:?}: {difference}");
                    self.found.differences.push(place);
                }
                if self.found.differences.len() >= ENOUGH {
                    return Ok(self.found);
                }
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Seen<Found> {
        self.found.states = self.seen.len();
        for (view, of) in self.of {
            for (input, (_, count)) in of {
                if self.covered.contains(&(*view, *input)) {
                    self.found.transitions += count;
                } else if self.found.differences.len() < ENOUGH {
                    self.found.differences.push(format!("never replayed: {input:?} on {view:?}"));
                }
            }
        }
        Ok(self.found)
    }

    async fn replay(
        &mut self,
        view: &P::View,
        hidden: Hidden,
        snapshot: &Snapshot,
        input: P::Input,
    ) -> Seen<()> {
        let store = (self.stores)();
        snapshot.put(&store).await?;
        let mut names = snapshot.names.clone();
        let told = self.party.deliver(&store, &names, view, input).await?;
        let (after, _) = self.party.see(&*store, &mut names).await?;
        let persons = [names.shards().to_vec(), vec![Person::known(names.stranger)]].concat();
        let from: Vec<(Person, i64)> = persons.into_iter().map(|person| (person, 0)).collect();
        let steps = steps(&*store, &names, &from).await?;
        self.found.inputs += 1;
        let said = expected(&self.party, self.of, view, input, hidden);
        let said = said.ok_or("the model says nothing of it")?.clone();
        compared(&said, &Expected { view: after, steps, told, between: said.between })?;
        self.covered.insert((*view, input));
        self.reached(&*store, &mut names).await?;
        let Some(between) = said.between.filter(|view| !self.seen.iter().any(|(v, _)| v == view))
        else {
            return Ok(());
        };
        let store = memory();
        snapshot.put(&store).await?;
        let mut names = snapshot.names.clone();
        self.party.force(&store, &names, &between).await?;
        let (forced, _) = self.party.see(&*store, &mut names).await?;
        if forced != between {
            return Err(format!("put into {between:?} it is in {forced:?}"));
        }
        self.reached(&*store, &mut names).await
    }

    /// Notes the state that a store is in, if it is a new one.
    async fn reached(&mut self, store: &dyn Store, names: &mut Names) -> Seen<()> {
        let (view, hidden) = self.party.see(store, names).await?;
        if self.seen.insert((view, hidden)) {
            let ids = self.party.ids(store, names).await?;
            let snapshot = Snapshot::take(store, names, ids).await?;
            self.queue.push_back((view, hidden, snapshot));
        }
        Ok(())
    }
}

/// Compares what the model says with what a server did.
pub fn compared<V: PartialEq + std::fmt::Debug>(
    said: &Expected<V>,
    done: &Expected<V>,
) -> Seen<()> {
    let differ = |what: &str, said: &dyn std::fmt::Debug, done: &dyn std::fmt::Debug| {
        Err(format!("{what}: the model says {said:?}, the server {done:?}"))
    };
    if said.steps != done.steps {
        return differ("decisions", &said.steps, &done.steps);
    }
    if said.view != done.view {
        return differ("records", &said.view, &done.view);
    }
    if said.told != done.told {
        return differ("what is told", &said.told, &done.told);
    }
    Ok(())
}

/// Replays a scope on both servers.
async fn replayed(scope: &str, stores: Stores) -> (Table, Found, Found) {
    let model = model(scope);
    let table = Table::of(&model);
    let (_, clock) = world(NOW_MS, 1);
    let bank = at_the_bank(Names::new(1, NOW_MS));
    let bank = Replay::new(TheBank { model: &model, world: &clock }, &table.bank, stores).run(bank);
    let bank = bank.await.unwrap();
    let wallet = at_the_wallet(&model, &clock).await.unwrap();
    let party = TheWallet { model: &model, world: &clock };
    let wallet = Replay::new(party, &table.wallet, stores).run(wallet).await.unwrap();
    assert_eq!(BankView::of(&table.initial).owed, 0);
    (table, bank, wallet)
}

/// Where a scope begins at the wallet.
async fn at_the_wallet(model: &crate::view::Model, clock: &World) -> Seen<Snapshot> {
    let store = memory();
    let mut names = Names::new(1, NOW_MS);
    begin(&*store, model, &mut names).await?;
    let party = TheWallet { model, world: clock };
    let (view, _) = party.see(&*store, &mut names).await?;
    assert_eq!(view, WalletView::of(&model.initial()), "the scope begins elsewhere");
    let ids = party.ids(&*store, &names).await?;
    Snapshot::take(&*store, &names, ids).await
}

/// Prints what was walked, and fails on any difference.
fn all_replayed(scope: &str, (table, bank, wallet): (Table, Found, Found)) -> [u64; 7] {
    let none: &[String] = &[];
    assert_eq!((&bank.differences[..], &wallet.differences[..]), (none, none));
    let views = table.views.len();
    println!(
        "{scope}: {} states, {} transitions, {} of them at clients alone; {views} of (view, input, \
         verdict); replayed {} inputs on {} states of the bank and {} on {} of the wallet, which \
         stand for {} and {}",
        table.states,
        table.transitions,
        table.at_clients,
        bank.inputs,
        bank.states,
        wallet.inputs,
        wallet.states,
        bank.transitions,
        wallet.transitions,
    );
    let states = table.states as u64;
    let (bank, wallet) = ((bank.inputs, bank.transitions), (wallet.inputs, wallet.transitions));
    [states, table.transitions, views as u64, bank.0, bank.1, wallet.0, wallet.1]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transition_of_smoke_is_one_of_the_servers() {
    let figures = all_replayed("smoke", replayed("smoke", memory).await);
    assert_eq!(figures, [5290, 62_412, 181, 124, 33_912, 294, 25_585]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transition_of_approval_is_one_of_the_servers() {
    let figures = all_replayed("approval", replayed("approval", memory).await);
    assert_eq!(figures, [29_733, 574_078, 267, 180, 347_631, 874, 228_540]);
}

/// Servers whose store does this to what they write differ from the model, and so it is told.
async fn found(scope: &str, stores: Stores, bank: Option<&str>, wallet: Option<&str>) {
    let (_, at_bank, at_wallet) = replayed(scope, stores).await;
    for (found, expected) in [(at_bank, bank), (at_wallet, wallet)] {
        match expected {
            None => assert_eq!(found.differences, Vec::<String>::new()),
            Some(text) => {
                let named = found.differences.iter().any(|difference| difference.contains(text));
                assert!(named, "{:#?}", found.differences);
            }
        }
    }
}

macro_rules! tampered {
    ($with:expr) => {
        || Arc::new(Tampered { inner: MemoryStore::new(), with: $with })
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_that_keeps_no_tombstone_is_found() {
    fn no_tombstone(change: &mut Change) {
        let kind = bindproof_server::record::RecordKind::Link;
        let ended = |row: &bindproof_server::store::Row| row.state.contains("\"ended\"");
        change.rows.retain(|row| row.kind != kind || row.version > 1 || !ended(row));
    }
    found("smoke", tampered!(no_tombstone), None, Some("LinkEnd")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_refusal_is_found() {
    fn otherwise(change: &mut Change) {
        for row in &mut change.journal {
            row.line =
                row.line.replace("\"refused\":\"not_found\"", "\"refused\":\"limit_exceeded\"");
        }
    }
    found("approval", tampered!(otherwise), Some("decisions"), Some("decisions")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_letter_too_many_is_found() {
    fn one_more(change: &mut Change) {
        let again = change.owed.iter().find(|owed| owed.slot == Slot::ToWallet);
        if let Some(mut again) = again.cloned() {
            again.slot = Slot::Notice;
            change.owed.push(again);
        }
    }
    found("smoke", tampered!(one_more), Some("should not be there"), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_not_taken_back_and_a_deadline_that_is_not_armed_are_found() {
    fn neither(change: &mut Change) {
        change.settled.clear();
        change.armed.retain(|timer| timer.due_ms <= NOW_MS);
    }
    found("smoke", tampered!(neither), Some("records"), Some("is armed")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_wrongly_is_found() {
    let said = Expected { view: (), steps: Vec::new(), told: Told::Pending, between: None };
    let done = Expected { told: Told::Active, ..said.clone() };
    assert!(compared(&said, &said).is_ok());
    assert!(compared(&said, &done).is_err_and(|error| error.contains("what is told")));
}
