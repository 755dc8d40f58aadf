//! The search: breadth first, level by level, on any number of threads, with the same result.
//!
//! A level is expanded in rounds. In the first phase of a round each thread expands pieces of the
//! level and sorts the successors by the shard they belong to; in the second each thread takes
//! shards and lets the successors in that are new. Between the phases everybody meets. What decides
//! anything (order of discovery, parents, which finding is the first) depends on the order of
//! pieces and shards alone, never on which thread did what.

mod crew;
#[cfg(test)]
mod full;
pub(crate) mod graph;
mod index;
pub(crate) mod keep;
pub(crate) mod order;
mod plan;
mod round;
pub(crate) mod shard;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use stateright::Model;

use self::crew::{Meeting, Turns};
use self::graph::Recorded;
use self::keep::Keep;
use self::order::Order;
use self::plan::{PIECES, Plan};
use self::round::Outgoing;
use self::shard::{Id, SHARDS, Shard};
use crate::limits::{Cut, Limits, Moment};

/// Groups of shards to a thread, if there are several.
const GROUPS: usize = 4;

/// What is told to somebody who watches, piece by piece.
pub(crate) trait Watch<M: Model>: Sync {
    /// What was noted in one piece, in its order.
    type Notes: Default + Send;
    /// What one thread counted, in any order.
    type Tally: Send;
    /// What is known of an action while its successor is looked at.
    type Fired: Default;

    /// A thread begins to count.
    fn tally(&self) -> Self::Tally;
    /// A state is about to be expanded.
    fn state(&self, notes: &mut Self::Notes, at: Id, state: &M::State);
    /// An action is to be carried out: its successor, if it has one, is made in `after`, which is
    /// none before.
    fn fire(
        &self,
        state: &M::State,
        action: M::Action,
        fired: &mut Self::Fired,
        after: &mut Option<M::State>,
    );
    /// The label of the edge.
    fn label(&self, fired: &Self::Fired) -> u32;
    /// What was fired is a step within the boundary.
    fn step(
        &self,
        notes: &mut Self::Notes,
        tally: &mut Self::Tally,
        from: (Id, &M::State),
        fired: &Self::Fired,
        after: &M::State,
    );
    /// A state has been expanded. `moved` is all labels of actions that changed it, together.
    fn done(&self, notes: &mut Self::Notes, at: Id, state: &M::State, moved: u32);
    /// What was noted in a piece, told in the order of pieces.
    fn noted(&self, notes: Self::Notes);
    /// What was counted, told in any order.
    fn counted(&self, tally: Self::Tally);
    /// Nothing more is wanted.
    fn satisfied(&self) -> bool;
}

/// Names the state that stands for an orbit.
pub(crate) type Represent<'a, M> = dyn Fn(&<M as Model>::State) -> <M as Model>::State + Sync + 'a;

/// What is searched, and how.
pub(crate) struct Task<'a, M: Model> {
    pub(crate) model: &'a M,
    /// The representative of a state's orbit.
    pub(crate) representative: Option<&'a Represent<'a, M>>,
    pub(crate) threads: usize,
    pub(crate) limits: &'a Limits<'a>,
    /// Whether edges are recorded, and if so whether those from a state to itself are.
    pub(crate) edges: Option<SelfLoops>,
}

/// What is done with edges from a state to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfLoops {
    Recorded,
    LeftOut,
}

/// What a search found.
pub(crate) struct Searched<K, R> {
    pub(crate) shards: Vec<Shard<K, R>>,
    /// The states in the order in which they were found.
    pub(crate) order: Order,
    /// The edges, if they were wanted and the search was completed.
    pub(crate) edges: Option<Recorded>,
    /// Initial states and successors within the boundary, duplicates included.
    pub(crate) generated: u64,
    /// Steps within the boundary.
    pub(crate) steps: u64,
    /// States on the longest shortest path.
    pub(crate) depth: u32,
    /// Initial states and successors beyond the boundary.
    pub(crate) beyond: u64,
    pub(crate) cut: Option<Cut>,
    pub(crate) panic: Option<Panic>,
    /// Bytes that the search held at the end.
    pub(crate) bytes: u64,
    /// Threads that searched.
    pub(crate) threads: usize,
}

