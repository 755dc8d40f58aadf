//! Symmetry: the same verdicts as without it, and counts that fit the sizes of the orbits.

use std::sync::atomic::{AtomicU64, Ordering};

use bindproof_checker::{Check, Checker, Report};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stateright::{Model, Property};

/// Two copies of one random automaton that nothing tells apart, each with up to five states. Both
/// may change places, where that is allowed.
#[derive(Clone, Debug)]
struct Twins {
    edges: Vec<(u8, u8)>,
    change_places: bool,
    bad: u8,
    goal: u8,
}

type Pair = (u8, u8);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Move {
    First(u8),
    Second(u8),
    ChangePlaces,
}

const fn sorted((a, b): Pair) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

impl Model for Twins {
    type State = Pair;
    type Action = Move;

    fn init_states(&self) -> Vec<Pair> {
        vec![(0, 1)]
    }

    fn actions(&self, (first, second): &Pair, actions: &mut Vec<Move>) {
        let from = |state: u8| self.edges.iter().filter(move |(from, _)| *from == state);
        actions.extend(from(*first).map(|(_, to)| Move::First(*to)));
        actions.extend(from(*second).map(|(_, to)| Move::Second(*to)));
        if self.change_places {
            actions.push(Move::ChangePlaces);
        }
    }

    fn next_state(&self, (first, second): &Pair, action: Move) -> Option<Pair> {
        Some(match action {
            Move::First(to) => (to, *second),
            Move::Second(to) => (*first, to),
            Move::ChangePlaces => (*second, *first),
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("never both bad", |model: &Self, pair| {
            *pair != (model.bad, model.bad)
        })]
    }
}

/// Asks the same of the twins each time; `orbits` gets the sizes of the orbits of what is visited.
fn asked<'m>(twins: &'m Twins, orbits: &'m AtomicU64) -> Checker<'m, Twins> {
    twins
        .check()
        .always("counted", |_, (a, b)| {
            orbits.fetch_add(1 + u64::from(a != b), Ordering::Relaxed);
            true
        })
        .no_deadlock("goes on", |_, _| false)
        .possible("way", |_, _| true, |model, (a, b)| *a == model.goal || *b == model.goal)
        .adversary(|_, _, action| *action == Move::First(2) || *action == Move::Second(2))
        .game("game", |_, _| true, |model, (a, b)| *a == model.goal || *b == model.goal)
}

type Said = Vec<(String, &'static str, Option<usize>)>;

/// What is said of each property, how long the run is, and that it was carried out again.
fn said(report: &Report<Pair, Move>) -> Said {
    let properties = report.properties.iter();
    properties
        .map(|property| {
            let evidence = property.evidence.as_ref();
            assert!(evidence.is_none_or(|evidence| evidence.confirmed), "{}", property.name);
            let len = evidence.map(|evidence| evidence.len());
            (property.name.clone(), property.finding.name(), len)
        })
        .collect()
}

#[test]
fn orbits_are_decided_as_all_their_states_are() {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let edges = proptest::collection::vec((0..5u8, 0..5u8), 0..9);
    let twins = (edges, any::<bool>(), 0..5u8, 0..5u8)
        .prop_map(|(edges, change_places, bad, goal)| Twins { edges, change_places, bad, goal });
    let mut smaller = std::cell::Cell::new(0u32);
    runner
        .run(&twins, |twins| {
            let (ignored, orbits) = (AtomicU64::new(0), AtomicU64::new(0));
            let all = asked(&twins, &ignored).run();
            let reduced = asked(&twins, &orbits).symmetry(|_, pair| sorted(*pair)).threads(2).run();
            prop_assert_eq!(said(&all), said(&reduced));
            // Not every state of an orbit need be reachable, unless they can change places.
            let orbits = orbits.into_inner();
            prop_assert!(all.distinct <= orbits && reduced.distinct <= all.distinct);
            if twins.change_places {
                prop_assert_eq!(all.distinct, orbits);
            }
            if reduced.distinct < all.distinct {
                smaller.set(smaller.get() + 1);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(*smaller.get_mut() > 1_000, "only {smaller:?} were reduced");
}

#[test]
fn a_step_within_an_orbit_is_a_step() {
    // Nothing but changing places is left, and that goes on for ever.
    let twins = Twins { edges: Vec::new(), change_places: true, bad: 9, goal: 9 };
    let report = twins
        .check()
        .symmetry(|_, pair| sorted(*pair))
        .no_deadlock("goes on", |_, _| false)
        .always("a pair", |_, _| true)
        .run();
    report.assert_exhausted();
    assert_eq!((report.distinct, report.rests), (1, 0));
}
