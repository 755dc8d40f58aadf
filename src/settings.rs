//! What a server runs under: counts, times, the condition, and how far clocks may differ.

use crate::limits::{Limits, Timing};
use crate::policy::Policy;
use crate::wallet::operation::Terms;

/// How far the clocks of two servers may differ, in milliseconds, where nothing else is said.
pub const SKEW_MS: i64 = 10_000;

/// What a server runs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Counts.
    pub limits: Limits,
    /// Times.
    pub timing: Timing,
    /// The condition.
    pub policy: Policy,
    /// How far another's clock may be ahead, in milliseconds.
    pub skew_ms: i64,
}

impl Settings {
    /// Those of the specification.
    pub const DEFAULT: Self = Self {
        limits: Limits::DEFAULT,
        timing: Timing::DEFAULT,
        policy: Policy::DEFAULT,
        skew_ms: SKEW_MS,
    };

    /// As the steps of operations take them.
    pub const fn terms(&self) -> Terms<'_> {
        Terms { policy: &self.policy, limits: &self.limits }
    }

    /// Whether what was issued at `issued_ms` is within the window at `now_ms`, both in
    /// milliseconds since 1970; not, if they are too far apart to be subtracted.
    pub fn is_fresh(&self, issued_ms: i64, now_ms: i64) -> bool {
        let freshness_ms = i64::try_from(self.timing.freshness_ms).unwrap_or(i64::MAX);
        let age_ms = now_ms.checked_sub(issued_ms);
        age_ms.is_some_and(|age_ms| (-self.skew_ms..=freshness_ms).contains(&age_ms))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}
