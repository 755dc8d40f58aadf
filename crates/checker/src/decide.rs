//! Decides each property from what a search found, and builds the run that shows it.

mod whole;

use std::hash::Hash;

use stateright::Model;

use crate::checker::Checker;
use crate::firing::Firing;
use crate::label;
use crate::limits::Cut;
use crate::path::Builder;
use crate::property::{Kind, Property, Question};
use crate::report::{Evidence, Finding, Path, PropertyReport};
use crate::run::Outcome;
use crate::search::Panic;
use crate::search::keep::Keep;
use crate::search::shard::Id;
use crate::verdict::Doubt;

/// Evidence for a property of this model.
type EvidenceOf<M> = Evidence<<M as Model>::State, <M as Model>::Action>;
/// What the edge along an action says of it.
type LabelOf<'a, M> = Box<dyn Fn(&<M as Model>::State, &<M as Model>::Action) -> u32 + 'a>;
/// A finding and what shows it.
type Shown<M> = (Finding, Option<EvidenceOf<M>>);

/// What was decided.
pub(crate) struct Decided<S, A> {
    pub(crate) properties: Vec<PropertyReport<S, A>>,
    /// Edges of the graph.
    pub(crate) edges: u64,
    /// What kept the rest from being decided.
    pub(crate) cut: Option<Cut>,
}

impl<S, A> Decided<S, A> {
    /// Adds what another search of the same model shows, where this one shows nothing.
    pub(crate) fn add(&mut self, other: Self) {
        let mut others = other.properties.into_iter();
        for (known, found) in self.properties.iter_mut().zip(&mut others) {
            if found.finding.is_shown() && !known.finding.is_shown() {
                *known = found;
            }
        }
        // A panic that nobody asked about.
        self.properties.extend(others);
    }
}

/// Decides properties.
pub(crate) struct Decider<'a, 'm, M: Model, F: Firing<M>, K: Keep<M::State>>
where
    M::State: Clone,
{
    checker: &'a Checker<'m, M, F>,
    keep: &'a K,
    outcome: &'a Outcome<K::Key, K::Rest>,
    label: LabelOf<'a, M>,
}

