//! Paths are built anew from what was found: by carrying out actions and comparing what comes out,
//! never by counting actions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stateright::Model;

use crate::checker::Checker;
use crate::firing::{Firing, Step};
use crate::property::Question;
use crate::report::Path;
use crate::search::keep::Keep;
use crate::search::order::Order;
use crate::search::shard::{Id, Shard, shard_of};

/// One step of a path that is to be built: where it leads, and the label that its action must
/// have, if that matters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    pub(crate) to: Id,
    pub(crate) label: Option<u32>,
}

/// Builds paths.
pub(crate) struct Builder<'a, 'm, M: Model, F: Firing<M>, K: Keep<M::State>>
where
    M::State: Clone,
{
    pub(crate) checker: &'a Checker<'m, M, F>,
    pub(crate) keep: &'a K,
    pub(crate) shards: &'a [Shard<K::Key, K::Rest>],
    pub(crate) order: &'a Order,
    pub(crate) label: &'a dyn Fn(&M::State, &M::Action) -> u32,
}

impl<M, F, K> Builder<'_, '_, M, F, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq,
    F: Firing<M>,
    K: Keep<M::State>,
{
    /// The path to the state with this number.
    pub(crate) fn to(&self, end: Id) -> Option<Path<M::State, M::Action>> {
        self.along(&self.order.chain(end), &[])
    }

    /// The path through these states, and then along these hops.
    pub(crate) fn along(&self, ids: &[Id], hops: &[Hop]) -> Option<Path<M::State, M::Action>> {
        let (first, rest) = ids.split_first()?;
        let initial = self.checker.model.init_states();
        let start = initial.into_iter().find(|state| self.is(*first, state))?;
        let mut path = Path { states: vec![start], actions: Vec::new() };
        let rest = rest.iter().map(|to| Hop { to: *to, label: None });
        for hop in rest.chain(hops.iter().copied()) {
            self.hop(&mut path, hop)?;
        }
        Some(path)
    }

    /// Whether the state with this number is this one, or stands for it.
    fn is(&self, id: Id, state: &M::State) -> bool {
        let key = self.shards[id.shard()].key(id.local());
        match &self.checker.representative {
            Some(represent) => self.keep.is(key, &represent(self.checker.model, state)),
            None => self.keep.is(key, state),
        }
    }

    fn hop(&self, path: &mut Path<M::State, M::Action>, hop: Hop) -> Option<()> {
        let before = path.states.last()?;
        let (action, after) = self.first(before, |action, after| {
            let fits = hop.label.is_none_or(|label| action == label);
            fits && self.is(hop.to, after)
        })?;
        path.actions.push(action);
        path.states.push(after);
        Some(())
    }

    /// The action from one state to another.
    pub(crate) fn between(&self, from: Id, hop: Hop) -> Option<M::Action>
    where
        K: Keep<M::State, Rest = ()>,
    {
        let before = self.keep.state(self.shards[from.shard()].key(from.local()), &()).into_owned();
        let mut path = Path { states: vec![before], actions: Vec::new() };
        self.hop(&mut path, hop)?;
        path.actions.pop()
    }

    /// The first action from `before` of whose label and successor `wanted` says so.
    fn first(
        &self,
        before: &M::State,
        wanted: impl Fn(u32, &M::State) -> bool,
    ) -> Option<(M::Action, M::State)> {
        let model = self.checker.model;
        let mut actions = Vec::new();
        model.actions(before, &mut actions);
        for (place, action) in actions.into_iter().enumerate() {
            let label = (self.label)(before, &action);
            let Some(after) = self.checker.firing.next(model, before, action) else { continue };
            if wanted(label, &after) {
                // The action was used up: the same one once more.
                let mut again = Vec::new();
                model.actions(before, &mut again);
                return (place < again.len()).then(|| (again.swap_remove(place), after));
            }
        }
        None
    }

    /// The path to a state and the first step from it, within the boundary, of which `wanted` says
    /// so.
    pub(crate) fn to_step(
        &self,
        from: Id,
        keep_action: fn(&M::Action) -> M::Action,
        wanted: impl Fn(&M, &Step<'_, M, F::Tag>) -> bool,
    ) -> Option<Path<M::State, M::Action>> {
        let mut path = self.to(from)?;
        let before = path.states.last()?;
        let model = self.checker.model;
        let mut actions = Vec::new();
        model.actions(before, &mut actions);
        for action in actions {
            let kept = keep_action(&action);
            let (tag, after) = self.checker.firing.fire(model, before, action);
            let Some(after) = after.filter(|after| model.within_boundary(after)) else { continue };
            if wanted(model, &Step { before, action: &kept, tag: &tag, after: &after }) {
                path.actions.push(kept);
                path.states.push(after);
                return Some(path);
            }
        }
        None
    }

    /// Whether something from the end of this path panics again: a property of the state, the
    /// model's actions, or anything that is done with a step and its successor.
    pub(crate) fn panics_again(&self, path: &Path<M::State, M::Action>) -> bool {
        let Some(state) = path.states.last() else { return false };
        catch_unwind(AssertUnwindSafe(|| {
            let model = self.checker.model;
            for property in &self.checker.properties {
                match &property.question {
                    Question::State(holds) => {
                        holds(model, state);
                    }
                    Question::Reaches { from, to } => {
                        from(model, state);
                        to(model, state);
                    }
                    Question::Follows(asked, _) => {
                        for part in 0..asked.parts {
                            (asked.from)(model, state, part);
                            (asked.to)(model, state, part);
                        }
                    }
                    Question::Step(_) | Question::NoPanic => {}
                }
            }
            let mut actions = Vec::new();
            model.actions(state, &mut actions);
            actions.into_iter().for_each(|action| self.go_through(state, action));
        }))
        .is_err()
    }

    /// Does with a step what the search does with it.
    fn go_through(&self, before: &M::State, action: M::Action) {
        let Checker { model, properties, families, representative, .. } = self.checker;
        (self.label)(before, &action);
        let kept = self.checker.keep_action.map(|keep| keep(&action));
        let (tag, after) = self.checker.firing.fire(model, before, action);
        let Some(after) = after.filter(|after| model.within_boundary(after)) else { return };
        if let Some(action) = &kept {
            let step = Step { before, action, tag: &tag, after: &after };
            for property in properties {
                if let Question::Step(holds) = &property.question {
                    holds(model, &step);
                }
            }
            families.iter().for_each(|family| (family.hits)(model, &step, &mut |_| {}));
        }
        let after = representative.as_ref().map_or(after.clone(), |r| r(model, &after));
        if after != *before {
            let (hash, ..) = self.keep.split(after.clone());
            self.meet_all(shard_of(hash), &after);
        }
    }

    /// Compares a state with all that the search may have compared it with.
    fn meet_all(&self, shard: usize, state: &M::State) {
        let Some(shard) = self.shards.get(shard) else { return };
        for local in 0..shard.len() {
            self.keep.is(shard.key(local), state);
        }
    }
}
