//! The results of a check, to read.

use bindproof_models::properties::Kind;
use bindproof_models::report::{PropertyVerdict, Report, Run, Verdict};

use super::Plan;
use super::closing::{closing, is_limit};
use super::story;
use super::summary::{Row, having, rows, transitions};
use crate::failure::Failure;
use crate::figures::{bytes, count, seconds, thousands};
use crate::layout::{Align, Table, paragraph, plain};
use crate::names;
use crate::output::Output;
use crate::paint::Tone;

/// What to do about figures that differ from the pinned ones, if nothing is wrong with them.
pub const CHANGED_ON_PURPOSE: &str = "delete [pinned] from the scope if it was changed on purpose";

/// The word and tone of a scope's verdict.
const fn verdict(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Exhausted => ("exhausted", Tone::Good),
        Verdict::Violated => ("violated", Tone::Bad),
        Verdict::Truncated => ("cut short", Tone::Doubtful),
        Verdict::Undecided => ("undecided", Tone::Doubtful),
        Verdict::BoundaryCut => ("cut at a boundary", Tone::Doubtful),
    }
}

const fn tone(verdict: PropertyVerdict) -> Tone {
    match verdict {
        PropertyVerdict::Holds | PropertyVerdict::Witnessed => Tone::Good,
        PropertyVerdict::Violated => Tone::Bad,
        PropertyVerdict::Unreached | PropertyVerdict::Undecided => Tone::Doubtful,
        PropertyVerdict::NotRun => Tone::Faint,
    }
}

/// Says what is about to be checked.
pub fn beginning(plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    let mut text = format!("Checking {}", count(plan.scopes.len(), "scope", "scopes"));
    if let Some(property) = plan.property {
        text.push_str(&format!(" for {property} alone"));
    }
    text.push_str(&format!(", policy {}, {} at a time", plan.policy.0, plan.at_once()));
    if plan.left_out > 0 {
        let others = count(plan.left_out, "other scope does", "other scopes do");
        text.push_str(&format!("; {others} not ask for it"));
    }
    if plan.symmetry {
        text.push_str("; one world of each orbit, so that what comes to be is not decided");
    }
    if plan.safety {
        text.push_str("; safety alone, so that what comes to be or stays possible is not run");
    }
    out.line(&paragraph("", &format!("{text}.")))?;
    if let Some(off) = plan.switched_off() {
        let text = format!("SWITCHED OFF: {off}. What is checked here is not the protocol.");
        out.toned(Tone::Bad, &paragraph("", &text))?;
    }
    out.line("")
}

/// Says what was found in one scope.
pub fn scope(report: &Report, about: &str, out: &mut Output) -> Result<(), Failure> {
    let (word, tone) = verdict(report.verdict);
    let heading = format!(
        "{}: {word}, {} states, {} transitions, depth {}, {}",
        report.scope,
        thousands(report.distinct),
        thousands(transitions(report)),
        report.depth,
        seconds(report.seconds)
    );
    let heading = paragraph("", &heading)
        .replacen(&report.scope, &out.paint.tone(Tone::Strong, &report.scope), 1)
        .replacen(&format!(": {word}"), &format!(": {}", out.paint.tone(tone, word)), 1);
    out.line(&heading)?;
    out.toned(Tone::Faint, &paragraph("  ", about))?;
    if let Some(cut_by) = &report.cut_by {
        let raise = if is_limit(cut_by) { "; --max-states N raises it" } else { "" };
        out.toned(Tone::Doubtful, &paragraph("  ", &format!("cut short by: {cut_by}{raise}")))?;
    }
    if let Some(differs) = &report.pinned_differs {
        let why = format!("figures differ: {differs}; {CHANGED_ON_PURPOSE}");
        out.toned(Tone::Bad, &paragraph("  ", &why))?;
    }
    let differs = report.pinned_differs.is_some();
    for doubt in report.doubts.iter().filter(|doubt| !(differs && doubt.contains("pinned"))) {
        out.toned(Tone::Doubtful, &paragraph("  ", doubt))?;
    }
    for property in &report.properties {
        let length = property.run.as_ref().map(story::length).unwrap_or_default();
        let text = match property.verdict {
            PropertyVerdict::Violated => format!("{} is violated {length}", property.name),
            PropertyVerdict::Unreached => format!("{} is not reached", property.name),
            _ => continue,
        };
        out.toned(self::tone(property.verdict), &paragraph("  ", &text))?;
    }
    Ok(())
}

/// Says what was found in all scopes together.
///
/// `uncovered` is what should have happened somewhere and did not.
///
/// # Errors
/// If it cannot be written.
pub fn end(
    plan: &Plan,
    reports: &[Report],
    uncovered: &[String],
    out: &mut Output,
) -> Result<(), Failure> {
    let rows = rows(reports);
    let mut told = Vec::new();
    for row in rows.iter().filter(|row| row.verdict == PropertyVerdict::Violated) {
        violation(row, reports, &told, out)?;
        told.extend(row.shortest.map(|(_, run)| (row.name, run)));
    }
    let (witnesses, properties): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.kind == Kind::Witness);
    properties_table(&properties, out)?;
    witnesses_table(&witnesses, reports, out)?;
    if reports.len() > 1 {
        scopes_table(reports, out)?;
    }
    out.line("")?;
    let (tone, text) = closing(plan, reports, &rows, uncovered);
    out.toned(tone, &paragraph("", &text))
}

