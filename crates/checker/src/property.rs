//! What can be asked of a model.

use std::borrow::Cow;

use stateright::Model;

use crate::firing::Step;
use crate::leads_to::LeadsTo;

/// What kind of statement a property makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Of every reachable state.
    Always,
    /// Of every step between reachable states.
    Step,
    /// Of every reachable state in which nothing is left to happen.
    AtRest,
    /// The model never panics.
    NoPanic,
    /// Some reachable state has it.
    Witness,
    /// Some reachable step does it.
    StepWitness,
    /// From every reachable state some continuation leads there, whoever moves.
    Possible,
    /// The same although the adversary may move after each move.
    Game,
    /// Something is followed by something, on every fair path.
    LeadsTo,
    /// Something happens on every path that goes on while anything can.
    Eventually,
}

impl Kind {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "state",
            Self::Step => "step",
            Self::AtRest => "rest",
            Self::NoPanic => "panic",
            Self::Witness | Self::StepWitness => "witness",
            Self::Possible => "possibility",
            Self::Game => "game",
            Self::LeadsTo => "progress",
            Self::Eventually => "eventually",
        }
    }

    /// Whether the whole graph is needed to decide it.
    pub const fn needs_graph(self) -> bool {
        matches!(self, Self::Possible | Self::Game | Self::LeadsTo | Self::Eventually)
    }

    /// Whether it is something to be found, rather than something to be ruled out.
    pub const fn is_witness(self) -> bool {
        matches!(self, Self::Witness | Self::StepWitness)
    }
}

/// A predicate of states.
pub(crate) type OfState<'m, M> = Box<dyn Fn(&M, &<M as Model>::State) -> bool + Sync + 'm>;
/// A predicate of steps.
pub(crate) type OfStep<'m, M, T> = Box<dyn Fn(&M, &Step<'_, M, T>) -> bool + Sync + 'm>;
/// A predicate of actions in the states in which they are taken.
pub(crate) type OfAction<'m, M> =
    Box<dyn Fn(&M, &<M as Model>::State, &<M as Model>::Action) -> bool + Sync + 'm>;

/// A predicate of states, in each of several parts.
pub(crate) type OfPart<'m, M> = Box<dyn Fn(&M, &<M as Model>::State, usize) -> bool + Sync + 'm>;

/// What decides a property.
pub(crate) enum Question<'m, M: Model, T> {
    /// Always, at rest, witness.
    State(OfState<'m, M>),
    /// Step, step witness.
    Step(OfStep<'m, M, T>),
    /// From here, to there.
    Reaches { from: OfState<'m, M>, to: OfState<'m, M> },
    /// The one is followed by the other; and which kind of requests has ceased.
    Follows(LeadsTo<'m, M>, Option<usize>),
    /// Nothing is asked of the model but that it does not panic.
    NoPanic,
}

/// A property and its name.
pub(crate) struct Property<'m, M: Model, T> {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) question: Question<'m, M, T>,
    /// A witness need not be reached; nothing need ever be at rest.
    pub(crate) dispensable: bool,
}

/// How strong a promise of fairness is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// What can happen from some point on without interruption, happens.
    Weak,
    /// What can happen again and again, happens.
    Strong,
}

/// A class of actions for which fairness is promised: some action of the class happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fair {
    /// Its name.
    pub name: String,
    /// How strong the promise is.
    pub strength: Strength,
}

impl Fair {
    /// A class with weak fairness.
    pub fn weak(name: impl Into<String>) -> Self {
        Self { name: name.into(), strength: Strength::Weak }
    }

    /// A class with strong fairness.
    pub fn strong(name: impl Into<String>) -> Self {
        Self { name: name.into(), strength: Strength::Strong }
    }
}
