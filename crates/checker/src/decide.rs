//! Decides each property from what a search found, and builds the run that shows it.

use std::hash::Hash;

use stateright::Model;

use crate::checker::Checker;
use crate::firing::Firing;
use crate::game;
use crate::graph::Graph;
use crate::label;
use crate::leads_to::LeadsTo;
use crate::path::{Builder, Hop, chain};
use crate::progress::{self, Asked, CLASSES_MAX, Lasso};
use crate::property::{Kind, Property, Question};
use crate::report::{Evidence, Finding, Path, PropertyReport};
use crate::run::Outcome;
use crate::search::graph::Recorded;
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
        self.tell_panic(&mut properties);
        Decided { properties, edges: 0 }
    }

    /// A panic that nobody asked about is a violation all the same.
    fn tell_panic(&self, properties: &mut Vec<PropertyReport<M::State, M::Action>>) {
        let asked = properties.iter().any(|property| property.kind == Kind::NoPanic);
        if self.outcome.searched.panic.is_some() && !asked {
            let (finding, evidence) = self.panic();
            let name = "no-panic".to_owned();
            properties.push(PropertyReport { name, kind: Kind::NoPanic, finding, evidence });
        }
    }

    fn by_search(&self, property: &Property<'m, M, F::Tag>, place: Option<Id>) -> Shown<M> {
        if property.kind == Kind::NoPanic {
            return if self.outcome.searched.panic.is_some() {
                self.panic()
            } else if self.complete() {
                (Finding::Holds, None)
            } else {
                (Finding::Undecided(None), None)
            };
        }
        let rests = property.kind != Kind::AtRest || property.dispensable || self.outcome.rests > 0;
        match (place, property.kind.is_witness()) {
            (Some(place), true) => (Finding::Witnessed, self.evidence(property, place)),
            (Some(place), false) => (Finding::Violated, self.evidence(property, place)),
            (None, _) if !self.complete() => (Finding::Undecided(None), None),
            (None, true) => (Finding::Unreached, None),
            (None, false) if !rests => {
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
            Question::Ways { .. } | Question::Follows(..) | Question::NoPanic => return None,
        };
        Some(plain(path, confirmed))
    }

    /// Whether nothing is left to happen in a state.
    fn is_at_rest(&self, state: &M::State) -> bool {
        let mut actions = Vec::new();
        self.checker.model.actions(state, &mut actions);
        actions.into_iter().all(|action| {
            let obliged = (self.label)(state, &action) & label::OBLIGED != 0;
            let after = self.checker.firing.fire(self.checker.model, state, action).1;
            !obliged || after.is_none_or(|after| after == *state)
        })
    }

    fn panic(&self) -> Shown<M> {
        let Some(panic) = &self.outcome.searched.panic else {
            return (Finding::Undecided(None), None);
        };
        let path = panic.at.and_then(|at| self.builder().to(at));
        let evidence = path.map(|path| {
            let confirmed = self.builder().panics_again(&path);
            let panic = Some(panic.message.clone());
            Evidence { panic, ..plain(path, confirmed) }
        });
        (Finding::Violated, evidence)
    }
}

/// Evidence that is a path and nothing else.
fn plain<S, A>(path: Path<S, A>, confirmed: bool) -> Evidence<S, A> {
    Evidence { path, loop_from: None, panic: None, strategy: None, confirmed }
}

fn report<M: Model, T>(
    property: &Property<'_, M, T>,
    (finding, evidence): Shown<M>,
) -> PropertyReport<M::State, M::Action> {
    PropertyReport { name: property.name.to_string(), kind: property.kind, finding, evidence }
}

