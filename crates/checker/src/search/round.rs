//! The two phases of a round.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use stateright::Model;

use super::graph::Edge;
use super::keep::Keep;
use super::shard::{Candidate, Cell, Found, From, Id, Shard, shard_of, take};
use super::{HandsOf, Panic, Search, SelfLoops, Watch, lock, read, said, write};

/// An edge whose end has no number yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitted {
    /// The candidate for its end among those for its group, or where it comes from.
    candidate: u32,
    group: u32,
    label: u32,
}

/// In place of a candidate: the edge leads back to where it comes from.
const ITSELF: u32 = u32::MAX;

/// How many states ahead of the one that is expanded a key is asked for.
const AHEAD: usize = 8;

/// What came out of a piece, beside candidates.
#[derive(Default)]
pub(crate) struct Outgoing<N> {
    pub(crate) generated: u64,
    pub(crate) beyond: u64,
    pub(crate) notes: N,
    pub(crate) panic: Option<Panic>,
    /// The edges in their order, if they are wanted.
    emitted: Vec<Emitted>,
    /// The same edges, when their ends have numbers.
    pub(crate) edges: Vec<Edge>,
    /// The states that were expanded, each with how many edges it has.
    pub(crate) expanded: Vec<(Id, u32)>,
    /// The states that were found, in the order in which they are to be expanded.
    pub(crate) found: Vec<Found>,
}

/// How many bits of a hash say where a candidate of a piece is remembered. The highest ones: what
/// is remembered in one place is of one group.
const RECENT_BITS: u32 = 12;

/// What a thread works with.
pub(super) struct Hands<A, T, K, R> {
    actions: Vec<A>,
    pub(super) tally: T,
    laid: Laid<K, R>,
}

impl<A, T, K, R> Hands<A, T, K, R> {
    pub(super) fn new(tally: T, groups: usize) -> Self {
        let cells = (0..groups).map(|_| Cell::default()).collect();
        Self { actions: Vec::new(), tally, laid: Laid { cells, recent: vec![0; 1 << RECENT_BITS] } }
    }
}

/// Where a candidate with this hash is remembered.
#[inline]
const fn place(hash: u64) -> usize {
    (hash >> (64 - RECENT_BITS)) as usize
}

/// The candidates of a piece.
struct Laid<K, R> {
    /// Candidates by group.
    cells: Vec<Cell<K, R>>,
    /// By hash, where in its cell an equal candidate may be. Nothing but a look there decides it.
    recent: Vec<u32>,
}

impl<K, R> Laid<K, R> {
    /// Which candidate of this group has this hash and a key of which `is` says that it is the one,
    /// if it is remembered.
    #[inline]
    fn find(&self, group: usize, hash: u64, is: impl FnOnce(&K) -> bool) -> Option<u32> {
        let recent = self.recent[place(hash)];
        let other = self.cells[group].candidates.get(recent as usize)?;
        (other.hash == hash && is(&other.key)).then_some(recent)
    }

    /// Lays a candidate into the cell of its group. Answers which it is there.
    #[inline]
    fn lay(&mut self, group: usize, candidate: Candidate<K, R>) -> u32 {
        let candidates = &mut self.cells[group].candidates;
        let number = candidates.len() as u32;
        self.recent[place(candidate.hash)] = number;
        candidates.push(candidate);
        number
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
        let groups: Vec<_> = self.groups.iter().map(|group| read!(group)).collect();
        let shards: Vec<_> = groups.iter().flat_map(|group| group.iter()).collect();
        // Cells are empty, so that what is remembered from now on lies there.
        hands.laid.recent.fill(0);
        let mut at = None;
        let expanded = catch_unwind(AssertUnwindSafe(|| {
            let piece = plan.piece(piece);
            for (place, id) in piece.iter().copied().enumerate() {
                if let Some(later) = piece.get(place + AHEAD) {
                    shards[later.shard()].prefetch_key(later.local());
                }
                at = Some(id);
                let shard = shards[id.shard()];
                let rest = &shard.level[(id.local() - shard.first) as usize];
                let state = self.keep.state(shard.key(id.local()), rest);
                let from = (place, id, &*state, shard.key(id.local()));
                self.expand_one::<ORBITS, EDGES>(from, outgoing, hands);
            }
        }));
        if let Err(payload) = expanded {
            hands.actions.clear();
            outgoing.panic = Some(Panic { at, message: said(&*payload) });
        }
    }

    /// Lays what a piece led to where those who let it in will find it.
    pub(super) fn hand_over(&self, piece: usize, hands: &mut HandsOf<M, W, K>) {
        for (group, own) in hands.laid.cells.iter_mut().enumerate() {
            // What lies there is empty, but has room: the next piece gets it.
            std::mem::swap(&mut *lock(self.cell(piece, group)), own);
        }
    }

