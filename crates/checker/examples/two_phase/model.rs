//! Two-phase commit after Gray and Lamport, as in stateright's own example, with a state that is a
//! few machine words: any number of resource managers up to sixteen.

use stateright::{Model, Property};

/// The protocol with so many resource managers.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    /// How many, at most 16.
    pub managers: u8,
}

/// Sets of managers, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// Those that are no longer working and have not aborted.
    pub prepared: u16,
    /// Those that have committed.
    pub committed: u16,
    /// Those that have aborted.
    pub aborted: u16,
    /// `Prepared` messages that were sent.
    pub sent: u16,
    /// Those whose `Prepared` the coordinator has seen.
    pub seen: u16,
    /// The coordinator has decided, and has told everybody.
    pub decision: Decision,
}

/// What the coordinator has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Nothing yet.
    #[default]
    Open,
    /// Commit.
    Commit,
    /// Abort.
    Abort,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The coordinator decides to commit.
    Commit,
    /// The coordinator decides to abort.
    Abort,
    /// The coordinator receives a manager's `Prepared`.
    ReceivePrepared(u8),
    /// A manager prepares.
    Prepare(u8),
    /// A manager aborts by itself.
    ChooseAbort(u8),
    /// A manager hears of the commit.
    HearCommit(u8),
    /// A manager hears of the abort.
    HearAbort(u8),
}

impl TwoPhase {
    const fn all(self) -> u16 {
        ((1u32 << self.managers) - 1) as u16
    }
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let open = state.decision == Decision::Open;
        if open && state.seen == self.all() {
            actions.push(Action::Commit);
        }
        if open {
            actions.push(Action::Abort);
        }
        let working = !(state.prepared | state.committed | state.aborted);
        for manager in 0..self.managers {
            let bit = 1 << manager;
            if open && state.sent & bit != 0 {
                actions.push(Action::ReceivePrepared(manager));
            }
            if working & bit != 0 {
                actions.push(Action::Prepare(manager));
                actions.push(Action::ChooseAbort(manager));
            }
            match state.decision {
                Decision::Open => {}
                Decision::Commit => actions.push(Action::HearCommit(manager)),
                Decision::Abort => actions.push(Action::HearAbort(manager)),
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = *state;
        let only = |state: &mut State, bit: u16| {
            state.prepared &= !bit;
            state.committed &= !bit;
            state.aborted &= !bit;
        };
        match action {
            Action::Commit => state.decision = Decision::Commit,
            Action::Abort => state.decision = Decision::Abort,
            Action::ReceivePrepared(manager) => state.seen |= 1 << manager,
            Action::Prepare(manager) => {
                state.prepared |= 1 << manager;
                state.sent |= 1 << manager;
            }
            Action::ChooseAbort(manager) => state.aborted |= 1 << manager,
            Action::HearCommit(manager) => {
                only(&mut state, 1 << manager);
                state.committed |= 1 << manager;
            }
            Action::HearAbort(manager) => {
                only(&mut state, 1 << manager);
                state.aborted |= 1 << manager;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::sometimes("all abort", |model: &Self, state: &State| {
                state.aborted == model.all()
            }),
            Property::sometimes("all commit", |model: &Self, state: &State| {
                state.committed == model.all()
            }),
            Property::always("nobody commits while another aborts", |_, state: &State| {
                state.aborted == 0 || state.committed == 0
            }),
        ]
    }
}
