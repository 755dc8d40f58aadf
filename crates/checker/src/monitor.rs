//! Watches a search on behalf of the properties that were asked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use stateright::Model;

use crate::checker::Checker;
use crate::firing::{Firing, Step};
use crate::label;
use crate::property::{Kind, Question};
use crate::search::Watch;
use crate::search::shard::Id;

/// Where each property was first found: after this state for states, in a step from it for steps.
pub(crate) struct Found {
    places: Mutex<Vec<Option<Id>>>,
    /// By property: it is asked for and not found yet.
    open: Vec<AtomicBool>,
    violated: AtomicBool,
}

/// What was found in a piece.
#[derive(Default)]
pub(crate) struct Notes {
    found: Vec<(usize, Id)>,
    rests: u64,
}

impl Notes {
    fn find(&mut self, property: usize, at: Id) {
        if self.found.iter().all(|(known, _)| *known != property) {
            self.found.push((property, at));
        }
    }
}

impl Found {
    fn new<M: Model, F: Firing<M>>(checker: &Checker<'_, M, F>) -> Self {
        let count = checker.properties.len();
        Self {
            places: Mutex::new(vec![None; count]),
            open: (0..count).map(|_| AtomicBool::new(true)).collect(),
            violated: AtomicBool::new(false),
        }
    }

    #[inline]
    fn is_open(&self, property: usize) -> bool {
        self.open[property].load(Ordering::Relaxed)
    }

