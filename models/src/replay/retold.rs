//! Carries a replay out again, step by step, and says whether it still shows what it claims.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bindproof::policy::Policy;
use stateright::Model;

use super::Replay;
use super::memory::Memory;
use crate::action::{Action, Mover};
use crate::capacity::{Job, in_capacity_without};
use crate::chart;
use crate::check::PANIC;
use crate::drive::Fired;
use crate::model::{Protocol, Without};
use crate::possible::mover;
use crate::progress;
use crate::properties::step::Step;
use crate::properties::{ALL, Kind};
use crate::report;
use crate::scope::{Scope, ScopeError};
use crate::story;
use crate::world::World;

/// A run that was carried out again, as far as it was possible.
#[derive(Clone, Debug)]
pub struct Retold {
    /// What is remembered before anything happens.
    pub beginning: Memory,
    /// Properties that are violated already then.
    pub violated_at_first: Vec<&'static str>,
    /// What happened.
    pub steps: Vec<Told>,
    /// How many actions the replay has.
    pub planned: usize,
    /// What happened, as a Mermaid sequence diagram.
    pub mermaid: String,
    /// The same as SVG.
    pub svg: String,
    /// Whether the run does what it is said to do.
    pub ending: Ending,
    /// If it breaks what must come to be: who waits for what, a sentence without its end.
    pub stuck: Option<String>,
    /// If it breaks that without going around: what is promised to happen at its end, and happens
    /// again and again, but changes nothing.
    pub repeated: Vec<String>,
    /// Of two worlds side by side, what the stranger is told at the end, if it is not the same:
    /// with the account, and without it.
    pub told_apart: Option<[String; 2]>,
}

/// What happened in the quiet one of two worlds.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The rules and refusals that fired, and what the stranger was told, a line each.
    pub fired: Vec<String>,
    /// What changed, a line each.
    pub changes: Vec<String>,
}

/// One action that was carried out.
#[derive(Clone, Debug)]
pub struct Told {
    /// The action.
    pub action: Action,
    /// It as a sentence.
    pub sentence: String,
    /// The rules and refusals that fired, a line each.
    pub fired: Vec<String>,
    /// What it changed, a line each.
    pub changes: Vec<String>,
    /// Of two worlds side by side, what happened in the other one.
    pub beside: Option<Beside>,
    /// What is remembered afterwards.
    pub memory: Memory,
    /// Properties that the step violates, or the state after it, but not the state before.
    pub violated: Vec<&'static str>,
}

/// Whether a run does what it is said to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is claimed but that every action is possible, and each was.
    Possible,
    /// The property that it is said to violate is violated at its end.
    Confirmed(&'static str),
    /// That property is not violated at its end.
    NotViolated {
        /// The property.
        claimed: &'static str,
        /// What is violated in its place, each with the number of the step; 0 is the beginning.
        instead: Vec<(&'static str, usize)>,
    },
    /// The last action does not lead back to where the run is said to go around.
    NoLoop {
        /// So many actions come before the place.
        from: usize,
    },
    /// An action is not possible where it is due.
    Impossible {
        /// The number of its step, counted from 1.
        step: usize,
        /// The action as the file has it.
        action: String,
        /// What is possible there, in words; what is most like it first.
        possible: Vec<String>,
    },
    /// It leads to where the property is said to fail, but no run can show that: there the property
    /// speaks of every way on.
    NotShownByARun(&'static str),
}

/// Carries `replay` out in `scope`, which comes from `file`, under `policy`.
///
/// # Errors
/// If no compiled capacity holds the scope, or the policy cannot be scaled as the scope wants it.
pub fn carry_out(
    file: &str,
    scope: &Scope,
    policy: (&str, &Policy),
    replay: &Replay,
) -> Result<Retold, ScopeError> {
    scope.limits.scaled(policy.1).map_err(|error| ScopeError::Invalid {
        file: file.to_owned(),
        field: "limits.total_medium_from".into(),
        message: format!("not under the policy {}: {error}", policy.0),
    })?;
    in_capacity_without(&replay.without, file, scope, Again { policy: policy.1, replay })
}

/// Carries a run out in a world of some capacity.
pub(super) struct Again<'a> {
    pub(super) policy: &'a Policy,
    pub(super) replay: &'a Replay,
}

impl Job for Again<'_> {
    type Output = Retold;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Retold {
        let without = Without::these(&self.replay.without);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), self.policy.clone(), without);
        again(&model, self.replay)
    }
}

