//! The numbers that steps and servers are given: how many, and how long.
//!
//! Both tables are checked when a server starts. A number that is out of bounds, or two that do
//! not fit each other, keep it from starting: the protocol's promises rest on these relations.

use thiserror::Error;

/// One minute.
const MINUTE_MS: u64 = 60_000;
/// One hour.
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// One day.
const DAY_MS: u64 = 24 * HOUR_MS;

/// How many. Every field is a count, at least 1 and at most the same field of [`Limits::MAXIMUM`].
/// A field that is left out of a file is that of [`Limits::DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct Limits {
    /// Answers to one challenge.
    pub tries: u8,
    /// Wrong answers in a row that close a path.
    pub run: u8,
    /// Wrong answers in one day that close a path till the day ends; never fewer than `run`.
    pub day: u8,
    /// Bindings that wait for approval, per bank and account.
    pub approvals_waiting: u8,
    /// Links that are live on one account, and those that the asking bank has had matched there.
    pub links_per_account_max: u8,
    /// Devices that one account knows.
    pub devices_per_account_max: u8,
    /// Operations of one account that are under way.
    pub operations_open_max: u8,
}

/// Why [`Limits::check`] refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitsError {
    /// A limit of nothing shuts everybody out.
    #[error("{field} is 0 and must be at least 1")]
    NotPositive {
        /// The field.
        field: &'static str,
    },
    /// More than the law or the protocol permits.
    #[error("{field} is {value} and must be at most {maximum}")]
    AboveMaximum {
        /// The field.
        field: &'static str,
        /// What it is.
        value: u8,
        /// What it may be at most.
        maximum: u8,
    },
    /// The day would close a path before the run could.
    #[error("run is {run} and must be at most day, which is {day}")]
    RunAboveDay {
        /// `run`
        run: u8,
        /// `day`
        day: u8,
    },
}

impl Limits {
    /// The numbers of the specification.
    pub const DEFAULT: Self = Self {
        tries: 5,
        run: 5,
        day: 10,
        approvals_waiting: 3,
        links_per_account_max: 32,
        devices_per_account_max: 8,
        operations_open_max: 16,
    };

    /// What no configuration may exceed. `tries` and `run` are the law's (Commission Delegated
    /// Regulation (EU) 2018/389, article 4(3)(b): at most five failed attempts in a row); the
    /// others are the protocol's own and keep the work of one step bounded.
    pub const MAXIMUM: Self = Self {
        tries: 5,
        run: 5,
        day: 20,
        approvals_waiting: 10,
        links_per_account_max: 64,
        devices_per_account_max: 32,
        operations_open_max: 64,
    };

    /// Whether every count is within its bounds and a run is no longer than a day.
    ///
    /// # Errors
    /// The first field that is out of bounds, in the order of declaration.
    pub fn check(&self) -> Result<(), LimitsError> {
        for ((field, value), (_, maximum)) in self.fields().into_iter().zip(Self::MAXIMUM.fields())
        {
            if value == 0 {
                return Err(LimitsError::NotPositive { field });
            }
            if value > maximum {
                return Err(LimitsError::AboveMaximum { field, value, maximum });
            }
        }
        if self.run > self.day {
            return Err(LimitsError::RunAboveDay { run: self.run, day: self.day });
        }
        Ok(())
    }

