//! Decides what needs the graph, and so the states themselves.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

use stateright::Model;

use super::{Decided, Decider, EvidenceOf, Shown, plain, report};
use crate::firing::Firing;
use crate::game;
use crate::graph::{Graph, Reversed};
use crate::label;
use crate::leads_to::LeadsTo;
use crate::limits::{Cut, Limits, Moment};
use crate::path::Hop;
use crate::progress::{self, Asked, CLASSES_MAX, Lasso};
use crate::property::{Kind, Property, Question};
use crate::report::{Evidence, Finding, Path};
use crate::search::graph::Recorded;
use crate::search::keep::Keep;
use crate::search::shard::{Id, shard_of};
use crate::search::{Panic, Searched, said};
use crate::verdict::Doubt;

/// A finding and what shows it, unless it stays open.
type Told<M> = Result<Shown<M>, Open>;

/// Why something stays open.
enum Open {
    /// A predicate panicked.
    Panic(Panic),
    /// It was not looked at: there is no graph, or a limit was reached.
    Cut(Option<Cut>),
}

impl<'m, M, F, K> Decider<'_, 'm, M, F, K>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    F: Firing<M>,
    K: Keep<M::State, Rest = ()>,
{
    /// Decides every property, until a limit is reached.
    pub(crate) fn exactly(
        &self,
        recorded: Option<Recorded>,
        limits: &Limits<'_>,
    ) -> Decided<M::State, M::Action> {
        let graph = recorded.filter(|_| self.complete()).map(|recorded| {
            let searched = &self.outcome.searched;
            Graph::new(recorded, &searched.order, &searched.shards)
        });
        let reversed = graph.as_ref().filter(|_| self.asks(&[Kind::Possible, Kind::Game]));
        let reversed = reversed.map(Graph::reversed);
        let asked = self.checker.properties.iter().zip(&self.outcome.places);
        let (mut panic, mut cut) = (None, None);
        let mut properties: Vec<_> = asked
            .map(|(property, place)| {
                let shown = match &graph {
                    Some(graph) => self.one(property, *place, (graph, reversed.as_ref()), limits),
                    None if property.kind.needs_graph() => Err(Open::Cut(None)),
                    None => Ok(self.by_search(property, *place)),
                };
                // What is open decides nothing; the first panic is told.
                let shown = shown.unwrap_or_else(|open| {
                    match open {
                        Open::Panic(met) => _ = panic.get_or_insert(met),
                        Open::Cut(by) => cut = cut.or(by),
                    }
                    (Finding::Undecided(None), None)
                });
                report(property, shown)
            })
            .collect();
        if cut.is_some() {
            // Not everything was asked that could panic.
            let panics = properties.iter_mut().filter(|asked| asked.kind == Kind::NoPanic);
            panics.for_each(|asked| asked.finding = Finding::Undecided(None));
        }
        self.tell_panic(&mut properties, panic.as_ref());
        Decided { properties, edges: graph.map_or(0, |graph| graph.size() as u64), cut }
    }

    /// Decides one property, where there is a graph.
    fn one(
        &self,
        property: &Property<'m, M, F::Tag>,
        place: Option<Id>,
        (graph, reversed): (&Graph, Option<&Reversed>),
        limits: &Limits<'_>,
    ) -> Told<M> {
        if property.kind.needs_graph() {
            self.go_on(limits)?;
        }
        match (&property.question, reversed) {
            (Question::Reaches { from, to }, Some(reversed))
                if property.kind != Kind::Eventually =>
            {
                let (from, to) = (self.all(graph, from)?, self.all(graph, to)?);
                Ok(self.stays_possible(property, graph, reversed, &from, &to))
            }
            (Question::Reaches { to, .. }, _) => {
                let to = self.all(graph, to)?;
                Ok(self.eventually(property, graph, &to))
            }
            (Question::Follows(asked, ceasing), _) => {
                self.follows(property, graph, (asked, *ceasing), limits)
            }
            _ => Ok(self.by_search(property, place)),
        }
    }

    /// Whether there is time for more.
    ///
    /// # Errors
    /// If a limit is reached.
    fn go_on(&self, limits: &Limits<'_>) -> Result<(), Open> {
        let Searched { generated, depth, bytes, .. } = self.outcome.searched;
        let distinct = self.outcome.searched.distinct();
        let moment = Moment { distinct, generated, depth, queue: 0, bytes };
        limits.reached(|| moment).map_or(Ok(()), |cut| Err(Open::Cut(Some(cut))))
    }

    fn asks(&self, kinds: &[Kind]) -> bool {
        self.checker.properties.iter().any(|property| kinds.contains(&property.kind))
    }

    /// Of every state, whether `holds` says so.
    ///
    /// # Errors
    /// If it panics in one of them.
    fn all(&self, graph: &Graph, holds: impl Fn(&M, &M::State) -> bool) -> Result<Vec<bool>, Open> {
        let mut at = None;
        // In the order of a queue: where a predicate panics first is nearest.
        let all = catch_unwind(AssertUnwindSafe(|| {
            let holds = |id: Id| {
                at = Some(id);
                let key = self.outcome.searched.shards[id.shard()].key(id.local());
                holds(self.checker.model, &self.keep.state(key, &()))
            };
            graph.numbering.ids().map(holds).collect()
        }));
        all.map_err(|payload| Open::Panic(Panic { at, message: said(&*payload) }))
    }

    /// Decides a possibility, with everybody's help or against the adversary.
    fn stays_possible(
        &self,
        property: &Property<'m, M, F::Tag>,
        graph: &Graph,
        reversed: &Reversed,
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
                Question::Reaches { from, to, .. } => {
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
        let place: BTreeMap<u32, usize> =
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
        (follows, ceasing): (&LeadsTo<'m, M>, Option<usize>),
        limits: &Limits<'_>,
    ) -> Told<M> {
        if let Some(doubt) = self.unsound(property) {
            return Ok(doubt);
        }
        let mut empty = true;
        let mut shortest: Option<(u32, Option<EvidenceOf<M>>)> = None;
        for part in 0..follows.parts {
            if let Err(open) = self.go_on(limits) {
                // What was found until then is there, whatever comes after it.
                if shortest.is_some() {
                    break;
                }
                return Err(open);
            }
            let from = self.all(graph, |model, state| (follows.from)(model, state, part))?;
            if !from.contains(&true) {
                continue;
            }
            empty = false;
            let to = self.all(graph, |model, state| (follows.to)(model, state, part))?;
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
                let shown = self.shown(&asked, &lasso);
                shortest = Some((way, shown.map(|shown| Evidence { part: Some(part), ..shown })));
            }
        }
        Ok(match shortest {
            Some((_, evidence)) => (Finding::Violated, evidence),
            None => self.unless_empty(property, &[!empty]),
        })
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
        let ids = self.outcome.searched.order.chain(graph.numbering.id(lasso.start));
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
        let round = path.states[loop_from..].iter().zip(&path.actions[loop_from..]);
        let ceased = round
            .into_iter()
            .all(|(state, action)| self.checker.label(state, action) & asked.ceased == 0);
        let kept = self.checker.keeps_promises(path, loop_from, asked.ceased);
        waits && closes && ceased && kept
    }

    /// The number of a state in the graph.
    fn number(&self, graph: &Graph, state: &M::State) -> Option<u32> {
        let (hash, _, _) = self.keep.split(state.clone());
        let shard = shard_of(hash);
        let visited = &self.outcome.searched.shards[shard];
        let local = visited.find(hash, |key| self.keep.is(key, state))?;
        Some(graph.numbering.number(Id::new(shard, local)))
    }

    /// Whether any action has a successor.
    fn goes_on(&self, state: &M::State) -> bool {
        let mut actions = Vec::new();
        self.checker.model.actions(state, &mut actions);
        let model = self.checker.model;
        actions.into_iter().any(|action| self.checker.firing.next(model, state, action).is_some())
    }
}