impl<K, R> Searched<K, R> {
    /// Distinct states.
    pub(crate) fn distinct(&self) -> u64 {
        self.order.len().into()
    }
}

/// Where the model panicked, and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    /// The state that was being expanded, or whose successor was let in; none if it happened before
    /// there was any.
    pub(crate) at: Option<Id>,
    pub(crate) message: String,
}

/// What a thread of such a search works with.
type HandsOf<M, W, K> = round::Hands<
    <M as Model>::Action,
    <W as Watch<M>>::Tally,
    <K as Keep<<M as Model>::State>>::Key,
    <K as Keep<<M as Model>::State>>::Rest,
>;

/// Shards that one thread takes together.
type Group<K, R> = RwLock<Vec<Shard<K, R>>>;

/// Everything that the threads share.
struct Search<'a, M: Model, W: Watch<M>, K: Keep<M::State>> {
    task: &'a Task<'a, M>,
    watch: &'a W,
    keep: &'a K,
    groups: Vec<Group<K::Key, K::Rest>>,
    plan: RwLock<Plan>,
    outgoing: Vec<Mutex<Outgoing<W::Notes>>>,
    /// Candidates by piece and group.
    cells: Vec<Mutex<shard::Cell<K::Key, K::Rest>>>,
    /// How many bits of a shard's number do not name its group.
    shift: u32,
    edges: Option<Mutex<Recorded>>,
    meeting: Meeting,
    pieces: Turns,
    turns: Turns,
    settled: Turns,
    panic: Mutex<Option<Panic>>,
    /// The first that could not be let in for a panic: its piece, where in it it comes from, and
    /// what the panic said.
    stumbled: Mutex<Option<(usize, Option<shard::From>, String)>>,
    full: AtomicBool,
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has told so by other means; what it left is not looked at.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! read {
    ($lock:expr) => {
        $lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    };
}
macro_rules! write {
    ($lock:expr) => {
        $lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    };
}
use {read, write};

/// What a panic said.
pub(crate) fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Runs the search.
pub(crate) fn search<M, W, K>(task: &Task<'_, M>, watch: &W, keep: &K) -> Searched<K::Key, K::Rest>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Send + Sync,
    W: Watch<M>,
    K: Keep<M::State>,
{
    let threads = task.threads.clamp(1, SHARDS);
    let groups = groups(threads);
    let shard = || Shard::new(task.limits.local);
    let search = Search {
        task,
        watch,
        keep,
        groups: (0..groups)
            .map(|_| RwLock::new((0..SHARDS / groups).map(|_| shard()).collect()))
            .collect(),
        plan: RwLock::default(),
        outgoing: (0..PIECES).map(|_| Mutex::default()).collect(),
        cells: (0..PIECES * groups).map(|_| Mutex::default()).collect(),
        shift: (SHARDS / groups).trailing_zeros(),
        edges: task.edges.map(|_| Mutex::default()),
        meeting: Meeting::of(threads),
        pieces: Turns::default(),
        turns: Turns::default(),
        settled: Turns::default(),
        panic: Mutex::default(),
        stumbled: Mutex::default(),
        full: AtomicBool::new(false),
    };
    let mut lead = Lead::default();
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| search.work(None));
        }
        search.work(Some(&mut lead));
    });
    search.end(lead, threads)
}

/// In how many groups the shards are let in: one for a thread that is alone; for several, enough
/// for none to wait long for another.
fn groups(threads: usize) -> usize {
    if threads == 1 { 1 } else { (threads * GROUPS).next_power_of_two().min(SHARDS) }
}

