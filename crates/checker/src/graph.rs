//! The explored graph, with states numbered from 0 on.

use crate::search::graph::{Edge, Recorded};
use crate::search::order::Order;
use crate::search::shard::{Id, SHARDS, Shard};

/// The numbers of states, dense from 0 on, in the order in which an ordinary queue finds them: what
/// is chosen by number depends neither on hashes nor on threads.
pub(crate) struct Numbering {
    ids: Vec<Id>,
    /// The first place of each shard in `numbers`.
    bases: Vec<usize>,
    /// The number of each state, shard by shard.
    numbers: Vec<u32>,
}

impl Numbering {
    /// Numbers all states, of which this is the order.
    fn of<K: PartialEq, R>(order: &Order, shards: &[Shard<K, R>]) -> Self {
        let ids: Vec<Id> = order.iter().map(|(id, _)| id).collect();
        let mut bases = Vec::with_capacity(SHARDS);
        let mut base = 0;
        for shard in shards {
            bases.push(base);
            base += shard.len() as usize;
        }
        let mut numbers = vec![0; base];
        for (number, id) in (0..).zip(&ids) {
            numbers[bases[id.shard()] + id.local() as usize] = number;
        }
        Self { ids, bases, numbers }
    }

    /// How many states there are.
    pub(crate) fn count(&self) -> usize {
        self.ids.len()
    }

    /// The states in their order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> {
        self.ids.iter().copied()
    }

    pub(crate) fn number(&self, id: Id) -> u32 {
        self.numbers[self.bases[id.shard()] + id.local() as usize]
    }

    pub(crate) fn id(&self, number: u32) -> Id {
        self.ids[number as usize]
    }
}

/// Edges by the state that they come from.
pub(crate) struct Graph {
    pub(crate) numbering: Numbering,
    starts: Vec<usize>,
    edges: Vec<Edge>,
    /// For each state, how many states a shortest path to it has.
    pub(crate) depths: Vec<u32>,
}

impl Graph {
    /// The graph of a completed search.
    pub(crate) fn new<K: PartialEq, R>(
        recorded: Recorded,
        order: &Order,
        shards: &[Shard<K, R>],
    ) -> Self {
        let Recorded { ends, mut edges } = recorded;
        let numbering = Numbering::of(order, shards);
        for edge in &mut edges {
            edge.to = numbering.number(Id(edge.to));
        }
        let starts = std::iter::once(0).chain(ends).collect();
        let depths = depths(order);
        Self { numbering, starts, edges, depths }
    }

    /// How many states there are.
    pub(crate) fn count(&self) -> usize {
        self.numbering.count()
    }

    /// How many edges there are.
    pub(crate) fn size(&self) -> usize {
        self.edges.len()
    }

    /// The edges from a state.
    #[inline]
    pub(crate) fn from(&self, state: u32) -> &[Edge] {
        let state = state as usize;
        &self.edges[self.starts[state]..self.starts[state + 1]]
    }

    /// The states with an edge to each state, and the edges' labels, in the order of those states.
    pub(crate) fn reversed(&self) -> Reversed {
        let count = self.count();
        let mut starts = vec![0usize; count + 1];
        for edge in &self.edges {
            starts[edge.to as usize + 1] += 1;
        }
        for state in 0..count {
            starts[state + 1] += starts[state];
        }
        let mut next = starts.clone();
        let mut edges = vec![Edge { to: 0, label: 0 }; self.edges.len()];
        for from in 0..count as u32 {
            for edge in self.from(from) {
                let place = &mut next[edge.to as usize];
                edges[*place] = Edge { to: from, label: edge.label };
                *place += 1;
            }
        }
        Reversed { starts, edges }
    }
}

/// Edges by the state that they lead to; `to` is where they come from.
pub(crate) struct Reversed {
    starts: Vec<usize>,
    edges: Vec<Edge>,
}

impl Reversed {
    #[inline]
    pub(crate) fn into(&self, state: u32) -> &[Edge] {
        let state = state as usize;
        &self.edges[self.starts[state]..self.starts[state + 1]]
    }

    /// Everything from which edges of which `along` says so lead into `targets`.
    pub(crate) fn backward(&self, targets: &[bool], along: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut reached = targets.to_vec();
        let mut open: Vec<u32> =
            (0..).zip(targets).filter(|(_, target)| **target).map(|(state, _)| state).collect();
        while let Some(state) = open.pop() {
            for edge in self.into(state) {
                if !reached[edge.to as usize] && along(edge.label) {
                    reached[edge.to as usize] = true;
                    open.push(edge.to);
                }
            }
        }
        reached
    }
}

/// How many states a shortest path to each state has.
fn depths(order: &Order) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(order.len() as usize);
    for (_, parent) in order.iter() {
        // A state is found later than the one that it was reached from.
        depths.push(parent.map_or(1, |parent| depths[parent as usize] + 1));
    }
    depths
}
