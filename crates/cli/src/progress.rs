//! How far each search is, on stderr: drawn over if that is a terminal, a line now and then if not.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::figures::thousands;
use crate::pace::Pace;
use crate::stop;

/// The lines of all searches under way.
pub struct Progress(Option<MultiProgress>);

impl Progress {
    /// On stderr.
    pub fn new() -> Self {
        Self(std::io::stderr().is_terminal().then(MultiProgress::new))
    }

    /// A line for one search.
    pub fn line(&self, name: &str) -> Line {
        let Some(all) = &self.0 else {
            // A bar that is never drawn still knows its age.
            let bar = ProgressBar::hidden().with_prefix(name.to_owned());
            return Line { bar, drawn: false, pace: Cell::new(Pace::WRITTEN) };
        };
        let bar = all.add(ProgressBar::new_spinner());
        // The template is a constant; were it wrong, the plain line would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.set_message("beginning");
        bar.enable_steady_tick(Duration::from_millis(120));
        Line { bar, drawn: true, pace: Cell::new(Pace::DRAWN) }
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
    bar: ProgressBar,
    /// On a terminal, and drawn over.
    drawn: bool,
    pace: Cell<Pace>,
}

impl Line {
    /// Says how far the search is whenever that is due; answers whether it is to stop.
    pub fn show(&self, states: usize, depth: u32) -> bool {
        let age = self.bar.elapsed();
        let mut pace = self.pace.get();
        if pace.is_due(age) {
            self.say(states, depth, age);
        }
        self.pace.set(pace);
        stop::stopped()
    }

    fn say(&self, states: usize, depth: u32, age: Duration) {
        let so_far = thousands(states as u64);
        if self.drawn {
            let rate = thousands((states as f64 / age.as_secs_f64().max(1e-3)) as u64);
            self.bar.set_message(format!("{so_far} states, {rate} a second, depth {depth}"));
        } else {
            let line = format!("{}: {so_far} states, depth {depth}\n", self.bar.prefix());
            // In one piece, so that those of several searches do not mix. A stderr that nobody
            // reads is no reason to end a search.
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.drawn {
            self.bar.finish_and_clear();
        }
    }
}
