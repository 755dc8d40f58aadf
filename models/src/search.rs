//! A plain exact breadth-first search: every state is stored and compared in full. It is short so
//! that it can be believed, and it is the oracle for anything faster.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use stateright::Model;

/// A model that tells what fired in each step.
pub trait Fires: Model {
    /// What fired.
    type Fired;
    /// The state after `action`, and what fired on the way.
    fn fires(&self, state: &Self::State, action: &Self::Action) -> (Self::State, Self::Fired);
}

/// What a search found. `edges` lists, for each state in the order of discovery, the numbers of
/// its successors other than itself, each with the number of the action in `Model::actions`.
pub struct Explored<S> {
    /// Every state, in the order of discovery.
    pub states: Vec<S>,
    /// The first predecessor of each state, by number; its own number for an initial state.
    pub parents: Vec<u32>,
    /// Successors, one slice a state.
    pub edges: Vec<(u32, u16)>,
    /// Where each state's slice begins in `edges`; one more than states.
    pub starts: Vec<usize>,
    /// Initial states and successors, duplicates included.
    pub generated: u64,
    /// States on the longest shortest path.
    pub depth: u32,
    /// Why the search stopped before it had seen everything, if it did.
    pub cut: Option<Cut>,
}

/// Why a search was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It had as many states as it was allowed.
    States(usize),
    /// Somebody asked it to stop.
    Interrupted,
}

/// What somebody who watches a search is shown for each step, and may ask.
pub trait Watch<M: Fires> {
    /// A state was reached for the first time; `number` is its place in the order of discovery.
    fn state(&mut self, number: u32, state: &M::State);
    /// A step was taken from the state with this number; the successor has the other.
    fn step(
        &mut self,
        from: u32,
        before: &M::State,
        action: &M::Action,
        fired: &M::Fired,
        to: u32,
        after: &M::State,
    );
    /// Every step from the state with this number has been seen.
    fn done(&mut self, number: u32, state: &M::State);
    /// Asked every so often: whether to stop.
    fn stop(&mut self, states: usize, depth: u32) -> bool;
}

/// Visits every reachable state of `model`, breadth first, up to `most` of them.
pub fn search<M: Fires, W: Watch<M>>(model: &M, most: usize, watch: &mut W) -> Explored<M::State>
where
    M::State: Clone + Eq + std::hash::Hash,
{
    let mut found = Explored {
        states: Vec::new(),
        parents: Vec::new(),
        edges: Vec::new(),
        starts: Vec::new(),
        generated: 0,
        depth: 0,
        cut: None,
    };
    let mut seen = Numbers::new();
    let mut depths: VecDeque<u32> = VecDeque::new();
    for state in model.init_states() {
        found.generated += 1;
        let next = found.states.len() as u32;
        if seen.number(&mut found.states, state).1 {
            found.parents.push(next);
            depths.push_back(1);
            watch.state(next, &found.states[next as usize]);
        }
    }
    let mut actions = Vec::new();
    let mut at = 0;
    while at < found.states.len() {
        let before = found.states[at].clone();
        let depth = depths.pop_front().unwrap_or(0);
        found.depth = found.depth.max(depth);
        found.starts.push(found.edges.len());
        actions.clear();
        model.actions(&before, &mut actions);
        for (number, action) in actions.iter().enumerate() {
            let (after, fired) = model.fires(&before, action);
            found.generated += 1;
            let (to, new) = seen.number(&mut found.states, after.clone());
            if new {
                found.parents.push(at as u32);
                depths.push_back(depth + 1);
                watch.state(to, &after);
            }
            if to as usize != at {
                found.edges.push((to, number as u16));
            }
            watch.step(at as u32, &before, action, &fired, to, &after);
        }
        watch.done(at as u32, &before);
        at += 1;
        if found.states.len() > most {
            found.cut = Some(Cut::States(most));
            break;
        }
        if at % 1024 == 0 && watch.stop(found.states.len(), found.depth) {
            found.cut = Some(Cut::Interrupted);
            break;
        }
    }
    found.starts.resize(found.states.len() + 1, found.edges.len());
    found
}

/// An index from states to their numbers, by open addressing; equality decides, never the hash.
struct Numbers {
    slots: Vec<u32>,
    hasher: std::hash::BuildHasherDefault<crate::hash::Words>,
}

impl Numbers {
    fn new() -> Self {
        Self { slots: vec![u32::MAX; 1 << 12], hasher: Default::default() }
    }

    /// The number of `state`, which is new if it is not among `states` yet.
    fn number<S: Eq + std::hash::Hash>(&mut self, states: &mut Vec<S>, state: S) -> (u32, bool) {
        if (states.len() + 1) * 2 > self.slots.len() {
            self.slots = vec![u32::MAX; self.slots.len() * 2];
            for number in 0..states.len() {
                let at = self.find(states, &states[number]);
                self.slots[at] = number as u32;
            }
        }
        let at = self.find(states, &state);
        if self.slots[at] != u32::MAX {
            return (self.slots[at], false);
        }
        self.slots[at] = states.len() as u32;
        states.push(state);
        (states.len() as u32 - 1, true)
    }

    /// The slot that holds `state`, or the empty one where it belongs.
    fn find<S: Eq + std::hash::Hash>(&self, states: &[S], state: &S) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.hasher.hash_one(state) as usize & mask;
        while self.slots[at] != u32::MAX && states[self.slots[at] as usize] != *state {
            at = (at + 1) & mask;
        }
        at
    }
}
