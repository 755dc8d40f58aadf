//! The same questions decided in the most naive way: all sets of states, and all rounds of a game.
//! A set of states is a bit for each.

use crate::model::{Edge, Random, Role, STATES};

impl Random {
    /// Distances from the beginning, in states on a path; 0 for what cannot be reached.
    pub fn distances(&self) -> [u32; STATES as usize] {
        let mut far = [0; STATES as usize];
        far[0] = 1;
        self.spread(&mut far, |_| true);
        far
    }

    /// Goes on from where distances are known, along edges of which `along` says so.
    fn spread(&self, far: &mut [u32; STATES as usize], along: impl Fn(&Edge) -> bool) {
        for depth in 1..2 * u32::from(STATES) {
            for edge in self.edges.iter().filter(|edge| along(edge)) {
                if far[usize::from(edge.from)] == depth && far[usize::from(edge.to)] == 0 {
                    far[usize::from(edge.to)] = depth + 1;
                }
            }
        }
    }

    /// The states that can be reached.
    pub fn reachable(&self) -> impl Iterator<Item = u8> {
        let far = self.distances();
        (0..STATES).filter(move |state| far[usize::from(*state)] > 0)
    }

    /// The length of a shortest path to one of the reachable states that `wanted` names.
    pub fn shortest(&self, wanted: impl Fn(u8) -> bool) -> Option<u32> {
        let far = self.distances();
        self.reachable().filter(|state| wanted(*state)).map(|state| far[usize::from(state)]).min()
    }

    /// The states on the path by which an ordinary queue comes first to one that `wanted` names.
    pub fn first(&self, wanted: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
        let mut paths = vec![vec![0]];
        let mut at = 0;
        while at < paths.len() {
            let path = paths[at].clone();
            let last = *path.last()?;
            if wanted(last) {
                return Some(path);
            }
            for edge in self.from(last) {
                if paths.iter().all(|known| known.last() != Some(&edge.to)) {
                    paths.push([path.as_slice(), &[edge.to]].concat());
                }
            }
            at += 1;
        }
        None
    }

    /// The edges from a state.
    pub fn from(&self, state: u8) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == state)
    }

    /// All that can be reached from a set along edges of which `along` says so.
    fn closure(&self, mut set: u16, along: impl Fn(&Edge) -> bool) -> u16 {
        for _ in 0..STATES {
            for edge in self.edges.iter().filter(|edge| along(edge)) {
                if set & 1 << edge.from != 0 {
                    set |= 1 << edge.to;
                }
            }
        }
        set
    }

    /// Whether there is a way from a state to another.
    pub fn reaches(&self, from: u8, to: u8) -> bool {
        self.closure(1 << from, |_| true) & 1 << to != 0
    }

    /// Whether nothing that has to happen is left to happen in a state.
    pub fn rests(&self, state: u8) -> bool {
        self.from(state).all(|edge| edge.to == state || edge.role == Role::Optional)
    }

    /// From which states the game can be won within so many moves. The adversary may move as often
    /// as he likes after each.
    pub fn won(&self, moves: u8) -> u16 {
        if moves == 0 {
            return 1 << self.goal;
        }
        let before = self.won(moves - 1);
        let safe = |state: u8| {
            let answers = self.closure(1 << state, |edge| edge.role == Role::Adversary);
            answers & !before == 0
        };
        let wins = |edge: &&Edge| edge.role != Role::Adversary && safe(edge.to);
        self.edges.iter().filter(wins).fold(before, |won, edge| won | 1 << edge.from)
    }

    /// How many states a shortest path from the beginning has that comes by state 1 and then to a
    /// state without the goal to which some fair path comes again and again.
    pub fn leaves(&self) -> Option<u32> {
        let far = self.distances();
        if far[1] == 0 {
            return None;
        }
        let region = self.closure(1 << 1, |_| true);
        let goal = 1u16 << self.goal;
        let sets = (1..1u16 << STATES).filter(|set| set & !region == 0);
        let left = sets.filter(|set| self.stays(*set, |_| true)).fold(0, |all, set| all | set);
        let mut after = [0; STATES as usize];
        after[1] = far[1];
        self.spread(&mut after, |_| true);
        let left = (0..STATES).filter(|state| left & !goal & 1 << state != 0);
        left.map(|state| after[usize::from(state)]).min()
    }

    /// How many states a shortest path from the beginning has that comes by state 1 and then,
    /// without the goal, to a state to which some fair path comes again and again that never sees
    /// it. If `ceased`, requests cease on that path: it makes none of them again and again.
    pub fn avoids(&self, ceased: bool) -> Option<u32> {
        if self.goal == 1 || self.distances()[1] == 0 {
            return None;
        }
        let allowed = |edge: &Edge| !(ceased && edge.role == Role::Request);
        let on = |edge: &Edge| edge.to != self.goal;
        let region = self.closure(1 << 1, on);
        let sets = (1..1u16 << STATES).filter(|set| set & !region == 0);
        let traps = sets.filter(|set| self.stays(*set, allowed)).fold(0, |all, set| all | set);
        let mut far = [0; STATES as usize];
        far[1] = self.distances()[1];
        self.spread(&mut far, on);
        let trapped = (0..STATES).filter(|state| traps & 1 << state != 0);
        trapped.map(|state| far[usize::from(state)]).min()
    }

    /// Whether a path can stay in a set, walking through all of its states, and be fair.
    fn stays(&self, set: u16, allowed: impl Fn(&Edge) -> bool + Copy) -> bool {
        let inside = |edge: &Edge| {
            allowed(edge)
                && edge.from != edge.to
                && set & 1 << edge.from != 0
                && set & 1 << edge.to != 0
        };
        let members = || (0..STATES).filter(move |state| set & 1 << state != 0);
        let connected = members().all(|state| self.closure(1 << state, inside) == set);
        let taken = |class: u8| self.edges.iter().any(|edge| inside(edge) && edge.class == class);
        connected
            && (taken(0) || members().any(|state| !self.can(state, 0, allowed)))
            && (taken(1) || members().all(|state| !self.can(state, 1, allowed)))
    }

    /// Whether a class can change a state.
    pub fn can(&self, state: u8, class: u8, allowed: impl Fn(&Edge) -> bool) -> bool {
        self.from(state).any(|edge| edge.class == class && edge.to != state && allowed(edge))
    }

    /// How many states a shortest path without the goal has that leads onto a cycle without the
    /// goal, or to where nothing can be done.
    pub fn never(&self) -> Option<u32> {
        if self.goal == 0 {
            return None;
        }
        let on = |edge: &Edge| edge.to != self.goal && edge.from != self.goal;
        let mut far = [0; STATES as usize];
        far[0] = 1;
        self.spread(&mut far, on);
        let for_ever = |state: u8| {
            let round = self.edges.iter().any(|edge| {
                edge.from == state && on(edge) && self.closure(1 << edge.to, on) & 1 << state != 0
            });
            round || self.from(state).next().is_none()
        };
        let trapped = (0..STATES).filter(|state| far[usize::from(*state)] > 0 && for_ever(*state));
        trapped.map(|state| far[usize::from(state)]).min()
    }
}
