//! What a check says as a whole. Only one of its words is success.

use std::fmt;

use crate::limits::Cut;

/// What a whole check says.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Every reachable state was seen, and every property decided for it.
    Exhausted,
    /// A property fails; its shortest run shows it. Violated outranks whatever else is the case.
    Violated {
        /// The first of the properties that fail, in the order in which they were asked.
        property: String,
        /// States on the run that shows it, the beginning and the end included.
        states: usize,
    },
    /// The search was cut short.
    Truncated(Cut),
    /// So many states beyond the boundary were not looked at, and the model does not declare that
    /// it means them to be left out.
    BoundaryCut(u64),
    /// Something could not be decided.
    Undecided(Vec<Doubt>),
}

impl Verdict {
    /// Whether this is success. Nothing else is.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exhausted)
    }

    /// The exit code that says so: 0 for success, 1 for a violation, 2 for everything else.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Exhausted => 0,
            Self::Violated { .. } => 1,
            Self::Truncated(_) | Self::BoundaryCut(_) | Self::Undecided(_) => 2,
        }
    }

    /// Its name in tables and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::Violated { .. } => "violated",
            Self::Truncated(_) => "truncated",
            Self::BoundaryCut(_) => "boundary_cut",
            Self::Undecided(_) => "undecided",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted => f.write_str("exhausted"),
            Self::Violated { property, states } => {
                write!(f, "violated: {property}, shown by a run of {states} states")
            }
            Self::Truncated(cut) => write!(f, "truncated by {cut}"),
            Self::BoundaryCut(count) => write!(f, "{count} states beyond the boundary"),
            Self::Undecided(doubts) => {
                let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
                write!(f, "undecided: {}", doubts.join("; "))
            }
        }
    }
}

/// Why something could not be decided. Each is a way in which a check can be empty without looking
/// so.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// Nothing was asked.
    NothingAsked,
    /// There is no initial state.
    NoState,
    /// A witness was not reached.
    Unreached(String),
    /// A property speaks of states or steps that do not exist.
    PremiseNever(String),
    /// A property needs every state and its edges, and the search did not give them.
    GraphMissing(String),
    /// A property was asked in a way in which the answer would not be sound.
    Unsound(String, &'static str),
    /// A run that was found does not show what it should when it is carried out again.
    Unconfirmed(String),
    /// States were told apart by fingerprints, and no second hash has agreed.
    Fingerprints {
        /// A bound on the probability that two states had the same one.
        probability: f64,
    },
    /// A second hash found other figures.
    AuditDiffers {
        /// Distinct states under the first hash.
        first: u64,
        /// Under the second.
        second: u64,
    },
    /// States that are not equal have the same hash: it leaves something out.
    HashForgets,
    /// A figure is not the pinned one.
    PinDiffers(String),
    /// Something that should fire never did, and nothing explains it; or it did although it is
    /// explained why it cannot.
    Coverage(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingAsked => f.write_str("no property was asked"),
            Self::NoState => f.write_str("there is no initial state"),
            Self::Unreached(name) => write!(f, "{name} was not reached"),
            Self::PremiseNever(name) => write!(f, "{name} speaks of what never occurs"),
            Self::GraphMissing(name) => write!(f, "{name} needs every state and edge"),
            Self::Unsound(name, why) => write!(f, "{name} cannot be decided {why}"),
            Self::Unconfirmed(name) => {
                write!(f, "the run for {name} does not show it when it is carried out again")
            }
            Self::Fingerprints { probability } => write!(
                f,
                "states were told apart by fingerprints (two the same: probability at most \
                 {probability:.1e}) and no second hash has agreed"
            ),
            Self::AuditDiffers { first, second } => {
                write!(f, "one hash tells {first} states apart, a second one {second}")
            }
            Self::HashForgets => f.write_str("states that differ hash alike"),
            Self::PinDiffers(what) => f.write_str(what),
            Self::Coverage(what) => f.write_str(what),
        }
    }
}
