//! What a run counts for: nothing that is not known is a success.

use crate::case::Level;
use crate::cases;
use crate::config::Role;
use crate::deviation::Deviation;
use crate::exchange::{Asks, Exchange};
use crate::report::{CaseResult, Outcome, Report, html, json, junit, text};
use crate::run::{Plan, RunError, chosen};
use crate::trouble::{Tried, Trouble};

fn wrong() -> Tried {
    Err(Trouble::wrong("a step", "this", "that <&\">"))
}

fn report(tried: Vec<(Tried, Option<&str>)>, level: Level) -> Report {
    let case = crate::case::Case { level, ..cases::of(Role::Wallet)[0] };
    let result = |(tried, reason): (Tried, Option<&str>)| {
        let reason = reason.map(str::to_owned);
        let (case_id, step, found) = (case.id.to_owned(), "a step".to_owned(), "that <".to_owned());
        let deviation = reason.map(|reason| Deviation { case: case_id, step, found, reason });
        let known: Vec<&Deviation> = deviation.iter().collect();
        CaseResult::new(case, tried, &known, vec!["said & done".to_owned()], 1_234)
    };
    let results = tried.into_iter().map(result).collect();
    Report { role: Role::Wallet, url: "http://there".to_owned(), results, unused: Vec::new() }
}

fn code(tried: Vec<(Tried, Option<&str>)>, level: Level) -> u8 {
    report(tried, level).exit_code()
}

#[test]
fn only_what_passed_or_deviates_as_it_was_said_to_is_a_success() {
    let must = Level::Must;
    assert_eq!(code(vec![(Ok(()), None)], must), 0);
    assert_eq!(code(vec![(Ok(()), None), (wrong(), Some("a reason"))], must), 0);
    assert_eq!(code(vec![(Ok(()), None), (wrong(), None)], must), 1);
    assert_eq!(code(vec![(wrong(), None)], Level::Should), 2);
}

#[test]
fn a_deviation_excuses_the_failure_that_it_names_and_no_other() {
    let other = |step: &str, found: &str| Err(Trouble::wrong(step, "this", found));
    let deviates = |tried| {
        let report = report(vec![(tried, Some("a reason"))], Level::Must);
        (matches!(report.results[0].outcome, Outcome::Deviates(..)), report.exit_code())
    };
    assert_eq!(deviates(wrong()), (true, 0));
    assert_eq!(deviates(other("a later step", "that <&\">")), (false, 1));
    assert_eq!(deviates(other("a step", "something else")), (false, 1));
}

#[test]
fn any_of_several_deviations_of_a_case_excuses_the_failure_that_it_names() {
    let deviation = |step: &str, reason: &str| Deviation {
        case: "a case".to_owned(),
        step: step.to_owned(),
        found: "that".to_owned(),
        reason: reason.to_owned(),
    };
    let (first, second) = (deviation("an earlier step", "one"), deviation("a step", "another"));
    let case = cases::of(Role::Wallet)[0];
    let tried = CaseResult::new(case, wrong(), &[&first, &second], Vec::new(), 0);
    assert!(matches!(tried.outcome, Outcome::Deviates(_, reason) if reason == "another"));
}

