//! Lines that are missing, and lines that stand in another file: what is there is right all the
//! same.

use std::collections::BTreeSet;

use bindproof_conformance::record::Chance;
use bindproof_conformance::trace::Verdict;
use serde_json::{Value, json};

use crate::good::{Run, demonstration, walks};
use crate::mutate::{parsed, texts};
use crate::{Extent, checked, told};

/// How far the clock of one server is off, in milliseconds: further than anything waits.
const OFF_MS: i64 = 7_200_000;
/// How often lines are taken out of each run at random.
const TIMES: usize = 8;
/// Where chance begins, so that the same lines are missing in every run.
const SEED: u64 = 0x6761_7073;

type Journals = Vec<(String, String)>;

fn runs() -> impl Iterator<Item = Run> {
    let again = |run: &Run| Run { name: run.name.clone(), journals: run.journals.clone() };
    walks().iter().map(again).chain([demonstration()])
}

/// A run of which the clock of one server is off.
fn off(run: &Run, at: usize) -> Journals {
    let mut journals = parsed(run);
    let later = |time: Option<&mut Value>| {
        if let Some(time) = time {
            *time = json!(time.as_i64().expect("a time") + OFF_MS);
        }
    };
    for line in &mut journals[at].lines {
        later(line.get_mut("at_ms"));
        later(line.pointer_mut("/received/issued_ms"));
        later(line.pointer_mut("/received/until_ms"));
    }
    texts(&journals, None)
}

/// Journals of which lines are missing, by the number of the file and of the line in it.
fn without(journals: &Journals, missing: impl Fn(usize, usize) -> bool) -> Journals {
    let cut = journals.iter().enumerate().map(|(at, (file, text))| {
        let lines = text.lines().enumerate();
        let kept = lines.filter(|(line, _)| !missing(at, *line)).map(|(_, text)| text);
        (file.clone(), kept.collect::<Vec<_>>().join("\n") + "\n")
    });
    cut.collect()
}

/// The numbers of the lines between header and end.
fn inner(text: &str) -> std::ops::Range<usize> {
    1..text.lines().count() - 1
}

/// What is wrong with what is said of journals of which lines are missing: they are right, and not
/// whole.
fn wrong(name: &str, journals: &Journals) -> Option<String> {
    let partial = checked(journals, Extent::Partial);
    let whole = checked(journals, Extent::Whole);
    let right = partial.verdict() == Verdict::Undecided && whole.verdict() == Verdict::Violated;
    (!right).then(|| format!("{name}: {}", told(&partial)))
}

fn assert_none(wrong: &[String]) {
    let first = wrong.iter().take(8).map(String::as_str).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), first.join("\n"));
}

#[test]
fn a_line_may_be_missing_anywhere() {
    let mut faults = Vec::new();
    for run in runs() {
        for (at, (file, text)) in run.journals.iter().enumerate() {
            for line in inner(text) {
                let cut = without(&run.journals, |file, number| (file, number) == (at, line));
                let name = format!("{}, {file} without line {}", run.name, line + 1);
                faults.extend(wrong(&name, &cut));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn lines_may_be_missing_anywhere_whatever_the_clocks_say() {
    let mut chance = Chance::new(SEED);
    let mut faults = Vec::new();
    for run in runs() {
        for time in 0..TIMES {
            let journals = match time.checked_sub(TIMES / 2) {
                Some(at) => off(&run, at % run.journals.len()),
                None => run.journals.clone(),
            };
            let one_in = 2 + 2 * (time % 4);
            let mut missing = BTreeSet::new();
            for (at, (_, text)) in journals.iter().enumerate() {
                missing.extend(inner(text).filter(|_| chance.below(one_in) == 0).map(|l| (at, l)));
            }
            if !missing.is_empty() {
                let cut = without(&journals, |at, line| missing.contains(&(at, line)));
                faults.extend(wrong(&format!("{}, without {missing:?}", run.name), &cut));
            }
        }
    }
    assert_none(&faults);
}

/// Some lines of a journal as a file of their own. The chain of hashes goes on from one file to the
/// next.
fn part(text: &str, lines: std::ops::Range<usize>) -> String {
    let all: Vec<&str> = text.lines().collect();
    let kept = &all[lines];
    let person = |line: &&str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["person"].as_str().expect("a key").to_owned()
    };
    let persons: BTreeSet<String> = kept.iter().map(person).collect();
    let end = json!({ "end": { "lines": kept.len(), "persons": persons.len() } });
    let lines = kept.iter().map(|line| format!("{line}\n"));
    format!("{}\n{}{end}\n", all[0], lines.collect::<String>())
}

#[test]
fn a_journal_may_stand_in_two_files_in_any_order() {
    for run in runs() {
        let whole = checked(&run.journals, Extent::Whole);
        for (at, (file, text)) in run.journals.iter().enumerate() {
            let inner = inner(text);
            for cut in inner.start..=inner.end {
                let parts = [inner.start..cut, cut..inner.end].map(|lines| part(text, lines));
                for order in [[0, 1], [1, 0]] {
                    let mut journals = run.journals.clone();
                    let named = |half: usize| (format!("{half} of {file}"), parts[half].clone());
                    journals.splice(at..=at, order.map(named));
                    let report = checked(&journals, Extent::Whole);
                    let same = (report.found, report.entries, report.messages, report.owed)
                        == (0, whole.entries, whole.messages, whole.owed);
                    let place = format!("{}, {file} cut before line {}", run.name, cut + 1);
                    assert!(same, "{place}: {}", told(&report));
                }
            }
        }
    }
}
