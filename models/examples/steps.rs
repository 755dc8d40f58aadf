//! How long the parts of the model take, over every reachable state of the scopes that are named:
//! `cargo run --release -p bindproof-models --example steps -- end debit`.

use std::hash::BuildHasher;
use std::hint::black_box;

use bindproof::policy::Policy;
use bindproof_checker::Packed;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::hash::Words;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::Scope;
use bindproof_models::scopes;
use bindproof_models::search::{Fires, Watch, search};
use bindproof_models::world::World;
use stateright::Model;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for name in std::env::args().skip(1) {
        let scope = Scope::parse(&name, scopes::find(&name)?.text)?;
        println!("{name}");
        in_capacity(&name, &scope, Timed)?;
    }
    Ok(())
}

/// The most states of a scope that are looked at.
const MOST: usize = 4_000_000;

/// Takes the times in one scope.
struct Timed;

impl Job for Timed {
    type Output = ();

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) {
        let policy = Policy::DEFAULT.clone();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), policy, Without::default());
        let mut states = Vec::new();
        timed("search, a transition", || {
            let explored = search(&model, MOST, &mut Nobody);
            states = explored.states;
            explored.generated
        });
        let actions: Vec<Vec<Action>> =
            states.iter().map(|world| possible(&model, world)).collect();
        let again = states.clone();

        let mut buffer = Vec::new();
        timed("actions, a state", || {
            count(states.iter(), |world| {
                buffer.clear();
                model.actions(world, &mut buffer);
                black_box(&buffer);
            })
        });
        timed("fire, a transition", || {
            let steps = states.iter().zip(&actions);
            count(steps.flat_map(|(world, of_it)| of_it.iter().map(move |a| (world, *a))), |step| {
                black_box(model.fire(step.0, step.1));
            })
        });
        let hasher = std::hash::BuildHasherDefault::<Words>::default();
        timed("hash, a state", || {
            count(states.iter(), |world| {
                black_box(hasher.hash_one(world));
            })
        });
        timed("equality, a state", || {
            count(states.iter().zip(&again), |(one, other)| {
                black_box(one == other);
            })
        });
        timed("packing, a state", || {
            count(states.iter(), |world| {
                black_box(world.pack());
            })
        });
        let packed: Vec<_> = states.iter().map(Packed::pack).collect();
        timed("unpacking, a state", || {
            count(packed.iter(), |packed| {
                black_box(World::<B, O, A, D, S>::unpack(packed));
            })
        });
        let packed_again = packed.clone();
        timed("equality, packed, a state", || {
            count(packed.iter().zip(&packed_again), |(one, other)| {
                black_box(one == other);
            })
        });
    }
}

/// The actions that are possible in `world`.
fn possible<M: Model>(model: &M, world: &M::State) -> Vec<M::Action> {
    let mut actions = Vec::new();
    model.actions(world, &mut actions);
    actions
}

/// Does something with each item; how many there were.
fn count<T>(items: impl Iterator<Item = T>, mut each: impl FnMut(T)) -> u64 {
    let mut number = 0;
    for item in items {
        each(item);
        number += 1;
    }
    number
}

/// Does `job`, and says how many nanoseconds each of the things took that it did.
#[expect(clippy::disallowed_methods, reason = "taking times is what this example is for")]
fn timed(what: &str, job: impl FnOnce() -> u64) {
    let started = std::time::Instant::now();
    let things = job();
    let nanoseconds = started.elapsed().as_secs_f64() * 1e9;
    println!("  {what}: {:.1} ns ({things})", nanoseconds / things as f64);
}

/// Watches a search and sees nothing.
struct Nobody;

impl<M: Fires> Watch<M> for Nobody {
    fn state(&mut self, _: u32, _: &M::State) {}

    fn step(&mut self, _: u32, _: &M::State, _: &M::Action, _: &M::Fired, _: u32, _: &M::State) {}

    fn done(&mut self, _: u32, _: &M::State) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}
