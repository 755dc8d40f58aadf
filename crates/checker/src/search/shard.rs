//! One shard of the visited set: keys in the order of their discovery, and an index over them.
//!
//! A state belongs to the shard that its hash names, so a shard is written by one thread at a time
//! and nothing is locked while it is probed. The number of shards is fixed: results depend neither
//! on timing nor on the number of threads.

use std::hint::select_unpredictable;
use std::vec::Drain;

use super::index::{Free, Index, NUMBER_MAX};
use crate::processor::prefetch;

/// How many bits of a hash name the shard.
pub(crate) const SHARD_BITS: u32 = 6;
/// How many shards there are.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;
/// How many bits number the states of a shard.
const LOCAL_BITS: u32 = 32 - SHARD_BITS;
/// The largest number of a state in a shard: what its index has room for.
pub(crate) const LOCAL_MAX: u32 = NUMBER_MAX;

// The number has to fit the bits of an id, too.
const _: () = assert!(LOCAL_MAX < (1 << LOCAL_BITS) - 1);
/// States to a piece of the arena, which is never moved once it is full.
const CHUNK: usize = 1 << 10;
/// States up to which an index doubles, and up to which it grows by a half.
const DOUBLED: u32 = 1 << 12;
const HALVED: u32 = 1 << 14;
/// Bytes of a key from which on the index is small beside it.
const LARGE_KEY: usize = 32;
/// In place of a guess: no key has the number.
const NONE: u32 = u32::MAX;
/// How many candidates are decided together: their buckets are asked for two batches before, and
/// the keys that these name one batch before.
const BATCH: usize = 16;

/// A state's number: shard and place within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(crate) u32);

impl Id {
    /// The state with this number in this shard.
    #[inline]
    pub(crate) const fn new(shard: usize, local: u32) -> Self {
        Self((shard as u32) << LOCAL_BITS | local)
    }

    /// Its shard.
    #[inline]
    pub(crate) const fn shard(self) -> usize {
        (self.0 >> LOCAL_BITS) as usize
    }

    /// Its number there.
    #[inline]
    pub(crate) const fn local(self) -> u32 {
        self.0 & ((1 << LOCAL_BITS) - 1)
    }
}

/// The shard that a hash names.
#[inline]
pub(crate) const fn shard_of(hash: u64) -> usize {
    (hash >> (64 - SHARD_BITS)) as usize
}

/// Where a successor comes from: the place of the state in its piece, and of the action among those
/// of the state. In this order an ordinary queue would find them, and so does the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct From(u32);

impl From {
    /// How many bits are for the action. Those beyond count as one, and go by their numbers.
    const ACTION_BITS: u32 = 23;

    /// From the action at this place of the state at that place.
    #[inline]
    pub(crate) const fn new(state: usize, action: usize) -> Self {
        let last = (1 << Self::ACTION_BITS) - 1;
        let action = if action < last { action } else { last };
        Self((state << Self::ACTION_BITS | action) as u32)
    }

    /// The place of the state.
    pub(crate) const fn state(self) -> usize {
        (self.0 >> Self::ACTION_BITS) as usize
    }
}

// The place of a state in its piece has to fit.
const _: () = assert!(super::plan::PIECE <= 1 << (32 - From::ACTION_BITS));

/// A state that was found: where it comes from, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) from: From,
    pub(crate) id: Id,
}

/// A successor on its way to its shard.
pub(crate) struct Candidate<K, R> {
    /// Its hash.
    pub(crate) hash: u64,
    /// Where it comes from in its piece.
    pub(crate) from: From,
    /// What stands for it.
    pub(crate) key: K,
    /// What is needed until it has been expanded.
    pub(crate) rest: R,
}

/// The candidates of one piece for one group of shards, and what became of them.
pub(crate) struct Cell<K, R> {
    pub(crate) candidates: Vec<Candidate<K, R>>,
    /// The number of each, if it is wanted.
    pub(crate) numbers: Vec<Id>,
    /// Those that were new.
    pub(crate) found: Vec<Found>,
    /// Where the one comes from that could not be taken in.
    pub(crate) stopped: Option<From>,
}

impl<K, R> Default for Cell<K, R> {
    fn default() -> Self {
        Self { candidates: Vec::new(), numbers: Vec::new(), found: Vec::new(), stopped: None }
    }
}

/// The candidates of a cell that are still to be taken in.
struct Rest<'a, K, R> {
    candidates: Drain<'a, Candidate<K, R>>,
    stopped: &'a mut Option<From>,
}

impl<K, R> Drop for Rest<'_, K, R> {
    /// Whatever ends it before its time, a shard that is full or a panic where states are compared:
    /// the first that is left is the one that could not be taken in.
    fn drop(&mut self) {
        *self.stopped = self.candidates.as_slice().first().map(|candidate| candidate.from);
    }
}

