//! What the checker is asked of a scope.

use bindproof_checker::{ByTag, Check as _, Checker, Pins};

use super::{Options, cover};
use crate::action::Mover;
use crate::drive::Fired;
use crate::model::Protocol;
use crate::possible::mover;
use crate::progress;
use crate::properties::state::LOOKED_AT;
use crate::properties::step::Step;
use crate::properties::{POSSIBLE_AGAIN, REST};

/// A check of a scope of this capacity.
type Of<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Checker<'m, Protocol<B, O, A, D, S>, ByTag>;

/// A step as the checker sees it, in the words of the properties.
fn step<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    seen: &bindproof_checker::Step<'a, Protocol<B, O, A, D, S>, Fired>,
) -> Step<'a, B, O, A, D, S> {
    Step { before: seen.before, action: *seen.action, fired: seen.tag, after: seen.after }
}

/// Asks for everything that the scope asks for and `options` do not leave out; of orbits, if the
/// search is `reduced` to them, not for what comes to be.
pub fn ask<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &'m Protocol<B, O, A, D, S>,
    options: &Options<'m>,
    reduced: bool,
) -> Of<'m, B, O, A, D, S> {
    let mut checker = model
        .check_tagged()
        .only(|name| name != LOOKED_AT && options.asks(name))
        .optional(|model, world, action| mover(model, world, *action) != Mover::Obliged)
        .adversary(|model, world, action| mover(model, world, *action) == Mover::Adversary)
        .threads(options.threads)
        .max_states(options.most)
        .watch(options.progress);
    for (name, holds) in Protocol::<B, O, A, D, S>::STEP {
        if options.asks(name) {
            checker = checker.step(name, move |model, seen| holds(model, &step(seen)));
        }
    }
    if options.asks(REST) && model.scope.faults.deadlines {
        checker = checker.at_rest(REST, Protocol::quiescent_agreement);
    }
    if !options.safety {
        checker = ways(checker, model, options);
    }
    if !reduced && !options.safety {
        checker = progress::ask(checker, model, |name| options.asks(name));
    }
    checker = witnesses(checker, model, options);
    for family in cover::families() {
        checker = checker.cover(family);
    }
    match model.scope.pinned.filter(|_| options.is_the_protocol() && !reduced) {
        Some(pinned) => checker.pinned(Pins {
            distinct: Some(pinned.distinct),
            generated: None,
            depth: Some(pinned.depth),
        }),
        None => checker,
    }
}

/// What must stay possible, where the scope asks for it: that needs the whole graph.
fn ways<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    mut checker: Of<'m, B, O, A, D, S>,
    model: &'m Protocol<B, O, A, D, S>,
    options: &Options<'_>,
) -> Of<'m, B, O, A, D, S> {
    let asked = |name: &str| {
        model.scope.possibilities.iter().any(|asked| asked == name) && options.asks(name)
    };
    if asked("holder-can-always-leave") {
        checker = checker.game("holder-can-always-leave", |_, _| true, Protocol::has_left);
    }
    if asked(POSSIBLE_AGAIN) {
        let (from, to) = (Protocol::has_unused_binding, Protocol::is_bound);
        checker = checker.possible(POSSIBLE_AGAIN, from, to);
    }
    if asked("not-locked-out-for-ever") {
        let (from, to) = (Protocol::could_get_in, Protocol::is_in);
        checker = checker.game("not-locked-out-for-ever", from, to);
    }
    checker
}

/// What must be reached, and what is only worth knowing.
fn witnesses<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    mut checker: Of<'m, B, O, A, D, S>,
    model: &'m Protocol<B, O, A, D, S>,
    options: &Options<'_>,
) -> Of<'m, B, O, A, D, S> {
    for (name, reached) in Protocol::<B, O, A, D, S>::WITNESSES {
        if !options.asks(name) {
            continue;
        }
        checker = if model.scope.witnesses.iter().any(|wanted| wanted == name) {
            checker.witness(name, move |model, seen| reached(model, &step(seen)))
        } else {
            checker.notice(name, move |model, seen| reached(model, &step(seen)))
        };
    }
    checker
}
