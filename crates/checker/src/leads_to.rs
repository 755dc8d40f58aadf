//! That something is always followed by something.

use stateright::Model;

use crate::property::{OfAction, OfPart};

/// That something is always followed by something, on every fair path: in one part of the state, or
/// in each of several for itself.
#[must_use = "what is not asked is not decided"]
pub struct LeadsTo<'m, M: Model> {
    pub(crate) parts: usize,
    pub(crate) from: OfPart<'m, M>,
    pub(crate) to: OfPart<'m, M>,
    pub(crate) for_good: bool,
    pub(crate) ceases: Option<OfAction<'m, M>>,
}

impl<'m, M: Model> LeadsTo<'m, M> {
    /// Every state in `from` is followed by one in `to`.
    pub fn new(
        from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        Self::each(1, move |model, state, _| from(model, state), move |m, s, _| to(m, s))
    }

    /// The same, in each of so many parts for itself: what happens again and again in one does not
    /// stand in for another. That nothing ever is in `from` counts as a doubt only if it is so in
    /// every part.
    pub fn each(
        parts: usize,
        from: impl Fn(&M, &M::State, usize) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State, usize) -> bool + Sync + 'm,
    ) -> Self {
        let (from, to) = (Box::new(from), Box::new(to));
        Self { parts, from, to, for_good: false, ceases: None }
    }

    /// What follows also stays: from some point on there are only states in `to`.
    pub fn for_good(mut self) -> Self {
        self.for_good = true;
        self
    }

    /// On those fair paths on which the actions of which `ceases` says so cease: from some point on
    /// none of them happens, and none counts as possible.
    pub fn once_ceased(
        mut self,
        ceases: impl Fn(&M, &M::State, &M::Action) -> bool + Sync + 'm,
    ) -> Self {
        self.ceases = Some(Box::new(ceases));
        self
    }
}
