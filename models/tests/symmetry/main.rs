//! The symmetry of scopes: that it is a group, that nothing which the model does or says can tell
//! two worlds of one orbit apart, and that a search of representatives alone sees them all.

mod count;
mod equal;
mod made;

use bindproof_models::model::Without;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{DEFAULT, find};
use bindproof_models::symmetry::{Permutation, Symmetry};

/// A scope by its name: built in, or made for these tests.
fn scope(name: &str) -> Scope {
    match made::SCOPES.iter().find(|(made, _)| *made == name) {
        Some((_, text)) => Scope::parse(name, text).expect("parses"),
        None => {
            let built_in = find(name).expect("built in");
            Scope::parse(built_in.file, built_in.text).expect("parses")
        }
    }
}

/// The symmetry of a scope with every control in force.
fn symmetry(name: &str) -> Symmetry {
    Symmetry::of(&scope(name), Without::default())
}

/// How many permutations each default scope has; those that are not named have none but the
/// identity.
const ORDERS: &[(&str, usize)] = &[
    ("guessing", 6),
    ("debit", 2),
    ("small-payments", 2),
    ("rebind", 2),
    ("same-instrument", 2),
    ("second-binding", 2),
    ("limits", 2),
    ("two-banks", 2),
    ("race", 4),
    ("race-bank", 2),
];

#[test]
fn every_default_scope_has_the_symmetry_that_one_sees_in_it() {
    let orders = DEFAULT.iter().map(|name| (*name, symmetry(name).order()));
    let symmetric: Vec<(&str, usize)> = orders.filter(|(_, order)| *order > 1).collect();
    assert_eq!(symmetric, ORDERS);
}

#[test]
fn scopes_made_of_alike_parts_have_every_permutation_of_them() {
    for (name, expected) in [
        ("three-bindings", 6),
        ("three-payments", 6),
        ("two-devices", 2),
        ("two-prepared-accounts", 2),
        ("two-hostile-bindings", 2),
        ("three-codes", 1),
        ("two-hostile-banks", 1),
        ("three-devices-in-hand", 6),
    ] {
        assert_eq!(symmetry(name).order(), expected, "{name}");
    }
}

#[test]
fn what_is_said_of_one_part_alone_takes_it_out_of_the_symmetry() {
    let changed = |name: &str, change: &dyn Fn(&mut Scope)| {
        let mut scope = scope(name);
        change(&mut scope);
        Symmetry::of(&scope, Without::default()).order()
    };
    use bindproof_models::scope::Owner::Attacker;
    assert_eq!(changed("two-banks", &|s| s.bank[0].honest = false), 1);
    assert_eq!(changed("two-banks", &|s| s.binding[0].consent = false), 1);
    assert_eq!(changed("two-banks", &|s| s.binding[0].asked_by = Attacker), 1);
    assert_eq!(changed("two-banks", &|s| s.binding[0].instrument_of = Attacker), 1);
    assert_eq!(changed("two-banks", &|s| s.binding[0].contact_of = Attacker), 1);
    assert_eq!(changed("three-bindings", &|s| s.binding[1].instrument = 0), 2);
    assert_eq!(changed("three-bindings", &|s| s.binding[1].bank = 1), 2);
    assert_eq!(changed("three-payments", &|s| s.operation[3].amount = 3), 2);
    assert_eq!(changed("three-payments", &|s| s.operation[3].covered = false), 2);
    assert_eq!(changed("two-devices", &|s| s.operation[0].device = 0), 1);
    assert_eq!(changed("two-devices", &|s| s.device[1].owner = Attacker), 1);
    assert_eq!(changed("two-prepared-accounts", &|s| s.account[1].session = false), 1);
    assert_eq!(changed("two-prepared-accounts", &|s| s.operation[0].account = Some(1)), 1);
    assert_eq!(changed("three-devices-in-hand", &|s| s.account[0].devices = vec![0]), 2);
}

#[test]
fn how_instruments_and_banks_are_numbered_says_nothing() {
    let mut scope = scope("three-bindings");
    for (binding, instrument) in scope.binding.iter_mut().zip([7, 2, 5]) {
        (binding.bank, binding.instrument) = (1, instrument);
    }
    assert_eq!(Symmetry::of(&scope, Without::default()).order(), 6);
}

#[test]
fn the_permutations_of_a_scope_are_a_group() {
    for name in made::SCOPES.iter().map(|(name, _)| *name).chain(DEFAULT.iter().copied()) {
        let Symmetry { permutations } = symmetry(name);
        assert_eq!(permutations[0], Permutation::IDENTITY, "{name}");
        for first in &permutations {
            let inverse = |next: &&Permutation| first.then(next) == Permutation::IDENTITY;
            assert!(permutations.iter().any(|next| inverse(&next)), "{name}: {first:?}");
            for next in &permutations {
                assert!(permutations.contains(&first.then(next)), "{name}: {first:?} {next:?}");
            }
        }
    }
}