    const fn fields(&self) -> [(&'static str, u8); 7] {
        [
            ("tries", self.tries),
            ("run", self.run),
            ("day", self.day),
            ("approvals_waiting", self.approvals_waiting),
            ("links_per_account_max", self.links_per_account_max),
            ("devices_per_account_max", self.devices_per_account_max),
            ("operations_open_max", self.operations_open_max),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How long, in milliseconds. Every field is at least the same field of [`Timing::MINIMUM`] and at
/// most that of [`Timing::MAXIMUM`]. A field that is left out of a file is that of
/// [`Timing::DEFAULT`]; the relations are checked of all of them together, whichever were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct Timing {
    /// How old a request may be that begins something new.
    pub freshness_ms: u64,
    /// How long an idempotency key and its answer are kept.
    pub key_retention_ms: u64,
    /// The longest pause between two sends of what is owed.
    pub longest_retry_ms: u64,
    /// Looking, registering and linking at the bank, in all.
    pub setup_ms: u64,
    /// Awaiting approval at the bank.
    pub approval_bank_ms: u64,
    /// Awaiting approval at the wallet.
    pub approval_wallet_ms: u64,
    /// From challenge to answer.
    pub challenge_ms: u64,
    /// From a passed challenge to the execution of its operation.
    pub authenticated_ms: u64,
    /// How long a path stays closed after a run of wrong answers.
    pub lock_run_ms: u64,
    /// How long a session lasts in which nothing is done.
    pub session_idle_ms: u64,
    /// From trust in a device to trust that has lasted long enough to be waived for.
    pub device_age_ms: u64,
}

/// Why [`Timing::check`] refuses. Every case names the fields and their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimingError {
    /// Nothing can happen in no time, and what is there to slow an attacker down has to.
    #[error("{field} is {value_ms} and must be at least {minimum_ms}")]
    BelowMinimum {
        /// The field.
        field: &'static str,
        /// What it is.
        value_ms: u64,
        /// What it must be at least.
        minimum_ms: u64,
    },
    /// More than the law or the protocol permits.
    #[error("{field} is {value_ms} and must be at most {maximum_ms}")]
    AboveMaximum {
        /// The field.
        field: &'static str,
        /// What it is.
        value_ms: u64,
        /// What it may be at most.
        maximum_ms: u64,
    },
    /// One has to be over before the other is.
    #[error("{shorter} is {shorter_ms} and must be less than {longer}, which is {longer_ms}")]
    NotShorter {
        /// The field that has to be shorter.
        shorter: &'static str,
        /// What it is.
        shorter_ms: u64,
        /// The field that has to be longer.
        longer: &'static str,
        /// What it is.
        longer_ms: u64,
    },
    /// The bank would give up while the wallet's last word is still on its way.
    #[error(
        "approval_wallet_ms {approval_wallet_ms} and longest_retry_ms {longest_retry_ms} \
         together must be less than approval_bank_ms, which is {approval_bank_ms}"
    )]
    ApprovalOutlivesBank {
        /// `approval_wallet_ms`
        approval_wallet_ms: u64,
        /// `longest_retry_ms`
        longest_retry_ms: u64,
        /// `approval_bank_ms`
        approval_bank_ms: u64,
    },
}

impl Timing {
    /// The numbers of the specification.
    pub const DEFAULT: Self = Self {
        freshness_ms: MINUTE_MS,
        key_retention_ms: DAY_MS,
        longest_retry_ms: MINUTE_MS / 2,
        setup_ms: 5 * MINUTE_MS,
        approval_bank_ms: 15 * MINUTE_MS,
        approval_wallet_ms: 14 * MINUTE_MS,
        challenge_ms: 5 * MINUTE_MS,
        authenticated_ms: MINUTE_MS,
        lock_run_ms: 30 * MINUTE_MS,
        session_idle_ms: 5 * MINUTE_MS,
        device_age_ms: DAY_MS,
    };

    /// What no configuration may fall below. A closed path has to slow guessing down, and a device
    /// that is not hers has to be new for long enough that the holder can notice it.
    pub const MINIMUM: Self = Self {
        freshness_ms: 1,
        key_retention_ms: 1,
        longest_retry_ms: 1,
        setup_ms: 1,
        approval_bank_ms: 1,
        approval_wallet_ms: 1,
        challenge_ms: 1,
        authenticated_ms: 1,
        lock_run_ms: 30 * MINUTE_MS,
        session_idle_ms: 1,
        device_age_ms: HOUR_MS,
    };

