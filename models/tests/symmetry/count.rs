//! A search of representatives sees every orbit, and says the same of each property.

use std::collections::BTreeSet;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::drive::Fired;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::properties::step::Step;
use bindproof_models::scope::Scope;
use bindproof_models::search::{Fires, Watch, search};
use bindproof_models::symmetry::Symmetry;
use bindproof_models::world::World;
use stateright::Model;

use crate::scope;

/// The model of representatives.
struct Reduced<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> {
    model: &'a Protocol<B, O, A, D, S>,
    representative: &'a dyn Fn(&World<B, O, A, D, S>) -> World<B, O, A, D, S>,
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Model
    for Reduced<'_, B, O, A, D, S>
{
    type State = World<B, O, A, D, S>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        vec![(self.representative)(&self.model.initial())]
    }

    fn actions(&self, world: &Self::State, actions: &mut Vec<Action>) {
        self.model.actions(world, actions);
    }

    fn next_state(&self, world: &Self::State, action: Action) -> Option<Self::State> {
        Some(self.fires(world, &action).0)
    }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Fires
    for Reduced<'_, B, O, A, D, S>
{
    /// What fired, and the world that came of it before it was made its orbit's representative.
    type Fired = (Fired, World<B, O, A, D, S>);

    fn fires(&self, world: &Self::State, action: &Action) -> (Self::State, Self::Fired) {
        let (after, fired) = self.model.fire(world, *action);
        ((self.representative)(&after), (fired, after))
    }
}

/// The names of what is violated or reached.
struct Names<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> {
    model: &'a Protocol<B, O, A, D, S>,
    names: BTreeSet<&'static str>,
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watch<Reduced<'_, B, O, A, D, S>> for Names<'_, B, O, A, D, S>
{
    fn state(&mut self, _: u32, world: &World<B, O, A, D, S>) {
        for (name, holds) in Protocol::<B, O, A, D, S>::STATE {
            if !holds(self.model, world) {
                self.names.insert(name);
            }
        }
    }

    fn step(
        &mut self,
        _: u32,
        before: &World<B, O, A, D, S>,
        action: &Action,
        (fired, after): &(Fired, World<B, O, A, D, S>),
        _: u32,
        _: &World<B, O, A, D, S>,
    ) {
        let step = Step { before, action: *action, fired, after };
        for (name, holds) in Protocol::<B, O, A, D, S>::STEP {
            if !holds(self.model, &step) {
                self.names.insert(name);
            }
        }
        for (name, reached) in Protocol::<B, O, A, D, S>::WITNESSES {
            if !self.names.contains(name) && reached(self.model, &step) {
                self.names.insert(name);
            }
        }
    }

    fn done(&mut self, _: u32, _: &World<B, O, A, D, S>) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}

/// What a whole search and a search of representatives find.
#[derive(Debug)]
struct Both {
    whole: usize,
    representatives: usize,
    /// The sum of the sizes of the orbits of the representatives.
    orbits: usize,
    whole_names: BTreeSet<&'static str>,
    names: BTreeSet<&'static str>,
}

/// Searches a scope twice; `forgetful` makes a representative that looks at no device's lock.
struct Twice {
    without: Without,
    forgetful: bool,
}

impl Job for Twice {
    type Output = Both;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Both {
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, self.without);
        let symmetry = Symmetry::of(scope, self.without);
        let explore = |representative: &dyn Fn(&World<B, O, A, D, S>) -> World<B, O, A, D, S>| {
            let reduced = Reduced { model: &model, representative };
            let mut names = Names { model: &model, names: BTreeSet::new() };
            let explored = search(&reduced, 500_000, &mut names);
            assert_eq!(explored.cut, None, "{} states", explored.states.len());
            (explored.states, names.names)
        };
        let (whole, whole_names) = explore(&|world| *world);
        let (states, names) = explore(&|world| {
            let mut found = symmetry.representative(world);
            if self.forgetful {
                found.device_locks = world.device_locks;
                found.history.devices = world.history.devices;
            }
            found
        });
        Both {
            whole: whole.len(),
            representatives: states.len(),
            orbits: states.iter().map(|state| symmetry.orbit(state)).sum(),
            whole_names,
            names,
        }
    }
}

fn both(name: &str, without: &[Control], forgetful: bool) -> Both {
    let job = Twice { without: Without::these(without), forgetful };
    in_capacity(name, &scope(name), job).expect("fits")
}

#[test]
fn the_orbits_of_the_representatives_are_all_reachable_worlds() {
    for name in [
        "two-banks",
        "rebind",
        "same-instrument",
        "second-binding",
        "limits",
        "race-bank",
        "small-payments",
        "guessing",
        "two-devices",
        "two-prepared-accounts",
        "smoke",
    ] {
        let both = both(name, &[], false);
        assert_eq!(both.orbits, both.whole, "{name}");
        assert_eq!(both.names, both.whole_names, "{name}");
        let trivial = Symmetry::of(&scope(name), Without::default()).is_trivial();
        assert_eq!(both.representatives < both.whole, !trivial, "{name}");
    }
}

#[test]
fn a_search_of_representatives_finds_what_a_whole_search_finds_without_a_control() {
    for (name, control, violated) in [
        ("two-banks", Control::WaitsForAccount, "never-bound-without-registered-account"),
        ("second-binding", Control::ExistingAccountWaits, "existing-account-needs-approval"),
        ("small-payments", Control::InFlightCounts, "running-total-counts"),
    ] {
        let both = both(name, &[control], false);
        assert_eq!(both.orbits, both.whole, "{name}");
        assert_eq!(both.names, both.whole_names, "{name}");
        assert!(both.names.contains(violated), "{name}: {:?}", both.names);
    }
}

#[test]
fn a_representative_that_forgets_a_field_is_noticed_by_the_count() {
    let both = both("two-devices", &[], true);
    assert_ne!(both.orbits, both.whole);
}
