//! What is asked of the checker, and what was measured of it.

use crate::bounds::{Bound, Wanted};
use crate::figures::{Series, Tool};
use crate::groups::{CAPACITY, COMPARED, Part};
use crate::measure::Measured;
use crate::subject::Subject;

/// How many times as fast it must be on two-phase commit: threads, peer, times.
const TWO_PHASE: [(usize, Tool, f64); 5] = [
    (1, Tool::Bfs, 4.0),
    (1, Tool::Dfs, 2.0),
    (1, Tool::Spin, 2.0),
    (2, Tool::Bfs, 5.0),
    (2, Tool::Dfs, 2.0),
];

/// The same on the large scope of the protocol, on any number of threads.
const LARGE: [(Tool, f64); 2] = [(Tool::Bfs, 3.0), (Tool::Dfs, 1.5)];

/// The peer's fastest time by ours, the median: how many times as fast ours is.
pub fn ratio(measured: &Measured, peer: Tool) -> Option<f64> {
    let of = |tool: Tool| measured.series.get(&tool);
    Some(of(peer)?.fastest() / of(Tool::Ours)?.median())
}

/// Peak bytes of a tool by distinct states.
pub fn bytes_per_state(measured: &Measured, tool: Tool) -> Option<f64> {
    let peak = measured.series.get(&tool).and_then(Series::peak)?;
    Some(peak as f64 / measured.distinct as f64)
}

/// Every bound.
pub fn all(measured: &[Measured]) -> Vec<Bound> {
    let find = |subject: Subject, threads: usize| {
        let mut groups = measured.iter();
        groups.find(|one| one.group.subject == subject && one.group.threads == threads)
    };
    let mut bounds = Vec::new();
    let mut faster = |subject: Subject, threads: usize, peer: Tool, times: f64| {
        bounds.push(Bound {
            what: format!("{}, threads {threads}: speed by {}", subject.name(), peer.name()),
            wanted: Wanted::AtLeast(times),
            unit: "×",
            measured: find(subject, threads).and_then(|found| ratio(found, peer)),
        });
    };
    for (threads, peer, times) in TWO_PHASE {
        faster(Subject::TwoPhase(COMPARED), threads, peer, times);
    }
    for threads in [1, 2] {
        for (peer, times) in LARGE {
            faster(Subject::Scope("large"), threads, peer, times);
        }
    }
    for found in measured.iter().filter(|found| found.group.part == Part::Heap) {
        let what = format!("{}, threads {}", found.group.subject.name(), found.group.threads);
        bounds.push(Bound {
            what: format!("{what}: time by {}", Tool::Bfs.name()),
            wanted: Wanted::AtMost(2.0),
            unit: "×",
            measured: ratio(found, Tool::Bfs).map(|ratio| 1.0 / ratio),
        });
    }
    bounds.extend(memory(find));
    bounds
}

fn memory<'a>(find: impl Fn(Subject, usize) -> Option<&'a Measured>) -> Vec<Bound> {
    let mut bounds = Vec::new();
    let large = [
        (Subject::TwoPhase(COMPARED), 1),
        (Subject::TwoPhase(COMPARED), 2),
        (Subject::TwoPhase(CAPACITY), 2),
        (Subject::Scope("large"), 1),
        (Subject::Scope("large"), 2),
    ];
    for (subject, threads) in large {
        let measured = find(subject, threads).and_then(|found| {
            bytes_per_state(found, Tool::Ours).map(|bytes| bytes / found.state as f64)
        });
        let what = format!("{}, threads {threads}: peak by size of the states", subject.name());
        bounds.push(Bound { what, wanted: Wanted::AtMost(2.0), unit: "×", measured });
    }
    let capacity = find(Subject::TwoPhase(CAPACITY), 2);
    let ours = capacity.and_then(|found| found.series.get(&Tool::Ours));
    let name = Subject::TwoPhase(CAPACITY).name();
    bounds.push(Bound {
        what: format!("{name}, threads 2: time"),
        wanted: Wanted::AtMost(60.0),
        unit: " s",
        measured: ours.map(Series::median),
    });
    bounds.push(Bound {
        what: format!("{name}, threads 2: peak"),
        wanted: Wanted::AtMost(3.0),
        unit: " GB",
        measured: ours.and_then(Series::peak).map(|bytes| bytes as f64 / 1e9),
    });
    bounds
}
