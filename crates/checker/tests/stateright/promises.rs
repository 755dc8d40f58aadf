//! What must happen in the end, boundaries, and steps: 3, 4, 5 and one more.

use bindproof_checker::{Check, Doubt, Finding, Verdict};
use stateright::{Checker, Model, Property};

use crate::{Counter, Graph, QUIET};

#[test]
fn something_that_must_happen_in_the_end_is_missed_on_no_cycle() {
    let round = Graph {
        edges: &[(0, 1), (1, 2), (2, 0)],
        properties: || vec![Property::eventually("nine", |_, state| *state == 9)],
    };
    for theirs in [
        round.checker().spawn_bfs().join().discovery("nine"),
        round.checker().spawn_dfs().join().discovery("nine"),
    ] {
        assert!(theirs.is_none(), "stateright misses it");
    }
    let ours = round.check().run();
    let evidence = ours.properties[0].evidence.as_ref().expect("a lasso shows it");
    assert_eq!((evidence.path.states.clone(), evidence.loop_from), (vec![0, 1, 2, 0], Some(0)));
    assert!(evidence.confirmed);
}

#[test]
fn something_that_must_happen_in_the_end_is_missed_where_no_paths_join() {
    // The way through 2 never sees 1, but 3 was known before from the way that does.
    let join = Graph {
        edges: &[(0, 1), (0, 2), (1, 3), (2, 3)],
        properties: || vec![Property::eventually("one", |_, state| *state == 1)],
    };
    assert!(join.checker().spawn_bfs().join().discovery("one").is_none(), "stateright misses it");
    let depth_first = join.checker().spawn_dfs().join().discovery("one");
    assert_eq!(depth_first.expect("by luck").into_states(), [0, 2, 3], "its searches disagree");
    for threads in [1, 3] {
        let ours = join.check().threads(threads).run();
        let evidence = ours.properties[0].evidence.as_ref().expect("a run shows it");
        assert_eq!((evidence.path.states.clone(), evidence.loop_from), (vec![0, 2, 3], Some(2)));
        assert!(evidence.confirmed);
    }
}

#[test]
fn states_beyond_the_boundary_are_counted_and_no_success_unless_they_are_meant() {
    let model = Counter {
        boundary: 50,
        properties: || vec![Property::always("below 150", |_, state| *state < 150)],
        ..QUIET
    };
    model.checker().spawn_bfs().join().assert_properties();
    let ours = model.check().run();
    assert_eq!((ours.verdict, ours.beyond), (Verdict::BoundaryCut(1), 1));
    let meant = model.check().boundary_is_meant("fifty are enough").run();
    meant.assert_exhausted();
    assert_eq!(meant.boundary_reason.as_deref(), Some("fifty are enough"));
}

#[test]
fn a_boundary_is_not_taken_for_the_end_of_a_path() {
    let properties = || vec![Property::eventually("a hundred", |_, state| *state == 100)];
    let model = Counter { boundary: 50, properties, ..QUIET };
    let theirs = model.checker().spawn_bfs().join().discovery("a hundred");
    assert_eq!(theirs.expect("a false alarm").last_state(), &50, "stateright: never");
    Counter { properties, ..QUIET }.check().run().assert_exhausted();
    let ours = model.check().run();
    assert_eq!(ours.verdict, Verdict::BoundaryCut(1));
    assert_eq!(ours.properties[0].finding, Finding::Undecided(None));
    // That the boundary is meant makes no end of it.
    let meant = model.check().boundary_is_meant("fifty are enough").run();
    assert!(matches!(
        meant.verdict,
        Verdict::Undecided(doubts) if matches!(doubts[..], [Doubt::Unsound(..)])
    ));
}

#[test]
fn steps_can_be_asked_about() {
    // Every state is fine, and so is each set of states; the step from 2 back to 1 is not.
    let back = Graph {
        edges: &[(0, 1), (1, 2), (2, 1)],
        properties: || vec![Property::always("below three", |_, state| *state < 3)],
    };
    back.checker().spawn_bfs().join().assert_properties();
    let ours = back.check().step("never back", |_, step| step.before <= step.after).run();
    assert_eq!(ours.verdict, Verdict::Violated { property: "never back".into(), states: 4 });
    let evidence = ours.properties[1].evidence.as_ref().expect("shown");
    assert_eq!(evidence.path.states, [0, 1, 2, 1]);
    assert!(evidence.confirmed);
}
