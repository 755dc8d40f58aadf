//! Random finite models against a naive reference search: verdict, counts, shortest length, ways
//! and lassos. Fixed seed; thousands of models.

use bindproof_checker::{Check, Fair, Finding, LeadsTo, Report};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stateright::{Model, Property};

/// Up to nine states; edges with the number of their action, which is its class of fairness.
#[derive(Clone, Debug)]
struct Random {
    edges: Vec<(u8, u8, u8)>,
    bad: u8,
    goal: u8,
}

impl Model for Random {
    type State = u8;
    type Action = (u8, u8);

    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn actions(&self, state: &u8, actions: &mut Vec<(u8, u8)>) {
        let from = self.edges.iter().filter(|(from, _, _)| from == state);
        actions.extend(from.map(|(_, to, class)| (*to, *class)));
    }

    fn next_state(&self, _: &u8, (to, _): (u8, u8)) -> Option<u8> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("never bad", |model: &Self, state| *state != model.bad)]
    }
}

impl Random {
    /// Distances from the beginning, in states on a path; 0 for what cannot be reached.
    fn distances(&self) -> [u32; 9] {
        let mut far = [0; 9];
        far[0] = 1;
        for depth in 1..10 {
            for (from, to, _) in &self.edges {
                if far[usize::from(*from)] == depth && far[usize::from(*to)] == 0 {
                    far[usize::from(*to)] = depth + 1;
                }
            }
        }
        far
    }

    fn reaches(&self, from: u8, to: u8) -> bool {
        let mut seen = 1u16 << from;
        for _ in 0..9 {
            for (a, b, _) in &self.edges {
                if seen & 1 << a != 0 {
                    seen |= 1 << b;
                }
            }
        }
        seen & 1 << to != 0
    }

    /// Whether some fair path from state 1, where it can be reached, avoids the goal for ever; or,
    /// `for_good`, whether one leaves it, or does without it, again and again.
    /// Naively: every set of states in which a path can stay, walking through all of its states, is
    /// tried. Class 0 is weakly fair, class 1 strongly, others are not.
    fn avoids(&self, for_good: bool) -> bool {
        let far = self.distances();
        if far[1] == 0 || (self.goal == 1 && !for_good) {
            return false;
        }
        let free = |state: u8| for_good || state != self.goal;
        let mut region = 1u16 << 1;
        for _ in 0..9 {
            for (a, b, _) in &self.edges {
                if region & 1 << a != 0 && free(*b) {
                    region |= 1 << b;
                }
            }
        }
        let without = |set: &u16| set & !region == 0 && set & !(1 << self.goal) != 0;
        (1..512u16).filter(without).any(|set| self.stays(set))
    }

    fn stays(&self, set: u16) -> bool {
        let members: Vec<u8> = (0..9).filter(|state| set & 1 << state != 0).collect();
        let inside: Vec<(u8, u8, u8)> = self
            .edges
            .iter()
            .copied()
            .filter(|(a, b, _)| a != b && set & 1 << a != 0 && set & 1 << b != 0)
            .collect();
        let within = Self { edges: inside.clone(), bad: 9, goal: 9 };
        let connected = members.iter().all(|a| members.iter().all(|b| within.reaches(*a, *b)));
        let possible = |state: u8, class: u8| {
            self.edges.iter().any(|(a, b, c)| *a == state && b != a && *c == class)
        };
        let taken = |class: u8| inside.iter().any(|(_, _, c)| *c == class);
        connected
            && (taken(0) || members.iter().any(|state| !possible(*state, 0)))
            && (taken(1) || members.iter().all(|state| !possible(*state, 1)))
    }
}

fn is_one(_: &Random, state: &u8) -> bool {
    *state == 1
}

fn is_goal(model: &Random, state: &u8) -> bool {
    *state == model.goal
}

fn check(model: &Random, threads: usize) -> Report<u8, (u8, u8)> {
    model
        .check()
        .possible("way", |_, _| true, is_goal)
        .fair(vec![Fair::weak("0"), Fair::strong("1")], |_, _, (_, class)| {
            (*class < 2).then_some(u16::from(*class))
        })
        .leads_to("progress", is_one, is_goal)
        .follows("for good", LeadsTo::new(is_one, is_goal).for_good())
        .threads(threads)
        .run()
}

#[test]
fn random_models_are_decided_as_a_naive_search_decides_them() {
    let config = Config { cases: 6_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let edges = proptest::collection::vec((0..9u8, 0..9u8, 0..3u8), 0..24);
    let models = (edges, 0..9u8, 0..9u8).prop_map(|(edges, bad, goal)| Random { edges, bad, goal });
    let (once, stays) = (std::cell::Cell::new(0u32), std::cell::Cell::new(0u32));
    runner
        .run(&models, |model| {
            let report = check(&model, 1);
            let far = model.distances();
            let reachable: Vec<u8> = (0..9).filter(|s| far[usize::from(*s)] > 0).collect();
            prop_assert_eq!(report.distinct, reachable.len() as u64);
            let generated = model.edges.iter().filter(|(a, _, _)| far[usize::from(*a)] > 0).count();
            prop_assert_eq!(report.generated, 1 + generated as u64);
            prop_assert_eq!(report.depth, far.into_iter().max().unwrap_or(0));
            let [never, way, progress, for_good] = &report.properties[..] else {
                panic!("four asked")
            };
            let shortest = never.evidence.as_ref().map_or(0, |evidence| evidence.len() as u32);
            prop_assert_eq!(shortest, far[usize::from(model.bad)]);
            let stuck = reachable.iter().any(|state| !model.reaches(*state, model.goal));
            prop_assert_eq!(way.finding == Finding::Violated, stuck);
            for (asked, for_good, lassos) in [(progress, false, &once), (for_good, true, &stays)] {
                let violated = asked.finding == Finding::Violated;
                prop_assert_eq!(violated, model.avoids(for_good));
                if violated {
                    lassos.set(lassos.get() + 1);
                    let evidence = asked.evidence.as_ref();
                    prop_assert!(evidence.is_some_and(|evidence| evidence.confirmed));
                }
            }
            let other = check(&model, 3);
            prop_assert_eq!(&other.verdict, &report.verdict);
            let path = |report: &Report<u8, (u8, u8)>, at: usize| {
                let evidence = report.properties[at].evidence.as_ref();
                evidence.map(|evidence| evidence.path.clone())
            };
            prop_assert_eq!(path(&other, 2), path(&report, 2));
            prop_assert_eq!(path(&other, 3), path(&report, 3));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let (once, stays) = (once.get(), stays.get());
    assert!(once > 300 && stays > once, "only {once} and {stays} lassos");
}
