//! Values as a few bits each, one after the other in a word.

/// A value that fits a few bits, and comes back from them: `from_bits(value.bits()) == value`, and
/// `bits` sets none beyond the width.
pub(super) trait Bits {
    /// How many bits.
    const WIDTH: u32;

    /// The bits.
    fn bits(&self) -> u64;

    /// The value again.
    fn from_bits(bits: u64) -> Self;
}

/// A word that is being filled, from its lowest bit.
#[derive(Clone, Copy, Default)]
pub(super) struct Filled {
    word: u64,
    bits: u32,
}

impl Filled {
    /// Puts a value above those that are there.
    #[inline(always)]
    pub(super) fn put<T: Bits>(self, value: &T) -> Self {
        Self { word: self.word | value.bits() << self.bits, bits: self.bits + T::WIDTH }
    }

    /// The word.
    #[inline(always)]
    pub(super) fn word(self) -> u64 {
        assert!(self.bits <= 64, "more than a word");
        self.word
    }

    /// The word, which is half as long.
    #[inline(always)]
    pub(super) fn half(self) -> u32 {
        assert!(self.bits <= 32, "more than half a word");
        self.word as u32
    }
}

/// A word that is being read, in the order in which it was filled.
pub(super) struct Read(pub u64);

impl Read {
    /// The next value.
    #[inline(always)]
    pub(super) fn take<T: Bits>(&mut self) -> T {
        let value = T::from_bits(self.0 & ((1 << T::WIDTH) - 1));
        self.0 >>= T::WIDTH;
        value
    }
}

impl<T: Bits, const N: usize> Bits for [T; N] {
    const WIDTH: u32 = T::WIDTH * N as u32;

    #[inline(always)]
    fn bits(&self) -> u64 {
        // A loop, because closures over arrays are not inlined here, and cost twice the time.
        let mut filled = Filled::default();
        for value in self {
            filled = filled.put(value);
        }
        filled.word()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits);
        std::array::from_fn(|_| read.take())
    }
}

impl Bits for bool {
    const WIDTH: u32 = 1;

    #[inline(always)]
    fn bits(&self) -> u64 {
        u64::from(*self)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

impl Bits for u8 {
    const WIDTH: u32 = 8;

    #[inline(always)]
    fn bits(&self) -> u64 {
        u64::from(*self)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits as Self
    }
}

impl Bits for u32 {
    const WIDTH: u32 = 32;

    #[inline(always)]
    fn bits(&self) -> u64 {
        u64::from(*self)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits as Self
    }
}
