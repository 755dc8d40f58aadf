//! The report for people, as text.

use std::fmt::Write;

use super::{CaseResult, Outcome, Report, sentence};
use crate::trouble::Trouble;

impl Outcome {
    /// In one word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "FAILED",
            Self::Deviates(..) => "deviates",
            Self::NoDeviation(_) => "NO DEVIATION",
            Self::Skipped(_) => "skipped",
            Self::Undecided(_) => "UNDECIDED",
        }
    }
}

/// A case in a line.
pub fn line(result: &CaseResult) -> String {
    let case = &result.case;
    let (word, level) = (result.outcome.word(), case.level.name());
    format!("{word:<13}{level:<7}{:<36}{}", case.id, case.requirements.join(" "))
}

/// The whole report: what is not as it should be, and a summary.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for result in report.results.iter().filter(|result| result.outcome != Outcome::Passed) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{}\n  {}", line(result), sentence(result.case.says));
        about(&mut text, result);
    }
    for case in &report.unused {
        let _ = writeln!(text, "\nNO DEVIATION {case}\n  it is said to deviate, and was not run");
    }
    let _ = writeln!(text, "\n{}", summary(report));
    text
}

fn about(text: &mut String, result: &CaseResult) {
    let mut member = |name: &str, said: &str| {
        let _ = writeln!(text, "  {name:<10}{}", sentence(said));
    };
    member("hunts", result.case.hunts);
    match &result.outcome {
        Outcome::Passed => {}
        Outcome::Failed(wrong) | Outcome::Deviates(wrong, _) => {
            if let Trouble::Wrong { step, expected, found } = wrong {
                member("step", step);
                member("expected", expected);
                member("found", found);
            }
        }
        Outcome::NoDeviation(_) => member("found", "it passed, and is said to deviate"),
        Outcome::Skipped(why) | Outcome::Undecided(why) => member("because", why),
    }
    if let Outcome::Deviates(_, reason) | Outcome::NoDeviation(reason) = &result.outcome {
        member("reason", reason);
    }
    for (number, step) in result.log.iter().enumerate() {
        let _ = writeln!(text, "  {:>8}. {step}", number + 1);
    }
}

/// What came of the run, in a sentence.
pub fn summary(report: &Report) -> String {
    let (total, passed) = (report.results.len(), report.count(|o| *o == Outcome::Passed));
    let failed = report.count(|o| matches!(o, Outcome::Failed(_) | Outcome::NoDeviation(_)));
    let deviates = report.count(|o| matches!(o, Outcome::Deviates(..)));
    let skipped = report.count(|o| matches!(o, Outcome::Skipped(_)));
    let undecided = report.count(|o| matches!(o, Outcome::Undecided(_)));
    format!(
        "{total} cases against the {} server at {}: {passed} passed, {failed} failed, {deviates} \
         deviate, {skipped} skipped, {undecided} undecided.",
        report.role.name(),
        report.url
    )
}
