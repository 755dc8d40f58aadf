//! Searches of models whose states are not a few machine words, to be timed:
//! `cargo bench -p bindproof-checker -- heap 7 1` for the two-phase commit with states on the heap,
//! seven managers and one thread. The other models are `paxos` (states on the heap, as many
//! proposals) and `wide` (states of 136 bytes, without a heap). Behind the numbers may stand
//! `graph`, which asks for what needs all edges, or `peer-bfs` or `peer-dfs` for stateright's own
//! searches.

mod heap;
mod paxos;
mod wide;

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

use bindproof_checker::Check as _;
use stateright::{Checker as _, Model};

fn main() {
    // Cargo tells every benchmark that it is one.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let number =
        |at: usize, usual: u8| arguments.get(at).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let threads = usize::from(number(2, 2).max(1));
    let how = arguments.get(3).map_or("", String::as_str);
    match arguments.first().map(String::as_str) {
        Some("heap") => run(&heap::TwoPhase { managers: number(1, 7).clamp(1, 16) }, threads, how),
        Some("paxos") => run(&paxos::Paxos { ballots: number(1, 2).clamp(1, 4) }, threads, how),
        Some("wide") => run(&wide::TwoPhase { managers: number(1, 7).clamp(1, 8) }, threads, how),
        _ => println!("one of heap, paxos and wide; then how many, threads, and how"),
    }
}

/// Searches a model and says how it went.
fn run<M>(model: &M, threads: usize, how: &str)
where
    M: Model + Copy + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Debug + Send + Sync + 'static,
    M::Action: Clone + PartialEq + Hash + Debug + Send + Sync + 'static,
{
    let started = now();
    let (states, generated) = match how {
        "peer-bfs" => {
            let peer = model.checker().threads(threads).spawn_bfs().join();
            (peer.unique_state_count() as u64, peer.state_count() as u64)
        }
        "peer-dfs" => {
            let peer = model.checker().threads(threads).spawn_dfs().join();
            (peer.unique_state_count() as u64, peer.state_count() as u64)
        }
        _ => {
            let mut check = model.check().threads(threads);
            if how == "graph" {
                check = check.possible("there is always a way", |_, _| true, |_, _| true);
            }
            let report = check.run();
            let bytes = report.bytes as f64 / report.distinct as f64;
            println!("{}, depth {}, {bytes:.1} bytes a state", report.verdict, report.depth);
            (report.distinct, report.generated)
        }
    };
    println!("{states} states, {generated} generated, {:.3} s", started.elapsed().as_secs_f64());
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}
