//! Checks two-phase commit: `cargo run --release -p bindproof-checker --example two_phase -- 8 2`
//! for eight managers on two threads; with `peer-bfs` or `peer-dfs` behind it, by stateright's own
//! search.

mod model;

use bindproof_checker::Check as _;
use model::TwoPhase;
use stateright::{Checker as _, Model as _};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, usual: u8| arguments.get(at).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let model = TwoPhase { managers: number(0, 7).clamp(1, 16) };
    let threads = usize::from(number(1, 2).max(1));
    match arguments.get(2).map(String::as_str) {
        Some("peer-bfs") => {
            let peer = model.checker().threads(threads).spawn_bfs().join();
            println!("{} states, {} generated", peer.unique_state_count(), peer.state_count());
        }
        Some("peer-dfs") => {
            let peer = model.checker().threads(threads).spawn_dfs().join();
            println!("{} states, {} generated", peer.unique_state_count(), peer.state_count());
        }
        _ => {
            let report = model.check().threads(threads).run();
            println!(
                "{}: {} states, {} generated, depth {}, {:.2} s, {:.1} bytes a state",
                report.verdict,
                report.distinct,
                report.generated,
                report.depth,
                report.seconds,
                report.bytes as f64 / report.distinct as f64
            );
            std::process::exit(report.verdict.exit_code().into());
        }
    }
}
