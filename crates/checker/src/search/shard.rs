//! One shard of the visited set: keys in the order of their discovery, and an index over them.
//!
//! A state belongs to the shard that its hash names, so a shard is written by one thread at a time
//! and nothing is locked while it is probed. The number of shards is fixed: results depend neither
//! on timing nor on the number of threads.

use crate::prefetch::prefetch;

/// How many bits of a hash name the shard.
pub(crate) const SHARD_BITS: u32 = 6;
/// How many shards there are.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;
/// How many bits number the states of a shard.
const LOCAL_BITS: u32 = 32 - SHARD_BITS;
/// The most states in a shard; the last number marks an empty slot.
pub(crate) const LOCAL_MAX: u32 = (1 << LOCAL_BITS) - 2;
/// The mark of an empty slot.
const EMPTY: u32 = u32::MAX;
/// States to a piece of the arena, which is never moved once it is full.
const CHUNK: usize = 1 << 12;
/// How many candidates are looked at ahead of the one that is decided: first their slot is asked
/// for, then, half as far ahead, the key that the slot names.
const AHEAD: usize = 12;

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

/// A successor on its way to its shard.
pub(crate) struct Candidate<K, R> {
    /// Its hash.
    pub(crate) hash: u64,
    /// The state that it was reached from; its own mark for an initial state.
    pub(crate) parent: Parent,
    /// What stands for it.
    pub(crate) key: K,
    /// What is needed until it has been expanded.
    pub(crate) rest: R,
}

/// Where a state was first reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent(u32);

impl Parent {
    /// From nowhere: an initial state.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// From this state.
    #[inline]
    pub(crate) const fn from(id: Id) -> Self {
        Self(id.0)
    }

    /// The state, if there is one.
    pub(crate) const fn id(self) -> Option<Id> {
        if self.0 == u32::MAX { None } else { Some(Id(self.0)) }
    }
}

struct Chunk<K> {
    keys: Vec<K>,
    parents: Vec<Parent>,
}

/// One shard.
pub(crate) struct Shard<K, R> {
    chunks: Vec<Chunk<K>>,
    len: u32,
    /// Open addressing on the place of a key, with a few bits of its hash above the number.
    slots: Vec<u32>,
    /// What the states that are being expanded still need, and the number of the first of them.
    pub(crate) level: Vec<R>,
    /// The same for those that were found since.
    pub(crate) fresh: Vec<R>,
    /// The number of the first state of `level`.
    pub(crate) first: u32,
}