/// Tells one violation: the first in full, the others by what is not told yet.
fn violation(
    row: &Row<'_>,
    reports: &[Report],
    told: &[(&str, &Run)],
    out: &mut Output,
) -> Result<(), Failure> {
    let Some((report, run)) = row.shortest else { return Ok(()) };
    let mut others = having(reports, row.name, PropertyVerdict::Violated);
    others.retain(|other| *other != report.scope);
    let number = names::number(row.name).map(|number| format!("{number}. ")).unwrap_or_default();
    let length = story::length(run);
    let mut title = format!("{number}{} is violated {length}, in scope {}", row.name, report.scope);
    if !others.is_empty() {
        title.push_str(&format!("; also in {}", others.join(", ")));
    }
    out.line("")?;
    out.toned(Tone::Bad, &paragraph("", &title))?;
    out.write(&story::says(row.name))?;
    out.line("")?;
    let in_full = told.is_empty();
    let steps = if in_full { story::numbered(run, out.paint) } else { story::continued(run, told) };
    out.write(&steps)?;
    out.write(&story::afterwards(run, row.kind))?;
    out.write(&story::threats(run, out.paint))?;
    out.line("")?;
    let (tone, text) = story::confirmation(run);
    out.toned(tone, &paragraph("", text))?;
    if in_full && !run.story.is_empty() {
        out.line("")?;
        out.write(&story::fenced(run))?;
    }
    Ok(())
}

fn properties_table(rows: &[&Row<'_>], out: &mut Output) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let violated = rows.iter().any(|row| row.verdict == PropertyVerdict::Violated);
    let mut heads = vec![
        ("#", Align::Right),
        ("property", Align::Left),
        ("kind", Align::Left),
        ("verdict", Align::Left),
        ("scopes", Align::Right),
        ("most states", Align::Right),
    ];
    if violated {
        heads.push(("steps", Align::Right));
    }
    // The titles of the violations tell their steps, too.
    let mut table = Table::new(&heads).sparing(&["kind", "steps"]);
    for row in rows {
        let steps = (row.verdict == PropertyVerdict::Violated)
            .then(|| row.shortest.map(|(_, run)| run.story.len().to_string()))
            .flatten();
        let states = if row.scopes > 0 { thousands(row.most_states) } else { "–".into() };
        table.row(vec![
            plain(names::number(row.name).map_or_else(|| "–".into(), |number| number.to_string())),
            plain(row.name),
            (row.kind.name().to_owned(), Tone::Faint),
            (row.verdict.name().to_owned(), tone(row.verdict)),
            plain(row.scopes.to_string()),
            plain(states),
            plain(steps.unwrap_or_default()),
        ]);
    }
    out.line("")?;
    out.write(&table.render(out.paint))
}

fn witnesses_table(rows: &[&Row<'_>], reports: &[Report], out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("witness", Align::Left),
        ("verdict", Align::Left),
        ("reached in", Align::Left),
        ("steps", Align::Right),
        ("scopes", Align::Right),
    ]);
    let asked: Vec<_> = rows.iter().filter(|row| row.verdict != PropertyVerdict::NotRun).collect();
    for row in &asked {
        let steps = row.shortest.map(|(_, run)| run.story.len().to_string());
        table.row(vec![
            plain(row.name),
            (row.verdict.name().to_owned(), tone(row.verdict)),
            plain(place(row, reports)),
            plain(steps.unwrap_or_else(|| "–".into())),
            plain(row.scopes.to_string()),
        ]);
    }
    if asked.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.write(&table.render(out.paint))
}

/// Where a witness was reached, or where it should have been.
fn place(row: &Row<'_>, reports: &[Report]) -> String {
    if row.verdict == PropertyVerdict::Unreached {
        format!("not in {}", having(reports, row.name, PropertyVerdict::Unreached).join(", "))
    } else {
        row.reached_in.unwrap_or("–").to_owned()
    }
}

fn scopes_table(reports: &[Report], out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("scope", Align::Left),
        ("verdict", Align::Left),
        ("states", Align::Right),
        ("transitions", Align::Right),
        ("depth", Align::Right),
        ("time", Align::Right),
        ("memory", Align::Right),
    ])
    .sparing(&["time", "memory"]);
    for report in reports {
        let (word, tone) = verdict(report.verdict);
        table.row(vec![
            plain(report.scope.clone()),
            (word.to_owned(), tone),
            plain(thousands(report.distinct)),
            plain(thousands(transitions(report))),
            plain(report.depth.to_string()),
            plain(seconds(report.seconds)),
            plain(bytes(report.held_bytes)),
        ]);
    }
    out.line("")?;
    out.write(&table.render(out.paint))
}
