//! Journals that are not whole: what is there is checked, and what could not be is said.

use std::io::Cursor;

use bindproof_conformance::trace::bounds::LINE_MAX;
use bindproof_conformance::trace::{Fault, Report, Source, Undecided, Verdict, check};

use crate::good::{demonstration, walks};
use crate::{Extent, checked, told};

type Journals = Vec<(String, String)>;

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn with(journals: &Journals, name: &str, change: impl Fn(Vec<&str>) -> Vec<String>) -> Journals {
    let change = |(file, text): &(String, String)| {
        let text = match file == name {
            true => change(lines(text)).join("\n") + "\n",
            false => text.clone(),
        };
        (file.clone(), text)
    };
    journals.iter().map(change).collect()
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn undecided(report: &Report, what: Undecided) {
    assert_eq!(report.verdict(), Verdict::Undecided, "{}", told(report));
    assert!(report.undecided.contains_key(&what), "{what:?}: {}", told(report));
}

fn not_whole(journals: &Journals) {
    let report = checked(journals, Extent::Whole);
    assert_eq!(report.verdict(), Verdict::Violated, "{}", told(&report));
}

#[test]
fn one_side_alone_is_checked_and_what_the_other_said_is_undecided() {
    for name in ["wallet.ndjson", "north-bank.ndjson"] {
        let mut journals = demonstration().journals;
        journals.retain(|(file, _)| file == name);
        let report = checked(&journals, Extent::Partial);
        undecided(&report, Undecided::OtherSideMissing);
        assert!(report.entries > 10 && report.skipped == 0, "{}", told(&report));
    }
}

#[test]
fn a_journal_that_begins_in_the_middle_is_checked_from_there() {
    let journals = demonstration().journals;
    let cut = with(&journals, "wallet.ndjson", |lines| {
        let mut kept = owned(&lines);
        kept.drain(1..12);
        kept
    });
    let report = checked(&cut, Extent::Partial);
    assert!(report.undecided.contains_key(&Undecided::BeginningMissing), "{}", told(&report));
    assert!(report.entries > 40, "{}", told(&report));
    not_whole(&cut);
}

#[test]
fn a_journal_without_its_end_is_undecided_unless_it_is_said_to_be_whole() {
    let journals = demonstration().journals;
    let cut = with(&journals, "wallet.ndjson", |lines| owned(&lines[..lines.len() - 4]));
    let report = checked(&cut, Extent::Partial);
    undecided(&report, Undecided::NoEnd);
    not_whole(&cut);
}

#[test]
fn lines_without_hashes_are_checked_and_what_hashes_would_show_is_undecided() {
    let journals = demonstration().journals;
    let plain = |lines: Vec<&str>| {
        let each = lines.into_iter().map(|line| match line.find(",\"hash\":") {
            Some(at) => format!("{}}}", &line[..at]),
            None => line.to_owned(),
        });
        each.collect()
    };
    let mut all = journals;
    for name in ["north-bank.ndjson", "south-bank.ndjson", "wallet.ndjson"] {
        all = with(&all, name, plain);
    }
    undecided(&checked(&all, Extent::Whole), Undecided::NotChained);
}

#[test]
fn a_line_that_was_changed_breaks_the_chain() {
    let journals = demonstration().journals;
    let changed = with(&journals, "wallet.ndjson", |lines| {
        let mut kept = owned(&lines);
        kept[4] = kept[4].replacen("\"at_ms\":1", "\"at_ms\":2", 1);
        assert_ne!(kept[4], lines[4]);
        kept
    });
    let report = checked(&changed, Extent::Partial);
    let fault = report.findings.first().map(|finding| finding.wrong.fault);
    assert_eq!(fault, Some(Fault::ChainBroken), "{}", told(&report));
}

#[test]
fn what_is_no_journal_is_refused_with_its_line() {
    let refused = |text: &str| {
        let source = Source { file: "a.ndjson".into(), lines: text.as_bytes() };
        check(vec![source], Extent::Partial).map(|_| ()).expect_err("refused").to_string()
    };
    assert!(refused("").contains("a.ndjson: line 1: the file is empty"));
    assert!(refused("{}").contains("missing field"));
    let other = r#"{"trace":"bindproof.trace/9","server":"a","role":"bank"}"#;
    assert!(refused(other).contains("bindproof.trace/9"));
    let journals = demonstration().journals;
    let torn = with(&journals, "wallet.ndjson", |lines| {
        let mut kept = owned(&lines);
        kept[3].truncate(30);
        kept
    });
    let report = checked(&torn, Extent::Partial);
    let finding = &report.findings[0];
    assert_eq!((finding.wrong.fault, finding.line), (Fault::Unreadable, 4), "{}", told(&report));
}

#[test]
fn journals_in_any_order_of_persons_give_the_same_report() {
    // Two runs one behind the other at the banks, and the other way round at the wallet.
    let filled =
        |run: &&crate::good::Run| run.journals.iter().all(|(_, text)| lines(text).len() > 8);
    let of_one = walks().iter().filter(|run| run.name.starts_with("suspend-pay ")).filter(filled);
    let runs: Vec<_> = of_one.collect();
    let [first, second, ..] = runs.as_slice() else { panic!("too few runs") };
    let both = |a: &str, b: &str| {
        let (a, b) = (lines(a), lines(b));
        let header = a[0];
        let inner = |lines: &[&str]| owned(&lines[1..lines.len() - 1]).join("\n");
        let count = a.len() + b.len() - 4;
        let end = format!("{{\"end\":{{\"lines\":{count},\"persons\":2}}}}");
        format!("{header}\n{}\n{}\n{end}\n", inner(&a), inner(&b))
    };
    let journals: Journals = vec![
        ("bank-0.ndjson".into(), both(&first.journals[0].1, &second.journals[0].1)),
        ("wallet.ndjson".into(), both(&second.journals[1].1, &first.journals[1].1)),
    ];
    let report = checked(&journals, Extent::Whole);
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
    let alone = [first, second].map(|run| checked(&run.journals, Extent::Whole).entries);
    assert_eq!(report.entries, alone.iter().sum::<u64>());
}

/// What is said of the demonstration with other bytes in place of a line of the wallet's.
fn with_bytes(number: usize, bytes: &[u8]) -> Report {
    let sources = demonstration().journals.into_iter().map(|(file, text)| {
        let mut lines: Vec<&[u8]> = text.split_inclusive('\n').map(str::as_bytes).collect();
        if file == "wallet.ndjson" {
            lines[number - 1] = bytes;
        }
        Source { file, lines: Cursor::new(lines.concat()) }
    });
    check(sources.collect(), Extent::Partial).expect("every header can be read")
}

#[test]
fn what_is_no_text_or_too_long_is_found_at_its_line_and_the_check_goes_on() {
    let longest = "x".repeat(usize::try_from(LINE_MAX).expect("short"));
    for (bytes, why) in [
        (&b"{\"person\":\"\xff\"}\n"[..], "invalid utf-8"),
        (format!("{longest}\n").as_bytes(), "longer than 1048576 bytes"),
        (format!("{longest}{longest}xx\n").as_bytes(), "longer than 1048576 bytes"),
        (format!("{}\n", &longest[1..]).as_bytes(), "expected value"),
    ] {
        let report = with_bytes(4, bytes);
        let finding = &report.findings[0];
        let found = (finding.wrong.fault, finding.line, finding.file.as_str(), report.found);
        assert_eq!(found, (Fault::Unreadable, 4, "wallet.ndjson", 1), "{}", told(&report));
        assert!(finding.wrong.found.contains(why), "{}", told(&report));
        assert!(report.entries > 40, "{}", told(&report));
    }
}

#[test]
fn a_header_that_is_no_text_or_too_long_is_refused() {
    let long = vec![b' '; 1 << 21];
    for (bytes, why) in
        [(&b"\xff\n"[..], "invalid utf-8"), (&long[..], "longer than 1048576 bytes")]
    {
        let source = Source { file: "a.ndjson".into(), lines: bytes };
        let refused = check(vec![source], Extent::Partial).map(|_| ()).expect_err("refused");
        assert!(refused.to_string().contains(&format!("a.ndjson: line 1: {why}")), "{refused}");
    }
}
