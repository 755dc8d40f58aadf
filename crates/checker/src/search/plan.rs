//! What is expanded together: the states of a level in rounds, a round in pieces.

use std::ops::Range;

use super::shard::SHARDS;

/// The most states in a piece, which one thread expands.
const PIECE: u32 = 256;
/// The most pieces in a round. The successors of a round are on their way together, so this bounds
/// the memory that they take.
pub(crate) const PIECES: usize = 32;

/// States of one shard that are expanded one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) shard: usize,
    pub(crate) states: Range<u32>,
}

/// One level's states, and how far they have been handed out.
#[derive(Default)]
pub(crate) struct Plan {
    /// What is still to be expanded of the level, by shard.
    left: Vec<Range<u32>>,
    /// The segments of the round.
    pub(crate) segments: Vec<Segment>,
    /// The pieces of the round, as ranges of segments.
    pub(crate) pieces: Vec<Range<usize>>,
    /// Nothing is left to be done.
    pub(crate) over: bool,
}

impl Plan {
    /// Begins a level.
    pub(crate) fn begin(&mut self, level: Vec<Range<u32>>) {
        debug_assert_eq!(level.len(), SHARDS);
        self.left = level;
    }

    /// How many states of the level have not been handed out.
    pub(crate) fn left(&self) -> u64 {
        self.left.iter().map(|range| range.len() as u64).sum()
    }

    /// Hands out the next round, in the order of shards and numbers: the same whatever the number
    /// of threads. Answers whether there is one.
    pub(crate) fn next_round(&mut self) -> bool {
        self.segments.clear();
        self.pieces.clear();
        let (mut first, mut room) = (0, PIECE);
        for (shard, left) in self.left.iter_mut().enumerate() {
            while left.start < left.end && self.pieces.len() < PIECES {
                let end = left.end.min(left.start + room);
                room -= end - left.start;
                self.segments.push(Segment { shard, states: left.start..end });
                left.start = end;
                if room == 0 {
                    self.pieces.push(first..self.segments.len());
                    (first, room) = (self.segments.len(), PIECE);
                }
            }
        }
        if first < self.segments.len() {
            self.pieces.push(first..self.segments.len());
        }
        !self.pieces.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_hand_out_every_state_once_and_in_order() {
        let sizes: Vec<u32> = (0..SHARDS as u32).map(|shard| shard * shard * 5 % 3000).collect();
        let mut plan = Plan::default();
        plan.begin(sizes.iter().map(|size| 7..7 + size).collect());
        let mut next = vec![7; SHARDS];
        while plan.next_round() {
            assert!(plan.pieces.len() <= PIECES);
            let mut at = 0;
            for piece in &plan.pieces {
                assert_eq!(piece.start, at);
                at = piece.end;
                let states: usize =
                    plan.segments[piece.clone()].iter().map(|s| s.states.len()).sum();
                assert!(0 < states && states <= PIECE as usize);
            }
            assert_eq!(at, plan.segments.len());
            for segment in &plan.segments {
                assert_eq!(segment.states.start, next[segment.shard]);
                next[segment.shard] = segment.states.end;
            }
        }
        assert_eq!(plan.left(), 0);
        assert!(next.iter().zip(&sizes).all(|(next, size)| *next == 7 + size));
    }
}
