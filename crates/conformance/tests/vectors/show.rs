//! Everything that vectors are to show, some vector shows, or a reason says why none does.

use std::collections::BTreeSet;

use bindproof::control::Control;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof_conformance::vectors::BEHAVIOURS;
use bindproof_models::check::cover::UNREACHED;

use crate::{made, vectors};

/// Who finds its account or counts is told so.
const FACT: &str = "It is in how a fact is derived that the step is told.";
/// What a step orders.
const ORDER: &str = "It is in how an order is carried out.";
/// What is owed.
const OWED: &str = "It is in what is sent again until it is answered.";
/// Whose path it is.
const PATH: &str = "It is in whose path an answer counts on, which is a fact; what it keeps secret \
                    takes two worlds to see.";
/// The strangers' path.
const STRANGER: &str = "Somebody on a new device succeeds after a mistake; no scope of one world \
                        has one.";
/// What a client sees.
const SHOWN: &str = "It is in what is shown of a demand, which is no part of a step.";
/// Between two writes.
const STORE: &str = "It is in how a server writes: with what, and before what else.";
/// A deadline.
const NEVER: &str = "No deadline is armed in that state, so that none passes.";

/// Guards that no single step shows, with what they are the guard of. A run shows them, or a
/// reason.
const NO_STEP: &[(&str, &str)] = &[
    ("ending-never-gives-up", NEVER),
    ("one-account-per-person", FACT),
    ("only-verified-count", FACT),
    ("close-ends-links", ORDER),
    ("notice-owed-until-receipt", OWED),
    ("end-refuses-operations", ORDER),
    ("proven-identity-revokes", ORDER),
    ("debit-owed-until-answer", OWED),
    ("in-flight-counts", FACT),
    ("device-path-apart", PATH),
    ("code-path-apart", PATH),
    ("strangers-keep-run", STRANGER),
    ("decoy-shown-alike", SHOWN),
    ("commit-before-answer", STORE),
    ("guarded-write", STORE),
];

/// Guards that no run of messages shows, with the reason.
const NO_RUN: &[(&str, &str)] = &[
    ("ending-never-gives-up", NEVER),
    ("device-path-apart", PATH),
    ("code-path-apart", PATH),
    ("strangers-keep-run", STRANGER),
    ("decoy-shown-alike", SHOWN),
    ("commit-before-answer", STORE),
    ("guarded-write", STORE),
];

/// Every value of a member of every vector in files whose name begins so.
fn all(folder: &str, member: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in made().iter().filter(|file| file.name.starts_with(folder)) {
        for vector in vectors(&file.text) {
            let value = &vector[member];
            match value.as_array() {
                Some(list) => {
                    found.extend(list.iter().filter_map(|v| Some(v.as_str()?.to_owned())))
                }
                None => {
                    let decided = value.as_object().and_then(|decided| decided.values().next());
                    let word = decided.or(Some(value)).and_then(|value| value.as_str());
                    found.extend(word.map(str::to_owned));
                }
            }
        }
    }
    found
}

#[test]
fn every_rule_and_refusal_is_shown_by_a_step_or_no_scope_reaches_it() {
    let shown = all("steps/", "decided");
    let unreached = |name: &str| UNREACHED.iter().any(|(_, unreached, _)| *unreached == name);
    let rules = Rule::ALL.iter().map(|rule| rule.name());
    let refusals = Refusal::ALL.iter().map(|refusal| refusal.name());
    let names: Vec<&str> = rules.chain(refusals).collect();
    let missing: Vec<&&str> =
        names.iter().filter(|name| !shown.contains(**name) && !unreached(name)).collect();
    assert!(missing.is_empty(), "no vector shows {missing:?}");
}

#[test]
fn every_guard_is_shown_by_a_step_and_by_a_run_or_a_reason_says_why_not() {
    let (steps, runs) = (all("steps/", "flags"), all("messages/", "flags"));
    let mut faults = Vec::new();
    for control in Control::ALL {
        let name = control.name();
        for (shown, reasons, what) in [(&steps, NO_STEP, "step"), (&runs, NO_RUN, "run")] {
            let reason = reasons.iter().any(|(known, _)| *known == name);
            match (shown.contains(name), reason) {
                (true, false) | (false, true) => {}
                (true, true) => {
                    faults.push(format!("a {what} shows {name}; a reason says none does"))
                }
                (false, false) => faults.push(format!("no {what} shows {name}")),
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_behaviour_is_shown_by_a_run() {
    let shown = all("messages/behaviours", "flags");
    let missing: Vec<&str> =
        BEHAVIOURS.iter().map(|(name, ..)| *name).filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "no run shows {missing:?}");
}

#[test]
fn every_vector_has_an_id_of_its_own_a_flag_and_a_requirement() {
    let mut ids = BTreeSet::new();
    for file in made() {
        for vector in vectors(&file.text) {
            let id = vector["id"].as_str().expect("a word").to_owned();
            for member in ["flags", "requirements"] {
                let all = vector[member].as_array().map_or(0, Vec::len);
                assert!(all > 0, "{id} has no {member}");
            }
            assert!(ids.insert(format!("{} {id}", file.name)), "{id} is there twice");
        }
    }
    assert!(ids.len() > 600, "only {}", ids.len());
}
