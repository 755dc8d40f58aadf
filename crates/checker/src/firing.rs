//! How an action is carried out, and what it is said to have done.

use stateright::Model;

/// A model that names what fired in each step: a rule, a refusal, or several of them.
///
/// Law, which [`crate::audit::firing`] checks on reachable states: the state that `fire` gives is
/// that of `next_state`.
pub trait Tagged: Model {
    /// What fired.
    type Tag;
    /// What fires, and the state after it; none if the action does nothing here.
    fn fire(&self, state: &Self::State, action: &Self::Action) -> (Self::Tag, Option<Self::State>);
}

/// The way in which a checker carries out actions.
pub trait Firing<M: Model>: Sync {
    /// What fired.
    type Tag;
    /// Carries an action out.
    fn fire(&self, model: &M, state: &M::State, action: M::Action)
    -> (Self::Tag, Option<M::State>);
    /// The same, where what fired is not asked for.
    #[inline]
    fn next(&self, model: &M, state: &M::State, action: M::Action) -> Option<M::State> {
        self.fire(model, state, action).1
    }
}

/// By [`Model::next_state`]: what fired has no name.
#[derive(Clone, Copy, Debug)]
pub struct Untagged;

impl<M: Model> Firing<M> for Untagged {
    type Tag = ();

    #[inline]
    fn fire(&self, model: &M, state: &M::State, action: M::Action) -> ((), Option<M::State>) {
        ((), model.next_state(state, action))
    }

    #[inline]
    fn next(&self, model: &M, state: &M::State, action: M::Action) -> Option<M::State> {
        model.next_state(state, action)
    }
}

/// By [`Tagged::fire`].
#[derive(Clone, Copy, Debug)]
pub struct ByTag;

impl<M: Tagged> Firing<M> for ByTag {
    type Tag = M::Tag;

    #[inline]
    fn fire(&self, model: &M, state: &M::State, action: M::Action) -> (M::Tag, Option<M::State>) {
        model.fire(state, &action)
    }
}

/// One step between two states.
pub struct Step<'a, M: Model, T> {
    /// The state before.
    pub before: &'a M::State,
    /// What happened.
    pub action: &'a M::Action,
    /// What fired.
    pub tag: &'a T,
    /// The state after.
    pub after: &'a M::State,
}
