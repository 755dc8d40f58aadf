//! Carries a run of a pair out again, step by step, and says whether it still shows what it claims.

use bindproof::policy::Policy;
use stateright::Model;

use super::story::{Sides, sentence, sides, told_in};
use super::{Move, PROPERTY, PairRun, TwoWorlds, Variant, Worlds};
use crate::chart;
use crate::check::PANIC;
use crate::model::Without;
use crate::replay::Replay;
use crate::replay::memory::{Line, Memory, Place};
use crate::replay::retold::{Beside, Ending, Retold, Told, caught};
use crate::scope::ScopeError;

/// Carries `replay` out in `variant`, whose run it is.
///
/// # Errors
/// If the variant's text is not a scope; the tests keep that from happening.
pub fn carry_out(
    variant: &Variant,
    policy: &Policy,
    replay: &Replay,
    run: &PairRun,
) -> Result<Retold, ScopeError> {
    let without = Without::these(&replay.without);
    let model = TwoWorlds::new(variant, run.kind, policy, without)?;
    let mut pair = Worlds {
        with: model.with.initial(),
        without: model.without.initial(),
        told_with: super::Observation::Nothing,
        told_without: super::Observation::Nothing,
    };
    let beginning = memory(&model, &pair);
    let mut steps = Vec::with_capacity(run.moves.len());
    let mut stopped = None;
    for (number, what) in (1..).zip(&run.moves) {
        let mut possible = Vec::new();
        model.actions(&pair, &mut possible);
        if !possible.contains(what) {
            stopped = Some(impossible(&model, number, *what, possible));
            break;
        }
        let sides = sides(&model, &pair, *what);
        pair = sides.after;
        steps.push(told(&model, *what, sides));
    }
    let done: Vec<_> = run.moves.iter().take(steps.len()).map(|what| what.action()).collect();
    Ok(Retold {
        beginning,
        violated_at_first: Vec::new(),
        planned: run.moves.len(),
        mermaid: chart::mermaid(&model.with, &done, None),
        svg: chart::svg(&model.with, &done),
        ending: stopped.unwrap_or_else(|| ending(replay, (&model, &pair), &steps)),
        steps,
        stuck: None,
        repeated: Vec::new(),
        told_apart: told_in(&pair).filter(|[with, without]| with != without),
    })
}

fn told(model: &TwoWorlds, what: Move, sides: Sides) -> Told {
    let apart = sides.after.told_with != sides.after.told_without;
    let memory = memory(model, &sides.after);
    let says = |side: usize| {
        let told = sides.told.iter().map(move |told| format!("→ he is told {}", told[side]));
        told.collect::<Vec<_>>()
    };
    let told = [says(0), says(1)];
    let [fired, quietly] = sides.fired;
    let [changes, unseen] = sides.changes;
    let [with, without] = told;
    Told {
        action: what.action(),
        sentence: sentence(model, what),
        fired: [fired, with].concat(),
        changes,
        beside: Some(Beside { fired: [quietly, without].concat(), changes: unseen }),
        memory,
        violated: if apart { vec![PROPERTY] } else { Vec::new() },
    }
}

/// What is remembered in the world with the account; then, by its own name, what is remembered in
/// the other one; and what the stranger was told last.
fn memory(model: &TwoWorlds, pair: &Worlds) -> Memory {
    let mut memory = Memory::of(&model.with.scope, &pair.with);
    let other = Memory::of(&model.without.scope, &pair.without);
    memory.lines.extend(other.lines.into_iter().map(|line| {
        let what = format!("without the account, {}", line.what);
        Line { what, ..line }
    }));
    let told = told_in(pair).map(|told| ["with the account", "without"].into_iter().zip(told));
    memory.lines.extend(told.into_iter().flatten().map(|(world, is)| Line {
        place: Place::Stranger,
        what: world.to_owned(),
        is,
    }));
    memory.lines.sort_by_key(|line| line.place);
    memory
}

/// What the end shows of a run all moves of which were possible.
fn ending(replay: &Replay, (model, end): (&TwoWorlds, &Worlds), steps: &[Told]) -> Ending {
    let Some(claimed) = replay.violates else { return Ending::Possible };
    let last = steps.last().is_some_and(|step| step.violated.contains(&claimed));
    if last || (claimed == PANIC && panics(model, end)) {
        return Ending::Confirmed(claimed);
    }
    let violated = (1..)
        .zip(steps)
        .flat_map(|(number, step)| step.violated.iter().map(move |name| (*name, number)));
    Ending::NotViolated { claimed, instead: violated.collect() }
}

/// Whether the model panics in what can happen next.
fn panics(model: &TwoWorlds, end: &Worlds) -> bool {
    let next = caught(|| {
        let mut possible = Vec::new();
        model.actions(end, &mut possible);
        for what in possible {
            model.fire(end, what);
        }
    });
    next.is_none()
}

fn impossible(model: &TwoWorlds, step: usize, what: Move, mut possible: Vec<Move>) -> Ending {
    let kind = |what: &Move| std::mem::discriminant(&what.action());
    possible.sort_by_key(|other| kind(other) != kind(&what));
    Ending::Impossible {
        step,
        // Not as a sentence: that may need what the scope does not have.
        action: serde_json::to_string(&what).unwrap_or_else(|_| format!("{what:?}")),
        possible: possible.iter().map(|other| sentence(model, *other)).collect(),
    }
}
