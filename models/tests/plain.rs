//! The plain search, which is short enough to be believed, beside the checker: the same states, the
//! same verdict of each property, and runs of the same length.

use std::collections::BTreeMap;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::action::{Action, Mover};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::check::{Options, check};
use bindproof_models::drive::Fired;
use bindproof_models::game::Graph;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::mutants::MUTANTS;
use bindproof_models::possible::mover;
use bindproof_models::properties::step::Step;
use bindproof_models::properties::{Kind, POSSIBLE_AGAIN, REST};
use bindproof_models::report::{PropertyVerdict, Report};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{DEFAULT, find};
use bindproof_models::search::{Watch, search};
use bindproof_models::world::World;

/// Scopes up to this many states are searched by both.
const SMALL: u64 = 30_000;

/// What the plain search found: of each property or witness that it found, how many actions the
/// shortest run has; and the figures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plain {
    distinct: u64,
    generated: u64,
    depth: u32,
    found: BTreeMap<&'static str, usize>,
}

struct Seen<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> {
    model: &'a Protocol<B, O, A, D, S>,
    /// Actions on the shortest run to each state.
    depths: Vec<usize>,
    /// The state that is being expanded.
    at: usize,
    movers: Vec<Mover>,
    obliged: bool,
    found: BTreeMap<&'static str, usize>,
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watch<Protocol<B, O, A, D, S>> for Seen<'_, B, O, A, D, S>
{
    fn state(&mut self, number: u32, world: &World<B, O, A, D, S>) {
        let depth = if number == 0 { 0 } else { self.depths[self.at] + 1 };
        self.depths.push(depth);
        for (name, holds) in Protocol::<B, O, A, D, S>::STATE {
            if !holds(self.model, world) {
                self.found.entry(name).or_insert(depth);
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
        let moves = mover(self.model, before, *action);
        if to != from {
            self.movers.push(moves);
            self.obliged |= moves == Mover::Obliged;
        }
        let step = Step { before, action: *action, fired, after };
        let depth = self.depths[from as usize] + 1;
        for (name, holds) in Protocol::<B, O, A, D, S>::STEP {
            if !holds(self.model, &step) {
                self.found.entry(name).or_insert(depth);
            }
        }
        for (name, reached) in Protocol::<B, O, A, D, S>::WITNESSES {
            if reached(self.model, &step) {
                self.found.entry(name).or_insert(depth);
            }
        }
    }

    fn done(&mut self, number: u32, world: &World<B, O, A, D, S>) {
        let rests = !std::mem::take(&mut self.obliged);
        if rests && self.model.scope.faults.deadlines && !self.model.quiescent_agreement(world) {
            self.found.entry(REST).or_insert(self.depths[number as usize]);
        }
        self.at = number as usize + 1;
    }

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}

struct Plainly<'a>(&'a [Control]);

impl Job for Plainly<'_> {
    type Output = Plain;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Plain {
        let without = Without::these(self.0);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let mut seen = Seen {
            model: &model,
            depths: Vec::new(),
            at: 0,
            movers: Vec::new(),
            obliged: false,
            found: BTreeMap::new(),
        };
        let explored = search(&model, 2_000_000, &mut seen);
        assert_eq!(explored.cut, None, "{}", scope.name);
        let graph = Graph::new(&explored, &seen.movers);
        let all = |holds: &dyn Fn(&World<B, O, A, D, S>) -> bool| -> Vec<bool> {
            explored.states.iter().map(holds).collect()
        };
        for name in &scope.possibilities {
            let (name, from, won) = match name.as_str() {
                POSSIBLE_AGAIN => (
                    POSSIBLE_AGAIN,
                    all(&|world| model.has_unused_binding(world)),
                    graph.can_reach(&all(&|world| model.is_bound(world))),
                ),
                "holder-can-always-leave" => (
                    "holder-can-always-leave",
                    all(&|_| true),
                    graph.can_force(&all(&|world| model.has_left(world))),
                ),
                _ => (
                    "not-locked-out-for-ever",
                    all(&|world| model.could_get_in(world)),
                    graph.can_force(&all(&|world| model.is_in(world))),
                ),
            };
            let stuck = (0..from.len()).find(|state| from[*state] && !won[*state]);
            if let Some(stuck) = stuck {
                seen.found.insert(name, seen.depths[stuck]);
            }
        }
        Plain {
            distinct: explored.states.len() as u64,
            generated: explored.generated,
            depth: explored.depth,
            found: seen.found,
        }
    }
}

/// What the checker found, in the same words; of witnesses only those that the scope asks for.
fn told(report: &Report) -> Plain {
    let shown = |verdict| matches!(verdict, PropertyVerdict::Violated | PropertyVerdict::Witnessed);
    // The plain search knows nothing of what comes to be.
    let known = report.properties.iter().filter(|property| property.kind != Kind::Progress);
    let found = known.filter(|property| shown(property.verdict));
    let found = found.filter_map(|property| {
        let run = property.run.as_ref()?;
        assert!(run.confirmed, "{}: {}", report.scope, property.name);
        Some((property.name, run.actions.len()))
    });
    Plain {
        distinct: report.distinct,
        generated: report.generated,
        depth: report.depth,
        found: found.collect(),
    }
}

fn compare(scope: &Scope, without: &[Control], threads: usize) {
    let policy = Policy::DEFAULT;
    let options = Options { without, threads, ..Options::under(("default", &policy)) };
    let report = check("test", scope, &options).expect("fits");
    let mut plain = in_capacity("test", scope, Plainly(without)).expect("fits");
    let unwanted = |name: &str| {
        let property = report.properties.iter().find(|property| property.name == name);
        property.is_some_and(|property| property.kind == Kind::Witness)
            && !scope.witnesses.iter().any(|wanted| wanted == name)
    };
    plain.found.retain(|name, _| !unwanted(name));
    assert_eq!(told(&report), plain, "{} without {without:?}", scope.name);
}

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

#[test]
fn the_checker_and_the_plain_search_say_the_same_of_every_small_scope() {
    let scopes = DEFAULT.iter().map(|name| parse(name));
    let small = scopes.filter(|scope| scope.pinned.is_some_and(|p| p.distinct <= SMALL));
    let mut compared = 0;
    for (number, scope) in small.enumerate() {
        compare(&scope, &[], 1 + number % 3);
        compared += 1;
    }
    assert!(compared >= 12, "only {compared} scopes were compared");
}

#[test]
fn the_checker_and_the_plain_search_say_the_same_of_every_mutant_in_a_small_scope() {
    let mut compared = 0;
    for (number, mutant) in MUTANTS.iter().enumerate() {
        let scope = parse(mutant.scope);
        if scope.pinned.is_some_and(|pinned| pinned.distinct <= SMALL) {
            compare(&scope, mutant.controls, 1 + number % 3);
            compared += 1;
        }
    }
    assert!(compared >= 20, "only {compared} mutants were compared");
}
