//! How far each search is, on stderr: drawn over if that is a terminal, a line now and then if not,
//! or objects for a program.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bindproof_models::check::Moment;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::arguments::ProgressFormat;
use crate::figures::{bytes, thousands};
use crate::pace::Pace;
use crate::stop;

/// The lines of all searches under way.
pub struct Progress(Way);

/// How it is told.
enum Way {
    Drawn(MultiProgress),
    Written,
    Told,
    Silent,
}

impl Progress {
    /// On stderr.
    pub fn new(format: ProgressFormat) -> Self {
        Self(match format {
            ProgressFormat::Text if std::io::stderr().is_terminal() => {
                Way::Drawn(MultiProgress::new())
            }
            ProgressFormat::Text => Way::Written,
            ProgressFormat::Json => Way::Told,
            ProgressFormat::None => Way::Silent,
        })
    }

    /// A line for one search.
    pub fn line(&self, name: &str) -> Line {
        // A bar that is never drawn still knows its age.
        let hidden = || ProgressBar::hidden().with_prefix(name.to_owned());
        let (bar, say, pace): (_, Say, _) = match &self.0 {
            Way::Drawn(all) => (drawn(all, name), draw, Some(Pace::DRAWN)),
            Way::Written => (hidden(), write_line, Some(Pace::WRITTEN)),
            Way::Told => (hidden(), tell, Some(Pace::TOLD)),
            Way::Silent => (hidden(), tell, None),
        };
        Line { bar, say, pace: Mutex::new(pace) }
    }

    /// Does something, usually writing to stdout, while the lines are out of the way.
    pub fn aside<R>(&self, what: impl FnOnce() -> R) -> R {
        match &self.0 {
            Way::Drawn(all) => all.suspend(what),
            _ => what(),
        }
    }
}

fn drawn(all: &MultiProgress, name: &str) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner());
    // The template is a constant; were it wrong, the plain line would do.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar.set_message("beginning");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Says how far a search is.
type Say = fn(&ProgressBar, &Moment, Duration);

/// The line of one search.
pub struct Line {
    bar: ProgressBar,
    say: Say,
    pace: Mutex<Option<Pace>>,
}

impl Line {
    /// Says how far the search is whenever that is due; answers whether it goes on.
    pub fn show(&self, moment: &Moment) -> ControlFlow<()> {
        let age = self.bar.elapsed();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.as_mut().is_some_and(|pace| pace.is_due(age)) {
            (self.say)(&self.bar, moment, age);
        }
        if stop::stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn draw(bar: &ProgressBar, moment: &Moment, age: Duration) {
    bar.set_message(format!(
        "{} states, {} a second, {} waiting, depth {}, {}",
        thousands(moment.distinct),
        thousands((moment.distinct as f64 / age.as_secs_f64().max(1e-3)) as u64),
        thousands(moment.queue),
        moment.depth,
        bytes(moment.bytes)
    ));
}

fn write_line(bar: &ProgressBar, moment: &Moment, _: Duration) {
    let (so_far, held) = (thousands(moment.distinct), bytes(moment.bytes));
    written(&format!("{}: {so_far} states, depth {}, {held}\n", bar.prefix(), moment.depth));
}

/// What a program is told; the fields are those of the schema, in its order.
#[derive(Serialize)]
struct Told<'a> {
    schema: &'static str,
    scope: &'a str,
    seconds: f64,
    distinct: u64,
    generated: u64,
    waiting: u64,
    depth: u32,
    bytes: u64,
}

fn tell(bar: &ProgressBar, moment: &Moment, age: Duration) {
    let told = Told {
        schema: "bindproof.progress/1",
        scope: &bar.prefix(),
        seconds: age.as_secs_f64(),
        distinct: moment.distinct,
        generated: moment.generated,
        waiting: moment.queue,
        depth: moment.depth,
        bytes: moment.bytes,
    };
    if let Ok(text) = serde_json::to_string(&told) {
        written(&(text + "\n"));
    }
}

/// In one piece, so that lines of several searches do not mix. A stderr that nobody reads is no
/// reason to end a search.
fn written(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
        }
    }
}
