//! The report for machines, as JSON.

use serde::Serialize;

use super::{CaseResult, Outcome, Report};
use crate::trouble::Trouble;

/// The report as one JSON object.
#[derive(Serialize)]
struct Document<'a> {
    protocol: &'static str,
    role: &'static str,
    url: &'a str,
    exit_code: u8,
    cases: Vec<CaseShape<'a>>,
    deviations_not_run: &'a [String],
}

#[derive(Serialize)]
struct CaseShape<'a> {
    case: &'static str,
    says: String,
    requirements: &'static [&'static str],
    level: &'static str,
    hunts: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
    steps: &'a [String],
    took_ms: i64,
}

/// The report as JSON.
pub fn json(report: &Report) -> String {
    let document = Document {
        protocol: bindproof::PROTOCOL,
        role: report.role.name(),
        url: &report.url,
        exit_code: report.exit_code(),
        cases: report.results.iter().map(shape).collect(),
        deviations_not_run: &report.unused,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn shape(result: &CaseResult) -> CaseShape<'_> {
    let case = &result.case;
    let (step, expected, found) = match result.outcome.wrong() {
        Some(Trouble::Wrong { step, expected, found }) => {
            (Some(step.as_str()), Some(expected.as_str()), Some(found.as_str()))
        }
        _ => (None, None, None),
    };
    CaseShape {
        case: case.id,
        says: super::sentence(case.says),
        requirements: case.requirements,
        level: case.level.name(),
        hunts: super::sentence(case.hunts),
        outcome: result.outcome.name(),
        because: match &result.outcome {
            Outcome::Skipped(why) | Outcome::Undecided(why) => Some(why),
            _ => None,
        },
        deviation: match &result.outcome {
            Outcome::Deviates(_, reason) | Outcome::NoDeviation(reason) => Some(reason),
            _ => None,
        },
        step,
        expected,
        found,
        steps: &result.log,
        took_ms: result.took_ms,
    }
}
