//! What a check found out, in types that print and serialise.

use bindproof_checker::{Coverage, Finding};
use serde::Serialize;

use crate::action::Action;
use crate::properties::Kind;

/// What a whole check says. Only `Exhausted` is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every reachable state was seen, and every property of the scope decided for it.
    Exhausted,
    /// A property fails; violated outranks truncated.
    Violated,
    /// The search was cut short.
    Truncated,
    /// Something could not be decided: a witness that was to be reached was not, or a pinned
    /// figure differs.
    Undecided,
    /// States beyond a boundary were not looked at.
    BoundaryCut,
}

impl Verdict {
    /// What two checks say together: whatever is violated comes first, then whatever was not
    /// looked at, then whatever is undecided.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |verdict| match verdict {
            Self::Exhausted => 0,
            Self::Undecided => 1,
            Self::BoundaryCut => 2,
            Self::Truncated => 3,
            Self::Violated => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<&bindproof_checker::Verdict> for Verdict {
    fn from(said: &bindproof_checker::Verdict) -> Self {
        use bindproof_checker::Verdict as Said;
        match said {
            Said::Exhausted => Self::Exhausted,
            Said::Violated { .. } => Self::Violated,
            Said::Truncated(_) => Self::Truncated,
            Said::BoundaryCut(_) => Self::BoundaryCut,
            Said::Undecided(_) => Self::Undecided,
        }
    }
}

/// What is said of one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyVerdict {
    /// It holds in everything reachable.
    Holds,
    /// It fails; the shortest run shows it.
    Violated,
    /// It was reached, as it must be.
    Witnessed,
    /// It was not reached, and the scope says that it must be.
    Unreached,
    /// The search was cut before it could be said.
    Undecided,
    /// The scope does not ask for it.
    NotRun,
}

impl PropertyVerdict {
    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Witnessed => "witnessed",
            Self::Unreached => "unreached",
            Self::Undecided => "undecided",
            Self::NotRun => "not run",
        }
    }

    /// What two checks say of one property together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.outranks(self) { other } else { self }
    }

    /// Whether this is worse, or says more, than the other.
    pub fn outranks(self, other: Self) -> bool {
        let rank = |verdict| match verdict {
            Self::NotRun => 0,
            Self::Holds | Self::Witnessed => 1,
            Self::Undecided => 2,
            Self::Unreached => 3,
            Self::Violated => 4,
        };
        rank(self) > rank(other)
    }
}

impl From<&Finding> for PropertyVerdict {
    fn from(finding: &Finding) -> Self {
        match finding {
            Finding::Holds => Self::Holds,
            Finding::Violated => Self::Violated,
            Finding::Witnessed => Self::Witnessed,
            Finding::Unreached => Self::Unreached,
            Finding::Undecided(_) => Self::Undecided,
        }
    }
}

/// One run, from the beginning to what it shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// What happened, in words, one entry an action.
    pub story: Vec<String>,
    /// What each action changed, and which rules fired.
    pub changes: Vec<Vec<String>>,
    /// The same as a Mermaid sequence diagram.
    pub mermaid: String,
    /// The run was carried out again, and ends in what it is said to show.
    pub confirmed: bool,
    /// For a run that goes around for ever: the state after this many actions is the one to which
    /// the last action leads back. If there is no action after it, nothing happens any more.
    pub loop_from: Option<usize>,
    /// What the model said when it panicked, after the last action.
    pub panic: Option<String>,
    /// For a game that is lost at the end of the run: how the adversary answers each move.
    pub threats: Vec<Threat>,
    /// The actions themselves: the run as an event list.
    pub actions: Vec<Action>,
}

/// How the adversary answers one move in a position of a lost game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Threat {
    /// The position; 0 is the end of the run.
    pub at: usize,
    /// What is tried, in words.
    pub tried: String,
    /// What the adversary does then, if he has to do anything.
    pub answer: Vec<String>,
    /// The position afterwards, if it is among those that are told.
    pub then: Option<usize>,
}

/// One property in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyReport {
    /// Its name.
    pub name: &'static str,
    /// What kind of statement it is.
    pub kind: Kind,
    /// What was found.
    pub verdict: PropertyVerdict,
    /// The shortest run that shows a violation, or that reaches a witness.
    pub run: Option<Run>,
}

/// One scope's check.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scope's name.
    pub scope: String,
    /// A digest of what was checked: the scope with its limits, faults and adversary.
    pub scope_digest: String,
    /// The policy's name.
    pub policy: String,
    /// The controls that were switched off, if any.
    pub without: Vec<&'static str>,
    /// What the check says as a whole.
    pub verdict: Verdict,
    /// What cut it short.
    pub cut_by: Option<String>,
    /// Distinct states.
    pub distinct: u64,
    /// Initial states and successors, duplicates included.
    pub generated: u64,
    /// States on the longest shortest path.
    pub depth: u32,
    /// Seconds of wall time.
    pub seconds: f64,
    /// Threads that searched.
    pub threads: usize,
    /// How many permutations leave the scope as it is: states are representatives of orbits of at
    /// most this size. 1 if each state was searched for itself.
    pub orbit: usize,
    /// Bytes of the states, their parents and their edges at the end.
    pub held_bytes: u64,
    /// The scope's pinned figures, if they differ from these.
    pub pinned_differs: Option<String>,
    /// Why something could not be decided, one sentence each.
    pub doubts: Vec<String>,
    /// What was exercised, and how often.
    pub coverage: Coverage,
    /// Each property.
    pub properties: Vec<PropertyReport>,
}
