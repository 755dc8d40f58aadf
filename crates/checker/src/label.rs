//! What an edge of the graph says of the action along it, in 32 bits.

/// The action has to happen if nothing else does.
pub(crate) const OBLIGED: u32 = 1;
/// The adversary moves.
pub(crate) const ADVERSARY: u32 = 2;
/// The first of the bits that say which requests the action counts among.
const CEASING: u32 = 2;
/// How many kinds of requests can be told apart.
pub(crate) const CEASING_MAX: usize = 14;
/// Where the fairness class begins; 0 there means none.
const CLASS: u32 = 16;

/// The bit of this kind of requests.
pub(crate) const fn ceasing(kind: usize) -> u32 {
    1 << (CEASING + kind as u32)
}

/// The bits of a fairness class.
pub(crate) const fn of_class(class: u16) -> u32 {
    (class as u32 + 1) << CLASS
}

/// The fairness class of an edge, if it has one.
pub(crate) const fn class(label: u32) -> Option<usize> {
    let bits = label >> CLASS;
    if bits == 0 { None } else { Some(bits as usize - 1) }
}