    #[inline]
    fn expand_one<const ORBITS: bool, const EDGES: bool>(
        &self,
        (place, id, state, key): (usize, Id, &M::State, &K::Key),
        outgoing: &mut Outgoing<W::Notes>,
        hands: &mut HandsOf<M, W, K>,
    ) {
        let model = self.task.model;
        self.watch.state(&mut outgoing.notes, id, state);
        let edges_before = outgoing.emitted.len();
        let mut moved = 0;
        model.actions(state, &mut hands.actions);
        for (ordinal, action) in hands.actions.drain(..).enumerate() {
            let mut fired = W::Fired::default();
            let mut after = None;
            self.watch.fire(state, action, &mut fired, &mut after);
            let Some(there) = &mut after else { continue };
            let label = self.watch.label(&fired);
            if !model.within_boundary(there) {
                outgoing.beyond += 1;
                moved |= label;
                continue;
            }
            outgoing.generated += 1;
            let (notes, tally) = (&mut outgoing.notes, &mut hands.tally);
            self.watch.step(notes, tally, (id, state), &fired, there);
            // A step within an orbit is a step, though it leads to no new representative.
            if ORBITS {
                if *there != *state {
                    moved |= label;
                }
                if let Some(representative) = self.task.representative {
                    *there = representative(there);
                }
            }
            // Until a candidate is laid, what it is made of is better left where it has just been
            // written.
            let looked = self.keep.look(there, state, key);
            let Some((hash, made)) = &looked else {
                if EDGES && self.task.edges == Some(SelfLoops::Recorded) {
                    outgoing.emitted.push(Emitted { candidate: ITSELF, group: 0, label });
                }
                continue;
            };
            moved |= label;
            let group = self.group_of(shard_of(*hash));
            let is = |key: &K::Key| self.keep.keeps(there, *hash, made, key);
            let candidate = if let Some(candidate) = hands.laid.find(group, *hash, is) {
                candidate
            } else {
                let from = From::new(place, ordinal);
                let (Some(after), Some((hash, made))) = (after, looked) else { continue };
                let (key, rest) = self.keep.keep(after, hash, made);
                hands.laid.lay(group, Candidate { hash, from, key, rest })
            };
            if EDGES {
                outgoing.emitted.push(Emitted { candidate, group: group as u32, label });
            }
        }
        if EDGES {
            outgoing.expanded.push((id, (outgoing.emitted.len() - edges_before) as u32));
        }
        self.watch.done(&mut outgoing.notes, id, state, moved);
    }

    /// Lets the candidates of a round into the shards of a group, in the order of pieces, until one
    /// stumbles.
    pub(super) fn let_in(&self, group: usize, pieces: usize) {
        let mut shards = write!(self.groups[group]);
        let take = |piece| self.take(piece, &mut shards, &mut lock(self.cell(piece, group)));
        (0..pieces).all(take);
    }

    /// Lets what a piece led to in at once, all of it: for a thread that is alone. Answers whether
    /// nothing stumbled.
    pub(super) fn let_in_at_once(&self, piece: usize, hands: &mut HandsOf<M, W, K>) -> bool {
        let mut cells = self.groups.iter().zip(&mut hands.laid.cells);
        cells.all(|(group, cell)| self.take(piece, &mut write!(group), cell))
    }

    /// Lets candidates of a piece in. Answers whether none stumbled.
    pub(super) fn take(
        &self,
        piece: usize,
        shards: &mut [Shard<K::Key, K::Rest>],
        cell: &mut Cell<K::Key, K::Rest>,
    ) -> bool {
        let numbered = self.task.edges.is_some();
        let taken = catch_unwind(AssertUnwindSafe(|| {
            take(shards, cell, numbered, |key| self.keep.hash(key))
        }));
        match taken {
            Ok(all) => {
                if !all {
                    self.full.store(true, Ordering::Relaxed);
                }
                true
            }
            Err(payload) => {
                self.stumble(piece, cell.stopped, said(&*payload));
                false
            }
        }
    }

    /// The first that stumbles is told, whichever thread finds it.
    #[cold]
    fn stumble(&self, piece: usize, from: Option<From>, message: String) {
        let mut first = lock(&self.stumbled);
        let this = (piece, from, message);
        *first = Some(match first.take() {
            Some(known) => known.min(this),
            None => this,
        });
    }

    /// Puts together what became of a piece, group by group.
    pub(super) fn settle(&self, piece: usize) {
        let cells = (0..self.groups.len()).map(|group| lock(self.cell(piece, group)));
        let mut cells: Vec<_> = cells.collect();
        let mut cells: Vec<_> = cells.iter_mut().map(|cell| &mut **cell).collect();
        lock(&self.outgoing[piece]).settle(&mut cells);
    }

    /// The same for a thread that is alone.
    pub(super) fn settle_at_once(&self, piece: usize, hands: &mut HandsOf<M, W, K>) {
        let mut cells: Vec<_> = hands.laid.cells.iter_mut().collect();
        lock(&self.outgoing[piece]).settle(&mut cells);
    }
}

impl<N> Outgoing<N> {
    /// Gathers what was found in the order in which a queue would have found it, and the edges.
    fn settle<K, R>(&mut self, cells: &mut [&mut Cell<K, R>]) {
        for cell in cells.iter_mut() {
            self.found.append(&mut cell.found);
        }
        self.found.sort_unstable();
        let mut expanded = self.expanded.iter();
        let mut from = expanded.next();
        let mut left = from.map_or(0, |(_, count)| *count);
        for edge in self.emitted.drain(..) {
            while left == 0 {
                from = expanded.next();
                let Some((_, count)) = from else { break };
                left = *count;
            }
            left = left.saturating_sub(1);
            let to = if edge.candidate == ITSELF {
                from.map(|(id, _)| *id)
            } else {
                cells[edge.group as usize].numbers.get(edge.candidate as usize).copied()
            };
            // Only a shard that is full leaves a state without a number; the search ends then.
            self.edges.extend(to.map(|to| Edge { to: to.0, label: edge.label }));
        }
        for cell in cells {
            cell.numbers.clear();
        }
    }
}
