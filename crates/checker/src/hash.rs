//! The hash of the search: quick on short records, the same in every run and on every machine.
//!
//! In the exact search equality decides, so a collision costs time and nothing else. In the hashed
//! search the 64 bits stand for the state: there the quality of the mixing matters, and a second
//! seed gives a second, independent hash.

use std::hash::{Hash, Hasher};

/// Folds eight bytes at a time into 64 bits, by a full multiplication each.
///
/// Whoever hashes a value tells of each number how wide it is by what came before: so nothing is
/// lost although bytes wait for their word to be full while whole words go ahead of them, as long
/// as a word of waiting bytes cannot be taken for a whole one. Each kind is mixed in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    mixed: u64,
    /// Bytes that wait for their word to be full, the first one lowest.
    waiting: u64,
    /// How many bits of `waiting` are taken: 0, 8, … 56.
    taken: u32,
}

/// Odd numbers with their ones spread out: digits of the golden ratio, of pi, and of a root of two.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const PI: u64 = 0x2436_a885_a308_d313 | 1;
const ROOT: u64 = 0x6a09_e667_f3bc_c909;
/// In place of a number of one byte: a whole word says it.
const WORD: u8 = 0xff;

/// Both halves of a product folded together: every bit of both factors reaches every bit.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl Words {
    /// The hash of this seed.
    #[inline]
    pub const fn seeded(seed: u64) -> Self {
        Self { mixed: seed ^ PI, waiting: 0, taken: 0 }
    }

    /// A word of bytes that have waited for each other.
    #[inline(always)]
    fn mix_bytes(&mut self, word: u64) {
        self.mixed = fold(self.mixed ^ word, GOLDEN).rotate_left(23) ^ word;
    }

    /// A number that is a word.
    #[inline(always)]
    fn mix(&mut self, word: u64) {
        self.mixed = fold(self.mixed ^ word, ROOT).rotate_left(23) ^ word;
    }

    /// Two words by one multiplication of the two, for long records. A product with a factor 0
    /// would forget the other one, so both are kept in what is folded in.
    #[inline(always)]
    fn mix_two(&mut self, low: u64, high: u64) {
        let both = fold(low ^ PI, high.rotate_left(32) ^ GOLDEN);
        self.mixed = fold(self.mixed ^ both, GOLDEN) ^ low.wrapping_add(high.rotate_left(29));
    }

    /// Takes `bits` bits (at most 32), of which the rest of `word` is clear.
    #[inline(always)]
    fn push(&mut self, word: u64, bits: u32) {
        self.waiting |= word << self.taken;
        self.taken += bits;
        if self.taken >= 64 {
            let full = self.waiting;
            self.taken -= 64;
            // What did not fit begins the next word; `bits - taken` of them did.
            self.waiting = if self.taken == 0 { 0 } else { word >> (bits - self.taken) };
            self.mix_bytes(full);
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Hasher for Words {
    #[inline]
    fn finish(&self) -> u64 {
        // The rest of a word is told apart by its length, too.
        let rest = self.waiting ^ u64::from(self.taken) << 56;
        let last = self.mixed ^ rest.wrapping_mul(GOLDEN);
        fold(last ^ GOLDEN, PI) ^ last >> 31
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            let word = u64::from_le_bytes(*word);
            self.push(word & 0xffff_ffff, 32);
            self.push(word >> 32, 32);
        }
        for byte in rest {
            self.push(u64::from(*byte), 8);
        }
    }

    #[inline(always)]
    fn write_u8(&mut self, byte: u8) {
        self.push(u64::from(byte), 8);
    }

    #[inline(always)]
    fn write_u16(&mut self, word: u16) {
        self.push(u64::from(word), 16);
    }

    #[inline(always)]
    fn write_u32(&mut self, word: u32) {
        self.push(u64::from(word), 32);
    }

    #[inline(always)]
    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    #[inline(always)]
    fn write_usize(&mut self, word: usize) {
        self.write_isize(word as isize);
    }

    #[inline(always)]
    fn write_u128(&mut self, words: u128) {
        self.mix_two(words as u64, (words >> 64) as u64);
    }

    /// Lengths and the numbers of enum variants come this way: nearly all of them fit one byte.
    #[inline(always)]
    fn write_isize(&mut self, word: isize) {
        match u8::try_from(word) {
            Ok(byte) if byte < WORD => self.push(u64::from(byte), 8),
            _ => {
                self.push(u64::from(WORD), 8);
                self.mix(word as u64);
            }
        }
    }
}

/// The hash of `value` under `seed`.
#[inline]
pub fn hash<T: Hash + ?Sized>(seed: u64, value: &T) -> u64 {
    let mut words = Words::seeded(seed);
    value.hash(&mut words);
    words.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy;
    use std::collections::BTreeSet;

    #[test]
    fn short_records_do_not_collide_and_seeds_differ() {
        let records = || {
            (0..40u8).flat_map(|a| {
                (0..40u16).flat_map(move |b| (0..40u32).map(move |c| (a, b, c, Some(a))))
            })
        };
        let first: BTreeSet<u64> = records().map(|record| hash(0, &record)).collect();
        let second: BTreeSet<u64> = records().map(|record| hash(1, &record)).collect();
        assert_eq!(first.len(), 64_000);
        assert_eq!(second.len(), 64_000);
        assert!(first.is_disjoint(&second));
    }

    #[test]
    fn every_part_of_the_hash_is_spread_evenly() {
        for shift in [0, 26, 58] {
            let mut counts = [0u32; 64];
            for value in 0..64_000u64 {
                counts[(hash(0, &(value, 7u8)) >> shift & 63) as usize] += 1;
            }
            assert!(counts.iter().all(|count| (850..1150).contains(count)), "{shift}: {counts:?}");
        }
    }

    #[test]
    fn the_position_of_a_byte_counts() {
        assert_ne!(hash(0, &[1u8, 0, 0]), hash(0, &[0u8, 1, 0]));
        assert_ne!(hash(0, &[1u8, 0]), hash(0, &[1u8, 0, 0]));
        assert_ne!(hash(0, &(1u8, 2u16, 3u32, 4u8)), hash(0, &(1u8, 2u16, 3u32, 5u8)));
    }

    /// That two values hash differently, under every one of some seeds.
    fn apart<T: Hash + std::fmt::Debug>(one: &T, other: &T) {
        for seed in [0, 1, 77, u64::MAX] {
            assert_ne!(hash(seed, one), hash(seed, other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn the_order_of_numbers_of_one_byte_and_of_more_counts() {
        apart(&(300usize, 5usize), &(5, 300));
        apart(&(-1isize, 5isize), &(5, -1));
        apart(&(255usize, 0usize), &(0, 255));
        apart(&vec![(300usize, 5usize), (1, 2)], &vec![(5, 300), (1, 2)]);
        apart(&vec![(1usize, 2usize), (300, 5)], &vec![(300, 2), (1, 5)]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: 20_000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(11),
            ..Default::default()
        })]

        #[test]
        fn lists_of_numbers_of_any_size_hash_alike_only_if_they_are_equal(
            one in numbers(),
            other in numbers(),
            turned in 0..5usize,
        ) {
            let mut same = one.clone();
            same.rotate_left(turned % one.len());
            for different in [&other, &same].into_iter().filter(|list| **list != one) {
                apart(&one, different);
                // Read as numbers with a sign they are others, and differ as well.
                let signed = |list: &Vec<(usize,)>| -> Vec<(isize,)> {
                    list.iter().map(|(number,)| (*number as isize,)).collect()
                };
                apart(&signed(&one), &signed(different));
            }
        }
    }

    /// Up to five numbers, most of them near where one byte ends or repeated; each by itself, for a
    /// list of bare numbers is hashed as so many bytes.
    fn numbers() -> impl Strategy<Value = Vec<(usize,)>> {
        let number = proptest::prop_oneof![
            0..4usize,
            253..259usize,
            proptest::prelude::any::<usize>(),
            (0..4usize).prop_map(|back| usize::MAX - back),
        ];
        proptest::collection::vec((number,), 1..6)
    }

    #[test]
    fn a_word_of_bytes_is_not_taken_for_a_number_of_that_size() {
        #[derive(Debug, Hash)]
        enum Either {
            // With the number of the variant, the bytes before the last number are a word.
            Bytes(u8, u16, u32, u64),
            Word(u64, u8, u16, u32),
            Short(u8),
            Long(u128),
        }
        use Either::{Bytes, Long, Short, Word};
        apart(&Bytes(0, 0, 0, 1), &Word(0, 0, 0, 0));
        apart(&Bytes(7, 0, 9, 0x701), &Word(9 << 32 | 7 << 8, 7, 0, 0));
        apart(&vec![Short(3), Long(0)], &vec![Long(0), Short(3)]);
        apart(&vec![Short(0), Word(0, 0, 0, 0)], &vec![Word(0, 0, 0, 0), Short(0)]);
    }
}