#[test]
fn a_file_of_deviations_says_where_what_and_why() {
    let file = std::env::temp_dir().join(format!("bindproof-deviations-{}", std::process::id()));
    let read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Deviation::read(&file).map(|read| read.len()).map_err(|error| error.to_string())
    };
    let whole = "[[deviation]]\ncase = 'a'\nstep = 'b'\nfound = 'c'\nreason = 'd'\n";
    assert_eq!(read(whole), Ok(1));
    for (member, text) in [("step", "b"), ("found", "c"), ("reason", "d")] {
        let line = format!("{member} = '{text}'\n");
        let empty = read(&whole.replace(&line, &format!("{member} = ' '\n"))).unwrap_err();
        assert!(empty.contains(&format!("a has no {member}")), "{empty}");
        let missing = read(&whole.replace(&line, "")).unwrap_err();
        assert!(missing.contains(&format!("missing field `{member}`")), "{missing}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn what_is_skipped_or_not_known_is_no_success_and_neither_is_nothing() {
    let skipped = || Err(Trouble::Skipped("why".to_owned()));
    let undecided = || Err(Trouble::Undecided("why".to_owned()));
    assert_eq!(code(vec![(Ok(()), None), (skipped(), None)], Level::Must), 2);
    assert_eq!(code(vec![(undecided(), Some("a reason"))], Level::Must), 2);
    assert_eq!(code(Vec::new(), Level::Must), 2);
    assert_eq!(code(vec![(wrong(), None), (skipped(), None)], Level::Must), 1);
}

#[test]
fn a_deviation_that_does_not_occur_or_is_not_run_is_an_error() {
    let occurred = report(vec![(Ok(()), Some("a reason"))], Level::Must);
    assert_eq!(occurred.exit_code(), 1);
    assert_eq!(occurred.results[0].outcome, Outcome::NoDeviation("a reason".to_owned()));
    let mut unused = report(vec![(Ok(()), None)], Level::Must);
    unused.unused = vec!["wallet.of-yore".to_owned()];
    assert_eq!(unused.exit_code(), 1);
}

#[test]
fn a_case_that_is_not_there_is_an_error_and_is_not_left_out() {
    let plan = |role, case: &str| Plan {
        role,
        url: String::new(),
        cases: vec![case.to_owned()],
        deviations: None,
        restart: None,
    };
    assert!(matches!(chosen(&plan(Role::Wallet, "wallet.x")), Err(RunError::UnknownCase(..))));
    assert!(matches!(chosen(&plan(Role::Bank, "wallet.consent")), Err(RunError::UnknownCase(..))));
    assert_eq!(
        chosen(&plan(Role::Wallet, "wallet.consent")).ok().map(|cases| cases.len()),
        Some(1)
    );
}

#[test]
fn every_case_has_a_name_of_its_own_a_sentence_and_requirements() {
    for role in [Role::Wallet, Role::Bank] {
        let cases = cases::of(role);
        let mut names: Vec<&str> = cases.iter().map(|case| case.id).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with(role.name())));
        for case in cases {
            assert!(!case.requirements.is_empty() && !case.hunts.is_empty(), "{}", case.id);
            assert!(case.says.ends_with('.'), "{}", case.id);
        }
    }
}

#[test]
fn every_form_of_the_report_tells_what_was_expected_and_found() {
    let skipped = Err(Trouble::Skipped("nobody said how".to_owned()));
    let report = report(vec![(Ok(()), None), (wrong(), None), (skipped, None)], Level::Must);
    let told = text(&report);
    assert!(told.contains("found     that") && told.contains("1 passed, 1 failed"), "{told}");
    let object: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    assert_eq!(object["exit_code"], 1);
    assert_eq!(object["cases"][1]["found"], "that <&\">");
    let xml = junit(&report);
    assert!(xml.contains("tests=\"3\" failures=\"1\" errors=\"1\" time=\"3.702\""), "{xml}");
    assert!(xml.contains("found that &lt;&amp;&quot;&gt;") && !xml.contains("<&"), "{xml}");
    let page = html(&report);
    assert!(page.contains("said &amp; done") && !page.contains("http-equiv"), "{page}");
    assert!(!page.contains("src=") && !page.contains("href="), "it needs nothing else");
    assert!(!page.contains("<pre>"), "nothing was said over HTTP");
}

#[test]
fn the_page_shows_what_was_said_over_http_where_it_is_kept() {
    let mut report = report(vec![(wrong(), None)], Level::Must);
    let (said, answered) = ("POST http://there/v1/link_end\n\n{\"a\":1}", "404\n\n<gone>");
    report.results[0].exchanges.push(Exchange {
        asks: Asks::Kit,
        said: said.to_owned(),
        answered: answered.to_owned(),
        times: 2,
    });
    let page = html(&report);
    for shown in [
        "<summary>the last 1 requests and answers</summary>",
        "<p>the kit asks the server, 2 times</p>",
        "<pre>POST http://there/v1/link_end\n\n{&quot;a&quot;:1}</pre>",
        "<pre>404\n\n&lt;gone&gt;</pre>",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
}
