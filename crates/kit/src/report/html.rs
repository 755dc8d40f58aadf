//! The report as one page that needs nothing else.

use std::fmt::Write;

use super::text::summary;
use super::{CaseResult, Outcome, Report, escaped, sentence};
use crate::exchange::Exchange;
use crate::trouble::Trouble;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8885;--bad:#b3261e;--open:#8a5a00;--good:#1a6b37}
@media (prefers-color-scheme:dark){:root{--bad:#ff8a80;--open:#ffcc66;--good:#7fd99a}}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
details{border-top:1px solid var(--line);padding:.5rem 0}
summary{display:grid;grid-template-columns:8rem 5rem minmax(14rem,1fr) 2fr;gap:.5rem;cursor:pointer}
dl{display:grid;grid-template-columns:8rem 1fr;gap:.2rem .5rem;margin:.5rem 0}
dd{margin:0;overflow-wrap:anywhere}
.passed,.deviates{color:var(--good)}.failed,.no-deviation{color:var(--bad);font-weight:600}
pre{margin:.3rem 0 .8rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
.http>summary{display:block}
.skipped,.undecided{color:var(--open);font-weight:600}
@media (max-width:48rem){summary{grid-template-columns:1fr}}";

/// The report as a page.
pub fn html(report: &Report) -> String {
    let mut text = String::new();
    let title = format!("bindproof conform: {}", report.role.name());
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n",
        escaped(&summary(report))
    );
    for name in &report.unused {
        let name = escaped(name);
        let _ =
            writeln!(text, "<p class=\"failed\">{name} is said to deviate, and was not run.</p>");
    }
    let bad = |result: &&CaseResult| result.outcome != Outcome::Passed;
    for result in report.results.iter().filter(bad) {
        case(&mut text, result, true);
    }
    for result in report.results.iter().filter(|result| !bad(result)) {
        case(&mut text, result, false);
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn case(text: &mut String, result: &CaseResult, open: bool) {
    let case = &result.case;
    let (name, open) = (result.outcome.name(), if open { " open" } else { "" });
    let _ = writeln!(
        text,
        "<details{open}>\n<summary><span class=\"{}\">{}</span><span>{}</span><code>{}</code>\
         <span>{}</span></summary>\n<p>{}</p>\n<dl>",
        name.replace(' ', "-"),
        name,
        case.level.name(),
        escaped(case.id),
        case.requirements.join(" "),
        escaped(&sentence(case.says)),
    );
    let mut member = |name: &str, said: &str| {
        let _ = writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escaped(said));
    };
    member("hunts", &sentence(case.hunts));
    if let Some(Trouble::Wrong { step, expected, found }) = result.outcome.wrong() {
        member("step", step);
        member("expected", expected);
        member("found", found);
    }
    match &result.outcome {
        Outcome::Skipped(why) | Outcome::Undecided(why) => member("because", why),
        Outcome::Deviates(_, reason) | Outcome::NoDeviation(reason) => member("reason", reason),
        Outcome::Passed | Outcome::Failed(_) => {}
    }
    text.push_str("</dl>\n<ol>\n");
    for step in &result.log {
        let _ = writeln!(text, "<li>{}</li>", escaped(step));
    }
    text.push_str("</ol>\n");
    spoken(text, result);
    text.push_str("</details>\n");
}

/// What was said over HTTP, closed until somebody wants to see it.
fn spoken(text: &mut String, result: &CaseResult) {
    let exchanges = &result.exchanges;
    if exchanges.is_empty() {
        return;
    }
    let count = exchanges.len();
    let _ = writeln!(
        text,
        "<details class=\"http\">\n<summary>the last {count} requests and answers</summary>"
    );
    for Exchange { asks, said, answered, times } in exchanges {
        let again = if *times > 1 { format!(", {times} times") } else { String::new() };
        let (said, answered) = (escaped(said), escaped(answered));
        let _ = writeln!(
            text,
            "<p>{}{again}</p>\n<pre>{said}</pre>\n<pre>{answered}</pre>",
            asks.words()
        );
    }
    text.push_str("</details>\n");
}
