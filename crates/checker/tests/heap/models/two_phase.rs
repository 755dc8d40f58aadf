//! Two-phase commit with a list of managers and a set of messages.

use std::collections::BTreeSet;

use stateright::{Model, Property};

/// The protocol with so many managers.
#[derive(Clone, Debug)]
pub struct Commit {
    /// How many.
    pub managers: usize,
}

/// What everybody knows and what was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    pub managers: Vec<Manager>,
    pub decided: bool,
    pub seen: Vec<bool>,
    pub sent: BTreeSet<Message>,
}

/// How far a manager is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manager {
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// What is sent, and stays sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    Prepared(usize),
    Commit,
    Abort,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Decide(Message),
    See(usize),
    Become(usize, Manager),
}

impl Model for Commit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            managers: vec![Manager::Working; self.managers],
            decided: false,
            seen: vec![false; self.managers],
            sent: BTreeSet::new(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if !state.decided {
            actions.push(Action::Decide(Message::Abort));
            if state.seen.iter().all(|seen| *seen) {
                actions.push(Action::Decide(Message::Commit));
            }
        }
        for (at, manager) in state.managers.iter().enumerate() {
            if !state.decided && state.sent.contains(&Message::Prepared(at)) {
                actions.push(Action::See(at));
            }
            if *manager == Manager::Working {
                actions.push(Action::Become(at, Manager::Prepared));
                actions.push(Action::Become(at, Manager::Aborted));
            }
            if state.sent.contains(&Message::Commit) {
                actions.push(Action::Become(at, Manager::Committed));
            }
            if state.sent.contains(&Message::Abort) {
                actions.push(Action::Become(at, Manager::Aborted));
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
            Action::See(at) => state.seen[at] = true,
            Action::Become(at, manager) => {
                state.managers[at] = manager;
                if manager == Manager::Prepared {
                    state.sent.insert(Message::Prepared(at));
                }
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn all(state: &State, what: Manager) -> bool {
            state.managers.iter().all(|manager| *manager == what)
        }
        vec![
            Property::sometimes("all commit", |_, state| all(state, Manager::Committed)),
            Property::sometimes("all abort", |_, state| all(state, Manager::Aborted)),
            Property::always("no commit beside an abort", |_, state: &State| {
                !state.managers.contains(&Manager::Committed)
                    || !state.managers.contains(&Manager::Aborted)
            }),
        ]
    }
}
