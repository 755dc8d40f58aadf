//! Looks at a run that goes round for ever, from its states and actions alone.

use stateright::Model;

use crate::checker::Checker;
use crate::firing::Firing;
use crate::label;
use crate::property::{Question, Strength};
use crate::report::Path;

impl<M: Model, F: Firing<M>> Checker<'_, M, F>
where
    M::State: PartialEq,
{
    /// In which of its parts a property of progress is broken by `path`, which goes round for ever
    /// from the state after `loop_from` actions: it closes, keeps every promise of fairness on the
    /// way round, and what should follow does not. With each part the place on the way round of a
    /// state without it. None if no such property was asked, or what comes once requests cease.
    /// That the path is one of the model is not looked at.
    ///
    /// # Panics
    /// If what was asked does. A path whose loop begins beyond its end breaks nothing.
    pub fn broken_in(
        &self,
        name: &str,
        path: &Path<M::State, M::Action>,
        loop_from: usize,
    ) -> Option<Vec<(usize, usize)>> {
        let property = self.properties.iter().find(|property| property.name == name)?;
        let Question::Follows(follows, None) = &property.question else { return None };
        let round = path.states.get(loop_from..).unwrap_or_default();
        let closes = !round.is_empty() && round.first() == round.last();
        if !closes || !self.keeps_promises(path, loop_from, 0) {
            return Some(Vec::new());
        }
        let waits = |part: usize| {
            let from = |state: &M::State| (follows.from)(self.model, state, part);
            let to = |state: &M::State| (follows.to)(self.model, state, part);
            let mut starts = (0..=loop_from).filter(|start| from(&path.states[*start]));
            let without = loop_from + round.iter().position(|state| !to(state))?;
            let broken = match follows.for_good {
                true => starts.next().is_some(),
                false => starts.any(|start| !path.states[start..].iter().any(to)),
            };
            broken.then_some((part, without))
        };
        Some((0..follows.parts).filter_map(waits).collect())
    }

    /// Whether every promise of fairness is kept on the way round, where labels in `ceased` do not
    /// happen any more.
    pub(crate) fn keeps_promises(
        &self,
        path: &Path<M::State, M::Action>,
        loop_from: usize,
        ceased: u32,
    ) -> bool {
        let round = &path.states[loop_from..];
        let possible: Vec<Vec<usize>> =
            round.iter().map(|state| self.classes_in(state, ceased)).collect();
        let taken: Vec<Option<usize>> = round
            .windows(2)
            .zip(&path.actions[loop_from..])
            .filter(|(states, _)| states[0] != states[1])
            .map(|(states, action)| label::class(self.label(&states[0], action)))
            .collect();
        self.classes.iter().enumerate().all(|(class, fair)| {
            let can = |classes: &Vec<usize>| classes.contains(&class);
            taken.contains(&Some(class))
                || match fair.strength {
                    Strength::Weak => !possible.iter().all(can),
                    Strength::Strong => !possible.iter().any(can),
                }
        })
    }

    /// The fairness classes that are possible in a state.
    fn classes_in(&self, state: &M::State, ceased: u32) -> Vec<usize> {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let classes = actions.into_iter().filter_map(|action| {
            let label = self.label(state, &action);
            let after = self.firing.next(self.model, state, action)?;
            let changes = after != *state && label & ceased == 0;
            label::class(label).filter(|_| changes)
        });
        classes.collect()
    }
}
