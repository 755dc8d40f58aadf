//! Where small ends and large begins.

use super::{Band, PolicyError};

/// One day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The borders of the bands, in minor units of the account's currency, and the window of the
/// running total. Every field is at least the same field of [`Bands::MINIMUM`] and at most that of
/// [`Bands::MAXIMUM`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Bands {
    /// The least amount that is medium, in minor units.
    pub amount_medium_from: u64,
    /// The least amount that is large, in minor units; more than `amount_medium_from`.
    pub amount_large_from: u64,
    /// The least running total that is medium, in minor units.
    pub total_medium_from: u64,
    /// The least running total that is large, in minor units; more than `total_medium_from`.
    pub total_large_from: u64,
    /// Over how many days the running total is taken.
    pub window_days: u16,
}

impl Bands {
    /// The numbers of the specification.
    pub const DEFAULT: Self = Self {
        amount_medium_from: 3_000,
        amount_large_from: 15_000,
        total_medium_from: 10_000,
        total_large_from: 30_000,
        window_days: 30,
    };

    /// What no configuration may fall below: no band is empty, and the window is long enough that
    /// slicing a large payment costs days.
    pub const MINIMUM: Self = Self {
        amount_medium_from: 1,
        amount_large_from: 1,
        total_medium_from: 1,
        total_large_from: 1,
        window_days: 7,
    };

    /// What no configuration may exceed. Five hundred is the highest amount for which Commission
    /// Delegated Regulation (EU) 2018/389 knows an exemption (its annex); the window is kept
    /// bounded so that the total is.
    pub const MAXIMUM: Self = Self {
        amount_medium_from: 50_000,
        amount_large_from: 50_000,
        total_medium_from: 50_000,
        total_large_from: 50_000,
        window_days: 366,
    };

    /// When the window of the running total begins, in milliseconds since 1970, if it is `now_ms`.
    pub const fn since_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.window_ms())
    }

    /// How long the window of the running total is.
    pub const fn window_ms(&self) -> i64 {
        self.window_days as i64 * DAY_MS
    }

    /// The band of an amount in minor units.
    pub const fn amount(&self, minor: u64) -> Band {
        band(minor, self.amount_medium_from, self.amount_large_from)
    }

    /// The band of a running total in minor units.
    pub const fn total(&self, minor: u64) -> Band {
        band(minor, self.total_medium_from, self.total_large_from)
    }

    /// Whether every field is within its bounds and the borders are in order.
    ///
    /// # Errors
    /// The first field that is out of bounds, in the order of declaration; then the first two that
    /// are out of order.
    pub fn check(&self) -> Result<(), PolicyError> {
        let bounds = Self::MINIMUM.fields().into_iter().zip(Self::MAXIMUM.fields());
        for ((field, value), ((_, minimum), (_, maximum))) in self.fields().into_iter().zip(bounds)
        {
            if value < minimum {
                return Err(PolicyError::BelowMinimum { field, value, minimum });
            }
            if value > maximum {
                return Err(PolicyError::AboveMaximum { field, value, maximum });
            }
        }
        let [amount_medium, amount_large, total_medium, total_large, _] = self.fields();
        for (lower, higher) in [(amount_medium, amount_large), (total_medium, total_large)] {
            if lower.1 >= higher.1 {
                return Err(PolicyError::OutOfOrder {
                    lower: lower.0,
                    lower_minor: lower.1,
                    higher: higher.0,
                    higher_minor: higher.1,
                });
            }
        }
        Ok(())
    }

    const fn fields(&self) -> [(&'static str, u64); 5] {
        [
            ("amount_medium_from", self.amount_medium_from),
            ("amount_large_from", self.amount_large_from),
            ("total_medium_from", self.total_medium_from),
            ("total_large_from", self.total_large_from),
            ("window_days", self.window_days as u64),
        ]
    }
}

impl Default for Bands {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn band(minor: u64, medium_from: u64, large_from: u64) -> Band {
    if minor >= large_from {
        Band::Large
    } else if minor >= medium_from {
        Band::Medium
    } else {
        Band::Small
    }
}
