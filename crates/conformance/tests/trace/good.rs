//! Journals of real runs: of the servers' demonstration, and of arbitrary runs of the model.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use bindproof_conformance::record::{Chance, Journal, walk};
use bindproof_conformance::trace::{Undecided, Verdict};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;

use crate::{Extent, checked, told};

/// The journals of one run, by name and text.
pub struct Run {
    /// Where it comes from.
    pub name: String,
    /// The journals of all its servers.
    pub journals: Vec<(String, String)>,
}

/// Scopes that together have every kind of action but those of servers that work step by step.
pub const WALKED: &[&str] = &[
    "registration",
    "approval",
    "false-device",
    "step-up",
    "guessing",
    "debit",
    "small-payments",
    "suspend",
    "suspend-pay",
    "end",
    "rebind",
    "same-instrument",
    "second-binding",
    "limits",
    "two-banks",
    "impostor",
    "hostile",
    "hostile-approval",
    "hostile-debit",
    "takeover",
    "recovery",
    "closing",
    "lockout",
    "lockout-new",
    "lockout-lost",
];

/// The scope in which a run has to go furthest: to a payment after the first one. One in forty
/// does.
const FURTHEST: &str = "small-payments";
/// How many more runs of it are looked at for that.
const MORE: usize = 400;
/// How many runs of each scope.
const RUNS: usize = 16;
/// How many actions a run has.
const STEPS: usize = 90;
/// Where chance begins, so that it is the same in every run.
const SEED: u64 = 0x7472_6163_6573;

/// The built-in scope of this name.
pub fn scope(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

/// Arbitrary runs of the model, always the same.
pub fn walks() -> &'static [Run] {
    static RUN: OnceLock<Vec<Run>> = OnceLock::new();
    RUN.get_or_init(|| {
        let mut chance = Chance::new(SEED);
        let mut runs = Vec::new();
        let names = WALKED.iter().cycle().take(WALKED.len() * RUNS);
        runs.extend((0u64..).zip(names).map(|(number, name)| walked(name, number, &mut chance)));
        runs
    })
}

fn walked(name: &str, number: u64, chance: &mut Chance) -> Run {
    let journals = walk(&scope(name), number, STEPS, chance).expect("fits");
    let named = |journal: &Journal| (format!("{}.ndjson", journal.header.server), journal.text());
    let journals = journals.iter().map(named).collect();
    Run { name: format!("{name} {number}"), journals }
}

/// The journals that the demonstration of the servers has written.
pub fn demonstration() -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/demonstration");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name));
        (name.to_owned(), text.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    let names = ["north-bank.ndjson", "south-bank.ndjson", "wallet.ndjson"];
    Run { name: "demonstration".into(), journals: names.map(read).into() }
}

#[test]
fn the_journals_of_the_demonstration_are_accepted_and_nothing_is_undecided() {
    let report = checked(&demonstration().journals, Extent::Whole);
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
    assert!(report.entries > 50 && report.messages >= 15, "{}", told(&report));
    assert_eq!(report.joined, 3, "{}", told(&report));
}

#[test]
fn the_journals_of_arbitrary_runs_are_accepted() {
    let (mut entries, mut messages) = (0, 0);
    for run in walks() {
        let report = checked(&run.journals, Extent::Whole);
        assert_eq!(report.found, 0, "{}: {}", run.name, told(&report));
        // A hostile bank keeps no journal; nothing else is missing.
        let doubts: Vec<&Undecided> = report.undecided.keys().collect();
        let hostile = run.name.starts_with("hostile");
        let expected: &[&Undecided] = match hostile {
            true if !doubts.is_empty() => &[&Undecided::OtherSideMissing],
            _ => &[],
        };
        assert_eq!(doubts, expected, "{}: {}", run.name, told(&report));
        entries += report.entries;
        messages += report.messages;
    }
    assert!(entries > 4_000 && messages > 500, "{entries} entries, {messages} messages");
}

