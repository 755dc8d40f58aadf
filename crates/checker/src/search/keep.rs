//! What the search keeps of a state: all of it, its packed bytes, or a fingerprint.

use std::borrow::Cow;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::hash::hash;

/// How a state is kept and found again.
pub(crate) trait Keep<S>: Sync {
    /// What stands for a state for ever. Two states are the same if their keys are.
    type Key: PartialEq + Send + Sync;
    /// What has to be kept beside the key until the state has been expanded.
    type Rest: Send + Sync;
    /// What was made of a state for its hash, and is of use for its key.
    type Made;

    /// The hash of a state, unless it is the state `before`, whose key this is. The state stays
    /// where it is: to move it about cost as much as to compare it.
    fn look(&self, state: &S, before: &S, key: &Self::Key) -> Option<(u64, Self::Made)>;
    /// Whether `key` is what would be kept of a state that has this hash.
    fn keeps(&self, state: &S, hash: u64, made: &Self::Made, key: &Self::Key) -> bool;
    /// The key and the rest of a state that has this hash.
    fn keep(&self, state: S, hash: u64, made: Self::Made) -> (Self::Key, Self::Rest);
    /// The hash, the key and the rest of a state.
    fn split(&self, state: S) -> (u64, Self::Key, Self::Rest);
    /// The hash of a key.
    fn hash(&self, key: &Self::Key) -> u64;
    /// The state again, while its rest is there.
    fn state<'a>(&self, key: &'a Self::Key, rest: &'a Self::Rest) -> Cow<'a, S>
    where
        S: Clone;
    /// Whether `key` is the key of `state`.
    fn is(&self, key: &Self::Key, state: &S) -> bool;
}

/// Keeps the state itself.
pub(crate) struct Whole;

impl<S: Clone + PartialEq + Hash + Send + Sync> Keep<S> for Whole {
    type Key = S;
    type Rest = ();
    type Made = ();

    #[inline]
    fn look(&self, state: &S, before: &S, _: &S) -> Option<(u64, ())> {
        (state != before).then(|| (hash(0, state), ()))
    }

    #[inline]
    fn keeps(&self, state: &S, _: u64, (): &(), key: &S) -> bool {
        key == state
    }

    #[inline]
    fn keep(&self, state: S, _: u64, (): ()) -> (S, ()) {
        (state, ())
    }

    #[inline]
    fn split(&self, state: S) -> (u64, S, ()) {
        (hash(0, &state), state, ())
    }

    #[inline]
    fn hash(&self, key: &S) -> u64 {
        hash(0, key)
    }

    #[inline]
    fn state<'a>(&self, key: &'a S, (): &'a ()) -> Cow<'a, S> {
        Cow::Borrowed(key)
    }

    #[inline]
    fn is(&self, key: &S, state: &S) -> bool {
        key == state
    }
}

/// A smaller form of a state, from which the state comes back whole.
///
/// Law, which [`crate::audit::packing`] checks on reachable states: `unpack(pack(s)) == s`.
pub trait Packed: Sized {
    /// The bytes that are hashed, compared and stored.
    type Bytes: Clone + PartialEq + Hash + Send + Sync;
    /// The small form.
    fn pack(&self) -> Self::Bytes;
    /// The small form, given that of another state: what is the same in both need not be packed
    /// again. Most often `before` is a step away.
    ///
    /// Law, which [`crate::audit::packing`] checks on steps: it is `pack()`, whatever `before` is.
    fn pack_after(&self, _before: &Self, _bytes: &Self::Bytes) -> Self::Bytes {
        self.pack()
    }
    /// The state again.
    fn unpack(bytes: &Self::Bytes) -> Self;
}

/// Keeps the packed bytes.
pub(crate) struct Small;

impl<S: Packed + Clone + Send + Sync> Keep<S> for Small {
    type Key = S::Bytes;
    type Rest = ();
    type Made = S::Bytes;

    #[inline]
    fn look(&self, state: &S, before: &S, key: &S::Bytes) -> Option<(u64, S::Bytes)> {
        // It is packed anyway, and a few bytes are sooner compared than a whole state.
        let bytes = state.pack_after(before, key);
        (bytes != *key).then(|| (hash(0, &bytes), bytes))
    }

    #[inline]
    fn keeps(&self, _: &S, _: u64, bytes: &S::Bytes, key: &S::Bytes) -> bool {
        key == bytes
    }

    #[inline]
    fn keep(&self, _: S, _: u64, bytes: S::Bytes) -> (S::Bytes, ()) {
        (bytes, ())
    }

    #[inline]
    fn split(&self, state: S) -> (u64, S::Bytes, ()) {
        let bytes = state.pack();
        (hash(0, &bytes), bytes, ())
    }

    #[inline]
    fn hash(&self, key: &S::Bytes) -> u64 {
        hash(0, key)
    }

    #[inline]
    fn state<'a>(&self, key: &'a S::Bytes, (): &'a ()) -> Cow<'a, S> {
        Cow::Owned(S::unpack(key))
    }

    #[inline]
    fn is(&self, key: &S::Bytes, state: &S) -> bool {
        *key == state.pack()
    }
}

/// Keeps 64 bits of hash. Two states with the same fingerprint are taken for one.
pub(crate) struct Fingerprint<S> {
    seed: u64,
    state: PhantomData<fn(&S)>,
}

impl<S> Fingerprint<S> {
    /// Fingerprints under this seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, state: PhantomData }
    }
}

impl<S: Clone + PartialEq + Hash + Send + Sync> Keep<S> for Fingerprint<S> {
    type Key = u64;
    type Rest = S;
    type Made = ();

    #[inline]
    fn look(&self, state: &S, before: &S, _: &u64) -> Option<(u64, ())> {
        (state != before).then(|| (hash(self.seed, state), ()))
    }

    #[inline]
    fn keeps(&self, _: &S, hash: u64, (): &(), key: &u64) -> bool {
        *key == hash
    }

    #[inline]
    fn keep(&self, state: S, hash: u64, (): ()) -> (u64, S) {
        (hash, state)
    }

    #[inline]
    fn split(&self, state: S) -> (u64, u64, S) {
        let fingerprint = hash(self.seed, &state);
        (fingerprint, fingerprint, state)
    }

    #[inline]
    fn hash(&self, key: &u64) -> u64 {
        *key
    }

    #[inline]
    fn state<'a>(&self, _: &'a u64, rest: &'a S) -> Cow<'a, S> {
        Cow::Borrowed(rest)
    }

    #[inline]
    fn is(&self, key: &u64, state: &S) -> bool {
        *key == hash(self.seed, state)
    }
}
