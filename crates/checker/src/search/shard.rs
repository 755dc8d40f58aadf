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
/// The bits of a slot that hold a number; the others hold bits of the hash.
const LOCAL: u32 = (1 << LOCAL_BITS) - 1;
/// How many slots a shard begins with.
const SLOTS: usize = 16;

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
        self.0 & LOCAL
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
            slots: vec![EMPTY; SLOTS],
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
        let mut at = self.slot(hash);
        loop {
            let found = self.slots[at];
            if found == EMPTY {
                return None;
            }
            let local = found & LOCAL;
            if found & !LOCAL == tag(hash) && is(self.key(local)) {
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

    /// Where the key with this hash is: its number, or else the slot that is free for it.
    #[inline]
    fn look_up(&self, hash: u64, key: &K) -> Result<u32, usize> {
        let tag = tag(hash);
        let mut at = self.slot(hash);
        loop {
            let found = self.slots[at];
            if found == EMPTY {
                return Err(at);
            }
            let local = found & LOCAL;
            if found & !LOCAL == tag && *self.key(local) == *key {
                return Ok(local);
            }
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
    }

    /// Lets a candidate in whose slot is free, and gives it its number.
    fn add(&mut self, candidate: Candidate<K, R>, mut slot: usize, hash: impl Fn(&K) -> u64) {
        let local = self.len;
        if (local as usize + 1) * 5 > self.slots.len() * 4 {
            self.grow(hash);
            slot = self.free(candidate.hash);
        }
        self.slots[slot] = tag(candidate.hash) | local;
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
    }

    #[inline]
    fn prefetch_slot(&self, hash: u64) {
        prefetch(&self.slots[self.slot(hash)]);
    }

    #[inline]
    fn prefetch_key(&self, hash: u64) {
        let found = self.slots[self.slot(hash)];
        if found != EMPTY && found & !LOCAL == tag(hash) {
            prefetch(self.key(found & LOCAL));
        }
    }

    /// Where the search for a hash begins.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        // The bits below the shard's spread evenly over however many slots there are.
        let bits = hash << SHARD_BITS >> 32;
        ((bits * self.slots.len() as u64) >> 32) as usize
    }

    /// The first free slot for this hash.
    #[inline]
    fn free(&self, hash: u64) -> usize {
        let mut at = self.slot(hash);
        while self.slots[at] != EMPTY {
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
        at
    }

    /// Makes room: at most four slots in five are taken.
    #[cold]
    fn grow(&mut self, hash: impl Fn(&K) -> u64) {
        let slots = self.slots.len() * 3 / 2;
        // The old ones go first: for a moment only the new ones need memory.
        self.slots = Vec::new();
        self.slots = vec![EMPTY; slots];
        let mut local = 0;
        for chunk in 0..self.chunks.len() {
            for place in 0..self.chunks[chunk].keys.len() {
                let hash = hash(&self.chunks[chunk].keys[place]);
                let free = self.free(hash);
                self.slots[free] = tag(hash) | local;
                local += 1;
            }
        }
    }
}

/// Takes candidates into these shards, each into its own, in their order. `numbers` gets the number
/// of each, if it is wanted. Answers whether all were taken in: not if a shard is full.
pub(crate) fn take<K: PartialEq, R>(
    shards: &mut [Shard<K, R>],
    candidates: &mut Vec<Candidate<K, R>>,
    hash: impl Fn(&K) -> u64,
    mut numbers: Option<&mut Vec<u32>>,
) -> bool {
    let among = shards.len() - 1;
    let place = |hash: u64| shard_of(hash) & among;
    for candidate in candidates.iter().take(AHEAD) {
        shards[place(candidate.hash)].prefetch_slot(candidate.hash);
    }
    let mut rest = candidates.drain(..);
    // Looked at where it lies: most are known already, and are not moved at all.
    while let Some(candidate) = rest.as_slice().first() {
        if let Some(later) = rest.as_slice().get(AHEAD) {
            shards[place(later.hash)].prefetch_slot(later.hash);
        }
        if let Some(later) = rest.as_slice().get(AHEAD / 2) {
            shards[place(later.hash)].prefetch_key(later.hash);
        }
        let shard = &mut shards[place(candidate.hash)];
        let number = match shard.look_up(candidate.hash, &candidate.key) {
            Ok(local) => {
                rest.next();
                local
            }
            Err(_) if shard.len > LOCAL_MAX => return false,
            Err(slot) => {
                let local = shard.len;
                if let Some(candidate) = rest.next() {
                    shard.add(candidate, slot, &hash);
                }
                local
            }
        };
        if let Some(numbers) = numbers.as_deref_mut() {
            numbers.push(number);
        }
    }
    true
}

/// The lowest bits of a hash, where they stand in a slot. The all-ones tag with the all-ones number
/// would be the empty mark; no state has that number.
#[inline]
const fn tag(hash: u64) -> u32 {
    (hash as u32) << LOCAL_BITS
}
