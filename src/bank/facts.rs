//! Facts about many records of one person at a bank, derived from those records. Here they are
//! derived once, for the model, the servers, the kit and the check of traces alike. Ids and
//! instruments are whatever can be compared: no step ever sees a name.

use crate::bank::binding::State;

/// A binding among those of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<K, I> {
    /// Its id.
    pub binding: K,
    /// What it binds; none if only its cancel has come.
    pub instrument: Option<I>,
    /// Where it stands.
    pub state: State,
}

impl<K, I: PartialEq> Bound<K, I> {
    /// Whether it holds this instrument. What happens to the instrument then happens to it.
    #[inline]
    pub fn holds(&self, instrument: I) -> bool {
        self.instrument == Some(instrument) && self.state.holds_instrument()
    }
}

/// No other binding holds the instrument; `known` is the one that the request is about, if it is
/// there.
#[inline]
pub fn is_instrument_free<K: PartialEq, I: PartialEq + Copy>(
    instrument: I,
    known: Option<K>,
    mut bindings: impl Iterator<Item = Bound<K, I>>,
) -> bool {
    //= BIND-011 one instrument, one binding that is not closed
    !bindings.any(|other| Some(&other.binding) != known.as_ref() && other.holds(instrument))
}

/// Whether what comes under a key or an id is what it stood for at `first`. Under one that stands
/// for nothing yet, because it is new or only its cancel has come, anything may come.
#[inline]
pub fn is_as_before<T: PartialEq>(first: Option<T>, now: T) -> bool {
    //= BIND-023 the same key with another body is refused
    //= BIND-098 and so is the same operation id with another debit
    first.is_none_or(|first| first == now)
}