/// What the leading thread keeps account of.
#[derive(Default)]
struct Lead {
    /// Initial states, duplicates included.
    begun: u64,
    generated: u64,
    depth: u32,
    beyond: u64,
    cut: Option<Cut>,
}

impl<M, W, K> Search<'_, M, W, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Send + Sync,
    W: Watch<M>,
    K: Keep<M::State>,
{
    /// What each thread does until everything is done.
    fn work(&self, mut lead: Option<&mut Lead>) {
        let mut hands = round::Hands::new(self.watch.tally(), self.groups.len());
        loop {
            if let Some(lead) = lead.as_deref_mut() {
                self.lead(lead);
            }
            self.meeting.wait();
            let (over, pieces) = {
                let plan = read!(self.plan);
                (plan.over, plan.pieces())
            };
            if over {
                self.watch.counted(hands.tally);
                return;
            }
            if self.groups.len() == 1 {
                self.round_alone(pieces, &mut hands);
                continue;
            }
            while let Some(piece) = self.pieces.next(pieces) {
                self.expand(piece, &mut hands);
                self.hand_over(piece, &mut hands);
            }
            self.meeting.wait();
            while let Some(group) = self.turns.next(self.groups.len()) {
                self.let_in(group, pieces);
            }
            self.meeting.wait();
            while let Some(piece) = self.settled.next(pieces) {
                self.settle(piece);
            }
            self.meeting.wait();
        }
    }

    /// A round of a thread that is alone: what is found is let in while it is near.
    fn round_alone(&self, pieces: usize, hands: &mut HandsOf<M, W, K>) {
        let mut goes_on = true;
        for piece in 0..pieces {
            self.expand(piece, hands);
            goes_on = goes_on && self.let_in_at_once(piece, hands);
            self.settle_at_once(piece, hands);
        }
    }

    /// The group of a shard.
    #[inline]
    fn group_of(&self, shard: usize) -> usize {
        shard >> self.shift
    }

    /// What lies between a piece and a group.
    fn cell(&self, piece: usize, group: usize) -> &Mutex<shard::Cell<K::Key, K::Rest>> {
        &self.cells[piece * self.groups.len() + group]
    }

    /// Takes account of the round that is over, and plans the next one.
    fn lead(&self, lead: &mut Lead) {
        let mut plan = write!(self.plan);
        if lead.depth == 0 {
            self.begin(lead, &mut plan);
        } else {
            self.account(lead, &mut plan);
        }
        self.pieces.begin();
        self.turns.begin();
        self.settled.begin();
        plan.over = lead.cut.is_some() || lock(&self.panic).is_some() || self.watch.satisfied();
        if plan.over || plan.next_round() {
            return;
        }
        // The level is done: what was found meanwhile is the next one.
        for group in &self.groups {
            write!(group).iter_mut().for_each(Shard::advance);
        }
        if !plan.next_level() {
            plan.over = true;
            return;
        }
        if self.task.limits.depth.is_some_and(|most| lead.depth >= most) {
            lead.cut = self.task.limits.depth.map(Cut::Depth);
            plan.over = true;
            return;
        }
        lead.depth += 1;
        plan.next_round();
    }

    /// Lets the initial states in.
    fn begin(&self, lead: &mut Lead, plan: &mut Plan) {
        let begun = catch_unwind(AssertUnwindSafe(|| {
            let mut cells: Vec<_> = self.groups.iter().map(|_| shard::Cell::default()).collect();
            for (ordinal, state) in self.task.model.init_states().into_iter().enumerate() {
                if self.task.model.within_boundary(&state) {
                    lead.begun += 1;
                    let state = self.represent(state);
                    let (hash, key, rest) = self.keep.split(state);
                    let from = shard::From::new(0, ordinal);
                    let candidate = shard::Candidate { hash, from, key, rest };
                    cells[self.group_of(shard::shard_of(hash))].candidates.push(candidate);
                } else {
                    lead.beyond += 1;
                }
            }
            cells
        }));
        lead.generated = lead.begun;
        let cells = begun.unwrap_or_else(|payload| {
            self.panicked(Panic { at: None, message: said(&*payload) });
            Vec::new()
        });
        let mut found = Vec::new();
        for (group, mut cell) in self.groups.iter().zip(cells) {
            self.take(0, &mut write!(group), &mut cell);
            found.append(&mut cell.found);
        }
        if let Some((.., message)) = lock(&self.stumbled).take() {
            self.panicked(Panic { at: None, message });
            return;
        }
        if self.full.load(Ordering::Relaxed) {
            lead.cut = Some(Cut::Full);
            return;
        }
        found.sort_unstable();
        found.iter().for_each(|found| plan.begun(found.id));
    }

    /// Takes account of a round. If something stumbled in it, or a shard is full, nothing counts as
    /// found: what was let in beside it is not the same for any number of threads.
    fn account(&self, lead: &mut Lead, plan: &mut Plan) {
        let stumbled = lock(&self.stumbled).take();
        let full = stumbled.is_none() && self.full.load(Ordering::Relaxed);
        let counts = stumbled.is_none() && !full;
        for piece in 0..plan.pieces() {
            let mut outgoing = lock(&self.outgoing[piece]);
            let outgoing = &mut *outgoing;
            lead.generated += std::mem::take(&mut outgoing.generated);
            lead.beyond += std::mem::take(&mut outgoing.beyond);
            self.watch.noted(std::mem::take(&mut outgoing.notes));
            if let Some(panic) = outgoing.panic.take() {
                self.panicked(panic);
            }
            if let Some(edges) = &self.edges {
                lock(edges).record(&mut outgoing.edges, &mut outgoing.expanded);
            }
            let found = outgoing.found.drain(..).filter(|_| counts);
            plan.found(piece, found.map(|found| (found.id, found.from.state())));
        }
        if let Some((piece, from, message)) = stumbled {
            let at = from.and_then(|from| plan.piece(piece).get(from.state()).copied());
            self.panicked(Panic { at, message });
        }
        let moment = || {
            let (generated, depth) = (lead.generated, lead.depth);
            let (distinct, queue) = (plan.distinct(), plan.waiting());
            let mut bytes = plan.bytes();
            for group in &self.groups {
                bytes += read!(group).iter().map(Shard::bytes).sum::<u64>();
            }
            bytes += self.edges.as_ref().map_or(0, |edges| lock(edges).bytes());
            Moment { distinct, generated, depth, queue, bytes }
        };
        lead.cut = if full { Some(Cut::Full) } else { self.task.limits.reached(moment) };
    }

    /// The representative of the orbit of a state, if orbits are searched.
    fn represent(&self, state: M::State) -> M::State {
        match self.task.representative {
            Some(representative) => representative(&state),
            None => state,
        }
    }

    /// The first panic is the one that is told.
    fn panicked(&self, panic: Panic) {
        lock(&self.panic).get_or_insert(panic);
    }

    fn end(self, lead: Lead, threads: usize) -> Searched<K::Key, K::Rest> {
        let groups = self.groups.into_iter();
        let groups = groups.map(|group| group.into_inner().unwrap_or_else(PoisonError::into_inner));
        let shards: Vec<Shard<K::Key, K::Rest>> = groups.flatten().collect();
        let panic = self.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
        let edges =
            self.edges.map(|edges| edges.into_inner().unwrap_or_else(PoisonError::into_inner));
        let plan = self.plan.into_inner().unwrap_or_else(PoisonError::into_inner);
        let bytes = plan.bytes()
            + shards.iter().map(Shard::bytes).sum::<u64>()
            + edges.as_ref().map_or(0, Recorded::bytes);
        Searched {
            shards,
            order: plan.into_order(),
            edges,
            generated: lead.generated,
            steps: lead.generated - lead.begun,
            depth: lead.depth,
            beyond: lead.beyond,
            cut: lead.cut,
            panic,
            bytes,
            threads,
        }
    }
}
