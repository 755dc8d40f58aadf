//! Thousands of changed journals, what became of each kind, and the few that are legal, with the
//! reason.

use std::collections::BTreeMap;
use std::path::Path;

use bindproof_conformance::record::Chance;
use bindproof_conformance::trace::Verdict;

use crate::checked;
use crate::good::{demonstration, walks};
use crate::mutate::{Kind, Mutant, Seen, mutant, parsed};

/// How many mutants of each kind.
const EACH: usize = 800;
/// Where chance begins, so that the mutants are the same in every run.
const SEED: u64 = 0x6d75_7461_6e74;

/// Why a changed journal is one of another legal run: the part of what was changed by which it is
/// known, and the reason.
const LEGAL: &[(&str, &str)] = &[];

/// What became of the mutants of one kind.
#[derive(Default)]
struct Tally {
    made: u64,
    rejected: u64,
    by: BTreeMap<&'static str, u64>,
    survivors: Vec<String>,
}

fn tallied() -> BTreeMap<Kind, Tally> {
    let mut runs: Vec<_> = walks().iter().collect();
    let demonstration = demonstration();
    runs.push(&demonstration);
    let parsed: Vec<_> = runs.iter().map(|run| parsed(run)).collect();
    let mut seen = Seen::default();
    parsed.iter().for_each(|journals| seen.note(journals));
    let mut chance = Chance::new(SEED);
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    for kind in Kind::ALL {
        let tally = tallies.entry(kind).or_default();
        while tally.made < EACH as u64 {
            // The run of real servers is taken for one in eight.
            let at = match chance.below(8) {
                0 => parsed.len() - 1,
                _ => chance.below(parsed.len()),
            };
            // Another run of the same scope.
            let other = (at + crate::good::WALKED.len()) % parsed.len();
            let made = mutant(kind, &parsed[at], &parsed[other], &seen, &mut chance);
            let Some(Mutant { what, journals }) = made else { continue };
            tally.made += 1;
            let report = checked(&journals, true);
            if report.verdict() == Verdict::Violated {
                tally.rejected += 1;
                let fault = report.findings.first().map_or("", |f| f.wrong.fault.name());
                *tally.by.entry(fault).or_default() += 1;
            } else {
                tally.survivors.push(format!("{}: {what}", runs[at].name));
            }
        }
    }
    tallies
}

#[test]
fn nearly_every_changed_journal_is_rejected_and_the_others_are_legal() {
    let tallies = tallied();
    let made: u64 = tallies.values().map(|tally| tally.made).sum();
    let rejected: u64 = tallies.values().map(|tally| tally.rejected).sum();
    let survivors: Vec<&String> = tallies.values().flat_map(|tally| &tally.survivors).collect();
    for (kind, tally) in &tallies {
        println!("{}: {}/{} {:?}", kind.name(), tally.rejected, tally.made, tally.by);
        for survivor in &tally.survivors {
            println!("   {survivor}");
        }
    }
    let unexplained: Vec<&&String> =
        survivors.iter().filter(|s| !LEGAL.iter().any(|(part, _)| s.contains(part))).collect();
    assert!(unexplained.is_empty(), "{} without a reason: {unexplained:#?}", unexplained.len());
    assert!(made >= 5_000 && rejected * 1_000 >= made * 995, "{rejected} of {made}");
    let _ = Path::new("");
}
