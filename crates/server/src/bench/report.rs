//! What was measured, as a page.

use std::fmt::Write as _;

use super::Load;
use super::process::Used;

/// What a bare store does.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceiling {
    /// Which store.
    pub store: &'static str,
    /// How it was driven.
    pub what: String,
    /// Durable commits a second, each time that it was measured.
    pub rates: Vec<f64>,
}

impl Ceiling {
    /// Durable commits a second, on average.
    pub fn rate(&self) -> f64 {
        self.rates.iter().sum::<f64>() / self.rates.len() as f64
    }
}

/// What the servers did at one rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// On which store.
    pub store: &'static str,
    /// Customers who came, a second.
    pub offered: u32,
    /// Bindings that came about, a second.
    pub done: f64,
    /// How many there were.
    pub bindings: usize,
    /// Until a request to bind was taken on, in milliseconds: the median and the 99th of a hundred.
    pub taken_ms: [f64; 2],
    /// Until a binding was usable, in milliseconds: the same.
    pub usable_ms: [f64; 2],
    /// Decisions that both servers wrote, a second.
    pub decisions: f64,
    /// The same for each binding.
    pub decisions_each: f64,
    /// Milliseconds on a processor for each binding, of both servers and the store.
    pub cpu_ms: f64,
    /// Thousands of bytes that the disk was given for each binding, if it counts them.
    pub written_kb: Option<f64>,
}

impl Measured {
    pub(super) fn of(
        store: &'static str,
        offered: u32,
        load: &Load,
        decisions: u64,
        used: Used,
    ) -> Self {
        let each = |sum: f64| sum / load.done.max(1) as f64;
        let decided = decisions as f64;
        Self {
            store,
            offered,
            done: load.done as f64 / load.seconds,
            bindings: load.done,
            taken_ms: [50, 99].map(|of| at(&load.taken_us, of) as f64 / 1000.0),
            usable_ms: [50, 99].map(|of| at(&load.usable_ms, of) as f64),
            decisions: decided / load.seconds,
            decisions_each: each(decided),
            cpu_ms: each(used.cpu_ms as f64),
            written_kb: used.written.map(|bytes| each(bytes as f64 / 1000.0)),
        }
    }

    /// Whether the customers were served as fast as they came.
    pub fn keeps_up(&self) -> bool {
        const MOST_MS: f64 = 1_000.0;
        self.done >= 0.9 * f64::from(self.offered) && self.usable_ms[1] <= MOST_MS
    }
}

/// The value below which so many of a hundred lie; `sorted` is in order.
fn at<T: Copy + Default>(sorted: &[T], of_hundred: usize) -> T {
    let place = (sorted.len() * of_hundred).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    ceilings: Vec<Ceiling>,
    measured: Vec<Measured>,
}

impl Report {
    /// What a bare store does, once more.
    pub(super) fn ceiling(&mut self, store: &'static str, what: &str, rate: f64) {
        let known = self.ceilings.iter_mut().find(|c| (c.store, &*c.what) == (store, what));
        match known {
            Some(ceiling) => ceiling.rates.push(rate),
            None => self.ceilings.push(Ceiling { store, what: what.to_owned(), rates: vec![rate] }),
        }
    }

    pub(super) fn measured(&mut self, measured: Measured) {
        self.measured.push(measured);
    }

    /// What was measured of the servers.
    pub fn rates(&self) -> &[Measured] {
        &self.measured
    }

    /// What each bare store does, with the most that the servers decided on it, by that.
    pub fn shares(&self) -> impl Iterator<Item = (&Ceiling, f64)> {
        self.ceilings.iter().map(|ceiling| {
            let on_it = self.measured.iter().filter(|m| m.store == ceiling.store);
            let most = on_it.map(|m| m.decisions).fold(0.0, f64::max);
            (ceiling, most / ceiling.rate())
        })
    }

    /// The page's tables.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "| bare store | driven by | durable commits/s | before, and after |\n\
             |---|---|---:|---|"
        );
        for ceiling in &self.ceilings {
            let Ceiling { store, what, rates } = ceiling;
            let each: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
            let (rate, each) = (ceiling.rate(), each.join(", "));
            let _ = writeln!(text, "| {store} | {what} | {rate:.0} | {each} |");
        }
        let _ = writeln!(
            text,
            "\n| store | offered/s | bindings/s | taken on p50 / p99 ms | usable p50 / p99 ms | \
             decisions/s | decisions each | CPU ms each | kB written each |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|"
        );
        for m in &self.measured {
            let [taken, taken_most] = m.taken_ms;
            let [usable, usable_most] = m.usable_ms;
            let written = m.written_kb.map_or_else(|| "?".to_owned(), |kb| format!("{kb:.1}"));
            let late = if m.keeps_up() { "" } else { " (falls behind)" };
            let _ = writeln!(
                text,
                "| {} | {}{late} | {:.1} | {taken:.1} / {taken_most:.1} | \
                 {usable:.0} / {usable_most:.0} | {:.0} | {:.1} | {:.2} | {written} |",
                m.store, m.offered, m.done, m.decisions, m.decisions_each, m.cpu_ms,
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<u64> = (1..=200).collect();
        assert_eq!([at(&sorted, 50), at(&sorted, 99), at(&sorted, 100)], [100, 198, 200]);
        assert_eq!(at(&[7], 99), 7);
        assert_eq!(at::<u64>(&[], 99), 0);
    }
}
