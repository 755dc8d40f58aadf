//! The explored graph, with states numbered from 0 on.

use crate::search::graph::{Edge, Recorded};
use crate::search::shard::{Id, Parent, SHARDS, Shard};

/// The numbers of states, dense from 0 on, in the order of shards and of discovery there.
pub(crate) struct Numbering {
    /// The number of the first state of each shard, and how many states there are.
    bases: Vec<u32>,
}

impl Numbering {
    pub(crate) fn of<K: PartialEq, R>(shards: &[Shard<K, R>]) -> Self {
        let mut bases = Vec::with_capacity(SHARDS + 1);
        let mut base = 0;
        for shard in shards {
            bases.push(base);
            base += shard.len();
        }
        bases.push(base);
        Self { bases }
    }

    /// How many states there are.
    pub(crate) fn count(&self) -> usize {
        self.bases.last().map_or(0, |count| *count as usize)
    }

    pub(crate) fn number(&self, id: Id) -> u32 {
        self.bases[id.shard()] + id.local()
    }

    pub(crate) fn id(&self, number: u32) -> Id {
        let shard = self.bases.partition_point(|base| *base <= number) - 1;
        Id::new(shard, number - self.bases[shard])
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
    pub(crate) fn new<K: PartialEq, R>(recorded: Recorded, shards: &[Shard<K, R>]) -> Self {
        let numbering = Numbering::of(shards);
        let count = numbering.count();
        let mut starts = Vec::with_capacity(count + 1);
        let mut edges =
            Vec::with_capacity(recorded.shards.iter().map(|shard| shard.edges.len()).sum());
        starts.push(0);
        for shard in recorded.shards {
            let base = edges.len();
            starts.extend(shard.ends.iter().map(|end| base + *end as usize));
            edges.extend(
                shard
                    .edges
                    .into_iter()
                    .map(|edge| Edge { to: numbering.number(Id(edge.to)), label: edge.label }),
            );
        }
        let depths = depths(&numbering, shards);
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
fn depths<K: PartialEq, R>(numbering: &Numbering, shards: &[Shard<K, R>]) -> Vec<u32> {
    let parent = |number: u32| -> Option<u32> {
        let id = numbering.id(number);
        let parent: Parent = shards[id.shard()].parent(id.local());
        parent.id().map(|id| numbering.number(id))
    };
    let mut depths = vec![0u32; numbering.count()];
    let mut chain = Vec::new();
    for number in 0..numbering.count() as u32 {
        let mut at = number;
        let mut depth = loop {
            if depths[at as usize] != 0 {
                break depths[at as usize];
            }
            chain.push(at);
            match parent(at) {
                Some(parent) => at = parent,
                None => break 0,
            }
        };
        while let Some(state) = chain.pop() {
            depth += 1;
            depths[state as usize] = depth;
        }
    }
    depths
}
