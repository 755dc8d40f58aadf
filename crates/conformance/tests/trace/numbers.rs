//! Whatever number stands in a file, it is checked or found to be out of bounds: nothing that is
//! counted on from it is ever too much to count.

use std::collections::BTreeMap;
use std::io::Cursor;

use bindproof::settings::SKEW_MS;
use bindproof_conformance::trace::bounds::{COUNT_MAX, NAMES_MAX};
use bindproof_conformance::trace::line::{Header, Role};
use bindproof_conformance::trace::{Extent, Fault, Report, Source, Verdict, check};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

use crate::good::{WALKED, demonstration, walks};
use crate::mutate::{Parsed, parsed, texts};
use crate::told;

/// Where chance begins, so that the numbers are the same in every run.
const SEED: u64 = 0x6e75_6d62_6572;

/// Numbers at which something ends.
fn extremes() -> Vec<Value> {
    vec![
        json!(0),
        json!(1),
        json!(u8::MAX),
        json!(u16::MAX),
        json!(COUNT_MAX),
        json!(COUNT_MAX + 1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(-1),
        json!(i64::MIN),
        json!(1e300),
    ]
}

/// What is said of journals: a report, or why there is none.
fn said(journals: &[Parsed], extent: Extent) -> Result<Report, String> {
    let sources = texts(journals, None)
        .into_iter()
        .map(|(file, text)| Source { file, lines: Cursor::new(text.into_bytes()) });
    check(sources.collect(), extent).map_err(|error| error.to_string())
}

/// Every number in a value, by its place.
fn numbers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, place: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, of)| walk(of, &format!("{place}/{name}"), found));
            }
            Value::Array(items) => {
                (0..).zip(items).for_each(|(n, of): (usize, _)| {
                    walk(of, &format!("{place}/{n}"), found);
                });
            }
            Value::Number(_) => found.push(place.to_owned()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Runs that together have every number that a journal can have: one of each scope, and the
/// demonstration.
fn runs() -> Vec<Vec<Parsed>> {
    let demonstration = demonstration();
    walks().iter().take(WALKED.len()).chain([&demonstration]).map(parsed).collect()
}

/// Journals with another number at a place in a line, or in the header behind the last line.
fn with(run: &[Parsed], at: (usize, usize), place: &str, number: &Value) -> Vec<Parsed> {
    let mut changed = run.to_vec();
    let put = |value: &mut Value| {
        if let Some(there) = value.pointer_mut(place) {
            *there = number.clone();
        }
    };
    match changed[at.0].lines.get_mut(at.1) {
        Some(line) => put(line),
        None => {
            let mut header = serde_json::from_str(&changed[at.0].header).expect("JSON");
            put(&mut header);
            changed[at.0].header = header.to_string();
        }
    }
    changed
}

/// The numbers of the line at a place, or of the header behind the last line.
fn numbers_at(run: &[Parsed], (at, place): (usize, usize)) -> Vec<String> {
    match run[at].lines.get(place) {
        Some(line) => numbers(line),
        None => numbers(&serde_json::from_str(&run[at].header).expect("JSON")),
    }
}

/// How often each number of the same meaning is tried.
const EACH: usize = 4;

#[test]
fn no_number_at_which_something_ends_is_too_much_wherever_it_stands() {
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    for run in &runs() {
        for (at, journal) in run.iter().enumerate() {
            for place in 0..=journal.lines.len() {
                for number in numbers_at(run, (at, place)) {
                    let named = number.split('/').filter(|part| part.parse::<u64>().is_err());
                    let times = tried.entry(named.collect::<Vec<_>>().join("/")).or_default();
                    *times += 1;
                    if *times > EACH {
                        continue;
                    }
                    for other in extremes() {
                        let changed = with(run, (at, place), &number, &other);
                        let _ = (said(&changed, Extent::Partial), said(&changed, Extent::Whole));
                    }
                }
            }
        }
    }
    for place in ["/entry/sequence", "/version", "/at_ms", "/commit/lines", "/skew_ms"] {
        assert!(tried.contains_key(place), "{place} is in no journal");
    }
    assert!(tried.len() > 30, "{tried:#?}");
}

proptest! {
    #![proptest_config(Config {
        cases: 4_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(SEED),
        ..Config::default()
    })]

    #[test]
    fn no_number_at_all_is_too_much(
        picks in prop::array::uniform4(any::<prop::sample::Index>()),
        begins in 0usize..4,
        number in prop_oneof![
            any::<u64>().prop_map(|n| json!(n)),
            any::<i64>().prop_map(|n| json!(n)),
            any::<u8>().prop_map(|n| json!(n)),
            prop::sample::select(extremes()),
        ],
        extent in prop::sample::select(vec![Extent::Whole, Extent::Partial]),
    ) {
        thread_local! {
            static RUNS: Vec<Vec<Parsed>> = runs();
        }
        RUNS.with(|runs| {
            let mut run = runs[picks[0].index(runs.len())].clone();
            // One that begins in the middle takes records as they are first said to be.
            run.iter_mut().for_each(|journal| {
                journal.lines.drain(..begins.min(journal.lines.len()));
            });
            let at = picks[1].index(run.len());
            let place = picks[2].index(run[at].lines.len() + 1);
            let numbers = numbers_at(&run, (at, place));
            if !numbers.is_empty() {
                let picked = &numbers[picks[3].index(numbers.len())];
                let changed = with(&run, (at, place), picked, &number);
                let _ = said(&changed, extent);
            }
        });
    }
}

