//! How far a search may go, and who is told how far it is.

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::search::shard::LOCAL_MAX;

/// What cut a search short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It had as many states as it was allowed.
    States(u64),
    /// It was as deep as it was allowed: states on a path.
    Depth(u32),
    /// It took as long as it was allowed.
    Time(Duration),
    /// It held as many bytes as it was allowed.
    Memory(u64),
    /// Whoever watched asked it to stop.
    Interrupted,
    /// It was told to stop at the first violation.
    FirstViolation,
    /// There were more states than can be numbered.
    Full,
    /// It was so many random walks and no search.
    Walks(u64),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States(most) => write!(f, "limit of {most} states"),
            Self::Depth(most) => write!(f, "limit of {most} states on a path"),
            Self::Time(most) => write!(f, "limit of {} s", most.as_secs_f64()),
            Self::Memory(most) => write!(f, "limit of {} MiB", most >> 20),
            Self::Interrupted => f.write_str("interrupt"),
            Self::FirstViolation => f.write_str("first violation"),
            Self::Full => f.write_str("numbers for states running out"),
            Self::Walks(count) => write!(f, "being {count} random walks and no search"),
        }
    }
}

/// How far a search is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Distinct states so far; of random walks nobody counts them.
    pub distinct: u64,
    /// Initial states and successors so far; of random walks, steps.
    pub generated: u64,
    /// States on a path to where the search is.
    pub depth: u32,
    /// States that were found and not expanded yet.
    pub queue: u64,
    /// Bytes that the visited set, its order and its recorded edges hold.
    pub bytes: u64,
}

/// Told how far a search is; answers whether it goes on.
pub(crate) type Watcher<'a> = dyn Fn(&Moment) -> ControlFlow<()> + Sync + 'a;

/// Bounds that were asked for.
#[derive(Default)]
pub(crate) struct Bounds<'m> {
    pub(crate) states: Option<u64>,
    pub(crate) depth: Option<u32>,
    pub(crate) bytes: Option<u64>,
    pub(crate) time: Option<Duration>,
    /// The largest number of a state in a shard, if that is less than what can be told.
    pub(crate) local: Option<u32>,
    pub(crate) watcher: Option<Box<Watcher<'m>>>,
}

impl Bounds<'_> {
    /// Bounds of a search that begins now.
    pub(crate) fn begin(&self) -> Limits<'_> {
        Limits {
            states: self.states,
            depth: self.depth,
            bytes: self.bytes,
            local: self.local.unwrap_or(LOCAL_MAX).min(LOCAL_MAX),
            end: self.time.map(|most| (crate::clock::now() + most, most)),
            watcher: self.watcher.as_deref(),
        }
    }
}

/// Bounds of a search.
pub(crate) struct Limits<'a> {
    pub(crate) states: Option<u64>,
    pub(crate) depth: Option<u32>,
    pub(crate) bytes: Option<u64>,
    /// The largest number of a state in a shard.
    pub(crate) local: u32,
    /// When it is to end, and how long that was.
    pub(crate) end: Option<(Instant, Duration)>,
    pub(crate) watcher: Option<&'a Watcher<'a>>,
}

impl Limits<'_> {
    /// What cuts the search short now, if anything does.
    pub(crate) fn reached(&self, moment: impl FnOnce() -> Moment) -> Option<Cut> {
        let bounded = self.states.is_some() || self.bytes.is_some() || self.watcher.is_some();
        if bounded {
            let moment = moment();
            if let Some(most) = self.states.filter(|most| moment.distinct > *most) {
                return Some(Cut::States(most));
            }
            if let Some(most) = self.bytes.filter(|most| moment.bytes > *most) {
                return Some(Cut::Memory(most));
            }
            if self.watcher.is_some_and(|watcher| ends(watcher, &moment)) {
                return Some(Cut::Interrupted);
            }
        }
        self.end.filter(|(end, _)| crate::clock::now() > *end).map(|(_, most)| Cut::Time(most))
    }
}

/// Whether the watcher wants the search to end. One that panics does: the other threads wait for
/// the one that told it, and must not wait for ever.
fn ends(watcher: &Watcher<'_>, moment: &Moment) -> bool {
    catch_unwind(AssertUnwindSafe(|| watcher(moment).is_break())).unwrap_or(true)
}
