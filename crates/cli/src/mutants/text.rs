//! What became of the mutants, to read.

use bindproof_models::report::Report;

use super::{Fate, Matrix, shortest};
use crate::check::story;
use crate::failure::Failure;
use crate::figures::{count, thousands};
use crate::layout::{Align, Table, paragraph, plain};
use crate::names;
use crate::output::Output;
use crate::paint::Tone;

/// Says that the scopes are sound.
pub fn beginning(baseline: &[Report], policy: &str, out: &mut Output) -> Result<(), Failure> {
    let distinct: u64 = baseline.iter().map(|report| report.distinct).sum();
    let text = format!(
        "With every control on, under the policy {policy}: {} exhausted ({} distinct states), \
         nothing violated.",
        count(baseline.len(), "scope", "scopes"),
        thousands(distinct)
    );
    out.line(&paragraph("", &text))?;
    out.line("")
}

const fn tone(fate: Fate) -> Tone {
    match fate {
        Fate::Killed => Tone::Good,
        Fate::Survived => Tone::Bad,
        Fate::Undecided => Tone::Doubtful,
    }
}

/// The table, the attacks if mutants were asked for by name, and what it all says.
pub fn end(matrix: &Matrix, out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("control switched off", Align::Left),
        ("expected property", Align::Left),
        ("by", Align::Right),
        ("steps", Align::Right),
        ("verdict", Align::Left),
    ]);
    for report in &matrix.reports {
        let fate = Fate::of(report);
        let mut controls = report.mutant.split(" + ");
        table.row(vec![
            plain(controls.next().unwrap_or_default()),
            plain(report.expected),
            plain(report.killed_by.len().to_string()),
            plain(shortest(report).map_or_else(|| "–".into(), |steps| steps.to_string())),
            (fate.name().to_owned(), tone(fate)),
        ]);
        for control in controls {
            table.row(vec![plain(format!("+ {control}"))]);
        }
    }
    out.write(&table.render(out.paint))?;
    out.line("")?;
    let legend = "by: how many properties notice; steps: the expected property's shortest attack";
    out.toned(Tone::Faint, &paragraph("", legend))?;
    for report in &matrix.reports {
        let fate = Fate::of(report);
        if fate != Fate::Killed {
            let others: Vec<&str> = report.killed_by.iter().map(|(name, _)| *name).collect();
            let noticed = match others.as_slice() {
                [] => "nothing noticed".to_owned(),
                others => format!("only others noticed: {}", others.join(", ")),
            };
            let text = format!(
                "{} {} in scope {}; {noticed}. {}",
                report.mutant,
                fate.name(),
                report.scope,
                report.about
            );
            out.line("")?;
            out.toned(tone(fate), &paragraph("", &text))?;
        }
    }
    if !matrix.complete {
        attacks(matrix, out)?;
    }
    out.line("")?;
    let (tone, text) = closing(matrix);
    out.toned(tone, &paragraph("", &text))
}

/// The shortest attack on each.
fn attacks(matrix: &Matrix, out: &mut Output) -> Result<(), Failure> {
    for report in &matrix.reports {
        let Some(run) = &report.run else { continue };
        out.line("")?;
        out.toned(Tone::Strong, &paragraph("", &format!("{}: {}", report.mutant, report.about)))?;
        let by: Vec<&str> = report.killed_by.iter().map(|(name, _)| *name).collect();
        out.line(&paragraph("  ", &format!("killed by {}", by.join(", "))))?;
        out.line(&paragraph("  ", &format!("expected: {}", report.expected)))?;
        out.write(&story::says(report.expected))?;
        out.line("")?;
        out.write(&story::numbered(run, out.paint))?;
        out.write(&story::afterwards(run, names::kind(report.expected)))?;
        out.write(&story::threats(run, out.paint))?;
        out.line("")?;
        let (tone, text) = story::confirmation(run);
        out.toned(tone, &paragraph("", text))?;
        if !run.story.is_empty() {
            out.line("")?;
            out.write(&story::fenced(run))?;
        }
    }
    Ok(())
}

/// The last sentence, and how it is meant.
pub fn closing(matrix: &Matrix) -> (Tone, String) {
    let [killed, survived, undecided] =
        [Fate::Killed, Fate::Survived, Fate::Undecided].map(|fate| matrix.count(fate));
    let all = count(matrix.reports.len(), "mutant", "mutants");
    let mut text = format!("{killed} of {all} killed by the property that is expected to.");
    if survived > 0 {
        text.push_str(&format!(" {survived} survived."));
    }
    if undecided > 0 {
        text.push_str(&format!(" {undecided} undecided: the search was cut short."));
    }
    let (idle, kills) = (matrix.idle(), matrix.kills().count());
    if !idle.is_empty() {
        let many = count(idle.len(), "property kills", "properties kill");
        text.push_str(&format!(" {many} no mutant: {}.", idle.join(", ")));
    } else if matrix.knows_idle() {
        text.push_str(&format!(" Each of the {kills} properties kills at least one."));
    }
    let tone = if survived > 0 || !idle.is_empty() {
        Tone::Bad
    } else if undecided > 0 || matrix.reports.is_empty() {
        Tone::Doubtful
    } else {
        Tone::Good
    };
    (tone, text)
}
