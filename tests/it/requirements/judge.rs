//! What is wrong between the specification and the sources.

use std::collections::BTreeSet;

use super::cite::{Kind, Sources};
use super::spec::{Level, Requirement, Specification, musts};

/// A requirement that lacks something, and why that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The requirement.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The elements that the claim has.
const ELEMENTS: [&str; 7] = ["C1", "C2", "C3", "C4", "C5", "C6", "C7"];

/// Reads `[[exception]]` tables with `id` and `reason`.
///
/// # Panics
/// If it is not such a file.
pub fn exceptions(text: &str) -> Vec<Exception> {
    let table: toml::Table =
        text.parse().unwrap_or_else(|error| panic!("docs/exceptions.toml: {error}"));
    let unknown: Vec<&String> = table.keys().filter(|key| *key != "exception").collect();
    assert!(unknown.is_empty(), "docs/exceptions.toml: {unknown:?} means nothing");
    let entries = table.get("exception").and_then(toml::Value::as_array);
    let field = |entry: &toml::Value, name: &str| {
        entry.get(name).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
    };
    let exception = |entry| Exception { id: field(entry, "id"), reason: field(entry, "reason") };
    entries.map(|entries| entries.iter().map(exception).collect()).unwrap_or_default()
}

/// What a requirement lacks, in words.
pub fn lacks(requirement: &Requirement, sources: &Sources) -> Vec<&'static str> {
    let has = |kind| sources.of_kind(&requirement.id, kind).next().is_some();
    let guarded = has(Kind::Property) && !sources.mutants_of(&requirement.id).is_empty();
    let mut lacks = Vec::new();
    if !(has(Kind::Rule) || has(Kind::Program) || guarded) {
        lacks.push("nothing carries it out");
    }
    let must = requirement.level == Some(Level::Must);
    if must && !(has(Kind::Property) || has(Kind::Test)) {
        lacks.push("no property or test shows it");
    }
    lacks
}

/// What an element of the claim lacks over all its requirements, in words.
pub fn element_gaps(specification: &Specification, sources: &Sources) -> Vec<String> {
    let mut gaps = Vec::new();
    for element in &specification.elements {
        let any = |holds: &dyn Fn(&String) -> bool| element.ids.iter().any(holds);
        let has = |kind: Kind| any(&|id| sources.of_kind(id, kind).next().is_some());
        let carried = [
            ("rule", has(Kind::Rule)),
            ("property", has(Kind::Property)),
            ("mutant", any(&|id| !sources.mutants_of(id).is_empty())),
            ("test", has(Kind::Test)),
        ];
        let missing = carried.iter().filter(|(_, there)| !there);
        gaps.extend(missing.map(|(what, _)| format!("{} has no {what}", element.name)));
    }
    gaps
}

/// Everything that is wrong, one sentence each.
pub fn faults(
    specification: &Specification,
    sources: &Sources,
    exceptions: &[Exception],
) -> Vec<String> {
    let mut faults = of_specification(specification);
    faults.extend(
        sources.malformed.iter().map(|place| {
            format!("{place}: a citation is `//= `, an id of three digits, and a gist")
        }),
    );
    for citation in &sources.citations {
        if !specification.knows(&citation.id) {
            let (path, item) = (&citation.path, &citation.item);
            faults.push(format!("{path} ({item}) cites {}, which is unknown", citation.id));
        }
    }
    for requirement in &specification.requirements {
        let id = &requirement.id;
        let excepted = exceptions.iter().any(|exception| exception.id == *id);
        for lack in lacks(requirement, sources) {
            if !excepted {
                faults.push(format!("{id}: {lack}: {}", requirement.text));
            }
        }
    }
    faults.extend(of_exceptions(specification, sources, exceptions));
    faults
}

fn of_specification(specification: &Specification) -> Vec<String> {
    let mut faults = Vec::new();
    if specification.requirements.is_empty() {
        faults.push("the specification has no requirement".to_owned());
        return faults;
    }
    faults.extend(specification.twice.iter().map(|id| format!("{id} begins two sentences")));
    for requirement in &specification.requirements {
        let id = &requirement.id;
        if requirement.level.is_none() {
            faults.push(format!("{id} says neither MUST nor SHOULD nor MAY"));
        }
        if musts(&requirement.text) > 1 {
            faults.push(format!("{id} says MUST more than once"));
        }
    }
    for name in ELEMENTS {
        let element = specification.elements.iter().find(|element| element.name == name);
        let ids = element.map_or(&[][..], |element| &element.ids);
        if ids.is_empty() {
            faults.push(format!("no requirement makes up element {name}"));
        }
        let unknown = ids.iter().filter(|id| !specification.knows(id));
        faults.extend(unknown.map(|id| format!("element {name} names {id}, which is unknown")));
    }
    faults
}

fn of_exceptions(
    specification: &Specification,
    sources: &Sources,
    exceptions: &[Exception],
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for Exception { id, reason } in exceptions {
        if reason.trim().is_empty() {
            faults.push(format!("the exception for {id} has no reason"));
        }
        if !seen.insert(id) {
            faults.push(format!("there are two exceptions for {id}"));
        }
        let requirement = specification.requirements.iter().find(|other| other.id == *id);
        match requirement.map(|requirement| lacks(requirement, sources)) {
            None => faults.push(format!("the exception for {id} is for an id that is unknown")),
            Some(lacks) if lacks.is_empty() => {
                faults.push(format!("{id} lacks nothing and needs no exception"));
            }
            Some(_) => {}
        }
    }
    faults
}
