//! Two-phase commit on the heap: the classic figures, and its orbits.

use bindproof_checker::Check as _;
use bindproof_checker::audit::{self, Permutation};
use stateright::{Checker as _, Model as _};

use crate::both;
use crate::models::two_phase::{Commit, Message, State};

/// The same state with its managers in this order.
fn reordered(state: &State, order: &[usize]) -> State {
    let moved = |message: &Message| match message {
        Message::Prepared(at) => {
            Message::Prepared(order.iter().position(|old| old == at).unwrap_or(*at))
        }
        other => *other,
    };
    State {
        managers: order.iter().map(|old| state.managers[*old]).collect(),
        decided: state.decided,
        seen: order.iter().map(|old| state.seen[*old]).collect(),
        sent: state.sent.iter().map(moved).collect(),
    }
}

/// The managers in the order of all that is known of each.
fn sorted(state: &State) -> State {
    let mut order: Vec<usize> = (0..state.managers.len()).collect();
    order.sort_by_key(|at| {
        (state.managers[*at], state.seen[*at], state.sent.contains(&Message::Prepared(*at)))
    });
    reordered(state, &order)
}

#[test]
fn the_classic_figures_come_out_on_the_heap_as_well() {
    for (managers, distinct) in [(3, 288), (5, 8_832)] {
        let (report, compared) = both(&Commit { managers });
        assert!(compared && report.verdict.is_success());
        assert_eq!(report.distinct, distinct);
    }
}

#[test]
fn orbits_are_as_many_as_stateright_finds_depth_first() {
    let model = Commit { managers: 5 };
    let theirs = model.clone().checker().symmetry_fn(sorted).spawn_dfs().join();
    theirs.assert_properties();
    for threads in [1, 2] {
        let ours = model.check().symmetry(|_, state| sorted(state)).threads(threads).run();
        ours.assert_exhausted();
        assert_eq!(ours.distinct, theirs.unique_state_count() as u64);
        assert!(ours.distinct < 8_832 / 10);
    }
    let small = Commit { managers: 3 };
    let orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let reorder = orders.map(|order| move |state: &State| reordered(state, &order));
    let all: Vec<Permutation<'_, Commit>> = reorder.iter().map(|r| r as _).collect();
    assert_eq!(audit::symmetry(&small, 1_000, sorted, &all), Ok(288));
    assert_eq!(audit::hashing(&small, 1_000), Ok(288));
}
