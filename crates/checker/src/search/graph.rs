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
    /// The states in the order in which they were expanded: that of an ordinary queue.
    pub(crate) order: Vec<Id>,
    /// Where the edges of each of them end.
    pub(crate) ends: Vec<usize>,
    /// The edges; each leads to the state with that [`Id`].
    pub(crate) edges: Vec<Edge>,
}

impl Recorded {
    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = self.order.capacity() * size_of::<Id>()
            + self.ends.capacity() * size_of::<usize>()
            + self.edges.capacity() * size_of::<Edge>();
        bytes as u64
    }

    /// Records the edges of a piece: those of each state that was expanded, one after the other.
    pub(super) fn record(&mut self, edges: &mut Vec<Edge>, expanded: &mut Vec<(Id, u32)>) {
        let mut end = self.edges.len();
        self.edges.append(edges);
        for (id, count) in expanded.drain(..) {
            // Fewer only if a shard is full and left states without a number; the search ends then.
            end = self.edges.len().min(end + count as usize);
            self.order.push(id);
            self.ends.push(end);
        }
    }
}
