//! Two-phase commit with up to eight managers and a record of sixteen bytes for each: a state
//! without a heap, of more than two cache lines.

use stateright::{Model, Property};

/// The protocol with so many resource managers, at most 8.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    pub managers: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    managers: [Manager; 8],
    decision: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Manager {
    amount: u64,
    account: u16,
    device: u8,
    phase: Phase,
    sent: bool,
    seen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Decide(bool),
    See(u8),
    Prepare(u8),
    GiveUp(u8),
    Hear(u8, bool),
}

impl TwoPhase {
    fn managers(self, state: &State) -> &[Manager] {
        &state.managers[..usize::from(self.managers)]
    }
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let manager = |number: u8| Manager {
            amount: 1000 * u64::from(number),
            account: 7 * u16::from(number),
            device: number,
            phase: Phase::Working,
            sent: false,
            seen: false,
        };
        vec![State { managers: std::array::from_fn(|i| manager(i as u8)), decision: None }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.decision.is_none() {
            if self.managers(state).iter().all(|manager| manager.seen) {
                actions.push(Action::Decide(true));
            }
            actions.push(Action::Decide(false));
        }
        for (number, manager) in (0..).zip(self.managers(state)) {
            if state.decision.is_none() && manager.sent {
                actions.push(Action::See(number));
            }
            if manager.phase == Phase::Working {
                actions.push(Action::Prepare(number));
                actions.push(Action::GiveUp(number));
            }
            if let Some(commit) = state.decision {
                actions.push(Action::Hear(number, commit));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = *state;
        match action {
            Action::Decide(commit) => state.decision = Some(commit),
            Action::See(number) => state.managers[usize::from(number)].seen = true,
            Action::Prepare(number) => {
                let manager = &mut state.managers[usize::from(number)];
                (manager.phase, manager.sent) = (Phase::Prepared, true);
            }
            Action::GiveUp(number) => {
                state.managers[usize::from(number)].phase = Phase::Aborted;
            }
            Action::Hear(number, commit) => {
                let phase = if commit { Phase::Committed } else { Phase::Aborted };
                state.managers[usize::from(number)].phase = phase;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::sometimes("somebody commits", |model: &Self, state: &State| {
                model.managers(state).iter().any(|manager| manager.phase == Phase::Committed)
            }),
            Property::always("nobody commits while another aborts", |model: &Self, state| {
                let is = |phase| model.managers(state).iter().any(|m| m.phase == phase);
                !is(Phase::Committed) || !is(Phase::Aborted)
            }),
        ]
    }
}
