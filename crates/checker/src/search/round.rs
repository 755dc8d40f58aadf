//! The two phases of a round.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use stateright::Model;

use super::keep::Keep;
use super::shard::{Candidate, Id, Parent, SHARDS, shard_of};
use super::{Panic, Search, SelfLoops, Watch, lock, read, said, write};

/// The candidates of one piece for one shard, and afterwards their numbers there.
pub(crate) struct Cell<K, R> {
    pub(crate) candidates: Vec<Candidate<K, R>>,
    pub(crate) numbers: Vec<u32>,
}

impl<K, R> Default for Cell<K, R> {
    fn default() -> Self {
        Self { candidates: Vec::new(), numbers: Vec::new() }
    }
}

/// An edge whose end has no number yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitted {
    /// The shard of its end.
    pub(crate) shard: u8,
    /// It leads back to where it comes from.
    pub(crate) to_itself: bool,
    pub(crate) label: u32,
}

/// What came out of a piece, beside candidates.
#[derive(Default)]
pub(crate) struct Outgoing<N> {
    pub(crate) generated: u64,
    pub(crate) beyond: u64,
    pub(crate) notes: N,
    pub(crate) panic: Option<Panic>,
    /// The edges in their order, if they are wanted.
    pub(crate) emitted: Vec<Emitted>,
    /// The states that were expanded, each with how many edges it has.
    pub(crate) expanded: Vec<(Id, u32)>,
}

/// What a thread works with.
pub(super) struct Hands<A, T, K, R> {
    actions: Vec<A>,
    pub(super) tally: T,
    /// Candidates by shard.
    candidates: Vec<Vec<Candidate<K, R>>>,
}

impl<A, T, K, R> Hands<A, T, K, R> {
    pub(super) fn new(tally: T) -> Self {
        let candidates = (0..SHARDS).map(|_| Vec::new()).collect();
        Self { actions: Vec::new(), tally, candidates }
    }
}

impl<M, W, K> Search<'_, M, W, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Send + Sync,
    W: Watch<M>,
    K: Keep<M::State>,
{
    /// Expands the states of a piece. A panic of the model ends the piece, and is told.
    pub(super) fn expand(
        &self,
        piece: usize,
        hands: &mut Hands<M::Action, W::Tally, K::Key, K::Rest>,
    ) {
        let mut outgoing = lock(&self.outgoing[piece]);
        let outgoing = &mut *outgoing;
        let plan = read!(self.plan);
        let mut at = None;
        let expanded = catch_unwind(AssertUnwindSafe(|| {
            for segment in &plan.segments[plan.pieces[piece].clone()] {
                let shard = read!(self.shards[segment.shard]);
                for local in segment.states.clone() {
                    let id = Id::new(segment.shard, local);
                    at = Some(id);
                    let rest = &shard.level[(local - shard.first) as usize];
                    let state = self.keep.state(shard.key(local), rest);
                    self.expand_one(id, &state, outgoing, hands);
                }
            }
        }));
        if let Err(payload) = expanded {
            hands.actions.clear();
            outgoing.panic = Some(Panic { at, message: said(&*payload) });
        }
        for (shard, candidates) in hands.candidates.iter_mut().enumerate() {
            if !candidates.is_empty() {
                let mut cell = lock(&self.cells[piece * SHARDS + shard]);
                // What lies in the cell is empty, but has room: the next piece gets it.
                std::mem::swap(&mut cell.candidates, candidates);
            }
        }
    }

    #[inline]
    fn expand_one(
        &self,
        id: Id,
        state: &M::State,
        outgoing: &mut Outgoing<W::Notes>,
        hands: &mut Hands<M::Action, W::Tally, K::Key, K::Rest>,
    ) {
        let model = self.task.model;
        self.watch.state(&mut outgoing.notes, id, state);
        let edges_before = outgoing.emitted.len();
        let mut moved = 0;
        model.actions(state, &mut hands.actions);
        for action in hands.actions.drain(..) {
            let (after, label) =
                self.watch.fire(&mut outgoing.notes, &mut hands.tally, id, state, action);
            let Some(after) = after else { continue };
            if !model.within_boundary(&after) {
                outgoing.beyond += 1;
                moved |= label;
                continue;
            }
            outgoing.generated += 1;
            let mut after = after;
            let mut to_itself = after == *state;
            if !to_itself {
                moved |= label;
                // A step within an orbit is a step, though it leads to no new representative.
                if let Some(representative) = self.task.representative {
                    after = representative(&after);
                    to_itself = after == *state;
                }
            }
            if to_itself {
                if self.task.edges == Some(SelfLoops::Recorded) {
                    outgoing.emitted.push(Emitted { shard: 0, to_itself, label });
                }
                continue;
            }
            let (hash, key, rest) = self.keep.split(after);
            let shard = shard_of(hash);
            if self.task.edges.is_some() {
                outgoing.emitted.push(Emitted { shard: shard as u8, to_itself: false, label });
            }
            let parent = Parent::from(id);
            hands.candidates[shard].push(Candidate { hash, parent, key, rest });
        }
        if self.task.edges.is_some() {
            outgoing.expanded.push((id, (outgoing.emitted.len() - edges_before) as u32));
        }
        self.watch.done(&mut outgoing.notes, id, state, moved);
    }

    /// Lets the candidates of a round into their shard, in the order of pieces.
    pub(super) fn let_in(&self, shard: usize, pieces: usize) {
        let mut visited = write!(self.shards[shard]);
        for piece in 0..pieces {
            let mut cell = lock(&self.cells[piece * SHARDS + shard]);
            let Cell { candidates, numbers } = &mut *cell;
            if candidates.is_empty() {
                continue;
            }
            let wanted = candidates.len();
            let numbers = self.task.edges.is_some().then_some(numbers);
            let taken = visited.take(candidates, |key| self.keep.hash(key), numbers);
            if taken < wanted {
                self.full.store(true, Ordering::Relaxed);
            }
        }
    }
}
