//! What must never be a success: a search that was cut short, a hash that cannot be relied on,
//! figures that are not the pinned ones, a model that panics, a check in which nothing is said.

mod cuts;
mod doubts;
mod hashes;
mod panics;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bindproof_checker::{Report, Verdict};
use stateright::{Model, Property};

/// A grid: each step goes right or up, to a hundred.
#[derive(Clone, Copy, Debug)]
struct Grid;

type Place = (u8, u8);

const SIDE: u8 = 100;

impl Model for Grid {
    type State = Place;
    type Action = bool;

    fn init_states(&self) -> Vec<Place> {
        vec![(0, 0)]
    }

    fn actions(&self, _: &Place, actions: &mut Vec<bool>) {
        actions.extend([false, true]);
    }

    fn next_state(&self, (x, y): &Place, up: bool) -> Option<Place> {
        let next = if up { (*x, y + 1) } else { (x + 1, *y) };
        (next.0 < SIDE && next.1 < SIDE).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("on the grid", |_, (x, y): &Place| *x < SIDE && *y < SIDE)]
    }
}

/// That a report is no success in any of the ways in which it could be taken for one.
#[track_caller]
fn refused<S: Debug, A: Debug>(report: &Report<S, A>, expected: &Verdict) {
    assert_eq!(&report.verdict, expected);
    assert!(!report.verdict.is_success());
    let violated = matches!(expected, Verdict::Violated { .. });
    assert_eq!(report.verdict.exit_code(), if violated { 1 } else { 2 });
    let asserted = catch_unwind(AssertUnwindSafe(|| report.assert_exhausted()));
    let said = asserted.expect_err("the assertion fails");
    let said = said.downcast_ref::<String>().expect("a text");
    assert!(said.starts_with(&expected.to_string()), "{said}");
}
