//! The two phases of a round.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use stateright::Model;

use super::keep::Keep;
use super::shard::{Candidate, Id, Parent, Shard, shard_of, take};
use super::{HandsOf, Panic, Search, SelfLoops, Watch, lock, read, said, write};

/// The candidates of one piece for one group of shards, and afterwards their numbers there.
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
    /// Candidates by group.
    candidates: Vec<Vec<Candidate<K, R>>>,
}

impl<A, T, K, R> Hands<A, T, K, R> {
    pub(super) fn new(tally: T, groups: usize) -> Self {
        let candidates = (0..groups).map(|_| Vec::new()).collect();
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
    pub(super) fn expand(&self, piece: usize, hands: &mut HandsOf<M, W, K>) {
        // What is not asked for costs nothing, not even the question.
        match (self.task.representative.is_some(), self.task.edges.is_some()) {
            (false, false) => self.expand_as::<false, false>(piece, hands),
            (false, true) => self.expand_as::<false, true>(piece, hands),
            (true, false) => self.expand_as::<true, false>(piece, hands),
            (true, true) => self.expand_as::<true, true>(piece, hands),
        }
    }

    /// The same, for a search of orbits or of states, with or without edges.
    fn expand_as<const ORBITS: bool, const EDGES: bool>(
        &self,
        piece: usize,
        hands: &mut HandsOf<M, W, K>,
    ) {
        let mut outgoing = lock(&self.outgoing[piece]);
        let outgoing = &mut *outgoing;
        let plan = read!(self.plan);
        let mut at = None;
        let expanded = catch_unwind(AssertUnwindSafe(|| {
            for segment in &plan.segments[plan.pieces[piece].clone()] {
                let group = read!(self.groups[self.group_of(segment.shard)]);
                let shard = &group[segment.shard % group.len()];
                for local in segment.states.clone() {
                    let id = Id::new(segment.shard, local);
                    at = Some(id);
                    let rest = &shard.level[(local - shard.first) as usize];
                    let state = self.keep.state(shard.key(local), rest);
                    self.expand_one::<ORBITS, EDGES>(id, &state, outgoing, hands);
                }
            }
        }));
        if let Err(payload) = expanded {
            hands.actions.clear();
            outgoing.panic = Some(Panic { at, message: said(&*payload) });
        }
    }

    /// Lays what a piece led to where those who let it in will find it.
    pub(super) fn hand_over(&self, piece: usize, hands: &mut HandsOf<M, W, K>) {
        for (group, candidates) in hands.candidates.iter_mut().enumerate() {
            if !candidates.is_empty() {
                let mut cell = lock(self.cell(piece, group));
                // What lies in the cell is empty, but has room: the next piece gets it.
                std::mem::swap(&mut cell.candidates, candidates);
            }
        }
    }

    #[inline]
    fn expand_one<const ORBITS: bool, const EDGES: bool>(
        &self,
        id: Id,
        state: &M::State,
        outgoing: &mut Outgoing<W::Notes>,
        hands: &mut HandsOf<M, W, K>,
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
                if ORBITS {
                    after = self.represent(after);
                    to_itself = after == *state;
                }
            }
            if to_itself {
                if EDGES && self.task.edges == Some(SelfLoops::Recorded) {
                    outgoing.emitted.push(Emitted { shard: 0, to_itself, label });
                }
                continue;
            }
            let (hash, key, rest) = self.keep.split(after);
            let shard = shard_of(hash);
            if EDGES {
                outgoing.emitted.push(Emitted { shard: shard as u8, to_itself: false, label });
            }
            let parent = Parent::from(id);
            hands.candidates[self.group_of(shard)].push(Candidate { hash, parent, key, rest });
        }
        if EDGES {
            outgoing.expanded.push((id, (outgoing.emitted.len() - edges_before) as u32));
        }
        self.watch.done(&mut outgoing.notes, id, state, moved);
    }

    /// Lets the candidates of a round into the shards of a group, in the order of pieces.
    pub(super) fn let_in(&self, group: usize, pieces: usize) {
        let mut shards = write!(self.groups[group]);
        for piece in 0..pieces {
            let mut cell = lock(self.cell(piece, group));
            let Cell { candidates, numbers } = &mut *cell;
            self.take(&mut shards, candidates, numbers);
        }
    }

    /// Lets what a piece led to in at once, all of it: for a thread that is alone.
    pub(super) fn let_in_at_once(&self, piece: usize, hands: &mut HandsOf<M, W, K>) {
        for (group, candidates) in hands.candidates.iter_mut().enumerate() {
            let mut shards = write!(self.groups[group]);
            self.take(&mut shards, candidates, &mut lock(self.cell(piece, group)).numbers);
        }
    }

    fn take(
        &self,
        shards: &mut [Shard<K::Key, K::Rest>],
        candidates: &mut Vec<Candidate<K::Key, K::Rest>>,
        numbers: &mut Vec<u32>,
    ) {
        let numbers = self.task.edges.is_some().then_some(numbers);
        if !take(shards, candidates, |key| self.keep.hash(key), numbers) {
            self.full.store(true, Ordering::Relaxed);
        }
    }
}
