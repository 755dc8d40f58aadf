//! What stays possible on an explored graph: with everybody's help, or against the adversary.

use crate::action::Mover;
use crate::search::Explored;

/// The edges of an explored graph with who moves along each.
pub struct Graph<'a, S> {
    explored: &'a Explored<S>,
    movers: &'a [Mover],
    /// For each state, where its incoming edges begin in `incoming`.
    starts: Vec<usize>,
    /// Incoming edges: the predecessor, and the number of the edge.
    incoming: Vec<(u32, u32)>,
}

impl<'a, S> Graph<'a, S> {
    /// The graph of a complete search; `movers` has one entry an edge.
    pub fn new(explored: &'a Explored<S>, movers: &'a [Mover]) -> Self {
        let count = explored.states.len();
        let mut starts = vec![0usize; count + 1];
        for (to, _) in &explored.edges {
            starts[*to as usize + 1] += 1;
        }
        for state in 0..count {
            starts[state + 1] += starts[state];
        }
        let mut next = starts.clone();
        let mut incoming = vec![(0, 0); explored.edges.len()];
        for from in 0..count {
            for edge in explored.starts[from]..explored.starts[from + 1] {
                let place = &mut next[explored.edges[edge].0 as usize];
                incoming[*place] = (from as u32, edge as u32);
                *place += 1;
            }
        }
        Self { explored, movers, starts, incoming }
    }

    /// The states from which some way leads into `goal`, whoever moves.
    pub fn can_reach(&self, goal: &[bool]) -> Vec<bool> {
        self.backward(goal, |_| true)
    }

    /// The states from which there is a way into `goal` although the adversary may move, once or
    /// any finite number of times, after each of the others' moves.
    pub fn can_force(&self, goal: &[bool]) -> Vec<bool> {
        let mut won = goal.to_vec();
        loop {
            // Where the adversary can go from here to a state that is not won yet, moving alone.
            let lost: Vec<bool> = won.iter().map(|won| !won).collect();
            let spoiled = self.backward(&lost, |mover| mover == Mover::Adversary);
            let before = won.iter().filter(|won| **won).count();
            for (won, ends) in won.iter_mut().zip(self.explored.starts.windows(2)) {
                *won = *won
                    || (ends[0]..ends[1]).any(|edge| {
                        self.movers[edge] != Mover::Adversary
                            && !spoiled[self.explored.edges[edge].0 as usize]
                    });
            }
            // A goal that the adversary can spoil before anybody else moves does not count as
            // reached: that errs towards a false alarm, never towards a false promise.
            if won.iter().filter(|won| **won).count() == before {
                return won;
            }
        }
    }

    /// Everything from which an edge of these movers, or several, lead into `targets`.
    fn backward(&self, targets: &[bool], along: impl Fn(Mover) -> bool) -> Vec<bool> {
        let mut reached = targets.to_vec();
        let mut open: Vec<u32> =
            (0..).zip(targets).filter(|(_, target)| **target).map(|(state, _)| state).collect();
        while let Some(state) = open.pop() {
            let range = self.starts[state as usize]..self.starts[state as usize + 1];
            for (from, edge) in &self.incoming[range] {
                if !reached[*from as usize] && along(self.movers[*edge as usize]) {
                    reached[*from as usize] = true;
                    open.push(*from);
                }
            }
        }
        reached
    }
}
