//! Every normative sentence of `docs/specification.md` against the sources that carry it out and
//! the properties, mutants and tests that show it.
//!
//! A source carries a requirement where it says `//= BIND-012 gist`. What such a line means is
//! told by where it stands:
//!
//! | place | means |
//! |---|---|
//! | `src/`, outside tests | a rule: here it is carried out |
//! | `models/` | a property, or other looking of the model checker |
//! | `models/src/drive/` | a program that carries it out: the model's own servers |
//! | `crates/` | a program that carries it out |
//! | `tests.rs`, `tests/`, `mod tests` | a test |
//!
//! Mutants carry no citations; they are the list that the models export. A mutant shows a
//! requirement if the property that must fail carries that requirement, or if a control that it
//! switches off stands in the very statement, match arm or item above which a rule or a program
//! cites the requirement, before the next citation. A property carries the ids cited above its
//! function, and the one that has its own number, from 101.
//!
//! A property speaks of all steps together, so that no single rule carries it out: it counts as
//! carried out by the guards whose mutants it kills. And where no property cites a requirement, the
//! properties that look at it are those that its mutants violate.
//!
//! A MUST without a property or without a mutant has a reason in `docs/unproved.toml`.

mod cite;
mod judge;
mod page;
mod red;
pub mod spec;

use std::collections::{BTreeMap, BTreeSet};

use bindproof::control::Control;
use bindproof_models::mutants;
use bindproof_models::properties;

use crate::reasons::Reasons;
use crate::tree::{compare, files, read};

use cite::{Mutant, Sources};
use judge::{exceptions, faults};
use spec::Specification;

/// The sources, the specification and the exceptions as they are in the tree.
fn tree() -> (Sources, Specification, Vec<judge::Exception>) {
    let specification = spec::parse(&read("docs/specification.md").unwrap_or_default());
    let exceptions = exceptions(&read("docs/exceptions.toml").unwrap_or_default());
    let controls = |controls: &[Control]| controls.iter().map(|c| format!("{c:?}")).collect();
    let mutants = mutants::all().map(|mutant| Mutant {
        name: mutant.name(),
        controls: controls(mutant.controls),
        property: mutant.property.to_owned(),
    });
    let properties: Vec<(u8, &str)> =
        properties::ALL.iter().map(|(number, name, _)| (*number, *name)).collect();
    (Sources::of(&files(), mutants.collect(), &properties), specification, exceptions)
}

/// What a requirement may lack with a reason.
const KINDS: &[&str] = &["property", "mutant"];

/// The reasons why requirements lack a property or a mutant.
fn reasons() -> Reasons {
    Reasons::parse(&read("docs/unproved.toml").unwrap_or_default(), KINDS)
}

/// The requirements that each control carries out, by the control's name.
pub fn guards() -> BTreeMap<String, BTreeSet<String>> {
    let named = |variant: &str| Control::ALL.iter().find(|c| format!("{c:?}") == variant);
    let mut guards: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for citation in tree().0.citations.iter().filter(|citation| citation.kind.carries_out()) {
        for control in citation.controls.iter().filter_map(|variant| named(variant)) {
            guards.entry(control.name().to_owned()).or_default().insert(citation.id.clone());
        }
    }
    guards
}

#[test]
fn every_requirement_is_carried_out_and_shown_or_has_a_reason_why_not() {
    let (sources, specification, exceptions) = tree();
    let faults = faults(&specification, &sources, &exceptions);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_must_has_a_property_and_a_mutant_or_a_reason_why_not() {
    let (sources, specification, _) = tree();
    let faults = reasons().faults(&specification, |id, kind| sources.has(id, kind));
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn a_must_whose_property_or_mutant_is_gone_is_found() {
    let (mut sources, specification, _) = tree();
    sources.mutants.retain(|mutant| mutant.name != "proof-spent");
    sources.citations.retain(|citation| citation.id != "BIND-133" || citation.kind.carries_out());
    let faults = reasons().faults(&specification, |id, kind| sources.has(id, kind));
    let found = |says: &str| faults.iter().any(|fault| fault.starts_with(says));
    assert!(found("BIND-009 has no mutant, and no reason"), "{faults:?}");
    assert!(found("BIND-009 has no property, and no reason"), "{faults:?}");
    assert!(found("BIND-109 has no mutant, and no reason"), "{faults:?}");
    assert!(!found("BIND-133"), "its mutants still violate its property: {faults:?}");
}

#[test]
fn a_violated_property_is_told_in_the_words_of_the_specification() {
    let (_, specification, _) = tree();
    for (_, name, _) in properties::ALL {
        assert!(properties::says(name).is_some_and(|says| says.ends_with('.')), "{name}");
    }
    for (name, id, sentence) in properties::SAYS {
        let text = specification.requirements.iter().find(|other| other.id == *id);
        assert_eq!(text.map(|other| other.text.as_str()), Some(*sentence), "{name}: {id}");
    }
}

#[test]
fn every_element_of_the_claim_has_a_rule_a_property_a_mutant_and_a_test() {
    let (sources, specification, _) = tree();
    let gaps = judge::element_gaps(&specification, &sources);
    assert!(gaps.is_empty(), "\n{}\n", gaps.join("\n"));
}

#[test]
fn the_samples_of_this_test_are_not_taken_for_citations() {
    let (sources, _, _) = tree();
    let own = |path: &str| path.starts_with("tests/it/requirements");
    assert!(!sources.citations.iter().any(|citation| own(&citation.path)));
    assert!(!sources.malformed.iter().any(|place| own(place)));
}

#[test]
fn the_requirement_table_is_what_the_sources_say() {
    let (sources, specification, exceptions) = tree();
    let page = page::markdown(&specification, &sources, &exceptions, &reasons());
    compare("docs/generated/requirements.md", &page);
}
