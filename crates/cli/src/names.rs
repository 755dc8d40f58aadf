//! The properties and witnesses by name.

use bindproof_models::properties::progress::speaks_of;
use bindproof_models::properties::{ALL, Kind, witness_names};
use bindproof_models::scope::Scope;
use bindproof_models::two_worlds::VARIANTS;

use crate::distance;
use crate::failure::Failure;

/// The names of all properties and witnesses, in their order.
fn everything() -> impl Iterator<Item = &'static str> {
    let pairs = VARIANTS.iter().flat_map(|variant| variant.witnesses).copied();
    ALL.iter().map(|(_, name, _)| *name).chain(witness_names()).chain(pairs)
}

/// The kind of a property or witness.
pub fn kind(name: &str) -> Kind {
    ALL.iter().find(|(_, known, _)| *known == name).map_or(Kind::Witness, |(_, _, kind)| *kind)
}

/// The number of a property in the specification, if it has one.
pub fn number(name: &str) -> Option<u8> {
    let found = ALL.iter().find(|(_, known, _)| *known == name);
    found.map(|(number, _, _)| *number).filter(|number| *number > 0)
}

/// The name, if it is known.
///
/// # Errors
/// Wrong usage, with the nearest names that are known.
pub fn property(name: &str) -> Result<&'static str, Failure> {
    everything()
        .find(|known| *known == name)
        .ok_or_else(|| Failure::Usage(distance::unknown("property", name, everything())))
}

/// Whether a scope asks for a property at all.
pub fn asked_in(scope: &Scope, name: &str) -> bool {
    let named = |names: &[String]| names.iter().any(|asked| asked == name);
    match kind(name) {
        Kind::State | Kind::Step => true,
        Kind::Rest => scope.faults.deadlines,
        Kind::Progress => speaks_of(scope, name),
        Kind::Possibility | Kind::Game => named(&scope.possibilities),
        Kind::Pair => false,
        Kind::Witness => named(&scope.witnesses),
    }
}
