//! Asks for what must come to be: the properties of progress, under every promise of fairness.

use bindproof_checker::{ByTag, Check as _, Checker, Path};
use stateright::Model as _;

use crate::action::Action;
use crate::fairness::Fairness;
use crate::model::Protocol;
use crate::properties::progress::speaks_of;
use crate::story;
use crate::world::World;

/// A check of a scope of this capacity.
type Of<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Checker<'m, Protocol<B, O, A, D, S>, ByTag>;

/// Asks a check, in addition, for every property of progress that is `wanted` and has anything to
/// speak of in the scope, under the fairness of the scope. For a check without symmetry.
pub fn ask<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    checker: Of<'m, B, O, A, D, S>,
    model: &'m Protocol<B, O, A, D, S>,
    wanted: impl Fn(&str) -> bool,
) -> Of<'m, B, O, A, D, S> {
    let fairness = Fairness::of(&model.scope);
    let list = fairness.list();
    let class = move |model: &_, world: &_, action: &_| fairness.class(model, world, *action);
    let asked = Protocol::progress()
        .into_iter()
        .filter(|(name, _)| wanted(name) && speaks_of(&model.scope, name));
    asked.fold(checker.fair(list, class), |checker, (name, asked)| {
        checker.follows(name, asked(model))
    })
}

/// Who waits for what, and for ever, on a run that goes round from the world after `loop_from`
/// actions and so breaks a property of progress. Nothing if it does not break it.
pub fn stuck<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    name: &str,
    (worlds, actions): (&[World<B, O, A, D, S>], &[Action]),
    loop_from: usize,
) -> Option<String> {
    let path = Path { states: worlds.to_vec(), actions: actions.to_vec() };
    let checker = ask(model.check_tagged(), model, |asked| asked == name);
    let (part, at) = checker.broken_in(name, &path, loop_from)?.first().copied()?;
    model.who_waits(name, part, &worlds[at])
}

/// What is promised to happen in a world, and happens, but changes nothing: one sentence each.
pub fn repeated<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
) -> Vec<String> {
    let fairness = Fairness::of(&model.scope);
    let mut possible = Vec::new();
    model.actions(world, &mut possible);
    possible.retain(|action| {
        let promised = fairness.class(model, world, *action).is_some();
        promised && model.fire(world, *action).0 == *world
    });
    possible.into_iter().map(|action| story::sentence(&model.scope, action)).collect()
}

#[cfg(test)]
mod tests;
