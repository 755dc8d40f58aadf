//! What is expanded together: the states of a level in rounds, a round in pieces.

use std::ops::Range;

use super::shard::Id;

/// The most states in a piece, which one thread expands.
pub(super) const PIECE: usize = 512;
/// The most pieces in a round. The successors of a round are on their way together, so this bounds
/// the memory that they take.
pub(crate) const PIECES: usize = 16;

/// One level's states, and how far they have been handed out.
#[derive(Default)]
pub(crate) struct Plan {
    /// The states of the level, in the order in which they were found. States that were found one
    /// after the other lead to the same states, which are then still near.
    level: Vec<Id>,
    /// Those that were found since, for the next level.
    next: Vec<Id>,
    /// Where the round is in the level.
    round: Range<usize>,
    /// Nothing is left to be done.
    pub(crate) over: bool,
}

impl Plan {
    /// These were found.
    pub(crate) fn found(&mut self, states: impl Iterator<Item = Id>) {
        self.next.extend(states);
    }

    /// What was found becomes the level. Answers whether there is anything.
    pub(crate) fn next_level(&mut self) -> bool {
        std::mem::swap(&mut self.level, &mut self.next);
        self.next.clear();
        self.round = 0..0;
        !self.level.is_empty()
    }

    /// How many states of the level have not been handed out.
    pub(crate) fn left(&self) -> u64 {
        (self.level.len() - self.round.end) as u64
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        ((self.level.capacity() + self.next.capacity()) * size_of::<Id>()) as u64
    }

    /// Hands out the next round, in order: the same whatever the number of threads. Answers whether
    /// there is one.
    pub(crate) fn next_round(&mut self) -> bool {
        let end = self.level.len().min(self.round.end + PIECE * PIECES);
        self.round = self.round.end..end;
        !self.round.is_empty()
    }

    /// How many pieces the round has.
    pub(crate) fn pieces(&self) -> usize {
        self.round.len().div_ceil(PIECE)
    }

    /// The states of a piece.
    pub(crate) fn piece(&self, piece: usize) -> &[Id] {
        let start = self.round.start + piece * PIECE;
        &self.level[start..self.round.end.min(start + PIECE)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_hand_out_every_state_once_and_in_order() {
        for size in [0, 1, PIECE, PIECE + 1, PIECE * PIECES, 3 * PIECE * PIECES + 77] {
            let mut plan = Plan::default();
            plan.found((0..size as u32).map(Id));
            assert_eq!(plan.next_level(), size > 0);
            let mut next = 0;
            while plan.next_round() {
                assert!(0 < plan.pieces() && plan.pieces() <= PIECES);
                for piece in 0..plan.pieces() {
                    let piece = plan.piece(piece);
                    assert!(0 < piece.len() && piece.len() <= PIECE);
                    assert!(piece.iter().map(|id| id.0 as usize).eq(next..next + piece.len()));
                    next += piece.len();
                }
                assert_eq!(plan.left(), (size - next) as u64);
            }
            assert_eq!(next, size);
            assert!(!plan.next_level());
        }
    }
}
