//! Random walks, for spaces that cannot be searched to the end. They show what they find, and what
//! they do not find they never claim not to be there.

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

use stateright::Model;

use crate::checker::Checker;
use crate::firing::{Firing, Step};
use crate::limits::{Cut, Moment};
use crate::path::Builder;
use crate::property::{Kind, Property, Question};
use crate::report::{Evidence, Finding, Path, PropertyReport};
use crate::search::keep::Whole;
use crate::search::order::Order;
use crate::search::said;
use crate::verdict::Verdict;

/// What random walks came across.
#[derive(Clone, Debug)]
pub struct Walked<S, A> {
    /// Violated, or truncated; never exhausted.
    pub verdict: Verdict,
    /// What the walks were drawn from.
    pub seed: u64,
    /// How many there were.
    pub walks: u64,
    /// Steps of all walks together.
    pub steps: u64,
    /// Steps of the longest one.
    pub longest: u32,
    /// Successors beyond the boundary that were met; no walk goes there.
    pub beyond: u64,
    /// Each property, in the order in which they were asked. A run that shows one is the first that
    /// was found, with its detours left out: short, not shortest.
    pub properties: Vec<PropertyReport<S, A>>,
}

/// Numbers that look random, by Steele, Lea and Flood's `splitmix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Takes one of them out; which, is drawn.
    fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        let at = (u128::from(self.next()) * from.len() as u128) >> 64;
        (!from.is_empty()).then(|| from.swap_remove(at as usize))
    }
}

impl<M, F> Checker<'_, M, F>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    M::Action: Clone,
    F: Firing<M>,
{
    /// Walks at random from an initial state, so many times and each time so many steps at most,
    /// and looks at states, at steps, at panics, and at rest where a walk can go no further. The
    /// same seed gives the same walks. Properties that need the whole graph are not decided. Time
    /// that has passed and whoever watches can end it, between two walks; no other limit does.
    pub fn walk(&self, seed: u64, walks: u64, max_steps: u32) -> Walked<M::State, M::Action> {
        let shown = self.properties.iter().map(|_| None).collect();
        let mut walker =
            Walker { checker: self, shown, panic: None, steps: 0, longest: 0, beyond: 0 };
        let limits = self.bounds.begin();
        let mut cut = Cut::Walks(walks);
        let mut walked = 0;
        while walked < walks {
            if let Some(reached) = limits.reached(|| walker.moment()) {
                cut = reached;
                break;
            }
            let mut random = Random(seed ^ Random(walked).next());
            let mut path = Path { states: Vec::new(), actions: Vec::new() };
            let done =
                catch_unwind(AssertUnwindSafe(|| walker.walk(&mut path, &mut random, max_steps)));
            walker.longest = walker.longest.max(path.actions.len() as u32);
            if let (Err(payload), None) = (done, &walker.panic) {
                walker.panic = Some((without_detours(&path), said(&*payload)));
            }
            walked += 1;
        }
        walker.tell(seed, walked, cut)
    }
}

type PathOf<M> = Path<<M as Model>::State, <M as Model>::Action>;

struct Walker<'a, 'm, M: Model, F: Firing<M>> {
    checker: &'a Checker<'m, M, F>,
    /// By property: the run that shows it.
    shown: Vec<Option<PathOf<M>>>,
    panic: Option<(PathOf<M>, String)>,
    steps: u64,
    longest: u32,
    beyond: u64,
}

