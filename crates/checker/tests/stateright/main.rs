//! What stateright 0.31's own checkers do, pinned, and what ours does in its place. An upgrade that
//! mends one of them is noticed here.
//!
//! | # | stateright | where |
//! |---|---|---|
//! | 1 | a counterexample is overwritten while other properties are open | `verdicts` |
//! | 2 | a run cut short by count, depth or time is done, and its assertions pass | `verdicts` |
//! | 3 | `eventually` is missed on a cycle | `promises` |
//! | 4 | `eventually` is missed where paths join | `promises` |
//! | 5 | a boundary cuts unsaid, hides what is beyond, and raises false alarms | `promises` |
//! | 6 | symmetry is ignored by breadth-first search | `states` |
//! | 7 | states that hash alike are one state, whatever equality says | `states` |
//! | 8 | a deadlock is not reported | `verdicts` |
//! | 9 | without properties the search stops after one state and is done | `verdicts` |
//! | 10 | simulation shows runs that violate nothing once an action was ignored | `states` |
//! | 11 | each state that waits holds its whole path: quadratic in depth | `../cost.rs` |
//! | 12 | a panic of the model comes without a run, and without what it said | `verdicts` |
//!
//! And a thirteenth: nothing can be asked of steps (`promises`).

mod promises;
mod states;
mod verdicts;

use stateright::{Model, Property};

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

/// A graph, from 0 on; an action is where it leads.
#[derive(Clone, Copy)]
struct Graph {
    edges: &'static [(u8, u8)],
    properties: fn() -> Vec<Property<Graph>>,
}

impl Model for Graph {
    type State = u8;
    type Action = u8;

    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn actions(&self, state: &u8, actions: &mut Vec<u8>) {
        actions.extend(self.edges.iter().filter(|(from, _)| from == state).map(|(_, to)| *to));
    }

    fn next_state(&self, _: &u8, to: u8) -> Option<u8> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        (self.properties)()
    }
}
