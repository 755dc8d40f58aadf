//! Two-phase commit as one writes it first: vectors, and a set of messages.

use std::collections::BTreeSet;

use stateright::{Model, Property};

/// The protocol with so many resource managers.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    pub managers: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    managers: Vec<Phase>,
    /// Whose `Prepared` the coordinator has seen.
    seen: Vec<bool>,
    decided: bool,
    sent: BTreeSet<Message>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    Prepared(u8),
    Commit,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Decide(Message),
    See(u8),
    Prepare(u8),
    GiveUp(u8),
    Hear(u8, Phase),
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let count = usize::from(self.managers);
        let managers = vec![Phase::Working; count];
        vec![State { managers, seen: vec![false; count], decided: false, sent: BTreeSet::new() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if !state.decided {
            if state.seen.iter().all(|seen| *seen) {
                actions.push(Action::Decide(Message::Commit));
            }
            actions.push(Action::Decide(Message::Abort));
        }
        for (manager, phase) in (0..).zip(&state.managers) {
            if !state.decided && state.sent.contains(&Message::Prepared(manager)) {
                actions.push(Action::See(manager));
            }
            if *phase == Phase::Working {
                actions.push(Action::Prepare(manager));
                actions.push(Action::GiveUp(manager));
            }
            if state.sent.contains(&Message::Commit) {
                actions.push(Action::Hear(manager, Phase::Committed));
            }
            if state.sent.contains(&Message::Abort) {
                actions.push(Action::Hear(manager, Phase::Aborted));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Decide(message) => {
                state.decided = true;
                state.sent.insert(message);
            }
            Action::See(manager) => state.seen[usize::from(manager)] = true,
            Action::Prepare(manager) => {
                state.managers[usize::from(manager)] = Phase::Prepared;
                state.sent.insert(Message::Prepared(manager));
            }
            Action::GiveUp(manager) => state.managers[usize::from(manager)] = Phase::Aborted,
            Action::Hear(manager, phase) => state.managers[usize::from(manager)] = phase,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let committed = |_: &Self, state: &State| state.managers.contains(&Phase::Committed);
        vec![
            Property::sometimes("somebody commits", committed),
            Property::always("nobody commits while another aborts", |_, state: &State| {
                !state.managers.contains(&Phase::Committed)
                    || !state.managers.contains(&Phase::Aborted)
            }),
        ]
    }
}
