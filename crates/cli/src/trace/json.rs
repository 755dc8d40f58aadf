//! The report of a check of journals for machines.

use bindproof_conformance::trace::finding::Finding;
use bindproof_conformance::trace::report::{PROPERTIES, REST, Reach};
use bindproof_conformance::trace::trail::Mark;
use bindproof_conformance::trace::{Report, Verdict};
use serde_json::{Value, json};

use crate::failure::Failure;

/// One object on one line.
///
/// # Errors
/// Never in fact.
pub fn report(report: &Report) -> Result<String, Failure> {
    let verdict = match report.verdict() {
        Verdict::Holds => "holds",
        Verdict::Violated => "violated",
        Verdict::Undecided => "undecided",
    };
    let journals: Vec<Value> = report
        .journals
        .iter()
        .map(|journal| {
            json!({
                "file": journal.file,
                "server": journal.server,
                "role": journal.role,
                "lines": journal.lines,
                "persons": journal.persons,
            })
        })
        .collect();
    let undecided: Vec<Value> = report
        .undecided
        .iter()
        .map(|(what, count)| {
            json!({
                "what": what.name(),
                "times": count.times,
                "file": count.first.0,
                "line": count.first.1,
            })
        })
        .collect();
    let value = json!({
        "verdict": verdict,
        "journals": journals,
        "entries": report.entries,
        "skipped": report.skipped,
        "joined": report.joined,
        "messages": report.messages,
        "owed": report.owed,
        "found": report.found,
        "findings": report.findings.iter().map(|f| finding(report, f)).collect::<Vec<_>>(),
        "undecided": undecided,
        "properties": properties(report),
    });
    serde_json::to_string(&value).map_err(|error| Failure::Unwritable(error.into()))
}

fn finding(report: &Report, finding: &Finding) -> Value {
    let wrong = &finding.wrong;
    json!({
        "fault": wrong.fault.name(),
        "requirement": finding.requirement(),
        "property": wrong.property,
        "guard": wrong.guard.map(|guard| guard.name()),
        "file": finding.file,
        "line": finding.line,
        "server": finding.server,
        "person": finding.person.map(|person| person.to_string()),
        "sequence": finding.sequence,
        "decided": finding.decided,
        "what": wrong.what,
        "expected": wrong.expected,
        "found": wrong.found,
        "run": finding.run.iter().map(|mark| step(report, mark)).collect::<Vec<_>>(),
    })
}

fn step(report: &Report, mark: &Mark) -> Value {
    json!({
        "server": report.servers[usize::from(mark.server)],
        "line": mark.line,
        "record": mark.kind,
        "key": mark.about.to_string(),
        "input": mark.input,
        "message": mark.message,
        "decided": mark.decided,
    })
}

fn properties(report: &Report) -> Vec<Value> {
    let reach = |reach: &Reach| match reach {
        Reach::Whole => "whole",
        Reach::AsSaid => "as_said",
        Reach::Nothing => "nothing",
    };
    let known = PROPERTIES.iter().map(|(number, name, r)| (*number, *name, reach(r)));
    let all = known.chain([(0, REST, "whole")]);
    all.zip(&report.properties)
        .map(|((number, name, reach), looks)| {
            json!({
                "number": number,
                "name": name,
                "reach": reach,
                "looked": looks.looked,
                "violated": looks.violated,
            })
        })
        .collect()
}
