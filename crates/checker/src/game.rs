//! What stays possible on an explored graph: with everybody's help, or against the adversary.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::graph::{Graph, Reversed};
use crate::label::ADVERSARY;
use crate::search::graph::Edge;

/// The most positions that a strategy is told with.
const POSITIONS_MAX: usize = 500;

/// How the adversary keeps a game from being won: an answer to every move, for ever.
#[derive(Clone, Debug)]
pub struct Strategy<S, A> {
    /// The positions that can come up, the first one first.
    pub positions: Vec<Position<S, A>>,
    /// Whether these are all of them; else the rest is left out.
    pub complete: bool,
}

/// A position from which the adversary does not lose.
#[derive(Clone, Debug)]
pub struct Position<S, A> {
    /// The state.
    pub state: S,
    /// What can be done in it, and what the adversary does then.
    pub moves: Vec<Move<A>>,
}

/// A move, and the adversary's answer.
#[derive(Clone, Debug)]
pub struct Move<A> {
    /// What somebody else than the adversary does.
    pub action: Option<A>,
    /// What the adversary does then; nothing, if the position is bad enough as it is.
    pub answer: Vec<A>,
    /// The position that comes out, by its place in the strategy; none if it was left out.
    pub then: Option<usize>,
}

/// The states from which there is a way into `goal` although the adversary may move, once or any
/// finite number of times, after each of the others' moves.
pub(crate) fn can_force(graph: &Graph, reversed: &Reversed, goal: &[bool]) -> Vec<bool> {
    let mut won = goal.to_vec();
    loop {
        // From where the adversary can go, moving alone, to a state that is not won yet. A goal
        // that he can spoil before anybody else moves does not count as reached: that errs
        // towards a false alarm, never towards a false promise.
        let spoiled = spoiled(reversed, &won);
        let mut more = false;
        for state in 0..graph.count() as u32 {
            if won[state as usize] {
                continue;
            }
            let wins = graph
                .from(state)
                .iter()
                .any(|edge| edge.label & ADVERSARY == 0 && !spoiled[edge.to as usize]);
            won[state as usize] = wins;
            more |= wins;
        }
        if !more {
            return won;
        }
    }
}

/// From where the adversary, moving alone, can reach what is not won.
fn spoiled(reversed: &Reversed, won: &[bool]) -> Vec<bool> {
    let lost: Vec<bool> = won.iter().map(|won| !won).collect();
    reversed.backward(&lost, |label| label & ADVERSARY != 0)
}

/// A move between positions, by number: where it leads, and along which edges.
pub(crate) struct Answered {
    /// The move's end and label.
    pub(crate) to: (u32, u32),
    /// The adversary's moves after it.
    pub(crate) answer: Vec<(u32, u32)>,
}

impl Answered {
    /// The position after the answer.
    pub(crate) fn end(&self) -> u32 {
        self.answer.last().map_or(self.to.0, |(state, _)| *state)
    }
}

/// The adversary's strategy from `start`, which is not won: each position with its moves. The
/// second part says whether nothing was left out.
pub(crate) fn strategy(
    graph: &Graph,
    won: &[bool],
    start: u32,
) -> (Vec<(u32, Vec<Answered>)>, bool) {
    let mut positions = Vec::new();
    let mut known = BTreeSet::from([start]);
    let mut open = VecDeque::from([start]);
    let mut complete = true;
    while let Some(state) = open.pop_front() {
        if positions.len() == POSITIONS_MAX {
            complete = false;
            break;
        }
        let mut moves = Vec::new();
        let own = |edge: &&Edge| edge.label & ADVERSARY == 0 && edge.to != state;
        for edge in graph.from(state).iter().filter(own) {
            let Some(answer) = way_to_lost(graph, won, edge.to) else { continue };
            let answered = Answered { to: (edge.to, edge.label), answer };
            if known.insert(answered.end()) {
                open.push_back(answered.end());
            }
            moves.push(answered);
        }
        positions.push((state, moves));
    }
    (positions, complete)
}

/// The adversary's shortest way, moving alone, from a state to one that is not won.
fn way_to_lost(graph: &Graph, won: &[bool], from: u32) -> Option<Vec<(u32, u32)>> {
    let mut came: BTreeMap<u32, Option<(u32, u32)>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(state) = open.pop_front() {
        if !won[state as usize] {
            let mut way = Vec::new();
            let mut at = state;
            while let Some((before, label)) = came.get(&at).copied().flatten() {
                way.push((at, label));
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        for edge in graph.from(state).iter().filter(|edge| edge.label & ADVERSARY != 0) {
            came.entry(edge.to).or_insert_with(|| {
                open.push_back(edge.to);
                Some((state, edge.label))
            });
        }
    }
    None
}