fn again<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    replay: &Replay,
) -> Retold {
    let mut worlds = vec![model.initial()];
    let mut steps: Vec<Told> = Vec::with_capacity(replay.actions.len());
    let mut stopped = None;
    for (number, action) in replay.actions.iter().enumerate() {
        let before = worlds[number];
        let mut possible = Vec::new();
        model.actions(&before, &mut possible);
        if !possible.contains(action) {
            stopped = Some(impossible(model, number + 1, *action, possible));
            break;
        }
        let (after, fired) = model.fire(&before, *action);
        steps.push(told(model, &before, *action, &after, &fired));
        worlds.push(after);
    }
    let violated_at_first = violated_states(model, &worlds[0]);
    let done = &replay.actions[..steps.len()];
    let mut stuck = None;
    let ending = stopped.unwrap_or_else(|| {
        stuck = who_is_stuck(model, replay, &worlds);
        let run = (worlds.as_slice(), steps.as_slice(), violated_at_first.as_slice());
        ending(model, replay, run, stuck.is_some())
    });
    let stays = stuck.is_some() && replay.loop_from.is_none();
    let repeated =
        if stays { progress::repeated(model, &worlds[worlds.len() - 1]) } else { Vec::new() };
    Retold {
        beginning: Memory::of(&model.scope, &worlds[0]),
        violated_at_first,
        planned: replay.actions.len(),
        mermaid: chart::mermaid(model, done, replay.loop_from),
        svg: chart::svg(model, done),
        steps,
        ending,
        stuck,
        repeated,
        told_apart: None,
    }
}

/// Who waits for ever for what, if the run breaks the property of progress that it is said to.
fn who_is_stuck<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    replay: &Replay,
    worlds: &[World<B, O, A, D, S>],
) -> Option<String> {
    let claimed = replay.violates.filter(|name| kind_of(name) == Some(Kind::Progress))?;
    // Without a place to go round from, nothing happens any more at the end.
    let from = replay.loop_from.unwrap_or(replay.actions.len());
    progress::stuck(model, claimed, (worlds, replay.actions.as_slice()), from)
}

fn kind_of(property: &str) -> Option<Kind> {
    ALL.iter().find(|(_, name, _)| *name == property).map(|(_, _, kind)| *kind)
}

fn told<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    before: &World<B, O, A, D, S>,
    action: Action,
    after: &World<B, O, A, D, S>,
    fired: &Fired,
) -> Told {
    let already = violated_states(model, before);
    let mut violated = violated(model, before, action);
    violated.retain(|name| !already.contains(name));
    let lines: Vec<String> =
        fired.steps().map(|(record, tag)| story::step_line(record, tag)).collect();
    let changes = story::changes(before, after, fired).split_off(lines.len());
    Told {
        action,
        sentence: story::sentence(&model.scope, action),
        fired: lines,
        changes,
        beside: None,
        memory: Memory::of(&model.scope, after),
        violated,
    }
}

/// What the end of a run shows, all actions of which were possible.
fn ending<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    replay: &Replay,
    (worlds, steps, violated_at_first): (&[World<B, O, A, D, S>], &[Told], &[&'static str]),
    is_stuck: bool,
) -> Ending {
    let end = worlds[worlds.len() - 1];
    if let Some(from) = replay.loop_from.filter(|from| worlds[*from] != end) {
        return Ending::NoLoop { from };
    }
    let Some(claimed) = replay.violates else { return Ending::Possible };
    let shown = match kind_of(claimed) {
        Some(Kind::State) => violated_states(model, &end).contains(&claimed),
        Some(Kind::Step) => match (worlds, replay.actions.last()) {
            ([.., before, _], Some(action)) => violated(model, before, *action).contains(&claimed),
            _ => false,
        },
        Some(Kind::Rest) => is_at_rest(model, &end) && !model.quiescent_agreement(&end),
        Some(Kind::Progress) => is_stuck,
        None if claimed == PANIC => panics(model, &end),
        _ => return Ending::NotShownByARun(claimed),
    };
    if shown {
        return Ending::Confirmed(claimed);
    }
    let first = violated_at_first.iter().map(|name| (*name, 0));
    let later = (1..)
        .zip(steps)
        .flat_map(|(number, step)| step.violated.iter().map(move |name| (*name, number)));
    Ending::NotViolated { claimed, instead: first.chain(later).collect() }
}

/// Whether the model panics in what can happen next, or when the end is looked at.
fn panics<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    end: &World<B, O, A, D, S>,
) -> bool {
    let possible = caught(|| {
        let mut possible = Vec::new();
        model.actions(end, &mut possible);
        possible
    });
    violated_states(model, end).contains(&PANIC)
        || possible.is_none_or(|possible| {
            possible.into_iter().any(|action| violated(model, end, action).contains(&PANIC))
        })
}

