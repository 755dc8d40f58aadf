//! Which key has which hash: buckets of slots, each bucket a cache line.
//!
//! A bucket is looked at as a whole, all slots at once, without a branch for each: how far a key
//! lies from where the search for it begins cannot be foretold, and a processor that guesses wrong
//! loses more than a dozen comparisons take.

use std::hint::select_unpredictable;

use crate::processor::{equal, prefetch};

/// Slots to a bucket.
const WIDTH: usize = 16;
/// The most keys to a bucket on average, before there are more buckets.
const KEYS: usize = 14;
/// The bytes of a number.
const BYTES: usize = 3;
/// The largest number that fits.
pub(super) const NUMBER_MAX: u32 = (1 << (8 * BYTES)) - 1;

/// Sixteen slots: a byte of the hash of each key, 0 where there is none, and the key's number, its
/// lowest byte first.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Bucket {
    tags: [u8; WIDTH],
    numbers: [[u8; BYTES]; WIDTH],
}

// A cache line, all of it.
const _: () = assert!(size_of::<Bucket>() == WIDTH * (1 + BYTES));

impl Bucket {
    const EMPTY: Self = Self { tags: [0; WIDTH], numbers: [[0; BYTES]; WIDTH] };

    /// The slots of keys of whose hash this is the byte: a bit for each.
    #[inline(always)]
    fn slots_with(&self, tag: u8) -> u32 {
        equal(self.tags, tag)
    }

    /// How many slots are taken: they are taken in order, and stay so.
    #[inline(always)]
    fn taken(&self) -> usize {
        // A bit behind the last slot is found if all are taken.
        (equal(self.tags, 0) | 1 << WIDTH).trailing_zeros() as usize
    }

    /// The number in the lowest of these slots; any number if there is none.
    #[inline(always)]
    fn first(&self, slots: u32) -> u32 {
        let [low, middle, high] =
            self.numbers[((slots | 1 << (WIDTH - 1)).trailing_zeros() as usize) % WIDTH];
        u32::from_le_bytes([low, middle, high, 0])
    }
}

/// The index of a shard.
pub(super) struct Index {
    buckets: Vec<Bucket>,
}

/// A slot that is free for the hash that was looked up.
#[derive(Clone, Copy)]
pub(super) struct Free {
    bucket: usize,
    slot: usize,
}

impl Index {
    /// An index without keys.
    pub(super) fn new() -> Self {
        Self { buckets: vec![Bucket::EMPTY] }
    }

    /// An index without keys that has room for so many quarters more.
    pub(super) fn larger(&self, quarters: usize) -> Self {
        Self { buckets: vec![Bucket::EMPTY; self.buckets.len() * (4 + quarters) / 4 + 1] }
    }

    /// Whether it is to be larger before it gets more than so many keys.
    #[inline]
    pub(super) fn is_full(&self, keys: u32) -> bool {
        keys as usize >= self.buckets.len() * KEYS
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<Bucket>()
    }

    /// The number of the key with this hash of which `is` says that it is the one, or else the slot
    /// that is free for it.
    #[inline]
    pub(super) fn look_up(&self, hash: u64, is: impl Fn(u32) -> bool) -> Result<u32, Free> {
        let mut at = self.begin(hash);
        loop {
            let bucket = &self.buckets[at];
            let mut same = bucket.slots_with(tag(hash));
            while same != 0 {
                let number = bucket.first(same);
                if is(number) {
                    return Ok(number);
                }
                same &= same - 1;
            }
            let taken = bucket.taken();
            if taken < WIDTH {
                return Err(Free { bucket: at, slot: taken });
            }
            at = self.after(at);
        }
    }

    /// Puts a key into a slot that is free for its hash.
    #[inline]
    pub(super) fn put(&mut self, free: Free, hash: u64, number: u32) {
        let bucket = &mut self.buckets[free.bucket];
        bucket.tags[free.slot] = tag(hash);
        let [low, middle, high, _] = number.to_le_bytes();
        bucket.numbers[free.slot] = [low, middle, high];
    }

    /// The slot that is free for a key that is not there yet.
    #[inline]
    pub(super) fn free(&self, hash: u64) -> Free {
        let mut at = self.begin(hash);
        loop {
            let taken = self.buckets[at].taken();
            if taken < WIDTH {
                return Free { bucket: at, slot: taken };
            }
            at = self.after(at);
        }
    }

    /// Asks for the bucket in which the search for a hash begins.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        prefetch(&self.buckets[self.begin(hash)]);
    }

    /// The first number in that bucket that may be that of the key with this hash, if any, and a
    /// number that may be asked for either way. What is answered is not branched on here: it cannot
    /// be foretold either.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> (u32, bool) {
        let at = self.begin(hash);
        let bucket = &self.buckets[at];
        // If the bucket is full, the search may go on in the next one.
        let next = at + usize::from(bucket.taken() == WIDTH);
        prefetch(&self.buckets[next.min(self.buckets.len() - 1)]);
        let same = bucket.slots_with(tag(hash));
        let number = bucket.first(same);
        // The first key is always near.
        (select_unpredictable(same == 0, 0, number), same != 0)
    }

    /// The bucket in which the search for a hash begins.
    #[inline]
    fn begin(&self, hash: u64) -> usize {
        // The bits below the shard's spread evenly over however many buckets there are.
        let bits = hash << super::shard::SHARD_BITS >> 32;
        (bits.wrapping_mul(self.buckets.len() as u64) >> 32) as usize
    }

    #[inline]
    fn after(&self, bucket: usize) -> usize {
        if bucket + 1 == self.buckets.len() { 0 } else { bucket + 1 }
    }
}

/// The lowest byte of a hash, and never 0.
#[inline(always)]
const fn tag(hash: u64) -> u8 {
    let byte = hash as u8;
    byte + (byte == 0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_taken_in_order() {
        let mut bucket = Bucket::EMPTY;
        for taken in 0..WIDTH {
            assert_eq!(bucket.taken(), taken);
            bucket.tags[taken] = 255 - taken as u8;
            assert_eq!(bucket.slots_with(255 - taken as u8), 1 << taken);
        }
        assert_eq!(bucket.taken(), WIDTH);
    }

    #[test]
    fn every_key_is_found_again_however_its_hash_falls() {
        // Spread out; all in one bucket, and so over into the next ones; and the same in every bit.
        let spread = |key: u32| crate::hash::hash(0, &key);
        let crowded = |key: u32| (1 << 58) - 1 - u64::from(key % 300);
        let alike = |_: u32| 0;
        for hash in [&spread as &dyn Fn(u32) -> u64, &crowded, &alike] {
            let mut index = Index::new();
            for key in 0..1500 {
                assert!(index.look_up(hash(key), |number| number == key).is_err());
                if index.is_full(key) {
                    index = index.larger(1);
                    (0..key).for_each(|key| index.put(index.free(hash(key)), hash(key), key));
                }
                index.put(index.free(hash(key)), hash(key), key);
            }
            for key in 0..1500 {
                assert_eq!(index.look_up(hash(key), |number| number == key).ok(), Some(key));
            }
        }
    }
}
