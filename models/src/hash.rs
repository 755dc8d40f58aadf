//! The hash of the exact search: quick on short records, the same in every run. Equality decides,
//! so a collision costs time and nothing else.

use std::hash::{Hash, Hasher};

/// Mixes words one after the other, by a rotation and a multiplication each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words(u64);

/// An odd number with its ones spread out: the golden ratio in 64 bits.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Words {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(GOLDEN);
    }
}

/// A digest of a text, in hexadecimal: to tell apart what was checked, not to keep anybody from
/// forging it.
pub fn digest(text: &str) -> String {
    let mut hasher = Words::default();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

impl Hasher for Words {
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(GOLDEN);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ bytes.len() as u64);
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.mix(word as u64);
    }
}
