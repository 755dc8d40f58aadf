//! `bindproof trace`.

mod json;

use std::fs::File;
use std::io::BufReader;

use bindproof_conformance::trace::{Extent, Report, Source, TraceError, Verdict, check, tell};

use crate::arguments::{TraceArguments, TraceFormat};
use crate::failure::{FINE, Failure, UNDECIDED, VIOLATED};
use crate::layout::paragraph;
use crate::output::Output;
use crate::paint::Tone;

/// How much of a file is read at once, in bytes.
const BUFFER: usize = 1 << 18;

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Unreadable { file, error } => Self::Unreadable { file, error },
            TraceError::Malformed { .. } => Self::Malformed(error.to_string()),
        }
    }
}

/// Checks journals together and says what is wrong with them.
///
/// # Errors
/// If a file is not there or is no journal, or nothing can be printed.
pub fn run(arguments: &TraceArguments, out: &mut Output) -> Result<u8, Failure> {
    let mut sources = Vec::new();
    for path in &arguments.files {
        let file = path.display().to_string();
        match File::open(path) {
            Ok(open) => {
                sources.push(Source { file, lines: BufReader::with_capacity(BUFFER, open) })
            }
            Err(error) => return Err(Failure::Unreadable { file, error }),
        }
    }
    let extent = if arguments.complete { Extent::Whole } else { Extent::Partial };
    let report = check(sources, extent)?;
    match arguments.format {
        TraceFormat::Text => text(&report, out)?,
        TraceFormat::Json => out.line(&json::report(&report)?)?,
        TraceFormat::Mermaid => {
            for finding in &report.findings {
                out.line(tell::mermaid(&report, finding).trim_end())?;
                out.line("")?;
            }
        }
    }
    Ok(match report.verdict() {
        Verdict::Holds => FINE,
        Verdict::Violated => VIOLATED,
        Verdict::Undecided => UNDECIDED,
    })
}

fn text(report: &Report, out: &mut Output) -> Result<(), Failure> {
    for (number, finding) in report.findings.iter().enumerate() {
        let told = tell::finding(report, finding);
        let (first, rest) = told.split_once('\n').unwrap_or((&told, ""));
        out.toned(Tone::Bad, &format!("{}. {first}", number + 1))?;
        out.line(rest)?;
    }
    let more = report.found.saturating_sub(report.findings.len() as u64);
    if more > 0 {
        out.line(&format!("And {more} more.\n"))?;
    }
    out.line(&tell::properties(report))?;
    out.line(tell::summary(report).trim_end())?;
    let tone = match report.verdict() {
        Verdict::Holds => Tone::Good,
        Verdict::Violated => Tone::Bad,
        Verdict::Undecided => Tone::Doubtful,
    };
    out.toned(tone, &paragraph("", &tell::verdict(report)))
}
