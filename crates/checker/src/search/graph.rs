//! The edges of a search as they are recorded, in the order in which states are expanded.

use super::shard::Id;

/// An edge: where it leads, and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    pub(crate) label: u32,
}

/// All edges.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Where the edges of each state end, in the order in which states were expanded: that in which
    /// they were found.
    pub(crate) ends: Vec<usize>,
    /// The edges; each leads to the state with that [`Id`].
    pub(crate) edges: Vec<Edge>,
}

impl Recorded {
    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes =
            self.ends.capacity() * size_of::<usize>() + self.edges.capacity() * size_of::<Edge>();
        bytes as u64
    }

    /// Records the edges of a piece: those of each state that was expanded, one after the other.
    pub(super) fn record(&mut self, edges: &mut Vec<Edge>, expanded: &mut Vec<(Id, u32)>) {
        let mut end = self.edges.len();
        // By an eighth at a time: what is reserved and not needed counts as held, too.
        if self.edges.capacity() - end < edges.len() {
            self.edges.reserve_exact(edges.len().max(end / 8));
        }
        self.edges.append(edges);
        for (_, count) in expanded.drain(..) {
            // Fewer only if a shard is full and left states without a number; the search ends then.
            end = self.edges.len().min(end + count as usize);
            self.ends.push(end);
        }
    }
}
