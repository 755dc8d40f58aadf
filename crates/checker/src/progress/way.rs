//! The shortest way into a set in which a path can stay, and of several such ways the least.

use super::{NONE, Search, Steps};

/// A state that is on the way: before anything is waited for, or since.
#[derive(Clone, Copy, Debug)]
struct At {
    state: u32,
    /// The label of the edge that leads here.
    label: u32,
    /// Something is waited for since this state or an earlier one, and has not followed.
    waiting: bool,
}

impl Search<'_> {
    /// The shortest way from an initial state, over one in which something should follow, to the
    /// first state of a fair set that is without it; and of several the one whose edges come first.
    pub(super) fn way_in(&self) -> Option<(u32, Steps)> {
        let (levels, last) = self.levels()?;
        let mut seen = vec![[false; 2]; levels.len()];
        let mut way: Vec<At> = Vec::new();
        let first = self.asked.initial.iter().rev();
        // For each state of the way, and before it, what is still to be tried, the first last.
        let mut open: Vec<Vec<At>> =
            vec![first.map(|state| At { state: *state, label: 0, waiting: false }).collect()];
        while let Some(untried) = open.last_mut() {
            let Some(at) = untried.pop() else {
                open.pop();
                way.pop();
                continue;
            };
            let level = way.len() as u32 + 1;
            let on_time = levels[at.state as usize] == level;
            let early = self.asked.graph.depth(at.state) == level;
            let waiting = (at.waiting && on_time) || (early && self.waits(at.state));
            let known = &mut seen[at.state as usize][usize::from(waiting)];
            if !(waiting || early) || std::mem::replace(known, true) {
                continue;
            }
            if level < last {
                way.push(At { waiting, ..at });
                open.push(self.onward(&at, waiting));
            } else if waiting && self.ends(at.state) {
                way.push(at);
                let steps = way.iter().skip(1).map(|at| (at.state, at.label)).collect();
                return Some((way[0].state, steps));
            }
        }
        None
    }

    /// Where a way may go on from a state, the first last.
    fn onward(&self, at: &At, waiting: bool) -> Vec<At> {
        let edges = self.asked.graph.from(at.state).iter().rev();
        let onward = edges.map(|edge| At {
            state: edge.to,
            label: edge.label,
            waiting: waiting && self.may_pass(edge.to) && self.allowed(edge.label),
        });
        onward.collect()
    }

    /// Whether a way may end in a state: a path can stay here, and what should follow has not.
    fn ends(&self, state: u32) -> bool {
        self.fair[state as usize] != NONE && !self.asked.to[state as usize]
    }

    /// How many states a shortest way to each state has at the end of which something is waited
    /// for, 0 where that is not known; and how many the shortest has that may end.
    fn levels(&self) -> Option<(Vec<u32>, u32)> {
        let graph = self.asked.graph;
        let count = graph.count() as u32;
        let mut starts: Vec<u32> = (0..count).filter(|state| self.waits(*state)).collect();
        starts.sort_by_key(|state| graph.depth(*state));
        let mut starts = starts.into_iter().peekable();
        let mut levels = vec![0; count as usize];
        let mut now: Vec<u32> = Vec::new();
        let mut level = 0;
        // Level by level; the places where something should follow join at their own depth.
        while !now.is_empty() || starts.peek().is_some() {
            level += 1;
            while let Some(start) = starts.next_if(|state| graph.depth(*state) <= level) {
                if levels[start as usize] == 0 {
                    levels[start as usize] = level;
                    now.push(start);
                }
            }
            if now.iter().any(|state| self.ends(*state)) {
                return Some((levels, level));
            }
            let mut next = Vec::new();
            for edge in now.into_iter().flat_map(|state| graph.from(state)) {
                let known = &mut levels[edge.to as usize];
                if *known == 0 && self.may_pass(edge.to) && self.allowed(edge.label) {
                    *known = level + 1;
                    next.push(edge.to);
                }
            }
            now = next;
        }
        None
    }
}
