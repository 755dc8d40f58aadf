//! A run of the pair in words: a column for each world.

use super::{Move, Observation, TwoWorlds, Worlds};
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

/// What one move does in each world, and what the stranger is told.
pub(super) fn step(model: &TwoWorlds, pair: &Worlds, what: Move) -> String {
    let (after, with, without) = model.fire(pair, what);
    let left = single::changes(&pair.with, &after.with, &with);
    let right = without
        .map(|fired| single::changes(&pair.without, &after.without, &fired))
        .unwrap_or_default();
    let mut lines: Vec<String> = (0..left.len().max(right.len()))
        .map(|at| {
            let cell = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
            row(&cell(&left), &cell(&right))
        })
        .collect();
    if after.told_with != Observation::Nothing || after.told_without != Observation::Nothing {
        let says = |observation| format!("→ he is told {}", told(observation));
        lines.push(row(&says(after.told_with), &says(after.told_without)));
    }
    lines.join("\n")
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
