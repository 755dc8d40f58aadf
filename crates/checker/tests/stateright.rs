//! What stateright's own checkers do, pinned, and what ours does in its place. An upgrade that
//! mends one of them is noticed here.

use bindproof_checker::{Check, Cut, Verdict};
use stateright::{Checker, Model, Property};

/// Counts from 0 to `end`.
#[derive(Clone, Copy)]
struct Counter {
    end: u32,
    boundary: u32,
    properties: fn() -> Vec<Property<Counter>>,
    panics_at: u32,
}

const QUIET: Counter =
    Counter { end: 200, boundary: u32::MAX, properties: Vec::new, panics_at: u32::MAX };

impl Model for Counter {
    type State = u32;
    type Action = ();

    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<()>) {
        if *state < self.end {
            actions.push(());
        }
    }

    fn next_state(&self, state: &u32, (): ()) -> Option<u32> {
        assert!(*state != self.panics_at, "the counter broke");
        Some(state + 1)
    }

    fn within_boundary(&self, state: &u32) -> bool {
        *state <= self.boundary
    }

    fn properties(&self) -> Vec<Property<Self>> {
        (self.properties)()
    }
}

fn small_and_two() -> Vec<Property<Counter>> {
    vec![
        Property::always("below three", |_, state| *state < 3),
        Property::sometimes("a thousand", |_, state| *state == 1_000),
    ]
}

#[test]
fn a_counterexample_is_the_shortest_though_other_properties_are_open() {
    let model = Counter { properties: small_and_two, ..QUIET };
    let theirs = model.checker().spawn_bfs().join();
    let theirs = theirs.discovery("below three").expect("found").into_states().len();
    assert_eq!(theirs, 201, "stateright overwrites the first one");
    let ours = model.check().run();
    let property = ours.property("below three").expect("asked");
    assert_eq!(property.evidence.as_ref().map(|evidence| evidence.len()), Some(4));
}

#[test]
fn a_search_that_was_cut_short_is_no_success() {
    let model = Counter {
        properties: || vec![Property::always("below 150", |_, state| *state < 150)],
        ..QUIET
    };
    let theirs = model.checker().target_max_depth(50).spawn_bfs().join();
    assert!(theirs.is_done(), "stateright is done");
    theirs.assert_properties();
    assert_eq!(model.check().max_depth(50).run().verdict, Verdict::Truncated(Cut::Depth(50)));
}

#[test]
fn states_beyond_the_boundary_are_counted_and_no_success_unless_they_are_meant() {
    let model = Counter {
        boundary: 50,
        properties: || vec![Property::always("below 150", |_, state| *state < 150)],
        ..QUIET
    };
    model.checker().spawn_bfs().join().assert_properties();
    assert_eq!(model.check().run().verdict, Verdict::BoundaryCut(1));
    model.check().boundary_is_meant("fifty are enough").run().assert_exhausted();
}

#[test]
fn an_empty_list_of_properties_explores_everything_and_claims_nothing() {
    let theirs = QUIET.checker().spawn_bfs().join();
    assert_eq!(theirs.unique_state_count(), 1, "stateright stops at once");
    let ours = QUIET.check().run();
    assert_eq!(ours.distinct, 201);
    assert!(!ours.verdict.is_success());
}

#[test]
fn a_deadlock_and_a_panic_are_shown_by_the_run_that_leads_there() {
    let ours = QUIET.check().no_deadlock("goes on", |_, _| false).run();
    let evidence = ours.properties[0].evidence.as_ref().expect("it ends");
    assert_eq!((evidence.len(), evidence.confirmed), (201, true));
    let broken = Counter { panics_at: 7, ..QUIET };
    for threads in [1, 2] {
        let ours = broken.check().threads(threads).run();
        assert_eq!(
            ours.verdict,
            Verdict::Violated { property: "no-panic".into(), states: 8 },
            "a panic is a violation, asked for or not"
        );
        let evidence = ours.properties[0].evidence.as_ref().expect("shown");
        assert_eq!(evidence.panic.as_deref(), Some("the counter broke"));
        assert!(evidence.confirmed);
    }
}

#[test]
fn something_that_must_happen_in_the_end_is_missed_on_no_cycle() {
    struct Round;
    impl Model for Round {
        type State = u8;
        type Action = ();
        fn init_states(&self) -> Vec<u8> {
            vec![0]
        }
        fn actions(&self, _: &u8, actions: &mut Vec<()>) {
            actions.push(());
        }
        fn next_state(&self, state: &u8, (): ()) -> Option<u8> {
            Some((state + 1) % 3)
        }
        fn properties(&self) -> Vec<Property<Self>> {
            vec![Property::eventually("nine", |_, state| *state == 9)]
        }
    }
    assert!(Round.checker().spawn_bfs().join().discovery("nine").is_none(), "stateright misses it");
    let ours = Round.check().run();
    let evidence = ours.properties[0].evidence.as_ref().expect("a lasso shows it");
    assert_eq!((evidence.path.states.clone(), evidence.loop_from), (vec![0, 1, 2, 0], Some(0)));
    assert!(evidence.confirmed);
}