/// One shard.
pub(crate) struct Shard<K, R> {
    chunks: Vec<Vec<K>>,
    len: u32,
    /// The largest number of a state.
    most: u32,
    index: Index,
    /// What the states that are being expanded still need, and the number of the first of them.
    pub(crate) level: Vec<R>,
    /// The same for those that were found since.
    pub(crate) fresh: Vec<R>,
    /// The number of the first state of `level`.
    pub(crate) first: u32,
}

impl<K: PartialEq, R> Shard<K, R> {
    /// A shard without states, which are numbered up to `most`.
    pub(crate) fn new(most: u32) -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
            most,
            index: Index::new(),
            level: Vec::new(),
            fresh: Vec::new(),
            first: 0,
        }
    }

    /// How many states it has.
    #[inline]
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// The key with this number.
    #[inline]
    pub(crate) fn key(&self, local: u32) -> &K {
        let at = local as usize;
        &self.chunks[at / CHUNK][at % CHUNK]
    }

    /// The number of the key with this hash of which `is` says that it is the one.
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&K) -> bool) -> Option<u32> {
        self.index.look_up(hash, |local| is(self.key(local))).ok()
    }

    /// What was found since becomes what is to be expanded.
    pub(crate) fn advance(&mut self) {
        self.first = self.len - self.fresh.len() as u32;
        self.level.clear();
        std::mem::swap(&mut self.level, &mut self.fresh);
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> u64 {
        // Only the first piece may have less room than a whole one.
        let room = match self.chunks.as_slice() {
            [only] => only.capacity(),
            all => all.len() * CHUNK,
        };
        let rests = if size_of::<R>() == 0 {
            0
        } else {
            (self.level.capacity() + self.fresh.capacity()) * size_of::<R>()
        };
        (room * size_of::<K>() + self.index.bytes() + rests) as u64
    }

    #[inline]
    fn key_at(&self, local: u32) -> Option<&K> {
        let at = local as usize;
        self.chunks.get(at / CHUNK).and_then(|chunk| chunk.get(at % CHUNK))
    }

    /// Asks for the key with this number, if there is one.
    #[inline]
    pub(crate) fn prefetch_key(&self, local: u32) {
        if let Some(key) = self.key_at(local) {
            prefetch(key);
        }
    }

    /// The number of a candidate's key, which may be `guess`, or else the slot that is free for it.
    #[inline]
    fn look_up(&self, candidate: &Candidate<K, R>, guess: u32) -> Result<u32, Free> {
        if self.key_at(guess).is_some_and(|key| *key == candidate.key) {
            return Ok(guess);
        }
        self.index.look_up(candidate.hash, |number| *self.key(number) == candidate.key)
    }

    /// The slot for a key with this hash, for which this one is free, when there is room for more.
    #[inline]
    fn room(&mut self, key: u64, free: Free, hash: impl Fn(&K) -> u64) -> Free {
        if !self.index.is_full(self.len) {
            return free;
        }
        self.grow(hash);
        self.index.free(key)
    }

    /// Lets a candidate in whose slot is free, and gives it its number.
    fn add(&mut self, candidate: Candidate<K, R>, free: Free) {
        let local = self.len;
        self.index.put(free, candidate.hash, local);
        if (local as usize).is_multiple_of(CHUNK) {
            // The first piece grows as it must; those of small models stay small.
            let room = if local == 0 { 16 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(candidate.key);
        }
        self.fresh.push(candidate.rest);
        self.len += 1;
    }

    /// Makes the index larger.
    #[cold]
    fn grow(&mut self, hash: impl Fn(&K) -> u64) {
        // By a quarter, so that between seven and nearly nine tenths of the index are in use; by
        // more while there are few keys. Where they are large or have parts on the heap, the index
        // is the smaller part and hashing them anew the dear one: there it doubles.
        let large = std::mem::needs_drop::<K>() || size_of::<K>() >= LARGE_KEY;
        let quarters = match self.len {
            _ if large => 4,
            ..DOUBLED => 4,
            DOUBLED..HALVED => 2,
            HALVED.. => 1,
        };
        self.index = self.index.larger(quarters);
        let mut number = 0;
        let mut hashes = [0; BATCH];
        for keys in self.chunks.iter().flat_map(|chunk| chunk.chunks(BATCH)) {
            for (place, key) in hashes.iter_mut().zip(keys) {
                *place = hash(key);
                self.index.prefetch(*place);
            }
            for hash in &hashes[..keys.len()] {
                self.index.put(self.index.free(*hash), *hash, number);
                number += 1;
            }
        }
    }
}

/// Takes the candidates of a cell into these shards, each into its own, in their order. `numbered`
/// says whether the number of each is wanted. Answers whether all were taken in: not if a shard is
/// full. Then, and after a panic, the cell says where that comes from which was not.
pub(crate) fn take<K: PartialEq, R>(
    shards: &mut [Shard<K, R>],
    cell: &mut Cell<K, R>,
    numbered: bool,
    hash: impl Fn(&K) -> u64,
) -> bool {
    let among = shards.len() - 1;
    let place = |hash: u64| shard_of(hash) & among;
    let mut candidates = std::mem::take(&mut cell.candidates);
    for candidate in candidates.iter().take(2 * BATCH) {
        shards[place(candidate.hash)].index.prefetch(candidate.hash);
    }
    let mut guesses = [0; BATCH];
    guess(shards, place, &candidates, &mut guesses);
    let mut rest = Rest { candidates: candidates.drain(..), stopped: &mut cell.stopped };
    while !rest.candidates.as_slice().is_empty() {
        let these = rest.candidates.as_slice();
        for later in these.iter().skip(2 * BATCH).take(BATCH) {
            shards[place(later.hash)].index.prefetch(later.hash);
        }
        let mut next = [0; BATCH];
        guess(shards, place, these.get(BATCH..).unwrap_or_default(), &mut next);
        for guess in std::mem::replace(&mut guesses, next) {
            // Looked at where it lies: most are known already, and are not moved at all.
            let Some(candidate) = rest.candidates.as_slice().first() else { break };
            let shard = &mut shards[place(candidate.hash)];
            let number = |local: u32| Id::new(shard_of(candidate.hash), local);
            let (id, free) = match shard.look_up(candidate, guess) {
                Ok(local) => (number(local), None),
                Err(_) if shard.len > shard.most => return false,
                Err(free) => (number(shard.len), Some(shard.room(candidate.hash, free, &hash))),
            };
            if numbered {
                cell.numbers.push(id);
            }
            let candidate = rest.candidates.next();
            if let (Some(free), Some(candidate)) = (free, candidate) {
                let from = candidate.from;
                shard.add(candidate, free);
                cell.found.push(Found { from, id });
            }
        }
    }
    drop(rest);
    cell.candidates = candidates;
    true
}

/// Guesses the numbers of the first of these, whose buckets are near, and asks for their keys.
#[inline]
fn guess<K: PartialEq, R>(
    shards: &[Shard<K, R>],
    place: impl Fn(u64) -> usize,
    candidates: &[Candidate<K, R>],
    guesses: &mut [u32; BATCH],
) {
    for (guess, candidate) in guesses.iter_mut().zip(candidates) {
        let shard = &shards[place(candidate.hash)];
        let (number, may_be) = shard.index.guess(candidate.hash);
        shard.prefetch_key(number);
        *guess = select_unpredictable(may_be, number, NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(key: u8, from: usize) -> Candidate<u8, ()> {
        Candidate { hash: 0, from: From::new(from, 0), key, rest: () }
    }

    #[test]
    fn a_full_shard_takes_in_what_it_has_and_says_where_it_stopped() {
        let mut shard: Shard<u8, ()> = Shard::new(1);
        let mut cell = Cell::default();
        cell.candidates.extend([candidate(7, 0), candidate(8, 1)]);
        assert!(take(std::slice::from_mut(&mut shard), &mut cell, false, |_| 0));
        assert_eq!((shard.len(), cell.found.len(), cell.stopped), (2, 2, None));
        cell.candidates.extend([candidate(8, 2), candidate(9, 3), candidate(7, 4)]);
        assert!(!take(std::slice::from_mut(&mut shard), &mut cell, false, |_| 0));
        assert_eq!((cell.found.len(), cell.stopped), (2, Some(From::new(3, 0))));
    }

    #[test]
    fn what_panics_where_it_is_compared_is_where_it_stopped() {
        struct Shy(u8);
        impl PartialEq for Shy {
            fn eq(&self, other: &Self) -> bool {
                assert!(self.0 + other.0 != 9, "shy");
                self.0 == other.0
            }
        }
        let candidate = |key| {
            let from = From::new(usize::from(key), 0);
            Candidate { hash: 0, from, key: Shy(key), rest: () }
        };
        let mut shard: Shard<Shy, ()> = Shard::new(LOCAL_MAX);
        let mut cell = Cell::default();
        cell.candidates.extend([3, 4, 5, 6].map(candidate));
        let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            take(std::slice::from_mut(&mut shard), &mut cell, false, |_| 0)
        }));
        assert!(taken.is_err());
        assert_eq!((shard.len(), cell.stopped), (2, Some(From::new(5, 0))));
    }
}
