//! How many requests one client may send: so many at once, and so many a second after that.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// How many callers are remembered before those who have been quiet are forgotten.
const REMEMBERED: usize = 16 * 1024;

/// What may be sent to one instance. Servers are known to each other and are not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Requests a second of one client, a person's session or a device, in the long run; at least
    /// 1.
    pub per_second: u32,
    /// Requests of one client at once; at least 1.
    pub burst: u32,
    /// Requests a second about one person, of all who are strangers to her together, in the long
    /// run; at least 1. So often her identity is looked at, too.
    pub strangers_per_second: u32,
    /// Requests about one person at once, of all who are strangers to her together; at least 1.
    pub strangers_burst: u32,
}

impl Rates {
    /// As many as a server may be told to take.
    pub const MAXIMUM: Self = Self {
        per_second: 100_000,
        burst: 1_000_000,
        strangers_per_second: 100_000,
        strangers_burst: 1_000_000,
    };
}

impl Default for Rates {
    fn default() -> Self {
        Self { per_second: 50, burst: 200, strangers_per_second: 10, strangers_burst: 100 }
    }
}

/// Counts what each caller sends.
#[derive(Debug)]
pub struct Meter {
    per_second: u32,
    burst: u32,
    /// For each caller the time until which what it has sent would take at the rate in the long
    /// run, in microseconds since 1970.
    until_us: Mutex<BTreeMap<String, i64>>,
}

impl Meter {
    /// A meter that has seen nobody, for so many a second and at once.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second, burst, until_us: Mutex::new(BTreeMap::new()) }
    }

    /// Whether `caller` may send one more request at `now_ms`.
    pub fn admits(&self, caller: &str, now_ms: i64) -> bool {
        let now_us = now_ms.saturating_mul(1000);
        let each_us = 1_000_000 / i64::from(self.per_second.max(1));
        let most_us = each_us * i64::from(self.burst.max(1));
        let mut until_us = self.until_us.lock().unwrap_or_else(PoisonError::into_inner);
        if until_us.len() >= REMEMBERED {
            until_us.retain(|_, until_us| *until_us > now_us);
        }
        let until = until_us.entry(caller.to_owned()).or_insert(now_us);
        let next = (*until).max(now_us) + each_us;
        if next - now_us > most_us {
            return false;
        }
        *until = next;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_then_the_rate_and_nobody_pays_for_another() {
        let meter = Meter::new(10, 3);
        let at = |now_ms| meter.admits("a", now_ms);
        assert_eq!([at(1000), at(1000), at(1000), at(1000)], [true, true, true, false]);
        assert!(meter.admits("b", 1000));
        assert!(!at(1099));
        assert!(at(1100));
        assert!(!at(1100));
        assert_eq!([at(9000), at(9000), at(9000), at(9000)], [true, true, true, false]);
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        let meter = Meter::new(1000, 1);
        for number in 0..=REMEMBERED {
            assert!(meter.admits(&number.to_string(), 1000));
        }
        assert!(meter.admits("late", 2000));
        let known = meter.until_us.lock().unwrap_or_else(PoisonError::into_inner).len();
        assert_eq!(known, 1);
    }
}
