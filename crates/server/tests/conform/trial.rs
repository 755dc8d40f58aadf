//! A server that is tried, and tried again as long as nothing is known of it.

use std::sync::atomic::{AtomicU32, Ordering};

use bindproof_kit::config::Role;
use bindproof_kit::report::{Outcome, Report, text};
use bindproof_server::bench::Cluster;

use crate::bench::{Bench, Under};

/// How often cases are run again of which nothing is known.
const AGAIN: usize = 2;

/// What is tried.
pub struct Trial<'a> {
    /// Which side's server.
    pub role: Role,
    /// Where it has its stores; in a file if none is given.
    pub cluster: Option<&'a Cluster>,
    /// The options that plant something in it.
    pub planted: &'a [&'a str],
    /// Under what it runs.
    pub under: Under,
}

impl Trial<'_> {
    /// A server of this role with nothing planted in it.
    pub fn of(role: Role) -> Self {
        Self { role, cluster: None, planted: &[], under: Under::default() }
    }

    /// Runs these cases, or all. Those that come out undecided are run again, on another server, a
    /// few times, and that is printed: a machine that stalls for longer than a challenge lives
    /// leaves a case undecided, whatever the server does. What has passed, failed or been skipped
    /// stays as it came out, and so does what is undecided to the last.
    pub async fn conform(&self, cases: &[&str]) -> Report {
        let mut report = self.start().await.conform(cases).await;
        for _ in 0..AGAIN {
            let is_open = |outcome: &Outcome| matches!(outcome, Outcome::Undecided(_));
            let open = report.results.iter().filter(|result| is_open(&result.outcome));
            let open: Vec<&str> = open.map(|result| result.case.id).collect();
            if open.is_empty() {
                break;
            }
            println!("undecided, and run again: {open:?}\n{}", text(&report));
            for again in self.start().await.conform(&open).await.results {
                let same = report.results.iter_mut().find(|result| result.case.id == again.case.id);
                *same.unwrap() = again;
            }
        }
        report
    }

    /// Another server, with a store and keys of its own.
    async fn start(&self) -> Bench {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = || format!("trial{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let store = self.cluster.map(|cluster| cluster.database(&name()).unwrap());
        Bench::start(self.role, store.as_deref(), self.planted, &self.under).await
    }
}
