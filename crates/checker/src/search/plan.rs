//! What is expanded together: the states of a level in rounds, a round in pieces.

use super::order::{Order, Reader};
use super::shard::Id;

/// The most states in a piece, which one thread expands.
pub(super) const PIECE: usize = 256;
/// The most pieces in a round. The successors of a round are on their way together, so this bounds
/// the memory that they take.
pub(crate) const PIECES: usize = 16;
/// The most states in a round.
const ROUND: usize = PIECE * PIECES;

/// The states of a round, and where it begins.
#[derive(Default)]
struct Round {
    /// The place of its first state.
    first: u32,
    states: Vec<Id>,
}

/// The states in their order, and how far they have been handed out.
#[derive(Default)]
pub(crate) struct Plan {
    /// All that were found. Those that were found one after the other lead to the same states,
    /// which are then still near.
    order: Order,
    /// Where the next round begins.
    reader: Reader,
    /// How many states there were when the level began: what was found since is the next one.
    level: u32,
    round: Round,
    /// Nothing is left to be done.
    pub(crate) over: bool,
}

impl Plan {
    /// This was found, at the beginning.
    pub(crate) fn begun(&mut self, id: Id) {
        self.order.push(id, None);
    }

    /// These were found in a piece of the round, from the states at these places of it.
    pub(crate) fn found(&mut self, piece: usize, states: impl Iterator<Item = (Id, usize)>) {
        let first = self.round.first + (piece * PIECE) as u32;
        states.for_each(|(id, place)| self.order.push(id, Some(first + place as u32)));
    }

    /// What was found becomes the level. Answers whether there is anything.
    pub(crate) fn next_level(&mut self) -> bool {
        self.level = self.order.len();
        self.left() > 0
    }

    /// How many states of the level have not been handed out.
    pub(crate) fn left(&self) -> u64 {
        (self.level - self.reader.place()).into()
    }

    /// How many states were found.
    pub(crate) fn distinct(&self) -> u64 {
        self.order.len().into()
    }

    /// How many of them have not been handed out, of this level and of the next one.
    pub(crate) fn waiting(&self) -> u64 {
        (self.order.len() - self.reader.place()).into()
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        (self.order.bytes() + self.round.states.capacity() * size_of::<Id>()) as u64
    }

    /// The states in their order.
    pub(crate) fn into_order(self) -> Order {
        self.order
    }

    /// Hands out the next round, in order: the same whatever the number of threads. Answers whether
    /// there is one.
    pub(crate) fn next_round(&mut self) -> bool {
        let Self { order, reader, round, .. } = self;
        let size = ROUND.min((self.level - reader.place()) as usize);
        round.first = reader.place();
        round.states.clear();
        let states = std::iter::from_fn(|| order.read(reader)).take(size);
        round.states.extend(states.map(|(id, _)| id));
        !round.states.is_empty()
    }

    /// How many pieces the round has.
    pub(crate) fn pieces(&self) -> usize {
        self.round.states.len().div_ceil(PIECE)
    }

    /// The states of a piece.
    pub(crate) fn piece(&self, piece: usize) -> &[Id] {
        let states = &self.round.states;
        let start = piece * PIECE;
        &states[start..states.len().min(start + PIECE)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_hand_out_every_state_once_and_in_order() {
        for size in [0, 1, PIECE, PIECE + 1, ROUND, 3 * ROUND + 77] {
            let mut plan = Plan::default();
            (0..size as u32).for_each(|state| plan.begun(Id(state)));
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
    fn what_is_found_waits_for_the_next_level_and_knows_its_parent() {
        let mut plan = Plan::default();
        let states = 2 * ROUND as u32;
        (0..states).for_each(|state| plan.begun(Id(state)));
        assert!(plan.next_level() && plan.next_round() && plan.next_round());
        plan.found(0, [(Id(states), 5)].into_iter());
        plan.found(3, [(Id(states + 1), 7)].into_iter());
        assert!(!plan.next_round());
        assert!(plan.next_level() && plan.next_round());
        assert_eq!(plan.piece(0), [Id(states), Id(states + 1)]);
        let order = plan.into_order();
        let parent = |place| Id((ROUND + place) as u32);
        assert_eq!(order.chain(Id(states)), [parent(5), Id(states)]);
        assert_eq!(order.chain(Id(states + 1)), [parent(3 * PIECE + 7), Id(states + 1)]);
    }
}