    /// Pieces are told in their order, so the first finding is the first.
    fn tell<M: Model, F: Firing<M>>(&self, checker: &Checker<'_, M, F>, notes: &Notes) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        for (property, at) in &notes.found {
            if places[*property].is_none() {
                places[*property] = Some(*at);
                self.open[*property].store(false, Ordering::Relaxed);
                if !checker.properties[*property].kind.is_witness() {
                    self.violated.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    pub(crate) fn into_places(self) -> Vec<Option<Id>> {
        self.places.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The properties of a kind, by number.
fn of_kinds<M: Model, F: Firing<M>>(checker: &Checker<'_, M, F>, kinds: &[Kind]) -> Vec<usize> {
    let asked = checker.properties.iter().enumerate();
    asked.filter(|(_, property)| kinds.contains(&property.kind)).map(|(i, _)| i).collect()
}

/// Watches states only: nothing is known of the action when its successor is there.
pub(crate) struct States<'c, 'm, M: Model, F: Firing<M>> {
    checker: &'c Checker<'m, M, F>,
    of_state: Vec<usize>,
    pub(crate) found: Found,
}

impl<'c, 'm, M: Model, F: Firing<M>> States<'c, 'm, M, F> {
    pub(crate) fn new(checker: &'c Checker<'m, M, F>) -> Self {
        Self {
            checker,
            of_state: of_kinds(checker, &[Kind::Always, Kind::Witness]),
            found: Found::new(checker),
        }
    }

    #[inline]
    fn look(&self, notes: &mut Notes, at: Id, state: &M::State) {
        for property in &self.of_state {
            if self.found.is_open(*property) {
                let asked = &self.checker.properties[*property];
                if let Question::State(holds) = &asked.question
                    && holds(self.checker.model, state) == (asked.kind == Kind::Witness)
                {
                    notes.find(*property, at);
                }
            }
        }
    }

    fn satisfied(&self) -> bool {
        self.checker.stop_at_violation && self.found.violated.load(Ordering::Relaxed)
    }
}

impl<M, F> Watch<M> for States<'_, '_, M, F>
where
    M: Model + Sync,
    F: Firing<M>,
{
    type Notes = Notes;
    type Tally = ();
    type Fired = ();

    fn tally(&self) {}

    #[inline]
    fn state(&self, notes: &mut Notes, at: Id, state: &M::State) {
        self.look(notes, at, state);
    }

    #[inline]
    fn fire(&self, state: &M::State, action: M::Action, (): &mut (), after: &mut Option<M::State>) {
        self.checker.firing.fire_into(self.checker.model, state, action, after);
    }

    #[inline]
    fn label(&self, (): &()) -> u32 {
        label::OBLIGED
    }

    #[inline]
    fn step(&self, _: &mut Notes, (): &mut (), _: (Id, &M::State), (): &(), _: &M::State) {}

    #[inline]
    fn done(&self, _: &mut Notes, _: Id, _: &M::State, _: u32) {}

    fn noted(&self, notes: Notes) {
        self.found.tell(self.checker, &notes);
    }

    fn counted(&self, (): ()) {}

    fn satisfied(&self) -> bool {
        self.satisfied()
    }
}

/// Watches everything.
pub(crate) struct Steps<'c, 'm, M: Model, F: Firing<M>> {
    pub(crate) states: States<'c, 'm, M, F>,
    of_step: Vec<usize>,
    of_rest: Vec<usize>,
    pub(crate) rests: AtomicU64,
    /// How often each thing that is covered was hit, family by family.
    pub(crate) hits: Mutex<Vec<Vec<u64>>>,
    labels: bool,
    keep_action: fn(&M::Action) -> M::Action,
}

impl<'c, 'm, M: Model, F: Firing<M>> Steps<'c, 'm, M, F> {
    pub(crate) fn new(
        checker: &'c Checker<'m, M, F>,
        keep_action: fn(&M::Action) -> M::Action,
    ) -> Self {
        let families = checker.families.iter().map(|family| vec![0; family.names.len()]);
        let graph = checker.properties.iter().any(|property| property.kind.needs_graph());
        Self {
            states: States::new(checker),
            of_step: of_kinds(checker, &[Kind::Step, Kind::StepWitness]),
            of_rest: of_kinds(checker, &[Kind::AtRest]),
            rests: AtomicU64::new(0),
            hits: Mutex::new(families.collect()),
            labels: graph || !of_kinds(checker, &[Kind::AtRest]).is_empty(),
            keep_action,
        }
    }
}

impl<M, F> Watch<M> for Steps<'_, '_, M, F>
where
    M: Model + Sync,
    F: Firing<M>,
{
    type Notes = Notes;
    type Tally = Vec<Vec<u64>>;
    /// The action, what fired, and the label of the edge.
    type Fired = Option<(M::Action, F::Tag, u32)>;

    fn tally(&self) -> Vec<Vec<u64>> {
        let checker = self.states.checker;
        checker.families.iter().map(|family| vec![0; family.names.len()]).collect()
    }

    #[inline]
    fn state(&self, notes: &mut Notes, at: Id, state: &M::State) {
        self.states.look(notes, at, state);
    }

    #[inline]
    fn fire(
        &self,
        before: &M::State,
        action: M::Action,
        fired: &mut Self::Fired,
        after: &mut Option<M::State>,
    ) {
        let checker = self.states.checker;
        let kept = (self.keep_action)(&action);
        let tag = checker.firing.fire_into(checker.model, before, action, after);
        // Asked of every action, as wherever a run is made: what panics there, panics here as well.
        let label = if self.labels { checker.label(before, &kept) } else { label::OBLIGED };
        *fired = Some((kept, tag, label));
    }

    #[inline]
    fn label(&self, fired: &Self::Fired) -> u32 {
        fired.as_ref().map_or(label::OBLIGED, |(_, _, label)| *label)
    }

    fn step(
        &self,
        notes: &mut Notes,
        tally: &mut Vec<Vec<u64>>,
        (at, before): (Id, &M::State),
        fired: &Self::Fired,
        after: &M::State,
    ) {
        let Some((action, tag, _)) = fired else { return };
        let checker = self.states.checker;
        let step = Step { before, action, tag, after };
        for property in &self.of_step {
            if self.states.found.is_open(*property) {
                let asked = &checker.properties[*property];
                if let Question::Step(holds) = &asked.question
                    && holds(checker.model, &step) == (asked.kind == Kind::StepWitness)
                {
                    notes.find(*property, at);
                }
            }
        }
        for (family, counts) in checker.families.iter().zip(tally) {
            (family.hits)(checker.model, &step, &mut |thing| {
                if let Some(count) = counts.get_mut(thing) {
                    *count += 1;
                }
            });
        }
    }

    #[inline]
    fn done(&self, notes: &mut Notes, at: Id, state: &M::State, moved: u32) {
        if self.of_rest.is_empty() || moved & label::OBLIGED != 0 {
            return;
        }
        notes.rests += 1;
        let checker = self.states.checker;
        for property in &self.of_rest {
            if self.states.found.is_open(*property)
                && let Question::State(holds) = &checker.properties[*property].question
                && !holds(checker.model, state)
            {
                notes.find(*property, at);
            }
        }
    }

    fn noted(&self, notes: Notes) {
        self.rests.fetch_add(notes.rests, Ordering::Relaxed);
        self.states.found.tell(self.states.checker, &notes);
    }

    fn counted(&self, tally: Vec<Vec<u64>>) {
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        for (all, counts) in hits.iter_mut().zip(tally) {
            for (all, count) in all.iter_mut().zip(counts) {
                *all += count;
            }
        }
    }

    fn satisfied(&self) -> bool {
        self.states.satisfied()
    }
}
