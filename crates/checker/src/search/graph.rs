//! The edges of a search as they are recorded, shard by shard.

use std::sync::Mutex;

use super::lock;
use super::round::{Cell, Emitted};
use super::shard::{Id, SHARDS};

/// An edge: where it leads, and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    pub(crate) label: u32,
}

/// The edges from the states of one shard, in their order.
#[derive(Default)]
pub(crate) struct FromShard {
    /// Where the edges of each state end.
    pub(crate) ends: Vec<u32>,
    pub(crate) edges: Vec<Edge>,
}

/// All edges.
pub(crate) struct Recorded {
    pub(crate) shards: Vec<FromShard>,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| FromShard::default()).collect() }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = |shard: &FromShard| {
            shard.ends.capacity() * 4 + shard.edges.capacity() * size_of::<Edge>()
        };
        self.shards.iter().map(bytes).sum::<usize>() as u64
    }

    /// Records the edges of a piece, whose ends have numbers now.
    pub(super) fn record<K, R>(
        &mut self,
        emitted: &mut Vec<Emitted>,
        expanded: &mut Vec<(Id, u32)>,
        cells: &[Mutex<Cell<K, R>>],
    ) {
        let mut next = [0usize; SHARDS];
        let numbers: Vec<_> = cells.iter().map(lock).collect();
        let shards_each = SHARDS / numbers.len();
        let mut edges = emitted.drain(..);
        for (id, count) in expanded.drain(..) {
            let from = &mut self.shards[id.shard()];
            for edge in edges.by_ref().take(count as usize) {
                let to = if edge.to_itself {
                    Some(id)
                } else {
                    let shard = usize::from(edge.shard);
                    let group = shard / shards_each;
                    let number = numbers[group].numbers.get(next[group]).copied();
                    next[group] += 1;
                    number.map(|local| Id::new(shard, local))
                };
                // Only a shard that is full leaves a state without a number; the search ends then.
                let Some(to) = to else { continue };
                from.edges.push(Edge { to: to.0, label: edge.label });
            }
            from.ends.push(from.edges.len() as u32);
        }
        drop(edges);
        drop(numbers);
        for cell in cells {
            lock(cell).numbers.clear();
        }
    }
}
