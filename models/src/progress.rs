//! Asks for what must come to be: the properties of progress, under every promise of fairness.

use bindproof_checker::{ByTag, Checker};

use crate::fairness::Fairness;
use crate::model::Protocol;

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
        .filter(|(name, _)| wanted(name) && model.has_progress(name));
    asked.fold(checker.fair(list, class), |checker, (name, asked)| {
        checker.follows(name, asked(model))
    })
}

#[cfg(test)]
mod tests;
