//! Says what the checker found in the protocol's own words.

use bindproof_checker::{Evidence, Verdict as Said};

use super::{Options, play};
use crate::action::Action;
use crate::chart;
use crate::model::Protocol;
use crate::progress;
use crate::properties::progress::speaks_of;
use crate::properties::{ALL, Kind};
use crate::report::{PropertyReport, PropertyVerdict, Report, Run, Threat, Verdict};
use crate::scope::Scope;
use crate::story;
use crate::world::World;

/// What the checker found in a world of this capacity.
type Found<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    bindproof_checker::Report<World<B, O, A, D, S>, Action>;

/// What shows something in a world of this capacity.
type Shown<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Evidence<World<B, O, A, D, S>, Action>;

/// The report of a check.
pub fn tell<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    options: &Options<'_>,
    orbit: usize,
    found: &Found<B, O, A, D, S>,
) -> Report {
    let mut properties = properties(model, options, found);
    let mut doubts = match &found.verdict {
        Said::Undecided(doubts) => doubts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    // Where progress was not asked for, it is not what is left open.
    if orbit > 1 && !options.safety {
        let open = undecided_under_symmetry(&model.scope, &mut properties);
        doubts.extend(open.iter().map(|name| format!("{name} is not decided under symmetry")));
    }
    let mut said = verdict(&found.verdict, &properties);
    // There is one world to begin with.
    if found.generated <= 1 && found.cut.is_none() {
        doubts.push("nothing happens here".to_owned());
        said = said.and(Verdict::Undecided);
    }
    Report {
        scope: model.scope.name.clone(),
        scope_digest: digest(&model.scope),
        policy: options.policy.0.to_owned(),
        without: options.without.iter().map(|control| control.name()).collect(),
        verdict: said,
        cut_by: found.cut.map(|cut| cut.to_string()),
        distinct: found.distinct,
        generated: found.generated,
        depth: found.depth,
        seconds: found.seconds,
        threads: found.threads,
        orbit,
        held_bytes: found.bytes,
        pinned_differs: found.pinned_differs(),
        doubts,
        coverage: found.coverage.clone(),
        properties,
    }
}

/// The verdict of the whole. That nothing was asked which the scope asks for is no success.
fn verdict(said: &Said, properties: &[PropertyReport]) -> Verdict {
    let asked = properties.iter().any(|property| property.verdict != PropertyVerdict::NotRun);
    let open = properties.iter().any(|property| property.verdict == PropertyVerdict::Undecided);
    let said = Verdict::from(said);
    if asked && !open { said } else { said.and(Verdict::Undecided) }
}

/// Says of progress that it is undecided, wherever the scope has anything of the kind.
fn undecided_under_symmetry(scope: &Scope, properties: &mut [PropertyReport]) -> Vec<&'static str> {
    let mut open = Vec::new();
    for property in properties.iter_mut().filter(|property| property.kind == Kind::Progress) {
        if speaks_of(scope, property.name) {
            property.verdict = PropertyVerdict::Undecided;
            open.push(property.name);
        }
    }
    open
}

/// One report a property, in the order of the specification; a panic comes last.
fn properties<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    options: &Options<'_>,
    found: &Found<B, O, A, D, S>,
) -> Vec<PropertyReport> {
    let safety = ALL.iter().map(|(_, name, kind)| (*name, *kind));
    let witnesses = Protocol::<B, O, A, D, S>::WITNESSES.map(|(name, _)| (name, Kind::Witness));
    let panicked = found.violations().any(|property| property.name == PANIC);
    let panic = panicked.then_some((PANIC, Kind::State));
    let known = safety.chain(witnesses).filter(|(name, _)| options.asks(name));
    known.chain(panic).map(|(name, kind)| property(model, found, name, kind)).collect()
}

/// The property that the checker asks by itself.
pub const PANIC: &str = "no-panic";

fn property<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    found: &Found<B, O, A, D, S>,
    name: &'static str,
    kind: Kind,
) -> PropertyReport {
    let Some(said) = found.property(name) else {
        return PropertyReport { name, kind, verdict: PropertyVerdict::NotRun, run: None };
    };
    let wanted = kind != Kind::Witness || model.scope.witnesses.iter().any(|wanted| wanted == name);
    let found = PropertyVerdict::from(&said.finding);
    let open = matches!(found, PropertyVerdict::Unreached | PropertyVerdict::Undecided);
    let verdict = if open && !wanted { PropertyVerdict::NotRun } else { found };
    let run = said.evidence.as_ref().filter(|_| wanted).map(|shown| run(model, name, shown));
    PropertyReport { name, kind, verdict, run }
}

/// A run with its faces.
fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    name: &str,
    shown: &Shown<B, O, A, D, S>,
) -> Run {
    let actions = shown.path.actions.clone();
    let (worlds, fired) = chart::carry_out(model, &actions);
    let same = worlds == shown.path.states;
    let round = shown.loop_from.and_then(|from| worlds.get(from));
    let stays = shown.loop_from == Some(actions.len());
    Run {
        story: actions.iter().map(|action| story::sentence(&model.scope, *action)).collect(),
        changes: (0..fired.len())
            .map(|step| story::changes(&worlds[step], &worlds[step + 1], &fired[step]))
            .collect(),
        beside: Vec::new(),
        mermaid: chart::mermaid(model, &actions, shown.loop_from),
        confirmed: shown.confirmed && same,
        loop_from: shown.loop_from,
        repeated: round.filter(|_| stays).map_or_else(Vec::new, |w| progress::repeated(model, w)),
        stuck: round.zip(shown.part).and_then(|(w, part)| model.who_waits(name, part, w)),
        told_apart: None,
        panic: shown.panic.clone(),
        threats: threats(&model.scope, shown),
        play: shown.strategy.as_ref().and_then(|strategy| play::play(model, strategy)),
        actions,
        pair: None,
    }
}

/// How the adversary answers whatever is done from the end of the run.
fn threats<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    scope: &Scope,
    shown: &Shown<B, O, A, D, S>,
) -> Vec<Threat> {
    let Some(strategy) = &shown.strategy else { return Vec::new() };
    let positions = strategy.positions.iter().enumerate();
    positions
        .flat_map(|(at, position)| position.moves.iter().map(move |answered| (at, answered)))
        .map(|(at, answered)| Threat {
            at,
            tried: answered.action.map_or_else(
                || "something that cannot be told".into(),
                |action| story::sentence(scope, action),
            ),
            answer: answered.answer.iter().map(|a| story::sentence(scope, *a)).collect(),
            then: answered.then,
        })
        .collect()
}

/// A digest of what a scope makes checked: the same for the same content, whatever its layout.
fn digest(scope: &Scope) -> String {
    let content = Scope { pinned: None, about: String::new(), ..scope.clone() };
    crate::hash::digest(&format!("{content:?}"))
}
