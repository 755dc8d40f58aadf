//! How an action is carried out, and what it is said to have done.

use stateright::Model;

/// A model that names what fired in each step: a rule, a refusal, or several of them.
///
/// Law, which [`crate::audit::firing`] checks on reachable states: the state that `fire` and
/// `fire_into` give is that of `next_state`.
pub trait Tagged: Model {
    /// What fired.
    type Tag;
    /// What fires, and the state after it; none if the action does nothing here.
    fn fire(&self, state: &Self::State, action: &Self::Action) -> (Self::Tag, Option<Self::State>);
    /// The same, with the state after it written to `after`, which is none before. Worth writing
    /// where a state is large: to hand it back is to copy what has just been written in small
    /// parts, and a processor has to wait for them.
    #[inline]
    fn fire_into(
        &self,
        state: &Self::State,
        action: &Self::Action,
        after: &mut Option<Self::State>,
    ) -> Self::Tag {
        let (tag, fired) = self.fire(state, action);
        *after = fired;
        tag
    }
}

/// The way in which a checker carries out actions.
pub trait Firing<M: Model>: Sync {
    /// What fired.
    type Tag;
    /// Carries an action out, and writes the state after it to `after`, which is none before.
    fn fire_into(
        &self,
        model: &M,
        state: &M::State,
        action: M::Action,
        after: &mut Option<M::State>,
    ) -> Self::Tag;
    /// The same, with the state handed back.
    fn fire(
        &self,
        model: &M,
        state: &M::State,
        action: M::Action,
    ) -> (Self::Tag, Option<M::State>) {
        let mut after = None;
        let tag = self.fire_into(model, state, action, &mut after);
        (tag, after)
    }
    /// The state after an action.
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
    fn fire_into(
        &self,
        model: &M,
        state: &M::State,
        action: M::Action,
        after: &mut Option<M::State>,
    ) {
        *after = model.next_state(state, action);
    }
}

/// By [`Tagged::fire_into`].
#[derive(Clone, Copy, Debug)]
pub struct ByTag;

impl<M: Tagged> Firing<M> for ByTag {
    type Tag = M::Tag;

    #[inline]
    fn fire_into(
        &self,
        model: &M,
        state: &M::State,
        action: M::Action,
        after: &mut Option<M::State>,
    ) -> M::Tag {
        model.fire_into(state, &action, after)
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
