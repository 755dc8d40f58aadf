//! Behaviours of a scope: the shortest run to everything that a step of a server sees and decides,
//! and arbitrary runs from a seed.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::wallet::operation::Operation;
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::possible::possible;
use bindproof_models::views::LocalView;

use crate::random::Random;
use crate::view::{Model, World};

/// How many actions an arbitrary run has at most.
const STEPS: usize = 24;

/// A run from the beginning of a scope.
pub type Run = Vec<Action>;

/// What happens at once: an action, and after an answer that authenticates the execution, which a
/// server does in the same transaction. What the steps of servers saw, and the world after it.
pub fn at_once(model: &Model, before: &World, action: Action) -> (World, Vec<LocalView>) {
    let (mut after, mut views) = model.fire_with_views(before, action);
    if let Action::Answer { operation, .. } = action
        && matches!(after.operations[usize::from(operation)], Operation::Authenticated { .. })
    {
        let (executed, more) = model.fire_with_views(&after, Action::Execute(operation));
        after = executed;
        views.extend(more);
    }
    views.retain(|view| view.seen.is_of_a_server());
    (after, views)
}

/// Every run that is shortest to something that a step sees and decides, and what that is.
pub struct Shortest {
    /// The runs.
    pub runs: Vec<Run>,
    /// What they lead to.
    pub views: BTreeSet<LocalView>,
}

impl Shortest {
    /// Searches the scope, breadth first.
    pub fn of(model: &Model) -> Self {
        let initial = model.initial();
        let mut states = vec![initial];
        let mut numbers = BTreeMap::from([(initial, 0)]);
        let mut parents: Vec<Option<(usize, Action)>> = vec![None];
        let mut shortest = Self { runs: Vec::new(), views: BTreeSet::new() };
        let (mut at, mut actions) = (0, Vec::new());
        while at < states.len() {
            let before = states[at];
            actions.clear();
            possible(model, &before, &mut actions);
            for action in actions.iter().copied() {
                let (after, views) = at_once(model, &before, action);
                let known = shortest.views.len();
                shortest.views.extend(views);
                if shortest.views.len() > known {
                    shortest.runs.push(run_to(&parents, at, action));
                }
                numbers.entry(after).or_insert_with(|| {
                    states.push(after);
                    parents.push(Some((at, action)));
                    states.len() - 1
                });
            }
            at += 1;
        }
        shortest
    }
}

fn run_to(parents: &[Option<(usize, Action)>], mut at: usize, last: Action) -> Run {
    let mut run = vec![last];
    while let Some((before, action)) = parents[at] {
        run.push(action);
        at = before;
    }
    run.reverse();
    run
}

/// What brings things forward is chosen more often than what ends them.
const fn weight(action: &Action) -> u64 {
    match action {
        Action::Deliver {
            delivery: Delivery::ToWallet { .. } | Delivery::ToBank { .. }, ..
        }
        | Action::Notice { .. }
        | Action::Request { .. } => 8,
        Action::Answer { answer: Answer::Best, .. } | Action::Ask(_) | Action::Start(_) => 12,
        Action::Deliver { .. } => 4,
        _ => 1,
    }
}

/// An arbitrary run.
pub fn walk(model: &Model, random: &mut Random) -> Run {
    let (mut world, mut run) = (model.initial(), Run::new());
    let mut actions = Vec::new();
    for _ in 0..STEPS {
        actions.clear();
        possible(model, &world, &mut actions);
        let all = actions.iter().map(weight).sum();
        if all == 0 {
            break;
        }
        let mut left = random.below(all);
        let chosen = actions.iter().find(|action| {
            let here = left < weight(action);
            left = left.saturating_sub(weight(action));
            here
        });
        let Some(action) = chosen.copied() else { break };
        run.push(action);
        (world, _) = at_once(model, &world, action);
    }
    run
}

/// So many different runs: all that are shortest to something, and then arbitrary ones.
pub fn different(
    model: &Model,
    shortest: &Shortest,
    count: usize,
    random: &mut Random,
) -> Vec<Run> {
    let mut runs = shortest.runs.clone();
    let mut known: BTreeSet<Run> = runs.iter().cloned().collect();
    while runs.len() < count {
        let run = walk(model, random);
        if known.insert(run.clone()) {
            runs.push(run);
        }
    }
    runs
}
