//! What teams outside are given for each requirement: vectors, and cases of the conformance kit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bindproof_kit::cases;
use bindproof_kit::config::Role;
use serde_json::Value;

use crate::reasons::Reasons;
use crate::requirements::guards;
use crate::requirements::spec::{Level, Specification, parse};
use crate::tree::{File, compare, files, read};

/// A requirement's id, and how many there are of each, by name.
type Shown = BTreeMap<String, BTreeMap<String, usize>>;

/// What may be missing.
const KINDS: &[&str] = &["vector", "case"];

const HEAD: &str = "\
# What shows each requirement outside

Generated from `docs/specification.md`, `tests/vectors/`, the kit's cases and `docs/unshown.toml`;
do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it outside`.

What shows it inside (rules, properties, mutants, tests) is in [requirements.md](requirements.md).
Vectors are counted by file: those that name the requirement, and those with the flag of a guard
that carries it out, which a server without that guard fails. Cases are those of
`bindproof conform --list`.

| id | level | vectors | cases of the kit | if there is none, why |
|---|---|---|---|---|
";

/// Every requirement that a vector shows, with the vectors counted by file. `guards` are the
/// requirements that each control carries out.
fn vectors(files: &[File], guards: &BTreeMap<String, BTreeSet<String>>) -> Shown {
    let mut shown = Shown::new();
    for File { path, text } in files {
        if !path.starts_with("tests/vectors/") {
            continue;
        }
        let file: Value = serde_json::from_str(text).unwrap_or_else(|why| panic!("{path}: {why}"));
        let name = path.trim_start_matches("tests/vectors/").trim_end_matches(".json");
        let vectors = file["vectors"].as_array();
        for vector in vectors.unwrap_or_else(|| panic!("{path}: there are no vectors")) {
            let words = |member: &str| {
                let words = vector[member].as_array().into_iter().flatten();
                words.filter_map(Value::as_str)
            };
            let guarded = words("flags").filter_map(|flag| guards.get(flag)).flatten();
            let ids: BTreeSet<&str> =
                words("requirements").chain(guarded.map(String::as_str)).collect();
            for id in ids {
                *shown.entry(id.to_owned()).or_default().entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    shown
}

/// Every requirement that a case names, with the cases.
fn of_the_kit() -> Shown {
    let mut shown = Shown::new();
    for case in [Role::Bank, Role::Wallet].into_iter().flat_map(cases::of) {
        for id in case.requirements {
            shown.entry((*id).to_owned()).or_default().insert(case.id.to_owned(), 1);
        }
    }
    shown
}

/// Everything that is wrong, one sentence each.
fn faults(
    specification: &Specification,
    (vectors, cases): (&Shown, &Shown),
    reasons: &Reasons,
) -> Vec<String> {
    let named = vectors.keys().chain(cases.keys());
    let unknown = named.filter(|id| !specification.knows(id));
    let mut faults: Vec<String> = unknown.map(|id| format!("{id} is unknown")).collect();
    faults.extend(reasons.faults(specification, |id, kind| match kind {
        "vector" => vectors.contains_key(id),
        _ => cases.contains_key(id),
    }));
    faults
}

/// The whole page `docs/generated/outside.md`.
fn markdown(
    specification: &Specification,
    (vectors, cases): (&Shown, &Shown),
    reasons: &Reasons,
) -> String {
    let mut text = HEAD.to_owned();
    let listed = |values: Vec<String>| match values.is_empty() {
        true => "–".to_owned(),
        false => values.join("<br>"),
    };
    for requirement in &specification.requirements {
        let id = &requirement.id;
        let counted = vectors.get(id).into_iter().flatten();
        let named = cases.get(id).into_iter().flatten();
        _ = writeln!(
            text,
            "| {id} | {} | {} | {} | {} |",
            requirement.level.map_or("–", Level::name),
            listed(counted.map(|(file, count)| format!("{file} {count}")).collect()),
            listed(named.map(|(case, _)| case.clone()).collect()),
            reasons.cell(id),
        );
    }
    text
}

/// The specification, the vectors and the cases, and the reasons, as they are in the tree.
fn tree() -> (Specification, Shown, Shown, Reasons) {
    let specification = parse(&read("docs/specification.md").unwrap_or_default());
    let reasons = Reasons::parse(&read("docs/unshown.toml").unwrap_or_default(), KINDS);
    (specification, vectors(&files(), &guards()), of_the_kit(), reasons)
}

#[test]
fn every_must_is_shown_outside_or_has_a_reason_why_not() {
    let (specification, vectors, cases, reasons) = tree();
    assert!(!vectors.is_empty() && !cases.is_empty());
    let faults = faults(&specification, (&vectors, &cases), &reasons);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    let page = markdown(&specification, (&vectors, &cases), &reasons);
    compare("docs/generated/outside.md", &page);
}

#[test]
fn what_has_no_vector_or_no_case_and_what_needs_no_reason_is_found() {
    let (specification, mut vectors, mut cases, reasons) = tree();
    vectors.remove("BIND-001");
    cases.remove("BIND-002");
    vectors.insert("BIND-070".to_owned(), BTreeMap::new());
    cases.insert("BIND-042".to_owned(), BTreeMap::new());
    vectors.insert("BIND-999".to_owned(), BTreeMap::new());
    let found = faults(&specification, (&vectors, &cases), &reasons);
    let expected = [
        "BIND-001 has no vector, and no",
        "BIND-002 has no case, and no",
        "BIND-070 has a vector and needs",
        "BIND-042 has a case and needs",
        "BIND-999 is unknown",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for fault in expected {
        assert!(found.iter().any(|said| said.starts_with(fault)), "{fault}: {found:?}");
    }
}

#[test]
fn a_vector_shows_what_it_names_and_what_the_guard_of_its_flag_carries_out() {
    let text = r#"{"vectors":[
        {"requirements":["BIND-001"],"flags":["moves","asks-first"]},
        {"requirements":["BIND-001","BIND-002"],"flags":["moves"]}]}"#;
    let guards = BTreeMap::from([("asks-first".to_owned(), BTreeSet::from(["BIND-003".into()]))]);
    let shown = vectors(&[File::new("tests/vectors/steps/link.json", text)], &guards);
    let counts: Vec<(&str, usize)> =
        shown.iter().map(|(id, files)| (id.as_str(), files["steps/link"])).collect();
    assert_eq!(counts, [("BIND-001", 2), ("BIND-002", 1), ("BIND-003", 1)]);
    let none = vectors(&[File::new("tests/vectors/steps/link.json", text)], &BTreeMap::new());
    assert!(!none.contains_key("BIND-003"));
}