/// What comes out of something; nothing if it panics.
pub(crate) fn caught<R>(what: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(what)).ok()
}

/// Whether nothing is left to happen but what somebody chooses.
fn is_at_rest<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
) -> bool {
    let mut possible = Vec::new();
    model.actions(world, &mut possible);
    possible.into_iter().all(|action| {
        mover(model, world, action) != Mover::Obliged || model.fire(world, action).0 == *world
    })
}

fn impossible<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    step: usize,
    action: Action,
    mut possible: Vec<Action>,
) -> Ending {
    let kind = std::mem::discriminant(&action);
    possible.sort_by_key(|other| std::mem::discriminant(other) != kind);
    Ending::Impossible {
        step,
        // Not as a sentence: that may need what the scope does not have.
        action: serde_json::to_string(&action).unwrap_or_else(|_| format!("{action:?}")),
        possible: possible.iter().map(|other| story::sentence(&model.scope, *other)).collect(),
    }
}

/// The properties of states that are violated in `world`; [`PANIC`] if one of them panics.
fn violated_states<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
) -> Vec<&'static str> {
    let violated = caught(|| {
        let states = Protocol::<B, O, A, D, S>::STATE.iter();
        states.filter(|(_, holds)| !holds(model, world)).map(|(name, _)| *name).collect()
    });
    violated.unwrap_or_else(|| vec![PANIC])
}

/// The properties that a step violates, or the state after it; [`PANIC`] if the step or one of them
/// panics.
pub fn violated<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    before: &World<B, O, A, D, S>,
    action: Action,
) -> Vec<&'static str> {
    let violated = caught(|| {
        let (after, fired) = model.fire(before, action);
        let step = Step { before, action, fired: &fired, after: &after };
        let steps = Protocol::<B, O, A, D, S>::STEP.iter();
        let mut names = violated_states(model, &after);
        names.extend(steps.filter(|(_, holds)| !holds(model, &step)).map(|(name, _)| *name));
        names
    });
    violated.unwrap_or_else(|| vec![PANIC])
}

impl Retold {
    /// How the run goes on, if it goes on for ever and so breaks what must come to be, and who
    /// waits; or what a stranger is told in each of two worlds: one paragraph each.
    pub fn aftermath(&self, replay: &Replay) -> Vec<String> {
        let Some(stuck) = &self.stuck else {
            return self.told_apart.iter().map(report::told_apart).collect();
        };
        let round = replay.loop_from.unwrap_or(self.steps.len());
        let goes_on = report::for_ever(self.steps.len(), round, &self.repeated);
        vec![goes_on, format!("Stuck for ever: {stuck}.")]
    }
}

impl Ending {
    /// What the end shows, in a sentence or two.
    pub fn sentence(&self) -> String {
        match self {
            Self::Possible => "Every action was possible; nothing else is claimed.".into(),
            Self::Confirmed(name) => {
                format!("Confirmed: carried out again, the run ends in a violation of {name}.")
            }
            Self::NotViolated { claimed, instead } if instead.is_empty() => {
                format!("NOT confirmed: {claimed} is not violated at its end, nor anything else.")
            }
            Self::NotViolated { claimed, instead } => {
                let place = |(name, step): &(&str, usize)| match step {
                    0 => format!("{name} (at the beginning)"),
                    step => format!("{name} (in step {step})"),
                };
                let instead: Vec<String> = instead.iter().map(place).collect();
                format!(
                    "NOT confirmed: {claimed} is not violated at its end. Violated instead: {}.",
                    instead.join(", ")
                )
            }
            Self::NoLoop { from } => format!(
                "NOT confirmed: the last action does not lead back to the state after {from} \
                 actions."
            ),
            Self::Impossible { step, action, possible } => {
                let told: Vec<&str> = possible.iter().take(4).map(String::as_str).collect();
                let more = match possible.len() - told.len() {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                let instead = if told.is_empty() { "nothing".into() } else { told.join("; ") };
                format!(
                    "NOT confirmed: step {step}, {action}, is not possible there. Possible: \
                     {instead}{more}."
                )
            }
            Self::NotShownByARun(name) => format!(
                "Undecided: every action was possible, but no run shows a violation of {name}, \
                 which speaks of every way on from its end."
            ),
        }
    }
}
