//! One JSON object a mutant.

use bindproof_models::mutants::MutantReport;
use serde::Serialize;

use super::{Fate, shortest};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Serialize)]
struct Line<'a> {
    mutant: &'a str,
    expected: &'static str,
    killed_by: Vec<&'static str>,
    verdict: &'static str,
    scope: &'static str,
    /// Steps of the expected property's shortest run.
    shortest: Option<usize>,
    about: &'static str,
}

/// Prints what became of a mutant.
///
/// # Errors
/// If it cannot be written.
pub fn line(report: &MutantReport, out: &mut Output) -> Result<(), Failure> {
    let line = Line {
        mutant: &report.mutant,
        expected: report.expected,
        killed_by: report.killed_by.iter().map(|(name, _)| *name).collect(),
        verdict: Fate::of(report).name(),
        scope: report.scope,
        shortest: shortest(report),
        about: report.about,
    };
    let text = serde_json::to_string(&line).map_err(|error| Failure::Unwritable(error.into()))?;
    out.line(&text)
}
