//! Packing loses nothing of any reachable state of any default scope.

use std::hash::BuildHasher;
use std::sync::Mutex;

use bindproof::policy::Policy;
use bindproof_checker::Packed;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::drive::Fired;
use bindproof_models::hash::Words;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{DEFAULT, find};
use bindproof_models::search::{Watch, search};
use bindproof_models::world::World;

/// Visits every state, and counts those that do not come back from their packed form or are packed
/// otherwise after a step than by themselves, and steps between different states of one hash.
#[derive(Default)]
struct Packs {
    states: u64,
    changed: u64,
    alike: u64,
    hasher: std::hash::BuildHasherDefault<Words>,
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watch<Protocol<B, O, A, D, S>> for Packs
{
    fn state(&mut self, _: u32, world: &World<B, O, A, D, S>) {
        self.states += 1;
        self.changed += u64::from(World::unpack(&world.pack()) != *world);
    }

    fn step(
        &mut self,
        from: u32,
        before: &World<B, O, A, D, S>,
        _: &Action,
        _: &Fired,
        to: u32,
        after: &World<B, O, A, D, S>,
    ) {
        let alike = || self.hasher.hash_one(before) == self.hasher.hash_one(after);
        self.alike += u64::from(from != to && alike());
        self.changed += u64::from(after.pack_after(before, &before.pack()) != after.pack());
    }

    fn done(&mut self, _: u32, _: &World<B, O, A, D, S>) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}

impl Job for Packs {
    type Output = Self;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        mut self,
        scope: &Scope,
    ) -> Self {
        let policy = Policy::DEFAULT.clone();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), policy, Without::default());
        search(&model, 2_000_000, &mut self);
        self
    }
}

fn packs(name: &str) {
    let built_in = find(name).expect("built in");
    let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
    let packs = in_capacity(name, &scope, Packs::default()).expect("fits");
    let pinned = scope.pinned.map(|pinned| pinned.distinct);
    assert_eq!(Some(packs.states), pinned, "{name}: not every state was seen");
    assert_eq!(packs.changed, 0, "{name}: states that come back as others");
    assert_eq!(packs.alike, 0, "{name}: a step that the hash does not show");
}

#[test]
fn every_reachable_state_comes_back_from_its_packed_form() {
    let next = Mutex::new(DEFAULT.iter());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let Some(name) = next.lock().expect("not poisoned").next() else { return };
                    packs(name);
                }
            });
        }
    });
}
