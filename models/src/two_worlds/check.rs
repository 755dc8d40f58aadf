//! Checks a variant: the pair of worlds for each kind of the stranger's operation, every pair
//! stored and compared in full.

use bindproof::wallet::kind::Kind;
use bindproof_checker::{Check as _, Coverage, Moment, Pins, Verdict as Said};
use stateright::Model as _;

use super::{Move, PROPERTY, PairRun, TwoWorlds, Variant, Worlds, story};
use crate::chart;
use crate::check::{Options, PANIC, room};
use crate::model::Without;
use crate::properties::Kind as Statement;
use crate::report::{PropertyReport, PropertyVerdict, Report, Run, Verdict};
use crate::scope::ScopeError;

/// What was found for one kind.
type Found = bindproof_checker::Report<Worlds, Move>;

/// Checks `variant` for every kind that it has, or only for one. The report is of all of them
/// together.
///
/// # Errors
/// If more accounts come to be with controls off than there is room for. If the variant's text is
/// not a scope; the tests keep that from happening.
pub fn check(
    variant: &Variant,
    only: Option<Kind>,
    options: &Options<'_>,
) -> Result<Report, ScopeError> {
    let mut report = beginning(variant, options);
    let mut verdicts = Vec::new();
    let pins = variant.distinct.iter().zip(variant.depth);
    let pins = pins.map(|(distinct, depth)| (Some(*distinct as u64), Some(*depth)));
    let kinds = variant.kinds.iter().zip(pins);
    for (kind, pins) in kinds.filter(|(kind, _)| only.is_none_or(|only| only == **kind)) {
        let without = Without::these(options.without);
        let model = TwoWorlds::new(variant, *kind, options.policy.1, without)?;
        // A witness that is not asked for this kind leaves nothing to look for.
        if options.property.is_some_and(|only| only != PROPERTY && !model.asks(only)) {
            continue;
        }
        // Whoever watches sees one search of the whole pair, and not one of each kind.
        let (distinct_before, generated_before) = (report.distinct, report.generated);
        let depth_before = report.depth;
        let watch = |moment: &Moment| {
            (options.progress)(&Moment {
                distinct: distinct_before + moment.distinct,
                generated: generated_before + moment.generated,
                depth: depth_before.max(moment.depth),
                ..*moment
            })
        };
        let (distinct, depth) = if options.is_the_protocol() { pins } else { (None, None) };
        // Once the worlds have parted, every further move parts them more: there is no end to it,
        // and nothing to learn.
        let found = model
            .check()
            .only(|name| options.asks(name))
            .stop_at_violation()
            .threads(options.threads)
            .max_states(options.most)
            .watch(watch)
            .pinned(Pins { distinct, depth, ..Pins::default() })
            .run();
        verdicts.push(Verdict::from(&found.verdict));
        add(&mut report, &model, *kind, &found);
    }
    // That nothing was looked at is no success.
    report.verdict = verdicts.into_iter().reduce(Verdict::and).unwrap_or(Verdict::Undecided);
    room::enough(variant.name, report)
}

/// A report of nothing yet.
fn beginning(variant: &Variant, options: &Options<'_>) -> Report {
    let named =
        |name, kind| PropertyReport { name, kind, verdict: PropertyVerdict::NotRun, run: None };
    let witnesses = variant.witnesses.iter().map(|name| named(*name, Statement::Witness));
    let properties = std::iter::once(named(PROPERTY, Statement::Pair)).chain(witnesses);
    Report {
        scope: variant.name.to_owned(),
        scope_digest: crate::hash::digest(variant.text),
        policy: options.policy.0.to_owned(),
        without: options.without.iter().map(|control| control.name()).collect(),
        verdict: Verdict::Undecided,
        cut_by: None,
        distinct: 0,
        generated: 0,
        depth: 0,
        seconds: 0.0,
        threads: options.threads,
        orbit: 1,
        held_bytes: 0,
        pinned_differs: None,
        doubts: Vec::new(),
        coverage: Coverage::new(),
        properties: properties.filter(|property| options.asks(property.name)).collect(),
    }
}

/// Adds what was found for one kind.
fn add(report: &mut Report, model: &TwoWorlds, kind: Kind, found: &Found) {
    report.cut_by = report.cut_by.take().or_else(|| found.cut.map(|cut| cut.to_string()));
    if let Said::Undecided(doubts) = &found.verdict {
        report.doubts.extend(doubts.iter().map(|doubt| format!("{kind}: {doubt}")));
    }
    report.distinct += found.distinct;
    report.generated += found.generated;
    report.depth = report.depth.max(found.depth);
    report.seconds += found.seconds;
    report.held_bytes = report.held_bytes.max(found.bytes);
    report.coverage.merge(&found.coverage);
    if let Some(differs) = found.pinned_differs() {
        let differs = format!("{kind}: {differs}");
        let so_far = report.pinned_differs.take().map(|so_far| so_far + "; ");
        report.pinned_differs = Some(so_far.unwrap_or_default() + &differs);
    }
    if let Some(panic) = found.violations().find(|property| property.name == PANIC) {
        let run = panic.evidence.as_ref().and_then(|shown| run(model, kind, shown));
        let (name, statement) = (PANIC, Statement::State);
        let verdict = PropertyVerdict::Violated;
        report.properties.push(PropertyReport { name, kind: statement, verdict, run });
    }
    for property in &mut report.properties {
        let Some(said) = found.property(property.name) else { continue };
        let verdict = PropertyVerdict::from(&said.finding);
        if verdict.outranks(property.verdict) {
            property.verdict = verdict;
            property.run = said.evidence.as_ref().and_then(|shown| run(model, kind, shown));
        }
    }
}

/// A run of the pair: told for both worlds, drawn for the one with the account.
fn run(
    model: &TwoWorlds,
    kind: Kind,
    shown: &bindproof_checker::Evidence<Worlds, Move>,
) -> Option<Run> {
    let moves = &shown.path.actions;
    let (mut changes, mut beside) = (Vec::new(), Vec::new());
    let mut pair = model.init_states().pop()?;
    for what in moves {
        let sides = story::sides(model, &pair, *what);
        changes.push(sides.lines(0));
        beside.push(sides.lines(1));
        pair = sides.after;
    }
    let actions: Vec<_> = moves.iter().map(|what| what.action()).collect();
    Some(Run {
        story: moves.iter().map(|what| story::sentence(model, *what)).collect(),
        changes,
        beside,
        mermaid: chart::mermaid(&model.with, &actions, None),
        confirmed: shown.confirmed && Some(&pair) == shown.path.states.last(),
        loop_from: None,
        repeated: Vec::new(),
        stuck: None,
        told_apart: story::told_in(&pair).filter(|[with, without]| with != without),
        panic: shown.panic.clone(),
        threats: Vec::new(),
        play: None,
        // A list of actions is a run of one world.
        actions: Vec::new(),
        pair: Some(PairRun { kind, moves: moves.clone() }),
    })
}
