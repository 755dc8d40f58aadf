//! What must never happen, what must stay possible, and what must be reachable. One function a
//! property; names are final, and each carries the requirement ids that it establishes.

pub mod order;
pub mod possibility;
pub mod progress;
mod says;
pub mod state;
pub mod step;
#[cfg(test)]
mod tests;
mod truth;
mod waits;
pub mod witness;

pub use says::{SAYS, says};

/// What kind of statement a property makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Of every reachable state.
    State,
    /// Of every step between reachable states.
    Step,
    /// Of every reachable state in which nothing is left to happen.
    Rest,
    /// From every reachable state some continuation leads there, whoever moves.
    Possibility,
    /// The same, while the adversary may move after each move.
    Game,
    /// On every fair path something is followed by something.
    Progress,
    /// Of two worlds side by side.
    Pair,
    /// Some reachable step does it.
    Witness,
}

impl Kind {
    /// Its name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Step => "step",
            Self::Rest => "rest",
            Self::Possibility => "possibility",
            Self::Game => "game",
            Self::Progress => "progress",
            Self::Pair => "pair",
            Self::Witness => "witness",
        }
    }
}

/// Every property but the witnesses, in the order of the specification: number, name, kind. The one
/// without a number (0) stands in for the safety side of 26 to 28.
/// 33 is asked of the pairs of worlds in [`crate::two_worlds`] alone.
pub const ALL: &[(u8, &str, Kind)] = &[
    (1, "never-bound-without-registered-account", Kind::State),
    (2, "always-authenticated-when-condition-met", Kind::Step),
    (3, "one-account-per-person", Kind::State),
    (4, "same-person-on-both-sides", Kind::State),
    (5, "every-binding-was-asked-for", Kind::State),
    (6, "link-and-binding-agree", Kind::State),
    (7, "existing-account-needs-approval", Kind::Step),
    (8, "pre-registered-account-captures-nothing", Kind::State),
    (9, "proof-spent-once", Kind::State),
    (10, "proof-fits-its-operation", Kind::Step),
    (11, "no-weaker-proof-accepted", Kind::Step),
    (12, "tries-bounded", Kind::State),
    (13, "no-live-challenge-after-the-end", Kind::State),
    (14, "closed-account-and-locked-path-do-nothing", Kind::Step),
    (15, "no-debit-unless-active-on-both-sides", Kind::Step),
    (16, "running-total-counts", Kind::Step),
    (17, "bank-touches-only-its-own", Kind::Step),
    (18, "only-its-parties-see-or-end-it", Kind::Step),
    (19, "acknowledged-is-durable", Kind::State),
    (20, "ended-stays-ended", Kind::Step),
    (21, "identity-never-changes", Kind::Step),
    (22, "refusal-changes-nothing", Kind::Step),
    (23, "same-key-same-answer", Kind::Step),
    (24, "order-cannot-be-skipped", Kind::Step),
    (0, REST, Kind::Rest),
    (25, "every-request-settles", Kind::Progress),
    (26, "ledgers-come-to-agree", Kind::Progress),
    (27, "no-half-stays-alone", Kind::Progress),
    (28, "an-end-reaches-both-sides", Kind::Progress),
    (29, "every-challenge-settles", Kind::Progress),
    (30, "holder-can-always-leave", Kind::Game),
    (31, POSSIBLE_AGAIN, Kind::Possibility),
    (32, "not-locked-out-for-ever", Kind::Game),
    (33, crate::two_worlds::PROPERTY, Kind::Pair),
];

/// The property of states in which nothing is left to happen.
pub const REST: &str = "quiescent-agreement";

/// The possibility for which nobody need be an adversary.
pub const POSSIBLE_AGAIN: &str = "can-bind-again";

/// The names of all witnesses.
pub fn witness_names() -> Vec<&'static str> {
    crate::model::Protocol::<1, 1, 1, 1, 0>::WITNESSES.iter().map(|(name, _)| *name).collect()
}

/// The names of the properties that a scope has to ask for: they need the whole graph.
pub fn possibility_names() -> Vec<&'static str> {
    let asked_for = |kind: &Kind| matches!(kind, Kind::Possibility | Kind::Game);
    ALL.iter().filter(|(_, _, kind)| asked_for(kind)).map(|(_, name, _)| *name).collect()
}
