//! Random finite models: up to nine states, and edges that say of themselves what they are.

use bindproof_checker::{Check, Checker, Fair, LeadsTo, Packed};
use proptest::prelude::*;
use stateright::{Model, Property};

/// How many states there are at most.
pub const STATES: u8 = 9;

/// A state. Its packed form is another byte, so that it matters which is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At(pub u8);

impl Packed for At {
    type Bytes = u8;

    fn pack(&self) -> u8 {
        self.0 ^ 0x55
    }

    fn unpack(bytes: &u8) -> Self {
        Self(bytes ^ 0x55)
    }
}

/// What an edge is, beside where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Adversary,
    Request,
    Optional,
}

/// An edge, which is an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: u8,
    pub to: u8,
    /// Class 0 is weakly fair, class 1 strongly, others are not.
    pub class: u8,
    pub role: Role,
}

#[derive(Clone, Debug)]
pub struct Random {
    pub edges: Vec<Edge>,
    pub bad: u8,
    pub goal: u8,
    /// Whether the model asks that the goal is reached in the end. Then edges from a state to
    /// itself are recorded, for all properties.
    pub eventually: bool,
}

/// All random models.
pub fn models() -> impl Strategy<Value = Random> {
    let role = prop_oneof![
        4 => Just(Role::Plain),
        3 => Just(Role::Adversary),
        1 => Just(Role::Request),
        1 => Just(Role::Optional),
    ];
    let edge = (0..STATES, 0..STATES, 0..3u8, role).prop_map(|(from, to, class, role)| Edge {
        from,
        to,
        class,
        role,
    });
    let edges = proptest::collection::vec(edge, 0..24);
    (edges, 0..STATES, 0..STATES, any::<bool>()).prop_map(|(edges, bad, goal, eventually)| Random {
        edges,
        bad,
        goal,
        eventually,
    })
}

impl Model for Random {
    type State = At;
    type Action = Edge;

    fn init_states(&self) -> Vec<At> {
        vec![At(0)]
    }

    fn actions(&self, state: &At, actions: &mut Vec<Edge>) {
        actions.extend(self.edges.iter().filter(|edge| edge.from == state.0));
    }

    fn next_state(&self, _: &At, edge: Edge) -> Option<At> {
        Some(At(edge.to))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut asked: Vec<Property<Self>> =
            vec![Property::always("never bad", |model: &Self, state: &At| state.0 != model.bad)];
        if self.eventually {
            asked.push(Property::eventually("in the end", |model: &Self, state: &At| {
                state.0 == model.goal
            }));
        }
        asked
    }
}

/// Asks everything.
pub fn asked(model: &Random) -> Checker<'_, Random> {
    fn goal(model: &Random, state: &At) -> bool {
        state.0 == model.goal
    }
    model
        .check()
        .step("no step", |model, step| step.before.0 != model.bad || step.after.0 != model.goal)
        .optional(|_, _, edge| edge.role == Role::Optional)
        .at_rest("rest", |model, state| state.0 == model.goal)
        .possible("way", |_, _| true, goal)
        .adversary(|_, _, edge| edge.role == Role::Adversary)
        .game("game", |_, _| true, goal)
        .fair(vec![Fair::weak("0"), Fair::strong("1")], |_, _, edge| {
            (edge.class < 2).then_some(u16::from(edge.class))
        })
        .leads_to("progress", |_, state| state.0 == 1, goal)
        .leads_to_once_ceased(
            "ceased",
            |_, _, edge| edge.role == Role::Request,
            |_, state| state.0 == 1,
            goal,
        )
        .follows("for good", LeadsTo::new(|_, state: &At| state.0 == 1, goal).for_good())
}