/// The demonstration with one number of a bank's line changed.
fn demonstrated(place: &str, number: u64) -> Report {
    let run = parsed(&demonstration());
    said(&with(&run, (0, 2), place, &json!(number)), Extent::Partial).expect("a report")
}

#[test]
fn a_number_that_is_too_large_is_found_at_its_line_with_what_it_may_be() {
    for place in ["/entry/sequence", "/version", "/at_ms", "/commit/lines"] {
        for number in [COUNT_MAX + 1, u64::MAX] {
            let report = demonstrated(place, number);
            let finding = &report.findings[0];
            assert_eq!((finding.wrong.fault, finding.line), (Fault::Unreadable, 4), "{place}");
            let advice = format!("{}", COUNT_MAX);
            let says = &finding.wrong.found;
            // A time is read as a whole number with a sign, which some are too large for.
            let read = place != "/at_ms" || number < u64::MAX;
            assert!(!read || says.contains(&advice), "{place}: {says}");
        }
        // The largest that there may be is counted on from.
        let _ = demonstrated(place, COUNT_MAX);
    }
}

#[test]
fn clocks_that_differ_by_more_than_the_specification_has_are_refused() {
    let with_skew = |skew_ms: i64| {
        let mut run = parsed(&demonstration());
        for journal in &mut run {
            let mut header: Value = serde_json::from_str(&journal.header).expect("JSON");
            header["skew_ms"] = json!(skew_ms);
            journal.header = header.to_string();
        }
        said(&run, Extent::Whole)
    };
    for skew_ms in [0, 1, SKEW_MS] {
        let report = with_skew(skew_ms).expect("a report");
        assert_eq!(report.verdict(), Verdict::Holds, "{skew_ms}: {}", told(&report));
    }
    for skew_ms in [i64::MIN, -1, SKEW_MS + 1, 9_000_000_000_000_000_000, i64::MAX] {
        let refused = with_skew(skew_ms).expect_err("refused");
        assert!(refused.contains("must be from 0 to 10000"), "{refused}");
    }
}

#[test]
fn journals_name_no_more_servers_than_can_be_told_apart() {
    let mut run = parsed(&demonstration());
    let heard = |line: &Value| line["received"]["message"] == "account_answer";
    let heard = run[0].lines.iter().find(|line| heard(line)).expect("one").clone();
    let first = heard["entry"]["sequence"].as_u64().expect("a place");
    // The same answer from one server after the other: what they say is nobody's to compare.
    let strangers = (0..NAMES_MAX as u64).map(|number| {
        let mut line = heard.clone();
        line["received"]["from"] = json!(format!("wallet-{number}"));
        line["person"] = json!(format!("{number:032x}"));
        line["entry"]["decided"] = json!({ "replayed": "binding.answer-too-late" });
        (line["orders"], line["after"]) = (json!([]), json!([]));
        line["commit"] = json!({ "lines": 1, "owed": [] });
        line["entry"]["sequence"] = json!(first);
        line
    });
    run[0].lines = strangers.collect();
    let report = said(&run[..1], Extent::Partial).expect("a report");
    let many: Vec<_> = report.findings.iter().filter(|f| f.wrong.what == "from").collect();
    // The bank itself is one of them.
    assert_eq!(many.len(), 1, "{}", told(&report));
    assert!(many[0].wrong.expected.contains("at most 65535 servers"), "{}", told(&report));
}

#[test]
fn one_server_has_one_header() {
    let journal = |role: Role, limits| {
        let mut header = Header::new("north-bank", role);
        header.limits.tries = limits;
        let end = json!({ "end": { "lines": 0, "persons": 0 } });
        let text = format!("{}\n{end}\n", serde_json::to_string(&header).expect("JSON"));
        Source { file: format!("{role:?}-{limits}.ndjson"), lines: Cursor::new(text.into_bytes()) }
    };
    assert!(check(vec![journal(Role::Bank, 5), journal(Role::Bank, 5)], Extent::Whole).is_ok());
    for other in [journal(Role::Bank, 4), journal(Role::Wallet, 5)] {
        let refused = check(vec![journal(Role::Bank, 5), other], Extent::Whole);
        let refused = refused.map(|_| ()).expect_err("refused").to_string();
        assert!(refused.contains("north-bank has another header elsewhere"), "{refused}");
    }
}