impl<M, F> Walker<'_, '_, M, F>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    M::Action: Clone,
    F: Firing<M>,
{
    fn walk(&mut self, path: &mut PathOf<M>, random: &mut Random, most: u32) {
        let mut starts = self.checker.model.init_states();
        starts.retain(|state| self.checker.model.within_boundary(state));
        let Some(start) = random.take(&mut starts) else { return };
        path.states.push(start.clone());
        self.look(path, &start, &[Kind::Always, Kind::Witness]);
        let mut at = start;
        for _ in 0..most {
            let Some(next) = self.step(path, &at, random) else { return };
            at = next;
            self.steps += 1;
            self.look(path, &at, &[Kind::Always, Kind::Witness]);
        }
    }

    /// Looks at a state, which is the end of the path.
    fn look(&mut self, path: &PathOf<M>, state: &M::State, kinds: &[Kind]) {
        let model = self.checker.model;
        for (property, shown) in self.checker.properties.iter().zip(&mut self.shown) {
            if let Question::State(holds) = &property.question
                && shown.is_none()
                && kinds.contains(&property.kind)
                && holds(model, state) == property.kind.is_witness()
            {
                *shown = Some(without_detours(path));
            }
        }
    }

    /// Takes a step that leads elsewhere, if there is one.
    fn step(
        &mut self,
        path: &mut PathOf<M>,
        before: &M::State,
        random: &mut Random,
    ) -> Option<M::State> {
        let model = self.checker.model;
        let mut actions = Vec::new();
        model.actions(before, &mut actions);
        let mut rests = true;
        while let Some(action) = random.take(&mut actions) {
            let (tag, after) = self.checker.firing.fire(model, before, action.clone());
            let Some(after) = after else { continue };
            if !model.within_boundary(&after) {
                self.beyond += 1;
                rests = false;
                continue;
            }
            let step = Step { before, action: &action, tag: &tag, after: &after };
            for (property, shown) in self.checker.properties.iter().zip(&mut self.shown) {
                if let Question::Step(holds) = &property.question
                    && shown.is_none()
                    && holds(model, &step) == property.kind.is_witness()
                {
                    let mut shows = without_detours(path);
                    shows.states.push(after.clone());
                    shows.actions.push(action.clone());
                    *shown = Some(shows);
                }
            }
            if after != *before {
                path.states.push(after.clone());
                path.actions.push(action);
                return Some(after);
            }
        }
        if rests {
            self.look(path, before, &[Kind::AtRest]);
        }
        None
    }

    /// How far the walks are. Nobody knows how many states they have seen.
    fn moment(&self) -> Moment {
        Moment { distinct: 0, generated: self.steps, depth: self.longest + 1, queue: 0, bytes: 0 }
    }

    fn tell(self, seed: u64, walks: u64, cut: Cut) -> Walked<M::State, M::Action> {
        let asked = self.checker.properties.iter();
        let mut properties: Vec<_> = asked
            .zip(&self.shown)
            .map(|(property, shown)| {
                let panic = self.panic.as_ref().filter(|_| property.kind == Kind::NoPanic);
                self.told(property, shown.as_ref().or(panic.map(|(path, _)| path)))
            })
            .collect();
        if self.panic.is_some() && properties.iter().all(|told| told.kind != Kind::NoPanic) {
            let (name, kind) = ("no-panic".into(), Kind::NoPanic);
            let property = Property { name, kind, question: Question::NoPanic, dispensable: false };
            properties.push(self.told(&property, self.panic.as_ref().map(|(path, _)| path)));
        }
        let violated = properties.iter().find(|property| property.finding == Finding::Violated);
        let verdict = violated.map_or(Verdict::Truncated(cut), |property| {
            let states = property.evidence.as_ref().map_or(0, |evidence| evidence.len());
            Verdict::Violated { property: property.name.clone(), states }
        });
        let Self { steps, longest, beyond, .. } = self;
        Walked { verdict, seed, walks, steps, longest, beyond, properties }
    }

    fn told(
        &self,
        property: &Property<'_, M, F::Tag>,
        shown: Option<&PathOf<M>>,
    ) -> PropertyReport<M::State, M::Action> {
        let finding = match shown {
            None => Finding::Undecided(None),
            Some(_) if property.kind.is_witness() => Finding::Witnessed,
            Some(_) => Finding::Violated,
        };
        let evidence = shown.cloned().map(|path| {
            let said = self.panic.as_ref().filter(|_| property.kind == Kind::NoPanic);
            let panic = said.map(|(_, said)| said.clone());
            let confirmed = self.shows(property, &path);
            Evidence { path, loop_from: None, part: None, panic, strategy: None, confirmed }
        });
        let name = property.name.to_string();
        PropertyReport { name, kind: property.kind, finding, evidence }
    }

    /// Whether a path, carried out again, goes where it went and shows what it is said to show.
    fn shows(&self, property: &Property<'_, M, F::Tag>, path: &PathOf<M>) -> bool {
        let (model, wanted) = (self.checker.model, property.kind.is_witness());
        let [first, ..] = &path.states[..] else { return false };
        let mut goes = model.init_states().contains(first);
        let mut fits = false;
        for (states, action) in path.states.windows(2).zip(&path.actions) {
            let (tag, after) = self.checker.firing.fire(model, &states[0], action.clone());
            goes &= after.as_ref() == Some(&states[1]);
            if let Question::Step(holds) = &property.question {
                let step = Step { before: &states[0], action, tag: &tag, after: &states[1] };
                fits = holds(model, &step) == wanted;
            }
        }
        let builder = Builder {
            checker: self.checker,
            keep: &Whole,
            shards: &[],
            order: &Order::default(),
            label: &|_, _| 0,
        };
        goes && match &property.question {
            Question::State(holds) => path.states.last().is_some_and(|s| holds(model, s) == wanted),
            Question::NoPanic => builder.panics_again(path),
            Question::Step(_) | Question::Reaches { .. } | Question::Follows(..) => fits,
        }
    }
}

/// The same path, without going back to where it has been.
fn without_detours<S: Clone + PartialEq, A: Clone>(path: &Path<S, A>) -> Path<S, A> {
    let mut short = Path { states: Vec::new(), actions: Vec::new() };
    let mut at = 0;
    while let Some(state) = path.states.get(at) {
        // On from the last time that the path is here.
        let last = path.states.iter().rposition(|other| other == state).unwrap_or(at);
        short.states.push(state.clone());
        short.actions.extend(path.actions.get(last).cloned());
        at = last + 1;
    }
    short
}
