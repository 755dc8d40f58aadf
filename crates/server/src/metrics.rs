//! What an instance counts, for whoever watches it, in the text format of OpenMetrics.
//!
//! Counts are of this instance since it started. What is owed is asked of the store when somebody
//! looks, and is the same whichever instance is asked.

use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::{Store, StoreError};

/// The media type of what is shown.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, String); N];

/// What became of a decision that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Done,
    /// Somebody else was faster; it is made again.
    Lost,
    /// An id or key had become somebody's; it is made again elsewhere.
    Taken,
}

impl Written {
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Lost => "lost",
            Self::Taken => "taken",
        }
    }
}

/// The counts of one instance.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<2>, Counter>,
    seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    decisions: Family<Labels<1>, Counter>,
    letters: Family<Labels<2>, Counter>,
    unsigned: Counter,
    connections: Gauge,
    turned_away: Counter,
    owed: Family<Labels<2>, Gauge>,
    oldest: Family<Labels<1>, Gauge>,
    /// The lanes that are known, whether or not anything is owed in them.
    lanes: Mutex<Vec<String>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// From a millisecond to about eight seconds.
fn latencies() -> Histogram {
    let bounds = (0..14).map(|power| 0.001 * f64::from(1 << power));
    Histogram::new(bounds)
}

impl Metrics {
    /// Nothing is counted yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("bindproof");
        let requests = Family::default();
        let (name, help) = ("requests", "Requests that were answered, by route and status");
        registry.register(name, help, requests.clone());
        let seconds: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(latencies);
        let (name, help) = ("request_duration", "From a request's header to its answer");
        registry.register_with_unit(name, help, Unit::Seconds, seconds.clone());
        let decisions = Family::default();
        let (name, help) =
            ("decisions", "Decisions that were to be written, and what became of it");
        registry.register(name, help, decisions.clone());
        let letters = Family::default();
        let (name, help) = ("letters_sent", "Letters that were sent, and what became of it");
        registry.register(name, help, letters.clone());
        let unsigned = Counter::default();
        let (name, help) = ("signatures_refused", "Signatures that were not accepted");
        registry.register(name, help, unsigned.clone());
        let connections = Gauge::default();
        registry.register("connections", "Connections that are open", connections.clone());
        let turned_away = Counter::default();
        let (name, help) = ("connections_refused", "Connections too many from one address");
        registry.register(name, help, turned_away.clone());
        let owed = Family::default();
        let (name, help) = ("letters_owed", "Letters that are owed, by lane, given up or not");
        registry.register(name, help, owed.clone());
        let oldest = Family::default();
        let (name, help) =
            ("letters_oldest_timestamp", "Since when the oldest letter of a lane is owed");
        registry.register_with_unit(name, help, Unit::Seconds, oldest.clone());
        Self {
            registry,
            requests,
            seconds,
            decisions,
            letters,
            unsigned,
            connections,
            turned_away,
            owed,
            oldest,
            lanes: Mutex::default(),
        }
    }

    /// What is known to be counted some day is counted from now on, as nothing: routes, the
    /// letters that this kind of server sends, and the lanes in which they wait.
    pub fn begin(&self, routes: &[&str], letters: &[(&str, &[&str])], lanes: Vec<String>) {
        for route in routes {
            for status in [200, 503] {
                let labels = [("route", (*route).to_owned()), ("status", status.to_string())];
                drop(self.requests.get_or_create(&labels));
            }
            drop(self.seconds.get_or_create(&[("route", (*route).to_owned())]));
        }
        for written in [Written::Done, Written::Lost, Written::Taken] {
            drop(self.decisions.get_or_create(&[("written", written.name().to_owned())]));
        }
        for (letter, results) in letters {
            for result in *results {
                let labels = [("letter", (*letter).to_owned()), ("result", (*result).to_owned())];
                drop(self.letters.get_or_create(&labels));
            }
        }
        *self.lanes.lock().unwrap_or_else(PoisonError::into_inner) = lanes;
    }

    /// A request was answered with this status after so many seconds.
    pub fn answered(&self, route: &str, status: u16, seconds: f64) {
        let labels = [("route", route.to_owned()), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[("route", route.to_owned())]).observe(seconds);
    }

    /// A decision was written, or not.
    pub fn decided(&self, written: Written) {
        self.decisions.get_or_create(&[("written", written.name().to_owned())]).inc();
    }

    /// A letter was sent; `result` says what became of it.
    pub fn sent(&self, letter: &str, result: &str) {
        let labels = [("letter", letter.to_owned()), ("result", result.to_owned())];
        self.letters.get_or_create(&labels).inc();
    }

    /// A signature was not accepted.
    pub fn refused_signature(&self) {
        self.unsigned.inc();
    }

    /// A connection was one too many from its address.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// A connection is open until this is dropped.
    pub fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    /// Everything that is counted, with what is owed in the store.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn shown(&self, store: &dyn Store) -> Result<String, StoreError> {
        let queues = store.queues().await?;
        self.owed.clear();
        self.oldest.clear();
        let set = |lane: &str, waiting, dead| {
            for (given_up, count) in [("no", waiting), ("yes", dead)] {
                let labels = [("lane", lane.to_owned()), ("given_up", given_up.to_owned())];
                self.owed.get_or_create(&labels).set(count);
            }
        };
        for lane in self.lanes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            set(lane, 0, 0);
        }
        for queue in queues {
            set(&queue.lane, queue.waiting, queue.dead);
            let since = self.oldest.get_or_create(&[("lane", queue.lane.clone())]);
            since.set(queue.oldest_ms.div_euclid(1000));
        }
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        Ok(text)
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
