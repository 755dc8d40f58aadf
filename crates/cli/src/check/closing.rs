//! The last sentence: what may be taken from a check, and no more.

use bindproof_models::properties::Kind;
use bindproof_models::report::{PropertyVerdict, Report, Verdict};

use super::Plan;
use super::summary::{Row, any_cut, having, transitions};
use crate::figures::{count, thousands};
use crate::paint::Tone;

/// The last sentence, and how it is meant. Whatever is violated comes first, then whatever was cut
/// short, then whatever is undecided; only if there is none of these does anything hold.
pub fn closing(
    plan: &Plan,
    reports: &[Report],
    rows: &[Row<'_>],
    uncovered: &[String],
) -> (Tone, String) {
    let seen = format!(
        "{} distinct states, {} transitions, every one stored and compared in full",
        thousands(reports.iter().map(|report| report.distinct).sum()),
        thousands(reports.iter().map(transitions).sum())
    );
    let violated = names(rows, PropertyVerdict::Violated);
    if !violated.is_empty() {
        (Tone::Bad, format!("{} {seen}.", violations(plan, reports, &violated)))
    } else if any_cut(reports) {
        (Tone::Doubtful, format!("{} {seen}.", cut_short(reports)))
    } else if let Some(doubts) = doubts(reports, rows, uncovered) {
        (Tone::Doubtful, format!("Undecided: {doubts}. {seen}."))
    } else {
        (Tone::Good, success(plan, reports.len(), rows, &seen))
    }
}

/// The properties of which this is said.
fn names(rows: &[Row<'_>], verdict: PropertyVerdict) -> Vec<&'static str> {
    rows.iter().filter(|row| row.verdict == verdict).map(|row| row.name).collect()
}

fn violations(plan: &Plan, reports: &[Report], violated: &[&str]) -> String {
    let without =
        plan.switched_off().map(|off| format!(" with {off} switched off")).unwrap_or_default();
    let what = count(violated.len(), "property is violated", "properties are violated");
    let more = if any_cut(reports) { " The search was cut short; there may be more." } else { "" };
    format!("{what}{without}: {}.{more}", violated.join(", "))
}

fn cut_short(reports: &[Report]) -> String {
    let cuts: Vec<&str> = reports.iter().filter_map(|report| report.cut_by.as_deref()).collect();
    let further = if cuts.iter().any(|cut_by| is_limit(cut_by)) {
        " To search further, raise the limit with --max-states N."
    } else {
        ""
    };
    format!(
        "Cut short in {} of {} by {}: no violation was seen so far, and nothing is \
         claimed.{further}",
        cuts.len(),
        count(reports.len(), "scope", "scopes"),
        cuts.first().copied().unwrap_or_default()
    )
}

/// Whether a search was cut short by `--max-states`, and not by an interrupt.
pub fn is_limit(cut_by: &str) -> bool {
    cut_by.starts_with("limit of ")
}

/// What keeps a check that was not cut short from having decided everything.
fn doubts(reports: &[Report], rows: &[Row<'_>], uncovered: &[String]) -> Option<String> {
    let placed = |verdict| -> Vec<String> {
        let place = |name: &str| format!("{name} ({})", having(reports, name, verdict).join(", "));
        names(rows, verdict).into_iter().map(place).collect()
    };
    let differ = reports.iter().filter(|report| report.pinned_differs.is_some());
    let kinds = [
        ("not reached: ", placed(PropertyVerdict::Unreached)),
        ("not decided: ", placed(PropertyVerdict::Undecided)),
        ("", uncovered.to_vec()),
        ("the pinned figures differ in ", differ.map(|report| report.scope.clone()).collect()),
    ];
    let doubts: Vec<String> = kinds
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}{}", names.join(", ")))
        .collect();
    let exhausted = reports.iter().all(|report| report.verdict == Verdict::Exhausted);
    let others = reports
        .iter()
        .flat_map(|report| report.doubts.iter().map(|doubt| format!("{}: {doubt}", report.scope)));
    let others: Vec<String> = others.collect();
    if !doubts.is_empty() {
        Some(doubts.join("; "))
    } else if !others.is_empty() {
        Some(others.join("; "))
    } else if reports.is_empty() || !exhausted {
        Some("no scope here asks for what was to be decided".into())
    } else {
        None
    }
}

/// What is claimed if every scope was exhausted.
fn success(plan: &Plan, scopes: usize, rows: &[Row<'_>], seen: &str) -> String {
    let (witnesses, properties): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.kind == Kind::Witness);
    let without =
        plan.switched_off().map(|off| format!(", with {off} switched off")).unwrap_or_default();
    let held: Vec<_> =
        properties.iter().filter(|row| row.verdict == PropertyVerdict::Holds).collect();
    let mut text = match (held.len(), properties.len()) {
        (0, _) => String::new(),
        (1, 1) => "The property holds".into(),
        (some, all) if some == all => format!("All {all} properties hold"),
        (some, all) => format!("{some} of {all} properties hold"),
    };
    if !held.is_empty() {
        let everywhere = held.iter().filter(|row| row.scopes == scopes).count();
        text.push_str(&match (scopes, everywhere == held.len()) {
            (1, _) => " in this scope".to_owned(),
            (_, true) => format!(" in all {scopes} scopes"),
            (_, false) => format!(" in the {scopes} scopes, each wherever it is asked for"),
        });
        text.push_str(&format!("{without}; "));
    }
    text.push_str(&format!("{seen}."));
    let unasked: Vec<&str> = properties
        .iter()
        .filter(|row| row.verdict == PropertyVerdict::NotRun)
        .map(|row| row.name)
        .collect();
    if !unasked.is_empty() {
        text.push_str(&format!(" Not asked for here: {}.", unasked.join(", ")));
    }
    text.push_str(&reached(&witnesses, scopes));
    text
}

/// How many witnesses were reached; if only a few were not, which.
fn reached(witnesses: &[&Row<'_>], scopes: usize) -> String {
    if witnesses.is_empty() {
        return String::new();
    }
    let missing: Vec<&str> = witnesses
        .iter()
        .filter(|row| row.verdict != PropertyVerdict::Witnessed)
        .map(|row| row.name)
        .collect();
    let reached = witnesses.len() - missing.len();
    let mut text = format!(" {reached} of {} witnesses reached", witnesses.len());
    if scopes > 1 && (1..=8).contains(&missing.len()) {
        text.push_str(&format!("; not asked for and not reached: {}", missing.join(", ")));
    }
    text.push('.');
    text
}
