//! Nothing that the model does or says tells two worlds of one orbit apart.

use std::collections::BTreeSet;

use bindproof::control::Control;
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::drive::{Fired, Record};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::possible::mover;
use bindproof_models::properties::step::Step;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::DEFAULT;
use bindproof_models::symmetry::{Permutation, Symmetry};
use bindproof_models::world::World;
use stateright::Model;

use crate::{made, scope, symmetry};

/// Walks through a scope, and at each world on the way compares it with what `permutations` make
/// of it. Answers with how many worlds were compared, or with the first difference.
struct Walks<'a> {
    permutations: &'a [Permutation],
    without: Without,
    /// How many worlds to compare at least.
    worlds: usize,
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % most
    }
}

impl Job for Walks<'_> {
    type Output = Result<usize, String>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, self.without);
        let symmetry = Symmetry { permutations: self.permutations.to_vec() };
        let mut numbers = Numbers(20_260_101);
        let mut compared = 0;
        while compared < self.worlds {
            let mut world = model.initial();
            for _ in 0..120 {
                for permutation in self.permutations {
                    same_states(&model, permutation, &world)?;
                    same_steps(&model, permutation, &world)?;
                    one_representative(&symmetry, permutation, &world)?;
                }
                compared += 1;
                let mut actions = Vec::new();
                model.actions(&world, &mut actions);
                if actions.is_empty() {
                    break;
                }
                // Of several tries the first that leads elsewhere, so that walks come far.
                let tries = (0..8).map(|_| actions[numbers.below(actions.len())]);
                let ways: Vec<Action> = tries.collect();
                let moves = ways.iter().map(|action| model.fire(&world, *action).0);
                world = moves.into_iter().find(|after| *after != world).unwrap_or(world);
            }
        }
        Ok(compared)
    }
}

/// The worlds are as good as one another.
fn same_states<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    permutation: &Permutation,
    world: &World<B, O, A, D, S>,
) -> Result<(), String> {
    let other = permutation.apply(world);
    for (name, holds) in Protocol::<B, O, A, D, S>::STATE {
        same(name, permutation, holds(model, world), holds(model, &other))?;
    }
    for (name, holds) in [
        ("quiescent-agreement", Protocol::quiescent_agreement as fn(&_, &_) -> bool),
        ("has-left", Protocol::has_left),
        ("has-unused-binding", Protocol::has_unused_binding),
        ("is-bound", Protocol::is_bound),
        ("could-get-in", Protocol::could_get_in),
        ("is-in", Protocol::is_in),
    ] {
        same(name, permutation, holds(model, world), holds(model, &other))?;
    }
    Ok(())
}

/// The same can happen in them, and the same comes of it.
fn same_steps<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    permutation: &Permutation,
    world: &World<B, O, A, D, S>,
) -> Result<(), String> {
    let other = permutation.apply(world);
    let (mut here, mut there) = (Vec::new(), Vec::new());
    model.actions(world, &mut here);
    model.actions(&other, &mut there);
    let moved: BTreeSet<Action> = here.iter().map(|action| permutation.action(*action)).collect();
    same("actions", permutation, moved, there.into_iter().collect())?;
    for action in here {
        let (after, fired) = model.fire(world, action);
        let there = permutation.action(action);
        let (other_after, other_fired) = model.fire(&other, there);
        same(&format!("{action:?}"), permutation, permutation.apply(&after), other_after)?;
        same("fired", permutation, tags(&fired, permutation), tags(&other_fired, &STILL))?;
        let executed = fired.executed.map(|o| permutation.operation(usize::from(o)) as u8);
        same("executed", permutation, executed, other_fired.executed)?;
        let movers = (mover(model, world, action), mover(model, &other, there));
        same("mover", permutation, movers.0, movers.1)?;
        let step = Step { before: world, action, fired: &fired, after: &after };
        let other_step =
            Step { before: &other, action: there, fired: &other_fired, after: &other_after };
        for (name, holds) in Protocol::<B, O, A, D, S>::STEP {
            same(name, permutation, holds(model, &step), holds(model, &other_step))?;
        }
        for (name, reached) in Protocol::<B, O, A, D, S>::WITNESSES {
            same(name, permutation, reached(model, &step), reached(model, &other_step))?;
        }
    }
    Ok(())
}

const STILL: Permutation = Permutation::IDENTITY;

/// What fired, where it went, in no order: what happens to several records happens at once.
fn tags(fired: &Fired, permutation: &Permutation) -> Vec<(Record, Decided)> {
    let mut tags: Vec<_> =
        fired.steps().map(|(record, tag)| (permutation.record(record), tag)).collect();
    tags.sort_unstable();
    tags
}

/// They have one representative, which is one of them.
fn one_representative<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    symmetry: &Symmetry,
    permutation: &Permutation,
    world: &World<B, O, A, D, S>,
) -> Result<(), String> {
    let found = symmetry.representative(world);
    let other = symmetry.representative(&permutation.apply(world));
    same("representative", permutation, found, other)?;
    let within = symmetry.permutations.iter().any(|member| member.apply(world) == found);
    same("representative is in the orbit", permutation, within, true)
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    permutation: &Permutation,
    left: T,
    right: T,
) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    Err(format!("{what} under {permutation:?}:\n{left:?}\n{right:?}"))
}

/// Compares at least so many worlds of a scope.
fn compare(name: &str, permutations: &[Permutation], without: &[Control], worlds: usize) -> Walked {
    let walks = Walks { permutations, without: Without::these(without), worlds };
    in_capacity(name, &scope(name), walks).expect("fits")
}

type Walked = Result<usize, String>;

#[test]
fn no_action_step_or_property_tells_worlds_of_one_orbit_apart() {
    let names = DEFAULT.iter().copied().chain(made::SCOPES.iter().map(|(name, _)| *name));
    for name in names {
        let symmetry = symmetry(name);
        let worlds = if symmetry.is_trivial() { 60 } else { 3000 };
        let walked = compare(name, &symmetry.permutations, &[], worlds);
        assert!(walked.is_ok(), "{name}: {}", walked.unwrap_err());
    }
}

#[test]
fn that_remains_so_when_a_control_is_off() {
    let names = ["two-banks", "race", "three-bindings", "three-payments", "two-prepared-accounts"];
    for name in names {
        for control in Control::ALL {
            let Symmetry { permutations } = Symmetry::of(&scope(name), Without::these(&[*control]));
            let walked = compare(name, &permutations, &[*control], 120);
            assert!(walked.is_ok(), "{name} without {control}: {}", walked.unwrap_err());
        }
    }
}

#[test]
fn a_permutation_that_is_no_symmetry_is_noticed() {
    let swapped = |name: &str| symmetry(name).permutations[1];
    // In these scopes what is swapped is not alike, or the order of codes matters.
    for (name, foreign) in [
        ("hostile", swapped("two-banks")),
        ("takeover", swapped("two-devices")),
        ("three-codes", swapped("three-bindings")),
        ("two-hostile-banks", swapped("two-banks")),
        ("crash", swapped("race-bank")),
        ("step-up", swapped("guessing")),
    ] {
        assert!(!symmetry(name).permutations.contains(&foreign), "{name}");
        let permutations = [STILL, foreign];
        let walked = compare(name, &permutations, &[], 60_000);
        assert!(walked.is_err(), "{name} does not notice {foreign:?}");
    }
}
