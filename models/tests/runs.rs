//! Arbitrary runs of the whole world, and every run that once showed a mistake.
//!
//! A run that fails is printed as its list of actions: put it into `models/replays/` and it stays.

use std::collections::BTreeMap;

use bindproof::bank::{binding::Binding, debit::Debit};
use bindproof::journal::{Divergence, Entry, PROTOCOL_NUMBER, Records, replay};
use bindproof::policy::Policy;
use bindproof::wallet::{
    account::Account, device::Device, link::Link, lock::Lock, operation::Operation,
};
use bindproof_models::action::{Action, PathOf};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::drive::Key;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::replay::Replay;
use bindproof_models::replay::retold::{Ending, carry_out, violated};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;
use bindproof_models::two_worlds::{self, PROPERTY, PairRun, TwoWorlds, Variant};
use bindproof_models::world::World;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use stateright::Model;

/// Scopes that together have every kind of action.
const WALKED: &[&str] = &[
    "registration",
    "approval",
    "step-up",
    "suspend-pay",
    "end",
    "rebind",
    "limits",
    "two-banks",
    "hostile",
    "takeover",
    "recovery",
    "lockout-new",
    "lockout-lost",
    "guessing",
    "small-payments",
    "crash",
    "race",
];

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

/// The records that a replay writes.
#[derive(Default)]
struct Ledger {
    bindings: BTreeMap<Key, Binding>,
    debits: BTreeMap<Key, Debit>,
    links: BTreeMap<Key, Link>,
    accounts: BTreeMap<Key, Account>,
    devices: BTreeMap<Key, Device>,
    operations: BTreeMap<Key, Operation>,
    locks: BTreeMap<Key, Lock>,
}

/// The read and the write of one kind of record.
macro_rules! records {
    ($($read:ident, $write:ident, $field:ident: $record:ty = $empty:expr;)+) => {
        impl Records<Key> for Ledger {
            $(
                fn $read(&self, id: Key) -> $record {
                    self.$field.get(&id).copied().unwrap_or($empty)
                }
                fn $write(&mut self, id: Key, record: $record) {
                    self.$field.insert(id, record);
                }
            )+
        }
    };
}

records! {
    binding, write_binding, bindings: Binding = Binding::ABSENT;
    debit, write_debit, debits: Debit = Debit::Absent;
    link, write_link, links: Link = Link::ABSENT;
    account, write_account, accounts: Account = Account::Absent;
    device, write_device, devices: Device = Device::Unknown;
    operation, write_operation, operations: Operation = Operation::Absent;
    lock, write_lock, locks: Lock = Lock::OPEN;
}

impl Ledger {
    /// The records as they are in `world`.
    fn of<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        world: &World<B, O, A, D, S>,
    ) -> Self {
        let mut ledger = Self::default();
        for b in 0..B {
            ledger.write_binding(Key::Binding(b as u8), world.bindings[b]);
            ledger.write_link(Key::Binding(b as u8), world.links[b]);
            ledger.write_lock(Key::Path(PathOf::Code(b as u8)), world.code_locks[b]);
        }
        for o in 0..O {
            ledger.write_operation(Key::Operation(o as u8), world.operations[o]);
            ledger.write_debit(Key::Operation(o as u8), world.debits[o]);
        }
        for a in 0..A {
            ledger.write_account(Key::Account(a as u8), world.accounts[a]);
            for d in 0..D {
                ledger.write_device(Key::Device(a as u8, d as u8), world.devices[a][d]);
            }
        }
        for d in 0..D {
            ledger.write_lock(Key::Path(PathOf::Device(d as u8)), world.device_locks[d]);
        }
        ledger.write_lock(Key::Path(PathOf::Strangers), world.strangers);
        ledger
    }
}

/// A walk: at each step the choice, taken around, among what is possible.
struct Walk<'a> {
    choices: &'a [u16],
}

