//! One JSON object a scope.

use bindproof_models::report::{PropertyVerdict, Report, Verdict};
use serde::Serialize;

use super::text::CHANGED_ON_PURPOSE;
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
    peak_bytes: u64,
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
    replay: Option<&'a [String]>,
}

/// Prints a scope's result. What has no place in it but is worth knowing goes to stderr.
///
/// # Errors
/// If it cannot be written.
pub fn line(report: &Report, out: &mut Output) -> Result<(), Failure> {
    let properties = report.properties.iter().map(|property| Property {
        name: property.name,
        kind: property.kind.name(),
        verdict: property.verdict,
        replay: property.run.as_ref().map(|run| run.story.as_slice()),
    });
    let line = Line {
        schema: "bindproof.check/1",
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
        peak_bytes: peak_bytes().unwrap_or(report.held_bytes),
        properties: properties.collect(),
        without: &report.without,
    };
    if let Some(differs) = &report.pinned_differs {
        eprintln!("bindproof: {}: {differs}; {CHANGED_ON_PURPOSE}", report.scope);
    }
    let text = serde_json::to_string(&line).map_err(|error| Failure::Unwritable(error.into()))?;
    out.line(&text)
}

/// The most memory that this process ever had, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
