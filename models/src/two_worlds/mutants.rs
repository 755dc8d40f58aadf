//! The controls that keep an account's existence from being disclosed, each switched off.

use bindproof::control::Control::{self, *};
use bindproof::wallet::kind::Kind;

use super::PROPERTY;
use crate::mutants::Mutant;

/// A mutant of a pair, in which the stranger's operation is of this kind.
const fn off(
    controls: &'static [Control],
    scope: &'static str,
    kind: Kind,
    about: &'static str,
) -> Mutant {
    Mutant { controls, scope, kind: Some(kind), property: PROPERTY, about }
}

/// Every mutant that must break `existence-not-disclosed`.
pub const MUTANTS: &[Mutant] = &[
    off(
        &[DecoyChallenges],
        "pair-account",
        Kind::SignIn,
        "What is not there is refused, and what is there is challenged.",
    ),
    off(
        &[DecoyShownAlike],
        "pair-account",
        Kind::VerifyIdentity,
        "A decoy asks for less than the challenge in its place.",
    ),
    off(
        &[DecoyCounted],
        "pair-account",
        Kind::SignIn,
        "Guesses close the path only where there is something to guess at.",
    ),
    off(
        &[EndedBecomesDecoy],
        "pair-account",
        Kind::SignIn,
        "A stranger's challenge is refused in the moment in which the account closes.",
    ),
    off(
        &[LinkUntold],
        "pair-link",
        Kind::Pay,
        "A stranger who names a link is told whether it is there.",
    ),
    off(
        &[RevokedUntold],
        "pair-claimed-device",
        Kind::SignIn,
        "A stranger who names a key is told that it is revoked.",
    ),
    off(
        &[StrangersKeepRun],
        "pair-account",
        Kind::SignIn,
        "Somebody's success on the strangers' path gives a stranger his guesses back.",
    ),
    off(
        &[DevicePathApart],
        "pair-account",
        Kind::SignIn,
        "The holder's mistakes on her own device close the path on which a stranger guesses.",
    ),
];
