//! The requirement table, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::reasons::Reasons;

use super::cite::{Citation, Kind, Sources};
use super::judge::{Exception, lacks};
use super::spec::{Element, Specification};

const HEAD: &str = "\
# Requirements

Generated from `docs/specification.md` and the sources; do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test -p bindproof-tests --test it requirements`.

A dash under *carried out by* of a property's requirement means: by no single rule, but by the
guards that its mutants switch off. A mutant is named by its control. A property that is named alone
is the one that the mutant has to violate. What is missing is missing for the reason in the note
(`docs/unproved.toml`).
";

/// The whole page `docs/generated/requirements.md`.
pub fn markdown(
    specification: &Specification,
    sources: &Sources,
    exceptions: &[Exception],
    reasons: &Reasons,
) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n## The claim\n\n");
    text.push_str(
        "| element | text | requirements | carried out by | property | mutant | test |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|\n");
    for Element { name, text: says, ids } in &specification.elements {
        let all = |kind| places(ids.iter().flat_map(|id| sources.of_kind(id, kind)));
        let mutants = ids.iter().flat_map(|id| sources.mutants_of(id));
        _ = writeln!(
            text,
            "| {name} | {says} | {} | {} | {} | {} | {} |",
            ids.join(", "),
            carried_out(ids, sources),
            all(Kind::Property),
            listed(mutants),
            all(Kind::Test),
        );
    }
    text.push_str("\n## The requirements\n\n");
    text.push_str("| id | level | text | carried out by | property | mutant | test | note |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for requirement in &specification.requirements {
        let id = &requirement.id;
        let of = |kind| places(sources.of_kind(id, kind));
        let exception = exceptions.iter().find(|exception| exception.id == *id);
        let mut notes = match exception {
            Some(exception) => vec![exception.reason.replace('|', "\\|")],
            None => lacks(requirement, sources).into_iter().map(str::to_owned).collect(),
        };
        notes.push(reasons.cell(id));
        notes.retain(|note| !note.is_empty());
        _ = writeln!(
            text,
            "| {id} | {} | {} | {} | {} | {} | {} | {} |",
            requirement.level.map_or("–", super::spec::Level::name),
            requirement.text.replace('|', "\\|"),
            carried_out(std::slice::from_ref(id), sources),
            properties(id, sources),
            listed(sources.mutants_of(id).into_iter()),
            of(Kind::Test),
            notes.join("<br>"),
        );
    }
    text
}

/// The properties that cite a requirement, or else those that its mutants violate.
fn properties(id: &str, sources: &Sources) -> String {
    if sources.of_kind(id, Kind::Property).next().is_some() {
        return places(sources.of_kind(id, Kind::Property));
    }
    let violated = sources.violated_by_mutants(id).into_iter();
    listed(violated.map(|property| format!("`{property}`")))
}

fn carried_out(ids: &[String], sources: &Sources) -> String {
    let kinds = [Kind::Rule, Kind::Program];
    let of = |kind| ids.iter().flat_map(move |id| sources.of_kind(id, kind));
    places(kinds.into_iter().flat_map(of))
}

/// `file item` of each citation, once.
fn places<'a>(citations: impl Iterator<Item = &'a Citation>) -> String {
    listed(citations.map(|Citation { path, item, .. }| match item.as_str() {
        "" => path.clone(),
        item => format!("{path} `{item}`"),
    }))
}

/// Each once, in order; a dash for none.
fn listed(values: impl Iterator<Item = String>) -> String {
    let values: BTreeSet<String> = values.collect();
    match values.is_empty() {
        true => "–".to_owned(),
        false => values.into_iter().collect::<Vec<_>>().join("<br>"),
    }
}
