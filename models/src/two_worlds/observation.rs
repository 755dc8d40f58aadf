//! What a stranger is told: everything that comes back to his client, and nothing else.

use bindproof::bank::binding;
use bindproof::journal::Decided;
use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::wallet::operation::Operation;

use super::{Side, World};
use crate::action::{Action, Delivery};
use crate::drive::{Fired, Record};

/// What the stranger is told by one of his moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Observation {
    /// Nothing comes back: time has passed, or nothing was sent.
    Nothing,
    /// A problem, with its code.
    Problem(Refusal),
    /// A challenge stands open, be it new, sent again, or answered wrongly.
    Challenge {
        /// The class of the proof, as it is shown.
        class: Requirement,
        /// The tries that are left.
        tries_left: u8,
    },
    /// The answer was accepted.
    Accepted,
    /// It is being worked on.
    InProgress,
    /// It is over.
    Outcome(Operation),
    /// Where a binding stands, from the bank server.
    Binding(binding::State),
}

/// What comes back to the stranger's client after `action`, which led to `world`.
pub(super) fn told(side: &Side, world: &World, fired: &Fired, action: Action) -> Observation {
    let refused = |record| {
        fired.steps().find_map(|(on, tag)| match tag {
            Decided::Refused(refusal) if on == record => Some(Observation::Problem(refusal)),
            _ => None,
        })
    };
    match action {
        Action::Request { operation, .. } | Action::Answer { operation, .. } => {
            let asked = matches!(action, Action::Request { .. });
            refused(Record::Operation(operation))
                .unwrap_or_else(|| of_operation(side, world, usize::from(operation), asked))
        }
        Action::Deliver { delivery: Delivery::Ask(b) | Delivery::Leave(b), .. }
        | Action::Status { binding: b, .. }
        | Action::LeaveForeign(b) => refused(Record::Binding(b))
            .unwrap_or(Observation::Binding(world.bindings[usize::from(b)].state)),
        _ => Observation::Nothing,
    }
}

/// Where an operation stands, as its client is told.
fn of_operation(side: &Side, world: &World, o: usize, asked: bool) -> Observation {
    match world.operations[o] {
        Operation::Absent => Observation::Nothing,
        Operation::Challenged { demand, tries_left } => {
            let class = demand.shown_as(side.controls, side.scope.operation[o].kind);
            Observation::Challenge { class, tries_left }
        }
        Operation::Authenticated { .. } if !asked => Observation::Accepted,
        Operation::Authenticated { .. } | Operation::Debiting => Observation::InProgress,
        over => Observation::Outcome(over),
    }
}
