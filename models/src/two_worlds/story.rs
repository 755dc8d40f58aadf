//! A run of the pair in words: a column for each world.

use super::{Move, Observation, TwoWorlds, World, Worlds};
use crate::drive::Fired;
use crate::story as single;
use crate::words;

/// How wide the first column is.
const WIDTH: usize = 58;

/// One move as a sentence.
pub(super) fn sentence(model: &TwoWorlds, what: Move) -> String {
    let sentence = single::sentence(&model.with.scope, what.action());
    match what {
        Move::Both(_) => format!("in both worlds: {sentence}"),
        Move::Hidden(_) => format!("hidden: {sentence}"),
    }
}

/// What the stranger is told, in words.
fn told(observation: Observation) -> String {
    match observation {
        Observation::Nothing => "nothing".into(),
        Observation::Problem(refusal) => format!("problem {refusal}"),
        Observation::Challenge { class, tries_left } => {
            format!("a challenge for {class}, tries left {tries_left}")
        }
        Observation::Accepted => "that his answer was accepted".into(),
        Observation::InProgress => "that it is being worked on".into(),
        Observation::Outcome(operation) => format!("outcome {}", words::operation(operation)),
        Observation::Binding(state) => format!("that the binding is {state:?}"),
    }
}

/// What happens in each world by one move, the one with the account first: what fires and what
/// changes, and what the stranger is told.
pub(super) struct Sides {
    /// The rules and refusals that fire, a line each.
    pub fired: [Vec<String>; 2],
    /// What changes, a line each.
    pub changes: [Vec<String>; 2],
    /// What the stranger is told, if he is told anything in either.
    pub told: Option<[String; 2]>,
    /// The pair afterwards.
    pub after: Worlds,
}

impl Sides {
    /// Everything that happens in one of them, a line each.
    pub fn lines(&self, side: usize) -> Vec<String> {
        let told = self.told.iter().map(|told| format!("→ he is told {}", told[side]));
        self.fired[side].iter().chain(&self.changes[side]).cloned().chain(told).collect()
    }
}

/// What one move does in each world.
pub(super) fn sides(model: &TwoWorlds, pair: &Worlds, what: Move) -> Sides {
    let (after, with, without) = model.fire(pair, what);
    let fired = |fired: &Fired| -> Vec<String> {
        fired.steps().map(|(record, tag)| single::step_line(record, tag)).collect()
    };
    let changes = |before: &World, after: &World, fired: &Fired| {
        single::changes(before, after, fired).split_off(fired.steps().count())
    };
    let quietly = without.as_ref();
    Sides {
        fired: [fired(&with), quietly.map(fired).unwrap_or_default()],
        changes: [
            changes(&pair.with, &after.with, &with),
            quietly.map(|f| changes(&pair.without, &after.without, f)).unwrap_or_default(),
        ],
        told: told_in(&after),
        after,
    }
}

/// What the stranger was told by the last move in each world, if he was told anything in either.
pub(super) fn told_in(pair: &Worlds) -> Option<[String; 2]> {
    let both = [pair.told_with, pair.told_without];
    (both != [Observation::Nothing; 2]).then(|| both.map(told))
}

/// What one move does in each world, and what the stranger is told, in two columns.
pub(super) fn step(model: &TwoWorlds, pair: &Worlds, what: Move) -> String {
    let sides = sides(model, pair, what);
    let (left, right) = (sides.lines(0), sides.lines(1));
    let lines = (0..left.len().max(right.len())).map(|at| {
        let cell = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        row(&cell(&left), &cell(&right))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Two cells beside each other; one that is too wide stands on a line of its own.
fn row(left: &str, right: &str) -> String {
    let used = left.chars().count();
    let cells = match used > WIDTH && !right.is_empty() {
        true => format!("     {left}\n     {:WIDTH$} | {right}", ""),
        false => format!("     {left:WIDTH$} | {right}"),
    };
    cells.trim_end().to_owned()
}

/// The story of a run from the beginning, a column for each world.
pub fn two_columns(model: &TwoWorlds, moves: &[Move]) -> String {
    let mut lines = vec![row("with the account", "without")];
    let mut pairs = stateright::Model::init_states(model);
    let Some(mut pair) = pairs.pop() else { return String::new() };
    for (number, what) in moves.iter().enumerate() {
        lines.push(format!("{:>3}. {}", number + 1, sentence(model, *what)));
        let told = step(model, &pair, *what);
        if !told.is_empty() {
            lines.push(told);
        }
        pair = model.fire(&pair, *what).0;
    }
    lines.join("\n") + "\n"
}
