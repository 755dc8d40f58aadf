//! One JSON object a mutant, and one that sums up.

use bindproof_models::mutants::MutantReport;
use serde::Serialize;

use super::{Fate, Matrix, shortest};
use crate::check::json::object;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    mutant: &'a str,
    expected: &'static str,
    killed_by: Vec<&'static str>,
    verdict: &'static str,
    scope: &'static str,
    /// Steps of the expected property's shortest run.
    shortest: Option<usize>,
    /// That run, in words.
    replay: Option<&'a [String]>,
    /// Whether that run was carried out again, and showed it again.
    confirmed: Option<bool>,
    /// If it goes round for ever: after how many of its steps that begins. As many as there are:
    /// nothing changes any more at its end.
    loop_from: Option<usize>,
    /// If it does: who waits for what.
    stuck: Option<&'a str>,
    about: &'static str,
}

#[derive(Serialize)]
struct Summary {
    schema: &'static str,
    exit_code: u8,
    /// Why it is this exit code, in a sentence or several.
    reason: String,
    mutants: usize,
    killed: usize,
    survived: usize,
    undecided: usize,
    /// Properties that kill no mutant; nothing if it is not known, because not every mutant was
    /// looked at.
    idle: Option<Vec<&'static str>>,
}

/// Prints what became of all mutants together.
///
/// # Errors
/// If it cannot be written.
pub fn summary(
    matrix: &Matrix,
    (exit_code, reason): (u8, String),
    out: &mut Output,
) -> Result<(), Failure> {
    let [killed, survived, undecided] =
        [Fate::Killed, Fate::Survived, Fate::Undecided].map(|fate| matrix.count(fate));
    let summary = Summary {
        schema: "bindproof.mutants.summary/1",
        exit_code,
        reason,
        mutants: matrix.reports.len(),
        killed,
        survived,
        undecided,
        idle: matrix.knows_idle().then(|| matrix.idle()),
    };
    object(&summary, out)
}

/// Prints what became of a mutant.
///
/// # Errors
/// If it cannot be written.
pub fn line(report: &MutantReport, out: &mut Output) -> Result<(), Failure> {
    let run = report.run.as_ref();
    let line = Line {
        schema: "bindproof.mutants/1",
        mutant: &report.mutant,
        expected: report.expected,
        killed_by: report.killed_by.iter().map(|(name, _)| *name).collect(),
        verdict: Fate::of(report).name(),
        scope: report.scope,
        shortest: shortest(report),
        replay: run.map(|run| run.story.as_slice()),
        confirmed: run.map(|run| run.confirmed),
        loop_from: run.and_then(|run| run.loop_from),
        stuck: run.and_then(|run| run.stuck.as_deref()),
        about: report.about,
    };
    object(&line, out)
}
