//! Keeps the runs of a check that violate something, or says how to.

use bindproof_models::report::{PropertyReport, PropertyVerdict, Report, Run};

use super::Plan;
use crate::failure::Failure;
use crate::layout::paragraph;
use crate::output::Output;
use crate::paint::Tone;
use crate::save::Folder;

/// The properties that are violated.
fn violated(report: &Report) -> impl Iterator<Item = &PropertyReport> {
    report.properties.iter().filter(|property| property.verdict == PropertyVerdict::Violated)
}

/// Keeps the run of every violation in every scope, and says where: on stderr if stdout is for
/// objects.
///
/// # Errors
/// If a file cannot be written, or is there with other content.
pub fn keep(
    plan: &Plan,
    reports: &[Report],
    mut folder: Folder,
    json: bool,
    out: &mut Output,
) -> Result<(), Failure> {
    let policy = (plan.policy.0.as_str(), &plan.policy.1);
    for (subject, report) in plan.scopes.iter().zip(reports) {
        for property in violated(report) {
            let Some(run) = &property.run else { continue };
            folder.keep(subject, policy, &plan.without, property.name, run)?;
        }
    }
    if let Some(text) = folder.told() {
        if json {
            eprintln!("{text}");
        } else {
            out.line(&format!("\n{text}"))?;
        }
    }
    folder.end()
}

/// Says how runs can be kept, if there is any to keep.
///
/// # Errors
/// If it cannot be written.
pub fn hint(reports: &[Report], out: &mut Output) -> Result<(), Failure> {
    let to_keep = |property: &PropertyReport| {
        let has_steps = |run: &Run| !run.actions.is_empty() || run.pair.is_some();
        property.run.as_ref().is_some_and(has_steps)
    };
    if !reports.iter().flat_map(violated).any(to_keep) {
        return Ok(());
    }
    let text = "To keep each run and walk through it, step by step: the same with --save DIR, then \
                bindproof replay DIR/FILE.json.";
    out.line("")?;
    out.toned(Tone::Faint, &paragraph("", text))
}
