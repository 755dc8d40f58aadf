//! How far each search is, on stderr, if that is a terminal.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::figures::thousands;
use crate::stop;

/// The lines of all searches under way.
pub struct Progress(Option<MultiProgress>);

impl Progress {
    /// On stderr, if that is a terminal; else nowhere.
    pub fn new() -> Self {
        Self(std::io::stderr().is_terminal().then(MultiProgress::new))
    }

    /// A line for one search.
    pub fn line(&self, name: &str) -> Line {
        let bar = self.0.as_ref().map(|all| {
            let bar = all.add(ProgressBar::new_spinner());
            // The template is a constant; were it wrong, the plain line would do.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.set_message("beginning");
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Line { bar, shown: Cell::new(None) }
    }

    /// Does something, usually writing to stdout, while the lines are out of the way.
    pub fn aside<R>(&self, what: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(all) => all.suspend(what),
            None => what(),
        }
    }
}

/// The line of one search.
pub struct Line {
    bar: Option<ProgressBar>,
    /// How old the line was when it last changed.
    shown: Cell<Option<Duration>>,
}

impl Line {
    /// Shows how far the search is, a few times a second; answers whether it is to stop.
    pub fn show(&self, states: usize, depth: u32) -> bool {
        let Some(bar) = &self.bar else { return stop::stopped() };
        let age = bar.elapsed();
        if self.shown.get().is_none_or(|shown| age > shown + Duration::from_millis(150)) {
            self.shown.set(Some(age));
            let rate = states as f64 / age.as_secs_f64().max(1e-3);
            bar.set_message(format!(
                "{} states, {} a second, depth {depth}",
                thousands(states as u64),
                thousands(rate as u64)
            ));
        }
        stop::stopped()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
