//! The page.

use std::fmt::Write as _;
use std::process::Command;

use crate::figures::{Series, Tool};
use crate::groups::Part;
use crate::measure::Measured;
use crate::musts;

/// The machine in a line each: what it computes with, and what compiled the program.
pub fn machine() -> [String; 2] {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = Command::new("rustc").arg("-V").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    [
        format!("{}, {cores} cores", model.unwrap_or("an unknown processor")),
        rustc.unwrap_or_else(|_| "an unknown compiler".into()),
    ]
}

/// The whole page.
pub fn render(measured: &[Measured], peers: &[String], machine: &[String], quick: bool) -> String {
    let mut page = String::from(HEAD);
    if quick {
        page.push_str("\n**A quick run: it shows that everything works, and no figure counts.**\n");
    }
    let _ = writeln!(page, "\n* {}.", machine.join("; "));
    for peer in peers {
        let _ = writeln!(page, "* {peer}.");
    }
    page.push_str(HOW);
    if !quick {
        page.push_str("\n## Bounds\n\n| what | must be | measured | |\n|---|---|---|---|\n");
        page.extend(musts::all(measured).iter().map(|bound| bound.row()));
    }
    for (part, title) in [
        (Part::TwoPhase, "Two-phase commit"),
        (Part::Scopes, "Scopes of the protocol"),
        (Part::Heap, "States on the heap"),
    ] {
        let of_part: Vec<&Measured> =
            measured.iter().filter(|found| found.group.part == part).collect();
        let _ = write!(page, "\n## {title}\n\n{GROWTH}");
        page.extend(of_part.iter().map(|found| growth(found)));
    }
    page.push_str("\n## Every measurement\n\n");
    page.push_str(EVERY);
    for found in measured {
        page.extend(found.series.iter().map(|(tool, series)| every(found, *tool, series)));
    }
    page
}

const HEAD: &str = "# Performance

Do not edit; written by

    cargo bench -p bindproof-checker --bench peers -- --write docs/generated/performance.md

Times differ from run to run and from machine to machine; ratios less so. No test compares this
page.
";

const HOW: &str = "
Every measurement is a process of its own, timed from its start to its end; those of a row take
turns. All search the same states, and a process that does not count the pinned number of them ends
the run. *Times as fast* is the peer's fastest run by the median of ours. Peak is the most memory
that was resident; of SPIN it is what it says itself, and of TLC, which takes what it is given, it
is left out. A GB is 10⁹ bytes.

* stateright searches the same model object and is asked the same: the properties of states that
  the model itself has. It keeps a hash of each state, ours the state. On scopes of the protocol it
  is handed successors by `next_state`; ours has the same step write them where it looks at them
  (`fire_into`).
* SPIN searches `crates/checker/benches/peers/two_phase.pml`, exactly and without reduction: as many
  states, and as many transitions as are generated here. It is asked for agreement only.
* TLC searches `crates/checker/benches/peers/two_phase.tla`, by the hashes that it always keeps. Its
  time includes the start of its virtual machine.
";

const GROWTH: &str = "\
| what | states | bytes of a state | threads | ours, s | states in a second | \
peak by state, bytes | by size | times BFS | times DFS | times SPIN | times TLC |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

const EVERY: &str = "\
| what | threads | who | runs | fastest, s | median, s | peak, MB | peak by state, bytes |
|---|--:|---|--:|--:|--:|--:|--:|
";

/// How ours does on something, and how many times as fast as each peer.
fn growth(found: &Measured) -> String {
    let Some(ours) = found.series.get(&Tool::Ours) else { return String::new() };
    let bytes = musts::bytes_per_state(found, Tool::Ours).unwrap_or_default();
    let mut row = format!(
        "| {} | {} | {} | {} | {:.2} | {} | {bytes:.0} | {:.2} |",
        found.group.subject.name(),
        grouped(found.distinct),
        found.state,
        found.group.threads,
        ours.median(),
        grouped((found.distinct as f64 / ours.median()) as u64),
        bytes / found.state as f64,
    );
    for peer in [Tool::Bfs, Tool::Dfs, Tool::Spin, Tool::Tlc] {
        let times = musts::ratio(found, peer);
        let _ = write!(row, " {} |", times.map_or_else(|| "–".into(), |t| format!("{t:.1}")));
    }
    row + "\n"
}

/// One tool on something.
fn every(found: &Measured, tool: Tool, series: &Series) -> String {
    let or_dash =
        |figure: Option<f64>| figure.map_or_else(|| "–".into(), |figure| format!("{figure:.0}"));
    format!(
        "| {} | {} | {} | {} | {:.2} | {:.2} | {} | {} |\n",
        found.group.subject.name(),
        found.group.threads,
        tool.name(),
        series.runs(),
        series.fastest(),
        series.median(),
        or_dash(series.peak().map(|bytes| bytes as f64 / 1e6)),
        or_dash(musts::bytes_per_state(found, tool)),
    )
}

/// A number with commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let (head, tail) = digits.split_at(head);
    let tail = tail.as_bytes().chunks(3).map(|chunk| String::from_utf8_lossy(chunk).into_owned());
    let parts: Vec<String> =
        core::iter::once(head.to_owned()).filter(|head| !head.is_empty()).chain(tail).collect();
    parts.join(",")
}