/// What needs the graph, and so the states themselves.
impl<'m, M, F, K> Decider<'_, 'm, M, F, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    F: Firing<M>,
    K: Keep<M::State, Rest = ()>,
{
    /// Decides every property.
    pub(crate) fn exactly(&self, recorded: Option<Recorded>) -> Decided<M::State, M::Action> {
        let graph = recorded
            .filter(|_| self.complete())
            .map(|recorded| Graph::new(recorded, &self.outcome.searched.shards));
        let reversed = graph.as_ref().filter(|_| self.asks(&[Kind::Possible, Kind::Game]));
        let reversed = reversed.map(Graph::reversed);
        let asked = self.checker.properties.iter().zip(&self.outcome.places);
        let mut properties: Vec<_> = asked
            .map(|(property, place)| {
                let shown = match (&graph, &property.question) {
                    (Some(graph), Question::Ways { from, to }) => {
                        let from = self.all(graph, from);
                        let to = self.all(graph, to);
                        match (property.kind, &reversed) {
                            (Kind::Possible | Kind::Game, Some(reversed)) => {
                                self.ways(property, graph, reversed, &from, &to)
                            }
                            _ => self.eventually(property, graph, &to),
                        }
                    }
                    (Some(graph), Question::Follows(asked, ceasing)) => {
                        self.follows(property, graph, asked, *ceasing)
                    }
                    (None, Question::Ways { .. } | Question::Follows(..)) => {
                        (Finding::Undecided(None), None)
                    }
                    _ => self.by_search(property, *place),
                };
                report(property, shown)
            })
            .collect();
        self.tell_panic(&mut properties);
        Decided { properties, edges: graph.map_or(0, |graph| graph.size() as u64) }
    }

    fn asks(&self, kinds: &[Kind]) -> bool {
        self.checker.properties.iter().any(|property| kinds.contains(&property.kind))
    }

    /// Of every state, whether `holds` says so.
    fn all(&self, graph: &Graph, holds: impl Fn(&M, &M::State) -> bool) -> Vec<bool> {
        let shards = &self.outcome.searched.shards;
        let mut all = vec![false; graph.count()];
        for (shard, states) in shards.iter().enumerate() {
            for local in 0..states.len() {
                let state = self.keep.state(states.key(local), &());
                let number = graph.numbering.number(Id::new(shard, local));
                all[number as usize] = holds(self.checker.model, &state);
            }
        }
        all
    }

    /// Decides whether there is a way, for everybody or against the adversary.
    fn ways(
        &self,
        property: &Property<'m, M, F::Tag>,
        graph: &Graph,
        reversed: &crate::graph::Reversed,
        from: &[bool],
        to: &[bool],
    ) -> Shown<M> {
        let won = match property.kind {
            Kind::Game => game::can_force(graph, reversed, to),
            _ => reversed.backward(to, |_| true),
        };
        // The first in the order of a queue has a shortest path.
        let stuck = from.iter().zip(&won).position(|(from, won)| *from && !*won);
        let Some(stuck) = stuck.map(|state| state as u32) else {
            return self.unless_empty(property, from);
        };
        let evidence = self.builder().to(graph.numbering.id(stuck)).map(|path| {
            let strategy = (property.kind == Kind::Game).then(|| self.strategy(graph, &won, stuck));
            // That the end is not won was computed backwards; that it is no goal can be seen.
            let confirmed = path.states.last().is_some_and(|end| match &property.question {
                Question::Ways { from, to, .. } => {
                    from(self.checker.model, end) && !to(self.checker.model, end)
                }
                _ => false,
            });
            Evidence { strategy, ..plain(path, confirmed) }
        });
        (Finding::Violated, evidence)
    }

    fn unless_empty(&self, property: &Property<'m, M, F::Tag>, from: &[bool]) -> Shown<M> {
        if from.iter().any(|from| *from) {
            (Finding::Holds, None)
        } else {
            let doubt = Doubt::PremiseNever(property.name.to_string());
            (Finding::Undecided(Some(doubt)), None)
        }
    }

    fn strategy(
        &self,
        graph: &Graph,
        won: &[bool],
        start: u32,
    ) -> game::Strategy<M::State, M::Action> {
        let (positions, complete) = game::strategy(graph, won, start);
        let place: std::collections::BTreeMap<u32, usize> =
            positions.iter().enumerate().map(|(i, (state, _))| (*state, i)).collect();
        let named = positions.iter().map(|(state, moves)| {
            let moves = moves.iter().map(|answered| {
                let mut at = *state;
                let mut action = |(to, label): (u32, u32)| {
                    let found = self.builder().between(
                        graph.numbering.id(at),
                        Hop { to: graph.numbering.id(to), label: Some(label) },
                    );
                    at = to;
                    found
                };
                let first = action(answered.to);
                let answer = answered.answer.iter().filter_map(|step| action(*step)).collect();
                game::Move { action: first, answer, then: place.get(&answered.end()).copied() }
            });
            let moves = moves.collect();
            let id = graph.numbering.id(*state);
            let key = self.outcome.searched.shards[id.shard()].key(id.local());
            game::Position { state: self.keep.state(key, &()).into_owned(), moves }
        });
        game::Strategy { positions: named.collect(), complete }
    }

    /// Whether something comes on every path from the beginning, whatever is fair.
    fn eventually(
        &self,
        property: &Property<'m, M, F::Tag>,
        graph: &Graph,
        to: &[bool],
    ) -> Shown<M> {
        let from: Vec<bool> = graph.depths.iter().map(|depth| *depth == 1).collect();
        let (fairness, for_good, ceased) = (None, false, 0);
        let asked = Asked { graph, fairness, from: &from, to, for_good, ceased };
        if let Some(doubt) = self.unsound(property) {
            return doubt;
        }
        match progress::lasso(&asked) {
            None => self.unless_empty(property, &from),
            Some(lasso) => (Finding::Violated, self.shown(&asked, &lasso)),
        }
    }

    /// Decides whether something is always followed by something, part by part. What is shown is
    /// the lasso with the shortest way into its loop.
    fn follows(
        &self,
        property: &Property<'m, M, F::Tag>,
        graph: &Graph,
        follows: &LeadsTo<'m, M>,
        ceasing: Option<usize>,
    ) -> Shown<M> {
        if let Some(doubt) = self.unsound(property) {
            return doubt;
        }
        let mut empty = true;
        let mut shortest: Option<(u32, Finding, Option<EvidenceOf<M>>)> = None;
        for part in 0..follows.parts {
            let from = self.all(graph, |model, state| (follows.from)(model, state, part));
            if !from.contains(&true) {
                continue;
            }
            empty = false;
            let to = self.all(graph, |model, state| (follows.to)(model, state, part));
            let asked = Asked {
                graph,
                fairness: Some(&self.checker.classes),
                from: &from,
                to: &to,
                for_good: follows.for_good,
                ceased: ceasing.map_or(0, label::ceasing),
            };
            let Some(lasso) = progress::lasso(&asked) else { continue };
            let way = graph.depths[lasso.start as usize] + lasso.stem.len() as u32;
            if shortest.as_ref().is_none_or(|(known, ..)| way < *known) {
                shortest = Some((way, Finding::Violated, self.shown(&asked, &lasso)));
            }
        }
        match shortest {
            Some((_, finding, evidence)) => (finding, evidence),
            None => self.unless_empty(property, &[!empty]),
        }
    }

    /// Why progress cannot be decided, if it cannot.
    fn unsound(&self, property: &Property<'m, M, F::Tag>) -> Option<Shown<M>> {
        let why = if self.checker.representative.is_some() {
            "under symmetry"
        } else if self.checker.classes.len() > CLASSES_MAX {
            "under so many classes of fairness"
        } else if self.outcome.searched.beyond > 0 {
            "where states are left out beyond a boundary"
        } else {
            return None;
        };
        let doubt = Doubt::Unsound(property.name.to_string(), why);
        Some((Finding::Undecided(Some(doubt)), None))
    }

    /// A lasso as a path that was carried out again.
    fn shown(&self, asked: &Asked<'_>, lasso: &Lasso) -> Option<EvidenceOf<M>> {
        let graph = asked.graph;
        let ids = chain(&self.outcome.searched.shards, graph.numbering.id(lasso.start));
        let steps = lasso.stem.iter().chain(&lasso.cycle);
        let hops: Vec<Hop> = steps
            .map(|(to, label)| Hop { to: graph.numbering.id(*to), label: Some(*label) })
            .collect();
        let path = self.builder().along(&ids, &hops)?;
        let loop_from = path.states.len() - 1 - lasso.cycle.len();
        let confirmed = self.goes_round(asked, &path, ids.len() - 1, loop_from);
        Some(Evidence { loop_from: Some(loop_from), ..plain(path, confirmed) })
    }

    /// Looks at a lasso afresh, from the states and actions alone: it goes round, what should
    /// follow does not, and every promise of fairness is kept on the way round.
    fn goes_round(
        &self,
        asked: &Asked<'_>,
        path: &Path<M::State, M::Action>,
        start: usize,
        loop_from: usize,
    ) -> bool {
        let numbered = |state: &M::State| self.number(asked.graph, state);
        let without =
            |state: &M::State| numbered(state).is_some_and(|number| !asked.to[number as usize]);
        let waits = match asked.for_good {
            true => path.states[loop_from..].iter().any(without),
            false => path.states[start..].iter().all(without),
        };
        let closes = path.states.last() == path.states.get(loop_from);
        if asked.fairness.is_none() {
            let ends = path.states.last().is_some_and(|end| !self.goes_on(end));
            return waits && closes && (ends || loop_from + 1 < path.states.len());
        }
        let kept = self.checker.keeps_promises(path, loop_from, asked.ceased);
        waits && closes && kept
    }

    /// The number of a state in the graph.
    fn number(&self, graph: &Graph, state: &M::State) -> Option<u32> {
        let (hash, _, _) = self.keep.split(state.clone());
        let shard = crate::search::shard::shard_of(hash);
        let visited = &self.outcome.searched.shards[shard];
        let local = visited.find(hash, |key| self.keep.is(key, state))?;
        Some(graph.numbering.number(Id::new(shard, local)))
    }

    /// Whether any action has a successor.
    fn goes_on(&self, state: &M::State) -> bool {
        let mut actions = Vec::new();
        self.checker.model.actions(state, &mut actions);
        let model = self.checker.model;
        actions.into_iter().any(|action| self.checker.firing.fire(model, state, action).1.is_some())
    }
}
