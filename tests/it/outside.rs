//! What teams outside are given for each requirement: vectors, and cases of the conformance kit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bindproof_kit::cases;
use bindproof_kit::config::Role;
use serde_json::Value;

use crate::requirements::spec::{Level, Specification, parse};
use crate::tree::{File, compare, files, read};

/// A requirement's id, and how many there are of each, by name.
type Shown = BTreeMap<String, BTreeMap<String, usize>>;

const HEAD: &str = "\
# What shows each requirement outside

Generated from `docs/specification.md`, `tests/vectors/`, the kit's cases and `docs/unshown.toml`;
do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it outside`.

What shows it inside (rules, properties, mutants, tests) is in [requirements.md](requirements.md).
Vectors are counted by file; cases are those of `bindproof conform --list`.

| id | level | vectors | cases of the kit | if neither, why |
|---|---|---|---|---|
";

/// Every requirement that a vector names, with the vectors counted by file.
fn vectors() -> Shown {
    let mut shown = Shown::new();
    for File { path, text } in files() {
        if !path.starts_with("tests/vectors/") {
            continue;
        }
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
        let name = path.trim_start_matches("tests/vectors/").trim_end_matches(".json");
        let vectors = file["vectors"].as_array();
        for vector in vectors.unwrap_or_else(|| panic!("{path}: there are no vectors")) {
            let named = vector["requirements"].as_array().into_iter().flatten();
            let ids: BTreeSet<&str> = named.filter_map(Value::as_str).collect();
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

/// Why a requirement is shown by neither, by id.
fn unshown(text: &str) -> BTreeMap<String, String> {
    let table: toml::Table = text.parse().unwrap_or_else(|why| panic!("docs/unshown.toml: {why}"));
    let entries = table.get("unshown").and_then(toml::Value::as_array).into_iter().flatten();
    let mut reasons = BTreeMap::new();
    for entry in entries {
        let reason = entry.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
        let ids = entry.get("ids").and_then(toml::Value::as_array).into_iter().flatten();
        for id in ids.filter_map(toml::Value::as_str) {
            reasons.insert(id.to_owned(), reason.to_owned());
        }
    }
    reasons
}

/// Everything that is wrong, one sentence each.
fn faults(
    specification: &Specification,
    (vectors, cases): (&Shown, &Shown),
    reasons: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for id in vectors.keys().chain(cases.keys()).chain(reasons.keys()) {
        if !specification.knows(id) {
            faults.push(format!("{id} is unknown"));
        }
    }
    for requirement in &specification.requirements {
        let id = &requirement.id;
        let shown = vectors.contains_key(id) || cases.contains_key(id);
        match (shown, reasons.get(id).map(|reason| reason.trim().is_empty())) {
            (true, Some(_)) => faults.push(format!("{id} is shown and needs no reason")),
            (false, Some(true)) => faults.push(format!("{id}: the reason is empty")),
            (false, None) if requirement.level == Some(Level::Must) => {
                faults
                    .push(format!("{id} is shown by no vector and no case: {}", requirement.text));
            }
            _ => {}
        }
    }
    faults
}

/// The whole page `docs/generated/outside.md`.
fn markdown(
    specification: &Specification,
    (vectors, cases): (&Shown, &Shown),
    reasons: &BTreeMap<String, String>,
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
            reasons.get(id).map_or("", String::as_str),
        );
    }
    text
}

#[test]
fn every_must_is_shown_outside_or_has_a_reason_why_not() {
    let specification = parse(&read("docs/specification.md").unwrap_or_default());
    let reasons = unshown(&read("docs/unshown.toml").unwrap_or_default());
    let (vectors, cases) = (vectors(), of_the_kit());
    assert!(!vectors.is_empty() && !cases.is_empty());
    let faults = faults(&specification, (&vectors, &cases), &reasons);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    let page = markdown(&specification, (&vectors, &cases), &reasons);
    compare("docs/generated/outside.md", &page);
}

#[test]
fn what_nothing_shows_and_what_needs_no_reason_is_found() {
    let specification = parse(&read("docs/specification.md").unwrap_or_default());
    let (mut vectors, cases) = (vectors(), of_the_kit());
    let reasons = unshown(&read("docs/unshown.toml").unwrap_or_default());
    vectors.remove("BIND-001");
    vectors.insert("BIND-038".to_owned(), BTreeMap::new());
    vectors.insert("BIND-999".to_owned(), BTreeMap::new());
    let cases: Shown = cases.into_iter().filter(|(id, _)| id != "BIND-001").collect();
    let found = faults(&specification, (&vectors, &cases), &reasons).join("\n");
    for fault in ["BIND-001 is shown by no", "BIND-038 is shown and needs", "BIND-999 is unknown"] {
        assert!(found.contains(fault), "{fault} is not among\n{found}");
    }
    let empty = unshown("[[unshown]]\nids = [\"BIND-041\"]\n");
    let found = faults(&specification, (&vectors, &cases), &empty).join("\n");
    assert!(found.contains("BIND-041: the reason is empty"), "{found}");
}
