//! Which of several shortest runs is shown: the least, whatever found it first.

use std::cell::OnceCell;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

use stateright::Model;

use super::Decider;
use crate::firing::{Firing, Step};
use crate::graph::{Graph, Levels};
use crate::least::least;
use crate::property::{Kind, Property, Question};
use crate::search::keep::Keep;
use crate::search::shard::{Id, shard_of};

/// Where states lie, and how they follow each other if that is known.
pub(super) struct Map<'g> {
    graph: Option<&'g Graph>,
    /// Looked up only where something has to be shown.
    levels: OnceCell<Levels>,
}

impl<'g> Map<'g> {
    /// With the edges of a graph, if there is one.
    pub(super) const fn of(graph: Option<&'g Graph>) -> Self {
        Self { graph, levels: OnceCell::new() }
    }
}

impl<'m, M, F, K> Decider<'_, 'm, M, F, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    F: Firing<M>,
    K: Keep<M::State, Rest = ()>,
{
    /// The states on the way to where a property was found: the least of the shortest for a
    /// violation. A witness is not worth another search: the first that was found.
    pub(super) fn way_to(
        &self,
        property: &Property<'m, M, F::Tag>,
        place: Id,
        map: &Map<'_>,
    ) -> Vec<Id> {
        let shown = || {
            let levels = self.levels(map);
            let wanted = |state| self.shows(property, levels.numbering.id(state));
            self.least_to(map, levels.depth(place), wanted)
        };
        let least = if property.kind.is_witness() { None } else { shown() };
        least.unwrap_or_else(|| self.chain(place))
    }

    /// The states on the least way to one at this level that is `wanted`; none if there is none, or
    /// something panics on the way.
    pub(super) fn least_to(
        &self,
        map: &Map<'_>,
        last: u32,
        wanted: impl FnMut(u32) -> bool,
    ) -> Option<Vec<Id>> {
        let levels = self.levels(map);
        let next = |state: u32, successors: &mut Vec<u32>| match map.graph {
            Some(graph) => successors.extend(graph.from(state).iter().map(|edge| edge.to)),
            None => self.successors(levels, state, successors),
        };
        let looked = catch_unwind(AssertUnwindSafe(|| {
            least(&self.initial(levels), &levels.depths, last, next, wanted)
        }));
        let way = looked.ok().flatten()?;
        Some(way.into_iter().map(|state| levels.numbering.id(state)).collect())
    }

    fn levels<'l>(&self, map: &'l Map<'_>) -> &'l Levels {
        match map.graph {
            Some(graph) => &graph.levels,
            None => map.levels.get_or_init(|| Levels::of(&self.outcome.searched.shards)),
        }
    }

    /// The initial states, in the model's order.
    pub(super) fn initial(&self, levels: &Levels) -> Vec<u32> {
        let states = self.checker.model.init_states().into_iter();
        states.filter_map(|state| self.number(levels, &self.represented(state))).collect()
    }

    /// The successors of a state, in the order of its actions.
    fn successors(&self, levels: &Levels, state: u32, successors: &mut Vec<u32>) {
        let before = self.state(levels.numbering.id(state));
        let model = self.checker.model;
        let mut actions = Vec::new();
        model.actions(&before, &mut actions);
        for action in actions {
            let Some(after) = self.checker.firing.fire(model, &before, action).1 else { continue };
            if model.within_boundary(&after) {
                successors.extend(self.number(levels, &self.represented(after)));
            }
        }
    }

    /// Whether a property is shown to fail in a state, or in a step from it.
    fn shows(&self, property: &Property<'m, M, F::Tag>, id: Id) -> bool {
        let (state, model) = (self.state(id), self.checker.model);
        match &property.question {
            Question::State(holds) => {
                let fails = !holds(model, &state);
                fails && (property.kind != Kind::AtRest || self.is_at_rest(&state))
            }
            Question::Step(holds) => {
                let Some(keep_action) = self.checker.keep_action else { return false };
                let mut actions = Vec::new();
                model.actions(&state, &mut actions);
                actions.into_iter().any(|action| {
                    let kept = keep_action(&action);
                    let (tag, after) = self.checker.firing.fire(model, &state, action);
                    after.is_some_and(|after| {
                        let (before, action) = (&state, &kept);
                        !holds(model, &Step { before, action, tag: &tag, after: &after })
                    })
                })
            }
            Question::Reaches { .. } | Question::Follows(..) | Question::NoPanic => false,
        }
    }

    fn state(&self, id: Id) -> M::State {
        let key = self.outcome.searched.shards[id.shard()].key(id.local());
        self.keep.state(key, &()).into_owned()
    }

    /// The state that stands for the orbit of this one, if orbits are searched.
    fn represented(&self, state: M::State) -> M::State {
        match &self.checker.representative {
            Some(represent) => represent(self.checker.model, &state),
            None => state,
        }
    }

    /// The number of a state.
    pub(super) fn number(&self, levels: &Levels, state: &M::State) -> Option<u32> {
        let (hash, _, _) = self.keep.split(state.clone());
        let shard = shard_of(hash);
        let visited = &self.outcome.searched.shards[shard];
        let local = visited.find(hash, |key| self.keep.is(key, state))?;
        Some(levels.numbering.number(Id::new(shard, local)))
    }
}