impl Job for Walk<'_> {
    type Output = Result<(), String>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let nothing_off = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, nothing_off);
        let mut world = model.initial();
        let mut ledger = Ledger::of(&world);
        let (mut taken, mut entries, mut possible) = (Vec::new(), Vec::new(), Vec::new());
        for choice in self.choices {
            possible.clear();
            model.actions(&world, &mut possible);
            // An attacker's operation under a new id would need a key of its own in the journal.
            possible.retain(|action| !matches!(action, Action::StartAnother(_)));
            let Some(action) = possible.get(usize::from(*choice) % possible.len().max(1)) else {
                break;
            };
            taken.push(*action);
            let (after, journal) = model.fire_with_journal(&world, *action);
            entries.extend(journal);
            if let Some(violated) = violated(&model, &world, *action).first() {
                return Err(format!("{violated}: {}", as_json(&scope.name, &taken)));
            }
            world = after;
        }
        let journal = (0..).zip(entries).map(|(sequence, (event, decided))| Entry {
            protocol: PROTOCOL_NUMBER,
            sequence,
            event,
            decided,
        });
        replay(model.terms(), &mut ledger, journal.clone())
            .map_err(|error| format!("{error}: {}", as_json(&scope.name, &taken)))?;
        let same = ledger.bindings == Ledger::of(&world).bindings
            && ledger.links == Ledger::of(&world).links
            && ledger.debits == Ledger::of(&world).debits
            && ledger.accounts == Ledger::of(&world).accounts
            && ledger.devices == Ledger::of(&world).devices
            && ledger.operations == Ledger::of(&world).operations
            && ledger.locks == Ledger::of(&world).locks;
        if !same {
            return Err(format!("another state: {}", as_json(&scope.name, &taken)));
        }
        a_changed_journal_is_noticed(&model, journal)
    }
}

/// Drops one entry in the middle: the replay must say which.
fn a_changed_journal_is_noticed<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    journal: impl Iterator<Item = Entry<Key>> + Clone,
) -> Result<(), String> {
    let count = journal.clone().count() as u64;
    if count < 3 {
        return Ok(());
    }
    let without = journal.filter(|entry| entry.sequence != count / 2);
    let mut ledger = Ledger::of(&model.initial());
    match replay(model.terms(), &mut ledger, without) {
        Err(Divergence::OutOfSequence { expected, .. }) if expected == count / 2 => Ok(()),
        other => Err(format!("a dropped entry was answered with {other:?}")),
    }
}

fn as_json(scope: &str, actions: &[Action]) -> String {
    let run = Replay::new(scope, &[], None, actions);
    run.to_json().unwrap_or_else(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_101),
        ..ProptestConfig::default()
    })]

    //= BIND-096 replaying a journal decides what the journal says
    #[test]
    fn no_run_of_any_scope_violates_a_property_and_its_journal_replays(
        scope in 0..WALKED.len(),
        choices in proptest::collection::vec(any::<u16>(), 1..160),
    ) {
        let scope = parse(WALKED[scope]);
        let walked = in_capacity("test", &scope, Walk { choices: &choices }).expect("fits");
        prop_assert!(walked.is_ok(), "{}", walked.unwrap_err());
    }
}

/// A run again with every control in force, as far as it is possible there.
struct Withstood<'a>(&'a Replay);

impl Job for Withstood<'_> {
    /// The properties that are violated on the way.
    type Output = Vec<&'static str>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let nothing_off = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, nothing_off);
        let mut world = model.initial();
        let mut found = Vec::new();
        for action in &self.0.actions {
            let mut possible = Vec::new();
            model.actions(&world, &mut possible);
            if possible.contains(action) {
                found.extend(violated(&model, &world, *action));
                world = model.fire(&world, *action).0;
            }
        }
        found
    }
}

/// The same of a run of two worlds.
fn withstood(variant: &Variant, run: &PairRun) -> Vec<&'static str> {
    let nothing_off = Without::default();
    let model = TwoWorlds::new(variant, run.kind, &Policy::DEFAULT, nothing_off).expect("parses");
    let mut pair = model.init_states().pop().expect("one");
    let mut found = Vec::new();
    for what in &run.moves {
        let mut possible = Vec::new();
        model.actions(&pair, &mut possible);
        if possible.contains(what) {
            pair = model.fire(&pair, *what).0;
            found.extend((pair.told_with != pair.told_without).then_some(PROPERTY));
        }
    }
    found
}

#[test]
fn every_run_that_once_showed_a_mistake_still_shows_it_and_the_protocol_withstands_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/replays");
    let mut replayed = 0;
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("readable").path();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).expect("readable");
        let run = Replay::parse(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(run.to_json().expect("serialises"), text, "{name}: not as it is written");
        let claimed = run.violates.unwrap_or_else(|| panic!("{name}: claims nothing"));
        let (ending, broken) = match &run.pair {
            Some(pair) => {
                let variant = two_worlds::find(&run.scope).expect("there");
                let retold = two_worlds::carry_out(variant, &Policy::DEFAULT, &run, pair);
                (retold.expect("parses").ending, withstood(variant, pair))
            }
            None => {
                let scope = parse(&run.scope);
                let retold = carry_out("test", &scope, ("default", &Policy::DEFAULT), &run);
                let broken = in_capacity("test", &scope, Withstood(&run)).expect("fits");
                (retold.expect("fits").ending, broken)
            }
        };
        assert_eq!(ending, Ending::Confirmed(claimed), "{name}");
        assert!(broken.is_empty(), "{name}: {broken:?}");
        replayed += 1;
    }
    assert!(replayed >= 58, "only {replayed} runs were replayed");
}