#[test]
fn every_property_that_journals_decide_is_looked_at() {
    let mut looked = vec![0; bindproof_conformance::trace::report::PROPERTIES.len() + 1];
    let mut chance = Chance::new(SEED);
    let more: Vec<Run> =
        (0..MORE as u64).map(|number| walked(FURTHEST, number, &mut chance)).collect();
    for run in walks().iter().chain(&more) {
        let report = checked(&run.journals, Extent::Whole);
        assert_eq!(report.found, 0, "{}: {}", run.name, told(&report));
        for (sum, looks) in looked.iter_mut().zip(&report.properties) {
            *sum += looks.looked;
        }
    }
    use bindproof_conformance::trace::report::{PROPERTIES, Reach};
    for ((_, name, reach), looked) in PROPERTIES.iter().zip(&looked) {
        let asked = *reach != Reach::Nothing;
        assert!(!asked || *looked > 0, "{name} is never looked at");
    }
    assert!(looked.last().is_some_and(|looked| *looked > 0), "no run comes to rest");
}

/// Facts that are derived from records and messages, with each value that they can have.
const DERIVED: &[(&str, &[&str])] = &[
    ("binding same_body", BOTH),
    ("binding instrument_free", BOTH),
    ("binding instrument_usable", BOTH),
    ("binding fresh", BOTH),
    ("binding own", BOTH),
    ("debit own", BOTH),
    ("debit same_content", BOTH),
    ("link own", BOTH),
    ("link fresh", BOTH),
    ("link same_account", BOTH),
    ("link account_matches", BOTH),
    ("link created_for", BOTH),
    ("link created_for_bank", BOTH),
    ("link may_wait", BOTH),
    ("link last", BOTH),
    ("operation first_payment", BOTH),
    ("operation amount", BANDS),
    ("operation total", BANDS),
    ("operation person_free", BOTH),
    ("operation device_free", BOTH),
    ("operation own", BOTH),
    ("operation same_content", BOTH),
    ("operation within_limits", BOTH),
    ("operation signed", BOTH),
    ("operation from_its_device", BOTH),
    ("operation code", &["\"demanded\"", "\"none\"", "\"other\""]),
    ("operation path", &["\"code\"", "\"device\"", "\"strangers\""]),
];
const BOTH: &[&str] = &["false", "true"];
const BANDS: &[&str] = &["\"large\"", "\"medium\"", "\"small\""];

/// Values that no good journal has, so that nothing compares how they are derived.
const UNMET: &[(&str, &str)] = &[
    ("binding fresh", "false"),
    ("debit own", "false"),
    ("debit same_content", "false"),
    ("operation amount", "\"large\""),
    ("operation amount", "\"medium\""),
    ("operation total", "\"large\""),
    ("operation total", "\"medium\""),
    ("operation device_free", "false"),
    ("operation own", "false"),
    ("operation same_content", "false"),
    ("operation within_limits", "false"),
];

#[test]
fn every_derived_fact_is_met_with_each_of_its_values() {
    let mut met: BTreeSet<(String, String)> = BTreeSet::new();
    let demonstration = demonstration();
    for run in walks().iter().chain([&demonstration]) {
        for journal in crate::mutate::parsed(run) {
            for line in &journal.lines {
                let kinds = line["entry"]["event"].as_object();
                for (kind, event) in kinds.into_iter().flatten() {
                    for (place, value) in crate::values::leaves(&event["input"]) {
                        let fact = place.rsplit('/').next().unwrap_or_default();
                        met.insert((format!("{kind} {fact}"), value.to_string()));
                    }
                }
            }
        }
    }
    let each = DERIVED.iter().flat_map(|(fact, values)| values.iter().map(move |v| (*fact, *v)));
    let unmet: Vec<(&str, &str)> = each
        .filter(|(fact, value)| !met.contains(&((*fact).to_owned(), (*value).to_owned())))
        .collect();
    assert_eq!(unmet, UNMET);
}
