//! What a check found out.

use crate::coverage::Coverage;
use crate::game::Strategy;
use crate::limits::Cut;
use crate::property::Kind;
use crate::verdict::{Doubt, Verdict};

/// What is said of one property.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It holds in everything reachable.
    Holds,
    /// It fails; the evidence shows it.
    Violated,
    /// It was reached.
    Witnessed,
    /// It was not reached, and everything was looked at.
    Unreached,
    /// It could not be decided.
    Undecided(Option<Doubt>),
}

impl Finding {
    /// Whether something was found that shows it: what one search shows, no other one refutes.
    pub(crate) const fn is_shown(&self) -> bool {
        matches!(self, Self::Violated | Self::Witnessed)
    }

    /// The word in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Witnessed => "witnessed",
            Self::Unreached => "unreached",
            Self::Undecided(_) => "undecided",
        }
    }
}

/// A path through a model: the states, and the actions between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<S, A> {
    /// The states; one more than actions.
    pub states: Vec<S>,
    /// The actions.
    pub actions: Vec<A>,
}

/// What shows a finding.
#[derive(Clone, Debug)]
pub struct Evidence<S, A> {
    /// The run, from an initial state. For a lasso: stem and loop.
    pub path: Path<S, A>,
    /// For a lasso: the place in `path.states` where the loop begins. The loop ends with the last
    /// state, which is the same again. A loop of no action means that nothing happens any more.
    pub loop_from: Option<usize>,
    /// For progress that is asked in parts: the part in which nothing follows.
    pub part: Option<usize>,
    /// What the model said when it panicked, after the last state of the path.
    pub panic: Option<String>,
    /// How the adversary keeps the game from being won, from the last state of the path.
    pub strategy: Option<Strategy<S, A>>,
    /// The run was carried out again from the beginning, and shows what it is said to show.
    pub confirmed: bool,
}

impl<S, A> Evidence<S, A> {
    /// States on the run.
    pub fn len(&self) -> usize {
        self.path.states.len()
    }

    /// Whether the run has no state; it never has none.
    pub fn is_empty(&self) -> bool {
        self.path.states.is_empty()
    }
}

/// One property of a check.
#[derive(Clone, Debug)]
pub struct PropertyReport<S, A> {
    /// Its name.
    pub name: String,
    /// What kind of statement it is.
    pub kind: Kind,
    /// What was found.
    pub finding: Finding,
    /// What shows it: a shortest run that violates it, or that reaches it.
    pub evidence: Option<Evidence<S, A>>,
}

/// How states were told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Every state was stored and compared in full.
    Exact,
    /// By 64 bits of hash.
    Hashed {
        /// A bound on the probability that two different states had the same hash.
        probability: f64,
        /// Distinct states under a second, independent hash, if that was asked for.
        audited: Option<u64>,
        /// Of the first few thousand states, which were compared in full for the audit: those with
        /// the hash of another one.
        forgotten: u64,
    },
}

/// A whole check.
#[derive(Clone, Debug)]
pub struct Report<S, A> {
    /// What it says as a whole.
    pub verdict: Verdict,
    /// What cut the search short, or the decisions after it, if anything did; also where a
    /// violation outranks it.
    pub cut: Option<Cut>,
    /// Distinct states; under symmetry, representatives.
    pub distinct: u64,
    /// Initial states and successors within the boundary, duplicates included.
    pub generated: u64,
    /// States on the longest shortest path.
    pub depth: u32,
    /// Initial states and successors beyond the boundary, duplicates included.
    pub beyond: u64,
    /// Why leaving those out is meant.
    pub boundary_reason: Option<String>,
    /// States in which nothing was left to happen, if anything was asked of them.
    pub rests: u64,
    /// How states were told apart.
    pub mode: Mode,
    /// Bytes of the visited set, its order and its edges at the end.
    pub bytes: u64,
    /// Bytes of one state.
    pub state_bytes: usize,
    /// Edges of the graph, if it was needed; those from a state to itself are left out as a rule.
    pub edges: u64,
    /// Seconds of wall time.
    pub seconds: f64,
    /// Threads that searched: as many as were asked for, within bounds.
    pub threads: usize,
    /// Each property, in the order in which they were asked.
    pub properties: Vec<PropertyReport<S, A>>,
    /// What was exercised.
    pub coverage: Coverage,
}

impl<S, A> Report<S, A> {
    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&PropertyReport<S, A>> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// How the figures differ from the pinned ones, if they do.
    pub fn pinned_differs(&self) -> Option<String> {
        let Verdict::Undecided(doubts) = &self.verdict else { return None };
        let differ = doubts.iter().filter_map(|doubt| match doubt {
            Doubt::PinDiffers(what) => Some(what.as_str()),
            _ => None,
        });
        let differ: Vec<&str> = differ.collect();
        (!differ.is_empty()).then(|| differ.join("; "))
    }

    /// The properties that fail, in the order in which they were asked.
    pub fn violations(&self) -> impl Iterator<Item = &PropertyReport<S, A>> {
        self.properties.iter().filter(|property| property.finding == Finding::Violated)
    }

    /// Fails unless the check is a success: the assertion for tests.
    ///
    /// # Panics
    /// With the verdict and the run that shows it, if the verdict is anything but exhausted.
    #[track_caller]
    pub fn assert_exhausted(&self)
    where
        S: std::fmt::Debug,
        A: std::fmt::Debug,
    {
        if self.verdict.is_success() {
            return;
        }
        let shown = self.violations().next().and_then(|property| property.evidence.as_ref());
        let run = shown.map_or_else(String::new, |evidence| {
            format!(
                "\nactions: {:#?}\nend: {:#?}",
                evidence.path.actions,
                evidence.path.states.last()
            )
        });
        panic!("{}{run}", self.verdict);
    }
}