impl<'a, 'm, M, F, K> Decider<'a, 'm, M, F, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    F: Firing<M>,
    K: Keep<M::State>,
{
    pub(crate) fn new(
        checker: &'a Checker<'m, M, F>,
        keep: &'a K,
        outcome: &'a Outcome<K::Key, K::Rest>,
    ) -> Self {
        let label = Box::new(|state: &M::State, action: &M::Action| checker.label(state, action));
        Self { checker, keep, outcome, label }
    }

    pub(crate) fn builder(&self) -> Builder<'_, 'm, M, F, K> {
        Builder {
            checker: self.checker,
            keep: self.keep,
            shards: &self.outcome.searched.shards,
            order: &self.outcome.searched.order,
            label: &*self.label,
        }
    }

    /// Whether every state within the boundary was seen.
    fn complete(&self) -> bool {
        let searched = &self.outcome.searched;
        searched.cut.is_none()
            && searched.panic.is_none()
            && (searched.beyond == 0 || self.checker.boundary_reason.is_some())
            && !(self.checker.stop_at_violation && self.found_a_violation())
    }

    fn found_a_violation(&self) -> bool {
        let asked = self.checker.properties.iter().zip(&self.outcome.places);
        asked.into_iter().any(|(property, place)| place.is_some() && !property.kind.is_witness())
    }

    /// Decides what can be decided without the graph.
    pub(crate) fn without_graph(&self) -> Decided<M::State, M::Action> {
        let asked = self.checker.properties.iter().zip(&self.outcome.places);
        let mut properties: Vec<_> = asked
            .map(|(property, place)| {
                let shown = if property.kind.needs_graph() {
                    (Finding::Undecided(None), None)
                } else {
                    self.by_search(property, *place)
                };
                report(property, shown)
            })
            .collect();
        self.tell_panic(&mut properties, None);
        Decided { properties, edges: 0, cut: None }
    }

    /// A panic is a violation, also if nobody asked about it: one of the search, or one on the way
    /// to a decision afterwards.
    fn tell_panic(
        &self,
        properties: &mut Vec<PropertyReport<M::State, M::Action>>,
        afterwards: Option<&Panic>,
    ) {
        let Some(panic) = self.outcome.searched.panic.as_ref().or(afterwards) else { return };
        let (name, kind) = ("no-panic".to_owned(), Kind::NoPanic);
        let (finding, evidence) = (Finding::Violated, self.panicked(panic));
        match properties.iter_mut().find(|property| property.kind == kind) {
            Some(asked) => (asked.finding, asked.evidence) = (finding, evidence),
            None => properties.push(PropertyReport { name, kind, finding, evidence }),
        }
    }

    fn by_search(&self, property: &Property<'m, M, F::Tag>, place: Option<Id>) -> Shown<M> {
        let speaks = match property.kind {
            Kind::Step => self.outcome.searched.steps > 0,
            Kind::AtRest => property.dispensable || self.outcome.rests > 0,
            _ => true,
        };
        match (place, property.kind.is_witness()) {
            (Some(place), true) => (Finding::Witnessed, self.evidence(property, place)),
            (Some(place), false) => (Finding::Violated, self.evidence(property, place)),
            (None, _) if !self.complete() => (Finding::Undecided(None), None),
            (None, true) => (Finding::Unreached, None),
            (None, false) if !speaks => {
                let doubt = Doubt::PremiseNever(property.name.to_string());
                (Finding::Undecided(Some(doubt)), None)
            }
            (None, false) => (Finding::Holds, None),
        }
    }

    /// The run that shows what was found, carried out again.
    fn evidence(&self, property: &Property<'m, M, F::Tag>, place: Id) -> Option<EvidenceOf<M>> {
        let builder = self.builder();
        let wanted = property.kind.is_witness();
        let (path, confirmed) = match &property.question {
            Question::State(holds) => {
                let path = builder.to(place)?;
                let end = path.states.last()?;
                let shown = holds(self.checker.model, end) == wanted;
                let rests = property.kind != Kind::AtRest || self.is_at_rest(end);
                (path, shown && rests)
            }
            Question::Step(holds) => {
                let keep_action = self.checker.keep_action?;
                let path = builder
                    .to_step(place, keep_action, |model, step| holds(model, step) == wanted)?;
                (path, true)
            }
            Question::Reaches { .. } | Question::Follows(..) | Question::NoPanic => return None,
        };
        Some(plain(path, confirmed))
    }

    /// Whether nothing is left to happen in a state.
    fn is_at_rest(&self, state: &M::State) -> bool {
        let mut actions = Vec::new();
        self.checker.model.actions(state, &mut actions);
        actions.into_iter().all(|action| {
            let obliged = (self.label)(state, &action) & label::OBLIGED != 0;
            let after = self.checker.firing.next(self.checker.model, state, action);
            !obliged || after.is_none_or(|after| after == *state)
        })
    }

    /// The run to a panic, which is met again there.
    fn panicked(&self, panic: &Panic) -> Option<EvidenceOf<M>> {
        let path = self.builder().to(panic.at?)?;
        let confirmed = self.builder().panics_again(&path);
        Some(Evidence { panic: Some(panic.message.clone()), ..plain(path, confirmed) })
    }
}

/// Evidence that is a path and nothing else.
fn plain<S, A>(path: Path<S, A>, confirmed: bool) -> Evidence<S, A> {
    Evidence { path, loop_from: None, part: None, panic: None, strategy: None, confirmed }
}

fn report<M: Model, T>(
    property: &Property<'_, M, T>,
    (finding, evidence): Shown<M>,
) -> PropertyReport<M::State, M::Action> {
    PropertyReport { name: property.name.to_string(), kind: property.kind, finding, evidence }
}
