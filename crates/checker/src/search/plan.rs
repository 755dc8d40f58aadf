//! What is expanded together: the states of a level in rounds, a round in pieces.

use std::collections::VecDeque;

use super::shard::Id;

/// The most states in a piece, which one thread expands.
pub(super) const PIECE: usize = 512;
/// The most pieces in a round. The successors of a round are on their way together, so this bounds
/// the memory that they take.
pub(crate) const PIECES: usize = 16;
/// The most states in a round.
const ROUND: usize = PIECE * PIECES;

/// States in the order in which they were found, a round in each block: what has been expanded
/// takes no room any more.
#[derive(Default)]
struct Queue {
    blocks: VecDeque<Vec<Id>>,
    len: usize,
}

impl Queue {
    fn push(&mut self, id: Id) {
        match self.blocks.back_mut() {
            Some(block) if block.len() < ROUND => block.push(id),
            // Blocks grow as they must: those of small models stay small.
            _ => self.blocks.push_back(vec![id]),
        }
        self.len += 1;
    }

    fn pop(&mut self) -> Vec<Id> {
        let block = self.blocks.pop_front().unwrap_or_default();
        self.len -= block.len();
        block
    }

    fn bytes(&self) -> usize {
        self.blocks.iter().map(Vec::capacity).sum::<usize>() * size_of::<Id>()
    }
}

/// One level's states, and how far they have been handed out.
#[derive(Default)]
pub(crate) struct Plan {
    /// What is left of the level. States that were found one after the other lead to the same
    /// states, which are then still near.
    level: Queue,
    /// Those that were found since, for the next level.
    next: Queue,
    /// The states of the round.
    round: Vec<Id>,
    /// Nothing is left to be done.
    pub(crate) over: bool,
}

impl Plan {
    /// These were found.
    pub(crate) fn found(&mut self, states: impl Iterator<Item = Id>) {
        states.for_each(|id| self.next.push(id));
    }

    /// What was found becomes the level. Answers whether there is anything.
    pub(crate) fn next_level(&mut self) -> bool {
        std::mem::swap(&mut self.level, &mut self.next);
        self.level.len > 0
    }

    /// How many states of the level have not been handed out.
    pub(crate) fn left(&self) -> u64 {
        self.level.len as u64
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        let round = self.round.capacity() * size_of::<Id>();
        (self.level.bytes() + self.next.bytes() + round) as u64
    }

    /// Hands out the next round, in order: the same whatever the number of threads. Answers whether
    /// there is one.
    pub(crate) fn next_round(&mut self) -> bool {
        self.round = self.level.pop();
        !self.round.is_empty()
    }

    /// How many pieces the round has.
    pub(crate) fn pieces(&self) -> usize {
        self.round.len().div_ceil(PIECE)
    }

    /// The states of a piece.
    pub(crate) fn piece(&self, piece: usize) -> &[Id] {
        let start = piece * PIECE;
        &self.round[start..self.round.len().min(start + PIECE)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_hand_out_every_state_once_and_in_order() {
        for size in [0, 1, PIECE, PIECE + 1, ROUND, 3 * ROUND + 77] {
            let mut plan = Plan::default();
            plan.found((0..size as u32).map(Id));
            assert_eq!(plan.next_level(), size > 0);
            let mut next = 0;
            while plan.next_round() {
                assert!(0 < plan.pieces() && plan.pieces() <= PIECES);
                for piece in 0..plan.pieces() {
                    let piece = plan.piece(piece);
                    assert!(!piece.is_empty() && piece.len() <= PIECE);
                    assert!(piece.iter().map(|id| id.0 as usize).eq(next..next + piece.len()));
                    next += piece.len();
                }
                assert_eq!(plan.left(), (size - next) as u64);
            }
            assert_eq!(next, size);
            assert!(!plan.next_level());
        }
    }

    #[test]
    fn what_was_expanded_takes_no_room() {
        let mut plan = Plan::default();
        plan.found((0..100 * ROUND as u32).map(Id));
        plan.next_level();
        let before = plan.bytes();
        (0..50).for_each(|_| assert!(plan.next_round()));
        assert!(plan.bytes() * 100 < before * 52, "{} of {before}", plan.bytes());
    }
}
