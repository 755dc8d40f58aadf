//! One JSON object a scope, and one that sums up.

use bindproof_models::properties;
use bindproof_models::report::{PropertyVerdict, Report, Run, Verdict};
use serde::Serialize;

use super::closing::closing;
use super::summary::rows;
use super::text::CHANGED_ON_PURPOSE;
use super::{Plan, exit_code};
use crate::failure::Failure;
use crate::output::Output;

/// A scope's result; the fields are those of the schema, in its order.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    engine: &'static str,
    scope: &'a str,
    scope_digest: &'a str,
    policy: &'a str,
    threads: usize,
    /// States are representatives of orbits of at most this size.
    orbit: usize,
    verdict: Verdict,
    cut_by: Option<&'a str>,
    /// Searches here have no boundary that could cut anything off.
    boundary_cuts: u64,
    doubts: &'a [String],
    distinct: u64,
    generated: u64,
    depth: u32,
    seconds: f64,
    /// Of this scope: its states, their parents and their edges, at the end.
    held_bytes: u64,
    /// The most memory that this process ever had, whatever it was checking; nothing where the
    /// system does not tell.
    process_peak_bytes: Option<u64>,
    properties: Vec<Property<'a>>,
    /// Only there if a control was switched off, so that nobody takes it for the protocol.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    without: &'a [&'static str],
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'static str,
    kind: &'static str,
    verdict: PropertyVerdict,
    /// What it says, if it is violated.
    says: Option<String>,
    replay: Option<&'a [String]>,
    /// Whether that run was carried out again, and showed it again.
    confirmed: Option<bool>,
    /// For a run that goes round for ever: after how many of its steps that begins. As many as
    /// there are: nothing changes any more at its end.
    loop_from: Option<usize>,
    /// For such a run: who waits for what.
    stuck: Option<&'a str>,
}

impl<'a> Property<'a> {
    fn of(property: &'a bindproof_models::report::PropertyReport) -> Self {
        let run = property.run.as_ref();
        let violated = property.verdict == PropertyVerdict::Violated;
        Self {
            name: property.name,
            kind: property.kind.name(),
            verdict: property.verdict,
            says: properties::says(property.name).filter(|_| violated),
            replay: run.map(|run: &Run| run.story.as_slice()),
            confirmed: run.map(|run| run.confirmed),
            loop_from: run.and_then(|run| run.loop_from),
            stuck: run.and_then(|run| run.stuck.as_deref()),
        }
    }
}

/// What all scopes say together; the fields are those of the schema, in its order.
#[derive(Serialize)]
struct Summary<'a> {
    schema: &'static str,
    verdict: Verdict,
    exit_code: u8,
    /// Why it is this verdict, in a sentence or several.
    reason: String,
    scopes: usize,
    distinct: u64,
    generated: u64,
    violated: Vec<&'static str>,
    /// What no scope brings about although nothing explains why; nothing if it is not known,
    /// because not everything was checked.
    uncovered: Option<&'a [String]>,
}

/// Prints a scope's result. What has no place in it but is worth knowing goes to stderr.
///
/// # Errors
/// If it cannot be written.
pub fn line(report: &Report, out: &mut Output) -> Result<(), Failure> {
    let line = Line {
        schema: "bindproof.check/2",
        engine: "bindproof-checker",
        scope: &report.scope,
        scope_digest: &report.scope_digest,
        policy: &report.policy,
        threads: report.threads,
        orbit: report.orbit,
        verdict: report.verdict,
        cut_by: report.cut_by.as_deref(),
        boundary_cuts: 0,
        doubts: &report.doubts,
        distinct: report.distinct,
        generated: report.generated,
        depth: report.depth,
        seconds: report.seconds,
        held_bytes: report.held_bytes,
        process_peak_bytes: process_peak_bytes(),
        properties: report.properties.iter().map(Property::of).collect(),
        without: &report.without,
    };
    if let Some(differs) = &report.pinned_differs {
        eprintln!("bindproof: {}: {differs}; {CHANGED_ON_PURPOSE}", report.scope);
    }
    object(&line, out)
}

/// Prints what all scopes say together.
///
/// # Errors
/// If it cannot be written.
pub fn summary(
    plan: &Plan,
    reports: &[Report],
    uncovered: &[String],
    out: &mut Output,
) -> Result<(), Failure> {
    let rows = rows(reports);
    let all = reports.iter().map(|report| report.verdict).reduce(Verdict::and);
    let gaps = if uncovered.is_empty() { Verdict::Exhausted } else { Verdict::Undecided };
    let violated = rows.iter().filter(|row| row.verdict == PropertyVerdict::Violated);
    let summary = Summary {
        schema: "bindproof.check.summary/1",
        // That nothing was looked at is no success.
        verdict: all.unwrap_or(Verdict::Undecided).and(gaps),
        exit_code: exit_code(reports, uncovered),
        reason: closing(plan, reports, &rows, uncovered).1,
        scopes: reports.len(),
        distinct: reports.iter().map(|report| report.distinct).sum(),
        generated: reports.iter().map(|report| report.generated).sum(),
        violated: violated.map(|row| row.name).collect(),
        uncovered: plan.whole.then_some(uncovered),
    };
    object(&summary, out)
}

/// Prints an object on a line of its own.
///
/// # Errors
/// If it cannot be written.
pub fn object(object: &impl Serialize, out: &mut Output) -> Result<(), Failure> {
    let text = serde_json::to_string(object).map_err(|error| Failure::Unwritable(error.into()))?;
    out.line(&text)
}

/// The most memory that this process ever had, where the system tells.
fn process_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
