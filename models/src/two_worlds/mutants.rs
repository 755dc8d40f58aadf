//! The controls that keep an account's existence from being disclosed, each switched off.

use bindproof::control::Control::{self, *};
use bindproof::wallet::kind::Kind;

/// One mutant of a pair: which controls are off, where to look, and what goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The controls that are switched off; the first gives the mutant its name.
    pub controls: &'static [Control],
    /// The variant in which the stranger learns something.
    pub variant: &'static str,
    /// The kind of his operation.
    pub kind: Kind,
    /// The moves of the shortest run that shows it.
    pub moves: usize,
    /// What goes wrong, in one sentence.
    pub about: &'static str,
}

impl Mutant {
    /// Its name: the names of its controls.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.controls.iter().map(|control| control.name()).collect();
        names.join(" + ")
    }
}

const fn off(
    controls: &'static [Control],
    variant: &'static str,
    kind: Kind,
    moves: usize,
    about: &'static str,
) -> Mutant {
    Mutant { controls, variant, kind, moves, about }
}

/// Every mutant that must break `existence-not-disclosed`.
pub const MUTANTS: &[Mutant] = &[
    off(
        &[DecoyChallenges],
        "account",
        Kind::SignIn,
        2,
        "What is not there is refused, and what is there is challenged.",
    ),
    off(
        &[DecoyShownAlike],
        "account",
        Kind::VerifyIdentity,
        2,
        "A decoy asks for less than the challenge in its place.",
    ),
    off(
        &[DecoyCounted],
        "account",
        Kind::SignIn,
        7,
        "Guesses close the path only where there is something to guess at.",
    ),
    off(
        &[EndedBecomesDecoy],
        "account",
        Kind::SignIn,
        7,
        "A stranger's challenge is refused in the moment in which the account closes.",
    ),
    off(
        &[LinkUntold],
        "link",
        Kind::Pay,
        7,
        "A stranger who names a link is told whether it is there.",
    ),
    off(
        &[RevokedUntold],
        "claimed-device",
        Kind::SignIn,
        6,
        "A stranger who names a key is told that it is revoked.",
    ),
    off(
        &[StrangersKeepRun],
        "account",
        Kind::SignIn,
        10,
        "Somebody's success on the strangers' path gives a stranger his guesses back.",
    ),
    off(
        &[DevicePathApart],
        "account",
        Kind::SignIn,
        7,
        "The holder's mistakes on her own device close the path on which a stranger guesses.",
    ),
];
