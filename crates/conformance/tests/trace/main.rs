//! The checker of journals, checked: good journals are accepted, and changed ones are not.

mod change;
mod fields;
mod good;
mod legal;
mod mutate;
mod nobody;
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

use bindproof_conformance::trace::{Report, Source, check, tell};

/// Checks journals by their names and texts.
fn checked(journals: &[(String, String)], complete: bool) -> Report {
    let sources = journals.iter().map(|(file, text)| Source {
        file: file.clone(),
        lines: Cursor::new(text.as_bytes().to_vec()),
    });
    check(sources.collect(), complete).unwrap_or_else(|error| panic!("{error}"))
}

/// What a report says, for a test that fails.
fn told(report: &Report) -> String {
    let findings = report.findings.iter().map(|finding| tell::finding(report, finding));
    let findings: Vec<String> = findings.collect();
    format!("{}\n{}", findings.join("\n"), tell::summary(report))
}
