//! A report in words, and the run behind a finding as a diagram.

use std::fmt::Write;

use bindproof::message::Party;

use super::finding::Finding;
use super::line::Role;
use super::report::{PROPERTIES, REST, Reach, Report, Verdict};
use super::trail::Mark;

/// Whether one is meant or several, with the number.
fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A finding in a few lines: where, what was decided, what should be there and what is.
pub fn finding(report: &Report, finding: &Finding) -> String {
    let wrong = &finding.wrong;
    let property = wrong.property.map(|name| format!(", {name}")).unwrap_or_default();
    let mut text = format!("{} ({}{property})\n", wrong.fault, finding.requirement());
    let mut place = format!("{}:{}, {}", finding.file, finding.line, finding.server);
    if let Some(person) = finding.person {
        let _ = write!(place, ", person {}", person.short());
    }
    if let Some(sequence) = finding.sequence {
        let _ = write!(place, ", entry {sequence}");
    }
    if let Some(decided) = finding.decided {
        let _ = write!(place, ": {decided}");
    }
    let _ = writeln!(text, "  {place}");
    let _ = writeln!(text, "  {}", wrong.what);
    let _ = writeln!(text, "    expected: {}", wrong.expected);
    let _ = writeln!(text, "    found:    {}", wrong.found);
    if let Some(guard) = wrong.guard {
        let _ = writeln!(text, "  as a server decides that lacks the guard {guard}");
    }
    if !finding.run.is_empty() {
        let _ = writeln!(text, "  what led to it:");
    }
    for mark in &finding.run {
        let _ = writeln!(text, "    {}", sentence(report, mark));
    }
    text
}

/// "north-bank:12 binding 0a1b2c3d: link heard (link_answer): binding.link-active".
fn sentence(report: &Report, mark: &Mark) -> String {
    let server = &report.servers[usize::from(mark.server)];
    let message = mark.message.map(|message| format!(" ({message})")).unwrap_or_default();
    let (kind, about, input) = (mark.kind, mark.about.short(), mark.input);
    format!("{server}:{} {kind} {about}: {input}{message}: {}", mark.line, mark.decided)
}

/// The run behind a finding as a Mermaid sequence diagram.
pub fn mermaid(report: &Report, finding: &Finding) -> String {
    let mut text = String::from("sequenceDiagram\n    autonumber\n");
    let servers: Vec<&Mark> = {
        let mut seen: Vec<&Mark> = Vec::new();
        for mark in &finding.run {
            if !seen.iter().any(|other| other.server == mark.server) {
                seen.push(mark);
            }
        }
        seen.sort_by_key(|mark| matches!(mark.role, Role::Wallet));
        seen
    };
    let _ = writeln!(text, "    participant clients");
    for mark in &servers {
        let _ = writeln!(text, "    participant s{}", mark.server);
    }
    for mark in &servers {
        let name = &report.servers[usize::from(mark.server)];
        let _ = writeln!(text, "    Note over s{}: {name}", mark.server);
    }
    for mark in &finding.run {
        let to = format!("s{}", mark.server);
        let other = servers.iter().find(|other| other.role != mark.role);
        let from = match mark.message.map(|message| (message, message.from())) {
            None => None,
            Some((message, Party::BankClient | Party::WalletClient)) => {
                Some((message, "clients".to_owned()))
            }
            Some((message, Party::BankServer | Party::WalletServer)) => {
                other.map(|other| (message, format!("s{}", other.server)))
            }
        };
        if let Some((message, from)) = from {
            let _ = writeln!(text, "    {from}->>{to}: {message}");
        }
        let (kind, about, input) = (mark.kind, mark.about.short(), mark.input);
        let _ = writeln!(text, "    Note over {to}: {kind} {about}: {input}, {}", mark.decided);
    }
    let wrong = &finding.wrong;
    let last = finding.run.last().map_or("clients".to_owned(), |mark| format!("s{}", mark.server));
    let _ = writeln!(text, "    Note over {last}: {} {}", wrong.fault, finding.requirement());
    text
}

/// What was checked, what could not be, and what was found, without the findings themselves.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    for journal in &report.journals {
        let lines = count(journal.lines, "line", "lines");
        let persons = count(journal.persons, "person", "persons");
        let _ = writeln!(text, "{}: {}, {lines} of {persons}", journal.file, journal.server);
    }
    let entries = count(report.entries, "entry", "entries");
    let messages = count(report.messages, "message", "messages");
    let joined = count(report.joined, "binding", "bindings");
    let _ = writeln!(
        text,
        "{entries} replayed; {messages} compared on both sides; both halves of {joined}."
    );
    if report.skipped > 0 {
        let skipped = count(report.skipped, "entry", "entries");
        let _ = writeln!(text, "{skipped} not looked at, behind a finding about the same person.");
    }
    for (what, times) in &report.undecided {
        let (file, line) = &times.first;
        let often = count(times.times, "time", "times");
        let _ = writeln!(text, "Not decided: {} ({often}, first {file}:{line}).", what.sentence());
    }
    text
}

/// Each property, how often it was looked at, and how much of it a journal can decide.
pub fn properties(report: &Report) -> String {
    let mut text = String::new();
    for (at, (number, name, reach)) in PROPERTIES.iter().enumerate() {
        let looks = report.properties[at];
        let said = match (looks.violated, looks.looked, reach) {
            (1.., ..) => "VIOLATED",
            (0, _, Reach::Nothing) => "not decided by journals",
            (0, 0, _) => "not looked at",
            (0, _, Reach::AsSaid) => "holds, as far as the journals say",
            (0, _, Reach::Whole) => "holds",
        };
        let _ = writeln!(text, "{number:>3} {name:<42} {:>9}  {said}", looks.looked);
    }
    let looks = report.properties[PROPERTIES.len()];
    let said = match (looks.violated, looks.looked) {
        (1.., _) => "VIOLATED",
        (0, 0) => "not looked at",
        (0, _) => "holds",
    };
    let _ = writeln!(text, "  – {REST:<42} {:>9}  {said}", looks.looked);
    text
}

/// What the check as a whole says, in a sentence.
pub fn verdict(report: &Report) -> String {
    match report.verdict() {
        Verdict::Holds => "Every entry is what the specification's steps decide.".into(),
        Verdict::Undecided if report.entries == 0 => "Undecided: there is no entry.".into(),
        Verdict::Undecided => "Undecided: nothing is wrong with what was looked at, but not \
                               everything could be."
            .into(),
        Verdict::Violated => {
            format!("NOT the protocol: {}.", count(report.found, "finding", "findings"))
        }
    }
}
