//! Checks a scope: searches everything reachable, watches every property, and reports.

use std::collections::BTreeMap;
use std::time::Instant;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use stateright::Model;

use crate::action::{Action, Mover};
use crate::capacity::{Job, in_capacity};
use crate::chart;
use crate::drive::Fired;
use crate::game::Graph;
use crate::model::{Protocol, Without};
use crate::possible::mover;
use crate::properties::step::Step;
use crate::properties::{ALL, Kind};
use crate::report::{PropertyReport, PropertyVerdict, Report, Run, Verdict};
use crate::scope::{Scope, ScopeError};
use crate::search::{Cut, Explored, Watch, search};
use crate::story;
use crate::world::World;
use bindproof::journal::Decided;

/// How a check is run.
pub struct Options<'a> {
    /// The policy, and its name.
    pub policy: (&'a str, &'a Policy),
    /// The controls to switch off.
    pub without: &'a [Control],
    /// Only this property.
    pub property: Option<&'a str>,
    /// At most this many states.
    pub most: usize,
    /// Told how far it is, every so often; answers whether to stop.
    pub progress: &'a dyn Fn(usize, u32) -> bool,
}

/// Checks `scope` in the smallest capacity that holds it.
///
/// # Errors
/// If no compiled capacity is large enough, or the policy cannot be scaled as the scope wants it.
pub fn check(file: &str, scope: &Scope, options: &Options<'_>) -> Result<Report, ScopeError> {
    scope.limits.scaled(options.policy.1).map_err(|error| ScopeError::Invalid {
        file: file.to_owned(),
        field: "limits.total_medium_from".into(),
        message: format!("not under the policy {}: {error}", options.policy.0),
    })?;
    in_capacity(file, scope, options)
}

impl Job for &Options<'_> {
    type Output = Report;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Report {
        run::<B, O, A, D, S>(scope, self)
    }
}

#[expect(clippy::disallowed_methods, reason = "a report says how long its check took")]
fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    scope: &Scope,
    options: &Options<'_>,
) -> Report {
    let started = Instant::now();
    let model = Protocol::<B, O, A, D, S>::new(
        scope.clone(),
        options.policy.1.clone(),
        Without::these(options.without),
    );
    let mut monitor = Monitor::new(&model, options);
    let explored = search(&model, options.most, &mut monitor);
    let mut properties = monitor.reports(&explored);
    possibilities(&model, options, &monitor, &explored, &mut properties);
    let distinct = explored.states.len() as u64;
    let pinned_differs = scope.pinned.filter(|_| options.without.is_empty()).and_then(|pinned| {
        let same = (pinned.distinct, pinned.depth) == (distinct, explored.depth);
        let found = format!(
            "pinned {} states, depth {}; found {distinct}, depth {}",
            pinned.distinct, pinned.depth, explored.depth
        );
        (!same && explored.cut.is_none()).then_some(found)
    });
    Report {
        scope: scope.name.clone(),
        scope_digest: digest(scope),
        policy: options.policy.0.to_owned(),
        without: options.without.iter().map(|control| control.name()).collect(),
        verdict: verdict(&properties, explored.cut.is_some(), pinned_differs.is_some()),
        cut_by: explored.cut.map(|cut| match cut {
            Cut::States(most) => format!("limit of {most} states"),
            Cut::Interrupted => "interrupt".into(),
        }),
        distinct,
        generated: explored.generated,
        depth: explored.depth,
        seconds: started.elapsed().as_secs_f64(),
        held_bytes: held_bytes(&explored),
        pinned_differs,
        coverage: monitor.counts.named(),
        properties,
    }
}

/// The verdict of the whole: violated beats truncated beats undecided.
fn verdict(properties: &[PropertyReport], cut: bool, pinned_differs: bool) -> Verdict {
    let any = |verdict| properties.iter().any(|property| property.verdict == verdict);
    if any(PropertyVerdict::Violated) {
        Verdict::Violated
    } else if cut {
        Verdict::Truncated
    } else if pinned_differs
        || any(PropertyVerdict::Unreached)
        || any(PropertyVerdict::Undecided)
        || properties.iter().all(|property| property.verdict == PropertyVerdict::NotRun)
    {
        Verdict::Undecided
    } else {
        Verdict::Exhausted
    }
}