    /// What no configuration may exceed. `session_idle_ms` is the law's (Commission Delegated
    /// Regulation (EU) 2018/389, article 4(3)(d): at most five minutes without activity once
    /// authenticated), and the protocol holds `challenge_ms` and `authenticated_ms` to it as well;
    /// the others are the protocol's own.
    pub const MAXIMUM: Self = Self {
        freshness_ms: 10 * MINUTE_MS,
        key_retention_ms: 30 * DAY_MS,
        longest_retry_ms: HOUR_MS,
        setup_ms: HOUR_MS,
        approval_bank_ms: DAY_MS,
        approval_wallet_ms: DAY_MS,
        challenge_ms: 5 * MINUTE_MS,
        authenticated_ms: 5 * MINUTE_MS,
        lock_run_ms: DAY_MS,
        session_idle_ms: 5 * MINUTE_MS,
        device_age_ms: 90 * DAY_MS,
    };

    //= BIND-077 timing table relations are enforced
    /// Whether every time is within its bounds and the times fit each other: freshness is shorter
    /// than key retention, the longest retry shorter than each deadline, and the wallet's approval
    /// deadline shorter than the bank's by more than the longest retry.
    ///
    /// # Errors
    /// The first relation that does not hold: bounds first, then as listed above.
    pub fn check(&self) -> Result<(), TimingError> {
        let bounds = Self::MINIMUM.fields().into_iter().zip(Self::MAXIMUM.fields());
        for ((field, value_ms), ((_, minimum_ms), (_, maximum_ms))) in
            self.fields().into_iter().zip(bounds)
        {
            if value_ms < minimum_ms {
                return Err(TimingError::BelowMinimum { field, value_ms, minimum_ms });
            }
            if value_ms > maximum_ms {
                return Err(TimingError::AboveMaximum { field, value_ms, maximum_ms });
            }
        }
        let freshness = ("freshness_ms", self.freshness_ms);
        shorter(freshness, ("key_retention_ms", self.key_retention_ms))?;
        for deadline in self.deadlines() {
            shorter(("longest_retry_ms", self.longest_retry_ms), deadline)?;
        }
        if self.approval_wallet_ms.saturating_add(self.longest_retry_ms) >= self.approval_bank_ms {
            return Err(TimingError::ApprovalOutlivesBank {
                approval_wallet_ms: self.approval_wallet_ms,
                longest_retry_ms: self.longest_retry_ms,
                approval_bank_ms: self.approval_bank_ms,
            });
        }
        Ok(())
    }

    const fn deadlines(&self) -> [(&'static str, u64); 5] {
        [
            ("setup_ms", self.setup_ms),
            ("approval_bank_ms", self.approval_bank_ms),
            ("approval_wallet_ms", self.approval_wallet_ms),
            ("challenge_ms", self.challenge_ms),
            ("authenticated_ms", self.authenticated_ms),
        ]
    }

    const fn fields(&self) -> [(&'static str, u64); 11] {
        [
            ("freshness_ms", self.freshness_ms),
            ("key_retention_ms", self.key_retention_ms),
            ("longest_retry_ms", self.longest_retry_ms),
            ("setup_ms", self.setup_ms),
            ("approval_bank_ms", self.approval_bank_ms),
            ("approval_wallet_ms", self.approval_wallet_ms),
            ("challenge_ms", self.challenge_ms),
            ("authenticated_ms", self.authenticated_ms),
            ("lock_run_ms", self.lock_run_ms),
            ("session_idle_ms", self.session_idle_ms),
            ("device_age_ms", self.device_age_ms),
        ]
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::DEFAULT
    }
}

fn shorter(
    (shorter, shorter_ms): (&'static str, u64),
    (longer, longer_ms): (&'static str, u64),
) -> Result<(), TimingError> {
    if shorter_ms < longer_ms {
        return Ok(());
    }
    Err(TimingError::NotShorter { shorter, shorter_ms, longer, longer_ms })
}

#[cfg(test)]
mod tests;
