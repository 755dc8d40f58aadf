//! What came of a run, and how it is shown.

mod html;
mod json;
mod junit;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use crate::case::{Case, Level};
use crate::config::Role;
use crate::deviation::Deviation;
use crate::exchange::Exchange;
use crate::trouble::{Tried, Trouble};

use html::html;
use json::json;
use junit::junit;
pub use text::{line, text};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server does it.
    Passed,
    /// It does not.
    Failed(Trouble),
    /// It does not, at the step and with what is known and accepted for this reason.
    Deviates(Trouble, String),
    /// It was said to deviate, and does not.
    NoDeviation(String),
    /// It could not be tried.
    Skipped(String),
    /// Nothing is known.
    Undecided(String),
}

impl Outcome {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Deviates(..) => "deviates",
            Self::NoDeviation(_) => "no deviation",
            Self::Skipped(_) => "skipped",
            Self::Undecided(_) => "undecided",
        }
    }

    /// What the server did wrong, if anything.
    pub const fn wrong(&self) -> Option<&Trouble> {
        match self {
            Self::Failed(wrong) | Self::Deviates(wrong, _) => Some(wrong),
            _ => None,
        }
    }
}

/// A case and what came of it.
#[derive(Clone)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
    /// What happened, a line a step.
    pub log: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// What was said over HTTP, of a case that did not pass: the last of it, the oldest first.
    pub exchanges: Vec<Exchange>,
}

impl CaseResult {
    /// What came of a case that was tried; `known` are its deviations. Each excuses a failure of
    /// its own, and of several that are not told apart the first does.
    pub(crate) fn new(
        case: Case,
        tried: Tried,
        known: &[&Deviation],
        log: Vec<String>,
        took_ms: i64,
    ) -> Self {
        let outcome = match tried {
            Ok(()) => match known.first() {
                None => Outcome::Passed,
                Some(known) => Outcome::NoDeviation(known.reason.clone()),
            },
            Err(Trouble::Skipped(why)) => Outcome::Skipped(why),
            Err(Trouble::Undecided(why)) => Outcome::Undecided(why),
            Err(wrong) => match known.iter().find(|known| known.is(&wrong)) {
                Some(known) => Outcome::Deviates(wrong, known.reason.clone()),
                None => Outcome::Failed(wrong),
            },
        };
        Self { case, outcome, log, took_ms, exchanges: Vec::new() }
    }

    /// Nothing is wrong with it.
    pub const fn is_good(&self) -> bool {
        matches!(self.outcome, Outcome::Passed | Outcome::Deviates(..))
    }
}

/// A run.
#[derive(Clone)]
pub struct Report {
    /// Which side the server is.
    pub role: Role,
    /// Where it listens.
    pub url: String,
    /// The cases.
    pub results: Vec<CaseResult>,
    /// Deviations of cases that were not run.
    pub unused: Vec<String>,
}

impl Report {
    /// How many came out so.
    pub fn count(&self, is_so: impl Fn(&Outcome) -> bool) -> usize {
        self.results.iter().filter(|result| is_so(&result.outcome)).count()
    }

    /// 0 if all passed, 1 if a MUST failed, 2 if anything is not known: skipped is not passed.
    pub fn exit_code(&self) -> u8 {
        let must = |result: &&CaseResult| result.case.level == Level::Must;
        let failed = |result: &CaseResult| {
            matches!(result.outcome, Outcome::Failed(_) | Outcome::NoDeviation(_))
        };
        if self.results.iter().filter(must).any(failed) || !self.unused.is_empty() {
            return 1;
        }
        let open = self.results.is_empty() || self.results.iter().any(|result| !result.is_good());
        if open { 2 } else { 0 }
    }
}

/// Writes the report into a folder, in each of its forms: `report.txt`, `report.json`,
/// `report.xml` and `report.html`.
///
/// # Errors
/// If one cannot be written.
pub fn write(report: &Report, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut lines: Vec<String> = report.results.iter().map(line).collect();
    lines.push(text(report));
    std::fs::write(folder.join("report.txt"), lines.join("\n"))?;
    std::fs::write(folder.join("report.json"), json(report))?;
    std::fs::write(folder.join("report.xml"), junit(report))?;
    std::fs::write(folder.join("report.html"), html(report))
}

/// A sentence without the spaces of the source's lines.
fn sentence(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as it stands in XML and HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // No document may hold these.
            control if control.is_control() && control != '\n' => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
