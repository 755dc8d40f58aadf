//! The edges of a search as they are recorded, shard by shard.

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

    /// Records the edges of a piece: those of each state that was expanded, one after the other.
    pub(super) fn record(&mut self, edges: &mut Vec<Edge>, expanded: &mut Vec<(Id, u32)>) {
        let mut start = 0;
        for (id, count) in expanded.drain(..) {
            let from = &mut self.shards[id.shard()];
            // Fewer only if a shard is full and left states without a number; the search ends then.
            let end = edges.len().min(start + count as usize);
            from.edges.extend_from_slice(&edges[start..end]);
            from.ends.push(from.edges.len() as u32);
            start = end;
        }
        edges.clear();
    }
}
