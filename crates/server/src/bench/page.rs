//! The page that holds what was measured.

use std::fmt::Write as _;

use super::Report;
use super::report::Ceiling;

const HEAD: &str = "# Performance of the servers

Do not edit; written by

    cargo run --release -p bindproof-server -- bench --write docs/generated/performance-servers.md

Times differ from run to run and from machine to machine. No test compares this page. That of the
checker is [performance.md](performance.md).
";

const HOW: &str = "
A bank and a wallet run as processes of their own on one machine, and with them whoever measures.
Customers whom the wallet does not know bind their cards at a fixed rate, however long each takes,
and share connections, as behind a load balancer; each time is counted from the moment at which the
customer was due. *Taken on* is when the bank has answered her, *usable* when the bank's journal
says that the binding is active. A rate *falls behind* if fewer than nine in ten come about in time,
or the 99th of a hundred waits for longer than a second; it is the last one that is offered.
*Decisions* are transactions of one person that both servers have committed, each of them durable
before it is answered; several may share a commit. The processor's time is that of both servers and
the store; *written* is what the disk was given meanwhile, by whomever. All journals are verified
afterwards.

The bare store commits one row at a time, durably, in the same run: before the servers are measured,
and after. The bound is the average of both.
";

/// The least that the servers have to do of what the bare store does.
const LEAST: f64 = 0.5;

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut page = format!("{HEAD}\n* {}.\n{HOW}\n## Bound\n\n", machine());
    page.push_str(
        "| bare store | driven by | decisions by its commits | must be | |\n\
         |---|---|--:|--:|---|\n",
    );
    for (Ceiling { store, what, .. }, share) in report.shares() {
        let met = if share >= LEAST { "met" } else { "**MISSED**" };
        // Writing to a text does not fail.
        let _ = writeln!(page, "| {store} | {what} | {share:.2} | at least {LEAST} | {met} |");
    }
    let _ = write!(page, "\n## Every measurement\n\n{}", report.markdown());
    page
}

/// What the machine computes with.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", model.unwrap_or("An unknown processor"))
}

#[cfg(test)]
mod tests {
    use super::super::Measured;
    use super::*;

    #[test]
    fn the_page_says_which_bound_is_met() {
        let mut report = Report::default();
        for (store, what, rate) in
            [("SQLite", "one", 100.0), ("PostgreSQL", "one", 50.0), ("PostgreSQL", "many", 100.0)]
        {
            report.ceiling(store, what, rate - 10.0);
            report.ceiling(store, what, rate + 10.0);
        }
        for (store, decisions) in [("SQLite", 60.0), ("SQLite", 40.0), ("PostgreSQL", 30.0)] {
            report.measured(Measured { store, decisions, ..Measured::default() });
        }
        let page = page(&report);
        assert!(page.contains("| SQLite | one | 0.60 | at least 0.5 | met |"), "{page}");
        assert!(page.contains("| PostgreSQL | one | 0.60 | at least 0.5 | met |"), "{page}");
        assert!(
            page.contains("| PostgreSQL | many | 0.30 | at least 0.5 | **MISSED** |"),
            "{page}"
        );
    }
}
