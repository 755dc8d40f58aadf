//! What several scopes' reports say together.

use bindproof_models::properties::Kind;
use bindproof_models::report::{PropertyReport, PropertyVerdict, Report, Run};

/// One property over all scopes.
pub struct Row<'a> {
    /// Its name.
    pub name: &'static str,
    /// What kind of statement it is.
    pub kind: Kind,
    /// What all scopes together say of it.
    pub verdict: PropertyVerdict,
    /// How many scopes ask for it; for a witness, how many reach it.
    pub scopes: usize,
    /// The most states of a scope that asks for it.
    pub most_states: u64,
    /// The shortest run, and the scope that it is of.
    pub shortest: Option<(&'a Report, &'a Run)>,
    /// The first scope that reaches it, if it is a witness.
    pub reached_in: Option<&'a str>,
}

/// How many transitions were taken: all that was generated but the one state to begin with.
pub const fn transitions(report: &Report) -> u64 {
    report.generated.saturating_sub(1)
}

/// Whether any report is of a search that was cut short.
pub fn any_cut(reports: &[Report]) -> bool {
    reports.iter().any(|report| report.cut_by.is_some())
}

/// The scopes in which this is said of this property.
pub fn having<'a>(reports: &'a [Report], name: &str, verdict: PropertyVerdict) -> Vec<&'a str> {
    let is = |property: &PropertyReport| property.name == name && property.verdict == verdict;
    reports
        .iter()
        .filter(|report| report.properties.iter().any(is))
        .map(|report| report.scope.as_str())
        .collect()
}

/// The properties that were asked for, in their order. As long as anything was cut short, none of
/// them is said to hold.
pub fn rows(reports: &[Report]) -> Vec<Row<'_>> {
    let cut = any_cut(reports);
    let mut known: Vec<&PropertyReport> = Vec::new();
    for property in reports.iter().flat_map(|report| &report.properties) {
        if known.iter().all(|other| other.name != property.name) {
            known.push(property);
        }
    }
    known.into_iter().map(|property| row(property, reports, cut)).collect()
}

fn row<'a>(property: &PropertyReport, reports: &'a [Report], cut: bool) -> Row<'a> {
    let mut row = Row {
        name: property.name,
        kind: property.kind,
        verdict: PropertyVerdict::NotRun,
        scopes: 0,
        most_states: 0,
        shortest: None,
        reached_in: None,
    };
    for report in reports {
        let Some(here) = report.properties.iter().find(|other| other.name == row.name) else {
            continue;
        };
        row.verdict = row.verdict.and(here.verdict);
        let counts = match here.kind {
            Kind::Witness => here.verdict == PropertyVerdict::Witnessed,
            _ => here.verdict != PropertyVerdict::NotRun,
        };
        if counts {
            row.scopes += 1;
            row.most_states = row.most_states.max(report.distinct);
        }
        if here.verdict == PropertyVerdict::Witnessed && row.reached_in.is_none() {
            row.reached_in = Some(&report.scope);
        }
        let Some(run) = &here.run else { continue };
        if row.shortest.is_none_or(|(_, so_far)| run.story.len() < so_far.story.len()) {
            row.shortest = Some((report, run));
            if here.kind == Kind::Witness {
                row.reached_in = Some(&report.scope);
            }
        }
    }
    if cut && row.verdict == PropertyVerdict::Holds {
        row.verdict = PropertyVerdict::Undecided;
    }
    row
}