impl<K: PartialEq, R> Shard<K, R> {
    /// A shard without states.
    pub(crate) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
            slots: Vec::new(),
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
        &self.chunks[at / CHUNK].keys[at % CHUNK]
    }

    /// Where the state with this number was first reached from.
    pub(crate) fn parent(&self, local: u32) -> Parent {
        let at = local as usize;
        self.chunks[at / CHUNK].parents[at % CHUNK]
    }

    /// The number of the key with this hash of which `is` says that it is the one.
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&K) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.slot(hash);
        loop {
            let found = self.slots[at];
            if found == EMPTY {
                return None;
            }
            let local = found & ((1 << LOCAL_BITS) - 1);
            if found & !((1 << LOCAL_BITS) - 1) == tag(hash) && is(self.key(local)) {
                return Some(local);
            }
            at = (at + 1) % self.slots.len();
        }
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
            [only] => only.keys.capacity(),
            all => all.len() * CHUNK,
        };
        let rests = if size_of::<R>() == 0 {
            0
        } else {
            (self.level.capacity() + self.fresh.capacity()) * size_of::<R>()
        };
        (room * (size_of::<K>() + 4) + self.slots.capacity() * 4 + rests) as u64
    }

    /// Takes candidates in, in their order. `numbers` gets the number of each, if it is wanted.
    /// Answers how many were taken in; fewer than there are only if the shard is full.
    pub(crate) fn take(
        &mut self,
        candidates: &mut Vec<Candidate<K, R>>,
        hash: impl Fn(&K) -> u64,
        mut numbers: Option<&mut Vec<u32>>,
    ) -> usize {
        self.make_room(candidates.len(), &hash);
        let mut taken = 0;
        // A window of candidates whose slots, and then keys, are on their way.
        let mut slots = [0usize; AHEAD];
        for (i, candidate) in candidates.iter().take(AHEAD).enumerate() {
            slots[i] = self.slot(candidate.hash);
            prefetch(&self.slots[slots[i]]);
        }
        let mut rest = candidates.drain(..);
        loop {
            let following = rest.as_slice();
            if let Some(candidate) = following.get(AHEAD / 2) {
                self.prefetch_key(slots[(taken + AHEAD / 2) % AHEAD], candidate.hash);
            }
            let slot = slots[taken % AHEAD];
            if let Some(candidate) = following.get(AHEAD) {
                let next = self.slot(candidate.hash);
                slots[taken % AHEAD] = next;
                prefetch(&self.slots[next]);
            }
            let Some(candidate) = rest.next() else { return taken };
            let number = self.take_one(candidate, slot);
            if number > LOCAL_MAX {
                return taken;
            }
            if let Some(numbers) = numbers.as_deref_mut() {
                numbers.push(number);
            }
            taken += 1;
        }
    }

    /// The number of a candidate, which is new if nothing equals it; `LOCAL_MAX + 1` if the shard
    /// is full.
    #[inline]
    fn take_one(&mut self, candidate: Candidate<K, R>, slot: usize) -> u32 {
        let tag = tag(candidate.hash);
        let mut at = slot;
        loop {
            let found = self.slots[at];
            if found == EMPTY {
                break;
            }
            let local = found & ((1 << LOCAL_BITS) - 1);
            if found & !((1 << LOCAL_BITS) - 1) == tag && *self.key(local) == candidate.key {
                return local;
            }
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
        let local = self.len;
        if local > LOCAL_MAX {
            return local;
        }
        self.slots[at] = tag | local;
        if (local as usize).is_multiple_of(CHUNK) {
            // The first piece grows as it must; those of small models stay small.
            let room = if local == 0 { 16 } else { CHUNK };
            self.chunks
                .push(Chunk { keys: Vec::with_capacity(room), parents: Vec::with_capacity(room) });
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.keys.push(candidate.key);
            chunk.parents.push(candidate.parent);
        }
        self.fresh.push(candidate.rest);
        self.len += 1;
        local
    }

    #[inline]
    fn prefetch_key(&self, slot: usize, hash: u64) {
        let found = self.slots[slot];
        if found != EMPTY && found & !((1 << LOCAL_BITS) - 1) == tag(hash) {
            prefetch(self.key(found & ((1 << LOCAL_BITS) - 1)));
        }
    }

    /// Where the search for a hash begins.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        // The bits below the shard's spread evenly over however many slots there are.
        let bits = hash << SHARD_BITS >> 32;
        ((bits * self.slots.len() as u64) >> 32) as usize
    }

    /// Makes room for so many more, at most four slots in five taken.
    fn make_room(&mut self, more: usize, hash: &impl Fn(&K) -> u64) {
        let wanted = self.len as usize + more;
        if wanted * 5 <= self.slots.len() * 4 {
            return;
        }
        let slots = (self.slots.len() * 3 / 2).max((wanted * 5).div_ceil(4)).max(64);
        // The old ones go first: for a moment only the new ones need memory.
        self.slots = Vec::new();
        self.slots = vec![EMPTY; slots];
        let mut local = 0;
        for chunk in &self.chunks {
            for key in &chunk.keys {
                let hash = hash(key);
                let bits = hash << SHARD_BITS >> 32;
                let mut at = ((bits * slots as u64) >> 32) as usize;
                while self.slots[at] != EMPTY {
                    at += 1;
                    if at == slots {
                        at = 0;
                    }
                }
                self.slots[at] = tag(hash) | local;
                local += 1;
            }
        }
    }
}

/// The lowest bits of a hash, where they stand in a slot. The all-ones tag with the all-ones number
/// would be the empty mark; no state has that number.
#[inline]
const fn tag(hash: u64) -> u32 {
    (hash as u32) << LOCAL_BITS
}