fn held_bytes<S>(explored: &Explored<S>) -> u64 {
    let bytes = explored.states.capacity() * size_of::<S>()
        + explored.parents.capacity() * 4
        + explored.edges.capacity() * size_of::<(u32, u16)>()
        + explored.starts.capacity() * size_of::<usize>();
    bytes as u64
}

/// A digest of what a scope makes checked: the same for the same content, whatever its layout.
fn digest(scope: &Scope) -> String {
    use std::hash::{Hash, Hasher};
    let mut hasher = crate::hash::Words::default();
    let content = Scope { pinned: None, about: String::new(), ..scope.clone() };
    format!("{content:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The property of states in which nothing is left to happen.
const REST: &str = "quiescent-agreement";

/// The place where something was first seen: after this state, by this action if it is a step.
type Found = (u32, Option<Action>);

/// Watches a search.
struct Monitor<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> {
    model: &'a Protocol<B, O, A, D, S>,
    options: &'a Options<'a>,
    found: BTreeMap<&'static str, Found>,
    /// Property by property, whether it is asked for and not found yet.
    open: Open,
    movers: Vec<Mover>,
    counts: Counts,
    /// States in which nothing is left to happen.
    rests: u64,
    /// The state whose steps are being seen, and whether nothing is left to happen in it.
    resting: Option<(u32, bool)>,
}

/// Which properties of each kind are still to be found.
struct Open {
    state: Vec<bool>,
    step: Vec<bool>,
    witness: Vec<bool>,
    rest: bool,
}

/// How often each rule was applied, was replayed, and each refusal was given.
struct Counts {
    applied: Vec<u64>,
    replayed: Vec<u64>,
    refused: Vec<u64>,
}

impl Counts {
    fn new() -> Self {
        let rules = || vec![0; Rule::ALL.len()];
        Self { applied: rules(), replayed: rules(), refused: vec![0; Refusal::ALL.len()] }
    }

    fn note(&mut self, tag: Decided) {
        match tag {
            Decided::Applied(rule) => self.applied[rule as usize] += 1,
            Decided::Replayed(rule) => self.replayed[rule as usize] += 1,
            Decided::Refused(refusal) => self.refused[refusal as usize] += 1,
        }
    }

    /// What fired, by name, in alphabetical order.
    fn named(&self) -> Vec<(String, u64)> {
        let applied = Rule::ALL.iter().zip(&self.applied).map(|(r, n)| (r.to_string(), *n));
        let again = Rule::ALL.iter().zip(&self.replayed).map(|(r, n)| (format!("{r} (again)"), *n));
        let refused =
            Refusal::ALL.iter().zip(&self.refused).map(|(r, n)| (format!("refused: {r}"), *n));
        let fired = applied.chain(again).chain(refused).filter(|(_, count)| *count > 0);
        let by_name: BTreeMap<String, u64> = fired.collect();
        by_name.into_iter().collect()
    }
}

impl<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Monitor<'a, B, O, A, D, S>
{
    fn new(model: &'a Protocol<B, O, A, D, S>, options: &'a Options<'a>) -> Self {
        let asks = |name: &str| options.property.is_none_or(|only| only == name);
        Self {
            model,
            options,
            found: BTreeMap::new(),
            open: Open {
                state: Protocol::<B, O, A, D, S>::STATE.iter().map(|(n, _)| asks(n)).collect(),
                step: Protocol::<B, O, A, D, S>::STEP.iter().map(|(n, _)| asks(n)).collect(),
                witness: Protocol::<B, O, A, D, S>::WITNESSES
                    .iter()
                    .map(|(n, _)| asks(n))
                    .collect(),
                rest: asks(REST) && model.scope.faults.deadlines,
            },
            movers: Vec::new(),
            counts: Counts::new(),
            rests: 0,
            resting: None,
        }
    }

    fn asks(&self, name: &str) -> bool {
        self.options.property.is_none_or(|only| only == name)
    }

    /// One report a property.
    fn reports(&self, explored: &Explored<World<B, O, A, D, S>>) -> Vec<PropertyReport> {
        let safety = ALL.iter().map(|(_, name, kind)| (*name, *kind));
        let witnesses =
            Protocol::<B, O, A, D, S>::WITNESSES.iter().map(|(name, _)| (*name, Kind::Witness));
        let scope = &self.model.scope;
        safety
            .chain(witnesses)
            .filter(|(name, _)| self.asks(name))
            .map(|(name, kind)| {
                let found = self.found.get(name).copied();
                let wanted = scope.witnesses.iter().any(|witness| witness == name);
                let verdict = match (kind, found) {
                    (Kind::Witness, Some(_)) => PropertyVerdict::Witnessed,
                    (Kind::Witness, None) if !wanted => PropertyVerdict::NotRun,
                    (Kind::Witness, None) if explored.cut.is_some() => PropertyVerdict::Undecided,
                    (Kind::Witness, None) => PropertyVerdict::Unreached,
                    (Kind::Possibility | Kind::Game, _) => PropertyVerdict::NotRun,
                    (Kind::Rest, None) if !scope.faults.deadlines => PropertyVerdict::NotRun,
                    (_, Some(_)) => PropertyVerdict::Violated,
                    // A property of states that do not exist says nothing.
                    (Kind::Rest, None) if self.rests == 0 => PropertyVerdict::Undecided,
                    (_, None) if explored.cut.is_some() => PropertyVerdict::Undecided,
                    (_, None) => PropertyVerdict::Holds,
                };
                let shown = found.filter(|_| verdict == PropertyVerdict::Violated || wanted);
                let run = shown.map(|at| self.run_to(explored, at, name, kind));
                PropertyReport { name, kind, verdict, run }
            })
            .collect()
    }

    /// The run that leads to what was found, carried out again.
    fn run_to(
        &self,
        explored: &Explored<World<B, O, A, D, S>>,
        (number, last): Found,
        name: &str,
        kind: Kind,
    ) -> Run {
        let actions = path(self.model, explored, number, last);
        let (worlds, fired) = chart::carry_out(self.model, &actions);
        let end = worlds.len() - 1;
        let confirmed = match kind {
            Kind::State => Protocol::<B, O, A, D, S>::STATE
                .iter()
                .any(|(known, holds)| *known == name && !holds(self.model, &worlds[end])),
            Kind::Step | Kind::Witness if end > 0 => {
                let step = Step {
                    before: &worlds[end - 1],
                    action: actions[end - 1],
                    fired: &fired[end - 1],
                    after: &worlds[end],
                };
                let violated = Protocol::<B, O, A, D, S>::STEP
                    .iter()
                    .any(|(known, holds)| *known == name && !holds(self.model, &step));
                let reached = Protocol::<B, O, A, D, S>::WITNESSES
                    .iter()
                    .any(|(known, reached)| *known == name && reached(self.model, &step));
                violated || reached
            }
            Kind::Rest => !self.model.quiescent_agreement(&worlds[end]),
            _ => worlds[end] == explored.states[number as usize],
        };
        Run {
            story: actions.iter().map(|a| story::sentence(&self.model.scope, *a)).collect(),
            changes: (0..end)
                .map(|i| story::changes(&worlds[i], &worlds[i + 1], &fired[i]))
                .collect(),
            mermaid: chart::mermaid(self.model, &actions),
            confirmed,
            actions,
        }
    }
}

/// The shortest run to a state, and one action more.
pub fn path<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    explored: &Explored<World<B, O, A, D, S>>,
    to: u32,
    last: Option<Action>,
) -> Vec<Action> {
    let mut actions: Vec<Action> = last.into_iter().collect();
    let mut at = to as usize;
    while explored.parents[at] as usize != at {
        let from = explored.parents[at] as usize;
        let before = &explored.states[from];
        let mut possible = Vec::new();
        model.actions(before, &mut possible);
        let step = possible.into_iter().find(|a| model.fire(before, *a).0 == explored.states[at]);
        actions.extend(step);
        at = from;
    }
    actions.reverse();
    actions
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watch<Protocol<B, O, A, D, S>> for Monitor<'_, B, O, A, D, S>
{
    fn state(&mut self, number: u32, world: &World<B, O, A, D, S>) {
        for (i, (name, holds)) in Protocol::<B, O, A, D, S>::STATE.iter().enumerate() {
            if self.open.state[i] && !holds(self.model, world) {
                self.open.state[i] = false;
                self.found.insert(name, (number, None));
            }
        }
    }

    fn step(
        &mut self,
        from: u32,
        before: &World<B, O, A, D, S>,
        action: &Action,
        fired: &Fired,
        to: u32,
        after: &World<B, O, A, D, S>,
    ) {
        let mover = mover(self.model, before, *action);
        if to != from {
            self.movers.push(mover);
        }
        match self.resting {
            Some((number, still)) if number == from => {
                let moves = to != from && mover == Mover::Obliged;
                self.resting = Some((number, still && !moves));
            }
            _ => {
                let moves = to != from && mover == Mover::Obliged;
                self.resting = Some((from, !moves));
            }
        }
        for (_, tag) in fired.steps() {
            self.counts.note(tag);
        }
        let step = Step { before, action: *action, fired, after };
        for (i, (name, holds)) in Protocol::<B, O, A, D, S>::STEP.iter().enumerate() {
            if self.open.step[i] && !holds(self.model, &step) {
                self.open.step[i] = false;
                self.found.insert(name, (from, Some(*action)));
            }
        }
        for (i, (name, reached)) in Protocol::<B, O, A, D, S>::WITNESSES.iter().enumerate() {
            if self.open.witness[i] && reached(self.model, &step) {
                self.open.witness[i] = false;
                self.found.insert(name, (from, Some(*action)));
            }
        }
    }

    fn done(&mut self, number: u32, world: &World<B, O, A, D, S>) {
        // Without a step that had to happen, nothing is left to happen here.
        let rests = self.resting.is_none_or(|(at, still)| at != number || still);
        self.rests += u64::from(rests);
        if self.open.rest && rests && !self.model.quiescent_agreement(world) {
            self.open.rest = false;
            self.found.insert(REST, (number, None));
        }
    }

    fn stop(&mut self, states: usize, depth: u32) -> bool {
        (self.options.progress)(states, depth)
    }
}

/// Decides what must stay possible, where the scope asks for it.
fn possibilities<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    options: &Options<'_>,
    monitor: &Monitor<'_, B, O, A, D, S>,
    explored: &Explored<World<B, O, A, D, S>>,
    properties: &mut [PropertyReport],
) {
    let asked = |name: &str| {
        model.scope.possibilities.iter().any(|asked| asked == name)
            && options.property.is_none_or(|only| only == name)
    };
    if !ALL.iter().any(|(_, name, _)| asked(name)) {
        return;
    }
    let graph = (explored.cut.is_none()).then(|| Graph::new(explored, &monitor.movers));
    for property in properties.iter_mut().filter(|property| asked(property.name)) {
        let Some(graph) = &graph else {
            property.verdict = PropertyVerdict::Undecided;
            continue;
        };
        let all = |holds: &dyn Fn(&World<B, O, A, D, S>) -> bool| -> Vec<bool> {
            explored.states.iter().map(holds).collect()
        };
        let (from, won) = match property.name {
            "holder-can-always-leave" => {
                (all(&|_| true), graph.can_force(&all(&|world| model.has_left(world))))
            }
            "can-bind-again" => (
                all(&|world| model.has_unused_binding(world)),
                graph.can_reach(&all(&|world| model.is_bound(world))),
            ),
            _ => (
                all(&|world| model.could_get_in(world)),
                graph.can_force(&all(&|world| model.is_in(world))),
            ),
        };
        let stuck = (0u32..).zip(from.iter().zip(&won)).find(|(_, (from, won))| **from && !**won);
        property.verdict = match stuck {
            Some(_) => PropertyVerdict::Violated,
            None if from.iter().any(|from| *from) => PropertyVerdict::Holds,
            None => PropertyVerdict::Undecided,
        };
        property.run = stuck.map(|(number, _)| {
            monitor.run_to(explored, (number, None), property.name, property.kind)
        });
    }
}
