//! What lasts is said when it begins, now and then while it lasts, and when it is over: not each
//! time that it shows.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::node::Node;
use crate::store::StoreError;

/// How often it is said while it lasts.
const AGAIN: Duration = Duration::from_secs(30);
/// For how long it must not have shown to be over: what fails now and then is not said to be over
/// each time in between. A server that nobody asks writes every five seconds, to forget.
const QUIET: Duration = Duration::from_secs(12);

/// What is to be said of an outage that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// That it begins.
    Begins,
    /// That it has lasted for so long, and has shown so many times.
    Lasts(Duration, u64),
    /// Nothing: it was said a moment ago.
    Nothing,
}

/// An outage that may be under way.
#[derive(Debug, Default)]
pub struct Outage(Mutex<Option<UnderWay>>);

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    since: Instant,
    shown: Instant,
    said: Instant,
    times: u64,
}

impl Outage {
    /// It shows.
    pub fn shows(&self, now: Instant) -> Say {
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(under_way) = outage.as_mut() else {
            *outage = Some(UnderWay { since: now, shown: now, said: now, times: 1 });
            return Say::Begins;
        };
        under_way.shown = now;
        under_way.times += 1;
        if now.duration_since(under_way.said) < AGAIN {
            return Say::Nothing;
        }
        under_way.said = now;
        Say::Lasts(now.duration_since(under_way.since), under_way.times)
    }

    /// Something goes well: if the outage is over with that, for how long it lasted and how many
    /// times it showed.
    pub fn is_over(&self, now: Instant) -> Option<(Duration, u64)> {
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = outage.filter(|outage| now.duration_since(outage.shown) >= QUIET)?;
        *outage = None;
        Some((over.shown.duration_since(over.since), over.times))
    }
}

impl Node {
    /// The store has failed somebody: says what that was if it is about this alone. If the store
    /// cannot be asked at all, that is said once, and what it was only to who wants every line.
    pub(crate) fn store_failed(&self, error: &StoreError, what: &str) {
        if !error.is_outage() {
            tracing::error!(%error, "{what}");
            return;
        }
        match self.outage.shows(Instant::now()) {
            Say::Begins => tracing::error!(
                %error,
                first = what,
                "the store fails; while it does, that is said every {} seconds",
                AGAIN.as_secs()
            ),
            Say::Lasts(lasted, times) => {
                let seconds = lasted.as_secs();
                tracing::error!(%error, last = what, seconds, times, "the store still fails");
            }
            Say::Nothing => tracing::info!(%error, "{what}"),
        }
    }

    /// The store has answered somebody. It may still be that it fails others: then that is said
    /// anew.
    pub(crate) fn store_answers(&self) {
        if let Some((lasted, times)) = self.outage.is_over(Instant::now()) {
            tracing::warn!(seconds = lasted.as_secs(), times, "the store answers again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_when_it_begins_every_while_and_when_it_is_over() {
        let (outage, start) = (Outage::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(outage.is_over(at(0)), None, "none is under way");
        assert_eq!(outage.shows(at(0)), Say::Begins);
        let said: Vec<Say> = (1..300).map(|tenth| outage.shows(at(tenth * 100))).collect();
        assert!(said.iter().all(|said| *said == Say::Nothing), "{said:?}");
        assert_eq!(outage.shows(at(30_000)), Say::Lasts(AGAIN, 301));
        assert_eq!(outage.shows(at(30_100)), Say::Nothing);
        assert_eq!(outage.shows(at(60_000)), Say::Lasts(2 * AGAIN, 303));
        assert_eq!(outage.is_over(at(71_999)), None, "it may show again in a moment");
        assert_eq!(outage.is_over(at(72_000)), Some((2 * AGAIN, 303)));
        assert_eq!(outage.is_over(at(72_001)), None, "it is said once");
        assert_eq!(outage.shows(at(80_000)), Say::Begins);
    }
}
