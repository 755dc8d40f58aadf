//! Lamport's Paxos with three acceptors and two values: acceptors that remember, and every message
//! that was ever sent.

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Model, Property};

/// The protocol with so many ballots, one after the other from 1 on.
#[derive(Clone, Copy, Debug)]
pub struct Paxos {
    pub ballots: u8,
}

const ACCEPTORS: u8 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    acceptors: Vec<Acceptor>,
    /// What was asked for in each ballot.
    asked: BTreeMap<u8, u8>,
    sent: BTreeSet<Message>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Acceptor {
    promised: u8,
    accepted: Option<(u8, u8)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    Prepare { ballot: u8 },
    Promise { ballot: u8, by: u8, accepted: Option<(u8, u8)> },
    Accept { ballot: u8, value: u8 },
    Accepted { ballot: u8, by: u8, value: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Prepare(u8),
    Ask(u8, u8),
    Receive(u8, Message),
}

impl State {
    /// The value that a ballot may ask for, if enough have promised and nothing binds it to
    /// another.
    fn may_ask(&self, ballot: u8, value: u8) -> bool {
        let promises = || {
            self.sent.iter().filter_map(move |message| match message {
                Message::Promise { ballot: of, accepted, .. } if *of == ballot => Some(*accepted),
                _ => None,
            })
        };
        !self.asked.contains_key(&ballot)
            && promises().count() * 2 > usize::from(ACCEPTORS)
            && promises().flatten().max().is_none_or(|(_, bound)| bound == value)
    }

    fn chosen(&self, value: u8) -> bool {
        let by = |ballot: u8| {
            (0..ACCEPTORS)
                .filter(move |by| self.sent.contains(&Message::Accepted { ballot, by: *by, value }))
        };
        self.asked.keys().any(|ballot| by(*ballot).count() * 2 > usize::from(ACCEPTORS))
    }
}

impl Model for Paxos {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let acceptors = vec![Acceptor::default(); usize::from(ACCEPTORS)];
        vec![State { acceptors, asked: BTreeMap::new(), sent: BTreeSet::new() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for ballot in 1..=self.ballots {
            if !state.sent.contains(&Message::Prepare { ballot }) {
                actions.push(Action::Prepare(ballot));
            }
            for value in 0..2 {
                if state.may_ask(ballot, value) {
                    actions.push(Action::Ask(ballot, value));
                }
            }
        }
        for message in &state.sent {
            if matches!(message, Message::Prepare { .. } | Message::Accept { .. }) {
                actions.extend((0..ACCEPTORS).map(|by| Action::Receive(by, *message)));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut after = state.clone();
        match action {
            Action::Prepare(ballot) => {
                after.sent.insert(Message::Prepare { ballot });
            }
            Action::Ask(ballot, value) => {
                after.asked.insert(ballot, value);
                after.sent.insert(Message::Accept { ballot, value });
            }
            Action::Receive(by, message) => {
                let acceptor = &mut after.acceptors[usize::from(by)];
                match message {
                    Message::Prepare { ballot } if ballot > acceptor.promised => {
                        acceptor.promised = ballot;
                        let accepted = acceptor.accepted;
                        after.sent.insert(Message::Promise { ballot, by, accepted });
                    }
                    Message::Accept { ballot, value } if ballot >= acceptor.promised => {
                        *acceptor = Acceptor { promised: ballot, accepted: Some((ballot, value)) };
                        after.sent.insert(Message::Accepted { ballot, by, value });
                    }
                    _ => return None,
                }
            }
        }
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one value", |_, state: &State| !state.chosen(0) || !state.chosen(1)),
            Property::sometimes("some value", |_, state: &State| state.chosen(1)),
        ]
    }
}
