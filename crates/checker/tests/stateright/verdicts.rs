//! What a run says as a whole: 1, 2, 8, 9 and 12.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bindproof_checker::{Check, Cut, Doubt, Verdict};
use stateright::{Checker, Model, Property};

use crate::{Counter, QUIET};

#[test]
fn a_counterexample_is_the_shortest_though_other_properties_are_open() {
    let model = Counter {
        properties: || {
            vec![
                Property::always("below three", |_, state| *state < 3),
                Property::sometimes("a thousand", |_, state| *state == 1_000),
            ]
        },
        ..QUIET
    };
    let theirs = model.checker().spawn_bfs().join();
    let theirs = theirs.discovery("below three").expect("found").into_states().len();
    assert_eq!(theirs, 201, "stateright overwrites the first one");
    let ours = model.check().run();
    let property = ours.property("below three").expect("asked");
    assert_eq!(property.evidence.as_ref().map(|evidence| evidence.len()), Some(4));
}

/// Breaks its promise at 5000, far behind each cut.
const LONG: Counter = Counter {
    end: 10_000,
    properties: || vec![Property::always("below 5000", |_, state| *state < 5_000)],
    ..QUIET
};

#[test]
fn a_search_that_was_cut_short_is_no_success() {
    let by_depth = LONG.checker().target_max_depth(50).spawn_bfs().join();
    assert!(by_depth.is_done(), "stateright is done");
    by_depth.assert_properties();
    assert_eq!(LONG.check().max_depth(50).run().verdict, Verdict::Truncated(Cut::Depth(50)));

    let by_count = LONG.checker().target_state_count(50).spawn_bfs().join();
    assert!(by_count.is_done() && by_count.state_count() < 5_000);
    by_count.assert_properties();
    assert_eq!(LONG.check().max_states(50).run().verdict, Verdict::Truncated(Cut::States(50)));
}

#[test]
fn a_search_that_ran_out_of_time_is_no_success() {
    /// A tree without an end.
    #[derive(Clone, Copy)]
    struct Tree;
    impl Model for Tree {
        type State = u64;
        type Action = u64;
        fn init_states(&self) -> Vec<u64> {
            vec![1]
        }
        fn actions(&self, _: &u64, actions: &mut Vec<u64>) {
            actions.extend([0, 1]);
        }
        fn next_state(&self, state: &u64, bit: u64) -> Option<u64> {
            Some(state.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(bit))
        }
        fn properties(&self) -> Vec<Property<Self>> {
            vec![Property::always("never six", |_, state| *state != 6)]
        }
    }
    let short = Duration::from_millis(5);
    let theirs = Tree.checker().threads(2).timeout(short).spawn_bfs().join();
    assert!(theirs.is_done(), "stateright is done");
    theirs.assert_properties();
    let ours = Tree.check().max_time(short).run();
    assert_eq!(ours.verdict, Verdict::Truncated(Cut::Time(short)));
    assert!(!ours.verdict.is_success() && ours.distinct > 1);
}

#[test]
fn a_deadlock_is_shown_by_the_run_that_leads_there() {
    let model = Counter {
        properties: || vec![Property::always("a number", |_, state| *state < u32::MAX)],
        ..QUIET
    };
    let theirs = model.checker().spawn_bfs().join();
    theirs.assert_properties();
    assert!(theirs.discoveries().is_empty(), "stateright does not mind");
    let ours = model.check().no_deadlock("goes on", |_, _| false).run();
    assert_eq!(ours.verdict, Verdict::Violated { property: "goes on".into(), states: 201 });
    let evidence = ours.properties[1].evidence.as_ref().expect("it ends");
    assert_eq!((evidence.len(), evidence.confirmed), (201, true));
    let may_end = model.check().no_deadlock("goes on to 200", |_, state| *state == 200);
    may_end.run().assert_exhausted();
}

#[test]
fn an_empty_list_of_properties_explores_everything_and_claims_nothing() {
    let theirs = QUIET.checker().spawn_bfs().join();
    assert_eq!(theirs.unique_state_count(), 1, "stateright stops at once");
    assert!(theirs.is_done());
    theirs.assert_properties();
    let ours = QUIET.check().run();
    assert_eq!(ours.distinct, 201);
    assert_eq!(ours.verdict, Verdict::Undecided(vec![Doubt::NothingAsked]));
}

#[test]
fn a_panic_is_shown_by_the_run_that_leads_there() {
    let broken = Counter {
        panics_at: 7,
        properties: || vec![Property::always("a number", |_, state| *state < u32::MAX)],
        ..QUIET
    };
    let theirs = catch_unwind(AssertUnwindSafe(|| drop(broken.checker().spawn_bfs().join())));
    let payload = theirs.expect_err("the thread is dead");
    let said = payload.downcast_ref::<String>().expect("a text");
    assert_eq!(said, "Failed to join checker thread: Any { .. }", "stateright tells no more");
    for threads in [1, 2] {
        let ours = broken.check().threads(threads).run();
        assert_eq!(
            ours.verdict,
            Verdict::Violated { property: "no-panic".into(), states: 8 },
            "a panic is a violation, asked for or not"
        );
        let evidence = ours.properties[1].evidence.as_ref().expect("shown");
        assert_eq!(evidence.panic.as_deref(), Some("the counter broke"));
        assert!(evidence.confirmed);
    }
}
