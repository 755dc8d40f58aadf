//! The one place with `unsafe`: what the processor can do and safe code cannot say.

/// Asks the processor to have `place` near when it is read soon. A hint: nothing depends on it.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a prefetch takes a pointer, and there is no safe form of it")]
pub(crate) fn prefetch<T>(place: &T) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch reads nothing that the program can see and cannot fault, and the address
    // is that of a live reference anyway.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(place).cast()) }
}

/// On other processors there is no hint, and nothing else changes.
#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch<T>(_place: &T) {}

/// Which of these bytes are `wanted`: a bit for each, the first one lowest.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "sixteen bytes are compared at once by instructions of their own")]
pub(crate) fn equal(bytes: [u8; 16], wanted: u8) -> u32 {
    use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let bytes = u128::from_le_bytes(bytes);
    // SAFETY: these instructions belong to SSE2, which every processor of this architecture has,
    // and read and write nothing but their operands.
    unsafe {
        let bytes = _mm_set_epi64x((bytes >> 64) as i64, bytes as i64);
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted as i8))) as u32
    }
}

/// Which of these bytes are `wanted`: a bit for each, the first one lowest.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn equal_one_by_one(bytes: [u8; 16], wanted: u8) -> u32 {
    bytes.iter().enumerate().map(|(place, byte)| u32::from(*byte == wanted) << place).sum()
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use equal_one_by_one as equal;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_together_as_one_by_one() {
        let some = [0u8, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff];
        for (shift, wanted) in (0..16).flat_map(|shift| some.map(|wanted| (shift, wanted))) {
            let bytes = std::array::from_fn(|place| some[(place * place + shift) % some.len()]);
            assert_eq!(equal(bytes, wanted), equal_one_by_one(bytes, wanted));
        }
    }
}
