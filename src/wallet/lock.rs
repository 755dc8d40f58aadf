//! Locks guard what can be guessed, and belong to a *path*, never to a link or a person: each
//! known device key is a path, each presented binding code is one, all other callers together are
//! one. So a stranger closes only the strangers' path.

use crate::control::{Control, Controls};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;
use crate::wallet::proof::{Demand, Tie};

/// The path by which an answer comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Path {
    /// Everybody whose key is not known and who presents no binding code.
    Strangers,
    /// The operation's device, whose key the account knows.
    Device,
    /// Whoever presented the binding's unguessable code.
    Code,
}

impl Path {
    /// The path of an answer: the key alone decides it, but that the code of the very binding that
    /// a first authentication asks for, which nobody can guess, has a path of its own. At any other
    /// challenge a code gives no path: there the account's own factors can be guessed at, and a
    /// bank that makes codes as it likes would make paths as it likes.
    pub fn of(controls: impl Controls, demand: Demand, code: Tie, device_known: bool) -> Self {
        let presents_code = demand == Demand::CodeAndContact && code == Tie::Demanded;
        //= BIND-038 who presents the code of `created_for` runs on that binding's path
        if presents_code && controls.on(Control::CodePathApart) {
            return Self::Code;
        }
        //= BIND-039 each known device key is a path of its own
        if device_known && controls.on(Control::DevicePathApart) {
            return Self::Device;
        }
        Self::Strangers
    }
}

/// Whose wrong answers a lock counts: the path of one device, of one binding's code, or of all
/// others of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PathOf<D, B> {
    /// All who are not known.
    Strangers,
    /// A known device.
    Device(D),
    /// A binding's code.
    Code(B),
}

impl<D, B> PathOf<D, B> {
    /// Whose wrong answers are counted where an answer comes by `path`; `device` is the operation's,
    /// and `code_of` the binding whose code is presented or was. None on an account that is nobody's:
    /// there is nobody to be guessed at, and `tries` bound the guessing.
    #[inline]
    pub fn counted(account: Account, path: Path, device: D, code_of: Option<B>) -> Option<Self> {
        if account.is_nobodys() {
            return None;
        }
        Some(match (path, code_of) {
            //= BIND-039 each known device key is a path of its own
            (Path::Device, _) => Self::Device(device),
            //= BIND-038 and so is each binding's code
            (Path::Code, Some(binding)) => Self::Code(binding),
            (Path::Strangers, _) | (Path::Code, None) => Self::Strangers,
        })
    }
}

/// Whether a path is closed, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Closed {
    /// It is open.
    No,
    /// Until the lock ends.
    ForRun,
    /// Until the day ends.
    ForDay,
}

/// The wrong answers on one path of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lock {
    /// Wrong answers in a row.
    pub run: u8,
    /// Wrong answers today.
    pub day: u8,
    /// Whether the path is closed.
    pub closed: Closed,
}

/// What can happen to a lock, other than by an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// The time of a closed run has passed.
    LockEnded,
    /// The day has ended.
    DayEnded,
}

impl Lock {
    /// Nothing counted.
    pub const OPEN: Self = Self { run: 0, day: 0, closed: Closed::No };

    /// Answers on this path are compared.
    pub const fn is_open(self) -> bool {
        matches!(self.closed, Closed::No)
    }

    /// Counts one answer before it is compared; closes the path when a limit is reached.
    #[must_use]
    pub fn counted(self, controls: impl Controls, limits: &Limits) -> Self {
        //= BIND-040 wrong answers are counted before they are compared; the limits close the path
        if controls.off(Control::WrongAnswersCounted) {
            return self;
        }
        let run = self.run.saturating_add(1);
        let day = self.day.saturating_add(1);
        let closed = match (day >= limits.day, run >= limits.run) {
            (true, _) => Closed::ForDay,
            (false, true) => Closed::ForRun,
            (false, false) => Closed::No,
        };
        Self { run, day, closed }
    }

    /// What remains when the answer counted last turned out right: its own count is given back
    /// and the run ends; the rest of the day's count stays. On the strangers' path the run is of
    /// all strangers together: the success of one neither gives the others new guesses nor lets
    /// them see that somebody could succeed.
    #[must_use]
    pub fn succeeded(self, controls: impl Controls, path: Path) -> Self {
        //= BIND-041 a success resets the run in a row and leaves the day's count
        if controls.off(Control::SuccessKeepsDay) {
            return Self::OPEN;
        }
        //= BIND-141 a success on the strangers' path ends no run
        if path == Path::Strangers && controls.on(Control::StrangersKeepRun) {
            return self;
        }
        Self { run: 0, ..self }
    }
}

/// What a step on a lock decides; it orders nothing.
pub type Decided = Verdict<Lock, ()>;

/// The protocol's step for what time does to a lock.
pub fn step(lock: Lock, input: Input) -> Decided {
    match (lock.closed, input) {
        //= BIND-042 a run's lock ends after its time, the day's with the day; nothing else opens it
        (Closed::ForRun, Input::LockEnded) => {
            Verdict::apply(Rule::LockEnded, Lock { run: 0, closed: Closed::No, ..lock })
        }
        (Closed::No | Closed::ForDay, Input::LockEnded) => Verdict::Refuse(Refusal::InvalidState),
        (closed, Input::DayEnded) => {
            let (run, closed) = match closed {
                Closed::ForDay => (0, Closed::No),
                other => (lock.run, other),
            };
            Verdict::apply(Rule::DayEnded, Lock { run, day: 0, closed })
        }
    }
}
