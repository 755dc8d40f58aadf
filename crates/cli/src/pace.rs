//! How often a search under way says how far it is.

use std::time::Duration;

/// Says when something is due again, from ages alone: whoever asks has the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    due: Duration,
    every: Duration,
}

impl Pace {
    /// A line that is drawn over: at once, then a few times a second.
    pub const DRAWN: Self = Self { due: Duration::ZERO, every: Duration::from_millis(150) };
    /// A line that stays, as in a log: never for a short search, then every ten seconds.
    pub const WRITTEN: Self = Self { due: Duration::from_secs(10), every: Duration::from_secs(10) };

    /// A line for a program: at once, then every second.
    pub const TOLD: Self = Self { due: Duration::ZERO, every: Duration::from_secs(1) };

    /// Whether something is due at this age; if so, the next is due only later. What was missed
    /// is not made up for.
    pub fn is_due(&mut self, age: Duration) -> bool {
        let due = age >= self.due;
        if due {
            self.due = age.saturating_add(self.every);
        }
        due
    }
}
