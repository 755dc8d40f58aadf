//! The report for build servers, as JUnit XML.

use std::fmt::Write;

use super::{CaseResult, Outcome, Report, escaped, sentence};
use crate::trouble::Trouble;

/// The report as JUnit XML. What is skipped or not known is an error there, and no success.
pub fn junit(report: &Report) -> String {
    let failures = report.count(|o| matches!(o, Outcome::Failed(_) | Outcome::NoDeviation(_)))
        + report.unused.len();
    let errors = report.count(|o| matches!(o, Outcome::Skipped(_) | Outcome::Undecided(_)));
    let total = report.results.len() + report.unused.len();
    let took_ms: i64 = report.results.iter().map(|result| result.took_ms).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "<testsuite name=\"bindproof {}\" tests=\"{total}\" failures=\"{failures}\" \
         errors=\"{errors}\" time=\"{}\">",
        report.role.name(),
        seconds(took_ms)
    );
    for result in &report.results {
        case(&mut text, result);
    }
    for name in &report.unused {
        let name = escaped(name);
        let _ = writeln!(
            text,
            "  <testcase classname=\"deviations\" name=\"{name}\">\n    \
             <failure message=\"it is said to deviate, and was not run\"/>\n  </testcase>"
        );
    }
    text.push_str("</testsuite>\n");
    text
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn case(text: &mut String, result: &CaseResult) {
    let case = &result.case;
    let _ = writeln!(
        text,
        "  <testcase classname=\"{} {}\" name=\"{}\" time=\"{}\">",
        case.level.name(),
        case.requirements.join(" "),
        escaped(case.id),
        seconds(result.took_ms)
    );
    let mut part = |name: &str, message: &str| {
        let message = escaped(message);
        let _ = writeln!(text, "    <{name} message=\"{message}\"/>");
    };
    match &result.outcome {
        Outcome::Passed | Outcome::Deviates(..) => {}
        Outcome::Failed(Trouble::Wrong { step, expected, found }) => {
            part("failure", &format!("{step}: expected {expected}, found {found}"));
        }
        Outcome::Failed(Trouble::Skipped(why) | Trouble::Undecided(why))
        | Outcome::Skipped(why)
        | Outcome::Undecided(why) => part("error", why),
        Outcome::NoDeviation(_) => part("failure", "it passed, and is said to deviate"),
    }
    let steps = [sentence(case.says)].into_iter().chain(result.log.iter().cloned());
    let steps: Vec<String> = steps.map(|step| escaped(&step)).collect();
    let _ = writeln!(text, "    <system-out>{}</system-out>\n  </testcase>", steps.join("\n"));
}
