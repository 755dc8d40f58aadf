//! The checker of journals, checked: good journals are accepted, and changed ones are not.

mod change;
mod fields;
mod foreign;
mod gaps;
mod good;
mod legal;
mod mutate;
mod nobody;
mod notice;
mod numbers;
mod page;
mod partial;
mod remove;
mod renumber;
mod schema;
mod splice;
mod valid;
mod values;
mod withstood;

use std::io::Cursor;

use bindproof_conformance::trace::{Extent, Report, Source, TraceError, check, tell};

/// Checks journals by their names and texts.
fn checked(journals: &[(String, String)], extent: Extent) -> Report {
    told_of(journals, extent).unwrap_or_else(|error| panic!("{error}"))
}

/// The same, or why they cannot be checked at all.
fn told_of(journals: &[(String, String)], extent: Extent) -> Result<Report, TraceError> {
    let sources = journals.iter().map(|(file, text)| Source {
        file: file.clone(),
        lines: Cursor::new(text.as_bytes().to_vec()),
    });
    check(sources.collect(), extent)
}

/// What a report says, for a test that fails.
fn told(report: &Report) -> String {
    let findings = report.findings.iter().map(|finding| tell::finding(report, finding));
    let findings: Vec<String> = findings.collect();
    format!("{}\n{}", findings.join("\n"), tell::summary(report))
}
