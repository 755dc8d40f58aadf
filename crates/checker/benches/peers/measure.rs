//! Carries out what is planned: every measurement is a process of its own, and the tools of a group
//! take turns.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Output};
use std::time::Instant;

use crate::child;
use crate::figures::{Said, Series, Tool};
use crate::groups::{Group, Plan};
use crate::outside::Outside;

/// A group, and what came out.
#[derive(Debug)]
pub struct Measured {
    /// What was measured.
    pub group: Group,
    /// Distinct states, the same for all.
    pub distinct: u64,
    /// Bytes of a state of our model.
    pub state: u64,
    /// What each tool took.
    pub series: BTreeMap<Tool, Series>,
}

/// Measures all groups, each tool so many times. A lock, if there is one, is held while the tools
/// of a group take one turn each.
///
/// # Errors
/// If a process fails, or does not count what is pinned.
pub fn all(
    plan: &Plan,
    runs: usize,
    lock: Option<&File>,
    outside: &Outside,
) -> Result<Vec<Measured>, String> {
    let mut measured = Vec::new();
    for group in &plan.0 {
        let mut found = Measured {
            group: group.clone(),
            distinct: group.subject.pinned()?,
            state: 0,
            series: BTreeMap::new(),
        };
        let runs = group.runs(runs);
        for run in 1..=runs {
            eprintln!("{}, threads {}: {run} of {runs}", group.subject.name(), group.threads);
            turn(&mut found, run, lock, outside)?;
        }
        measured.push(found);
    }
    Ok(measured)
}

/// Each tool of this turn once.
fn turn(
    found: &mut Measured,
    turn: usize,
    lock: Option<&File>,
    outside: &Outside,
) -> Result<(), String> {
    let Group { subject, threads, .. } = found.group;
    let mut commands = Vec::new();
    for tool in found.group.tools(turn).filter(|tool| outside.has(*tool)) {
        let command = match tool {
            Tool::Spin | Tool::Tlc => outside.command(tool, subject, threads)?,
            _ => {
                let program = std::env::current_exe().map_err(|why| why.to_string())?;
                let mut command = Command::new(program);
                command.args(child::arguments(tool, threads, &subject));
                command
            }
        };
        commands.push((tool, command));
    }
    if let Some(lock) = lock {
        lock.lock().map_err(|why| format!("lock: {why}"))?;
    }
    for (tool, mut command) in commands {
        let what = format!("{} of {}", tool.name(), subject.name());
        let (seconds, output) = timed(&mut command).map_err(|why| format!("{what}: {why}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = match tool {
            Tool::Spin => Said::of_spin(&text),
            Tool::Tlc => Said::of_tlc(&text),
            _ => Said::of_ours(&text),
        };
        let said = said
            .filter(|_| output.status.success())
            .ok_or_else(|| format!("{what}: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let said = said.of(&what, found.distinct)?;
        found.state = found.state.max(said.state.unwrap_or_default());
        found.series.entry(tool).or_default().add(seconds, said);
    }
    lock.map_or(Ok(()), |lock| lock.unlock().map_err(|why| format!("lock: {why}")))
}

/// Seconds from the start of a process to its end, and what it printed.
fn timed(command: &mut Command) -> Result<(f64, Output), String> {
    let started = now();
    let output = command.output().map_err(|why| why.to_string())?;
    Ok(((now() - started).as_secs_f64(), output))
}

#[expect(clippy::disallowed_methods, reason = "what is measured here is time")]
fn now() -> Instant {
    Instant::now()
}
