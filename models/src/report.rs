//! What a check found out, in types that print and serialise.

use bindproof_checker::{Coverage, Finding};
use serde::Serialize;

use crate::action::Action;
use crate::properties::Kind;
use crate::two_worlds::PairRun;

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
    /// What each action changed, and which rules fired; of two worlds, in the one with the account.
    pub changes: Vec<Vec<String>>,
    /// Of two worlds side by side, the same in the other one; empty if there is only one.
    pub beside: Vec<Vec<String>>,
    /// The same as a Mermaid sequence diagram.
    pub mermaid: String,
    /// The run was carried out again, and ends in what it is said to show.
    pub confirmed: bool,
    /// For a run that goes around for ever: the state after this many actions is the one to which
    /// the last action leads back. If there is no action after it, nothing happens any more.
    pub loop_from: Option<usize>,
    /// For a run that ends in going around without an action: what is promised to happen there, and
    /// happens again and again, but changes nothing.
    pub repeated: Vec<String>,
    /// For a run that goes around for ever: who waits for what, a sentence without its end.
    pub stuck: Option<String>,
    /// Of two worlds side by side, what the stranger is told at the end: with the account, and
    /// without it.
    pub told_apart: Option<[String; 2]>,
    /// What the model said when it panicked, after the last action.
    pub panic: Option<String>,
    /// For a game that is lost at the end of the run: how the adversary answers each move.
    pub threats: Vec<Threat>,
    /// One line of play from there.
    pub play: Option<Play>,
    /// The actions themselves: the run as an event list. Empty if it is one of two worlds.
    pub actions: Vec<Action>,
    /// The run as an event list, if it is one of two worlds.
    pub pair: Option<PairRun>,
}

impl Run {
    /// What becomes of it if it does not just end, one paragraph each: it goes round for ever and
    /// somebody waits, the model panics, or a stranger is told different things.
    pub fn aftermath(&self) -> Vec<String> {
        let panic = self.panic.iter().map(|panic| format!("Then the model panics: {panic}"));
        let round = self.loop_from.map(|from| for_ever(self.story.len(), from, &self.repeated));
        let stuck = self.stuck.iter().map(|stuck| format!("Stuck for ever: {stuck}."));
        let apart = self.told_apart.iter().map(told_apart);
        panic.chain(round).chain(stuck).chain(apart).collect()
    }
}

/// What the stranger is told in each of two worlds, in a sentence.
pub fn told_apart([with, without]: &[String; 2]) -> String {
    format!(
        "Where there is an account the stranger is told {with}; where there is none, {without}."
    )
}

/// How a run of so many steps goes on that goes round from the state after `from` of them.
/// `repeated` is what is repeated then without effect, if no step is left.
pub fn for_ever(steps: usize, from: usize, repeated: &[String]) -> String {
    if from + 1 == steps {
        return format!("Step {steps} happens again and again, for ever.");
    } else if from < steps {
        return format!("Steps {} to {steps} happen again and again, for ever.", from + 1);
    }
    match repeated {
        [] => "Nothing is promised to happen any more after that: it stays so for ever.".to_owned(),
        repeated => format!(
            "It stays so for ever: what is repeated after that changes nothing ({}).",
            repeated.join("; ")
        ),
    }
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

/// One line of play of a game that the adversary does not lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Play {
    /// What happens, from the end of the run on.
    pub turns: Vec<Turn>,
    /// What becomes of it.
    pub end: PlayEnd,
}

/// One action of a line of play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The adversary answers; otherwise somebody tries something.
    pub answers: bool,
    /// What happens, in words.
    pub sentence: String,
    /// What it changes, and which rules fire.
    pub changes: Vec<String>,
}

/// What becomes of a line of play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayEnd {
    /// Nothing is left to try.
    NothingLeft,
    /// It is as it was after so many turns, and goes round.
    AsAfter(usize),
    /// It goes on; there are other ways to go on, too.
    GoesOn,
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
