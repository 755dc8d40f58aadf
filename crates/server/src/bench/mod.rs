//! How fast the servers are, beside how fast their stores are.
//!
//! A bank and a wallet run as processes of their own. Customers whom the wallet does not know bind
//! their cards at a fixed rate, however long each one takes; each time is counted from the moment
//! at which its customer was due. The bare store is measured in the same run.

mod ceiling;
mod cluster;
mod load;
mod page;
mod process;
mod report;
mod site;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use cluster::Cluster;
pub use page::page;
pub use process::with_parent;
pub use report::{Ceiling, Measured, Report};

use crate::client::ClientError;
use crate::journal::JournalError;
use crate::store::StoreError;
use load::Load;
use site::Site;

/// Why nothing is measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// PostgreSQL is not there.
    #[error("PostgreSQL is not installed in /usr/lib/postgresql")]
    NoPostgres,
    /// A program failed.
    #[error("{command}: {why}")]
    Command {
        /// How it was called.
        command: String,
        /// What it said.
        why: String,
    },
    /// A file cannot be used.
    #[error("{}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A client was not served.
    #[error("a client was not served: {0}")]
    Client(#[from] ClientError),
    /// A journal is not right afterwards.
    #[error("a journal is not right: {0}")]
    Journal(#[from] JournalError),
    /// Something is not what it should be.
    #[error("{what} cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
    },
    /// Not everything that was begun came about.
    #[error("{begun} bindings were begun, and {done} came about")]
    Unfinished {
        /// How many were begun.
        begun: usize,
        /// How many came about.
        done: usize,
    },
}

impl BenchError {
    fn at(file: &Path, why: impl std::fmt::Display) -> Self {
        Self::File { file: file.to_owned(), why: why.to_string() }
    }
}

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long customers come at each rate, in seconds.
    pub seconds: u32,
    /// Customers a second, at first. Then twice as many, and so on, as long as they are served.
    pub rate: u32,
    /// Leave PostgreSQL out.
    pub only_sqlite: bool,
}

/// One store on which the servers are measured.
struct Subject<'a> {
    program: &'a Path,
    folder: PathBuf,
    store: &'static str,
    stores: [String; 2],
    /// The store's own process, if it has one.
    engine: Option<u32>,
}

/// Measures both stores in a folder of its own, with `program` for the servers; `progress` hears
/// what is being done.
///
/// # Errors
/// If anything fails: a figure of half a run is none.
pub async fn run(
    program: &Path,
    folder: &Path,
    plan: Plan,
    mut progress: impl FnMut(&str),
) -> Result<Report, BenchError> {
    let mut report = Report::default();
    let part = folder.join("sqlite");
    make(&part)?;
    let file = |name: &str| format!("sqlite:{}", part.join(name).display());
    let stores = [file("bank.db"), file("wallet.db")];
    let subject = Subject { program, folder: part.clone(), store: SQLITE, stores, engine: None };
    bare_sqlite(&part, &mut report, &mut progress)?;
    subject.measure(plan, &mut report, &mut progress).await?;
    bare_sqlite(&part, &mut report, &mut progress)?;
    if !plan.only_sqlite {
        postgres(program, &folder.join("postgres"), plan, &mut report, &mut progress).await?;
    }
    Ok(report)
}

const SQLITE: &str = "SQLite";
const POSTGRES: &str = "PostgreSQL";

fn bare_sqlite(
    folder: &Path,
    report: &mut Report,
    progress: &mut impl FnMut(&str),
) -> Result<(), BenchError> {
    progress("SQLite: the bare store");
    report.ceiling(SQLITE, "one connection", ceiling::sqlite(folder)?);
    Ok(())
}

async fn postgres(
    program: &Path,
    folder: &Path,
    plan: Plan,
    report: &mut Report,
    progress: &mut impl FnMut(&str),
) -> Result<(), BenchError> {
    let data = folder.join("cluster");
    make(&data)?;
    let cluster = Cluster::start(&data, &["max_connections=200"])?;
    let stores = [cluster.database("bank")?, cluster.database("wallet")?];
    let (folder, engine) = (folder.to_owned(), cluster.process());
    let subject = Subject { program, folder, store: POSTGRES, stores, engine };
    bare_postgres(&cluster, report, progress).await?;
    subject.measure(plan, report, progress).await?;
    bare_postgres(&cluster, report, progress).await
}

async fn bare_postgres(
    cluster: &Cluster,
    report: &mut Report,
    progress: &mut impl FnMut(&str),
) -> Result<(), BenchError> {
    progress("PostgreSQL: the bare store");
    for connections in [1, 16] {
        let rate = ceiling::postgres(&cluster.url("postgres"), connections).await?;
        report.ceiling(POSTGRES, &format!("connections: {connections}"), rate);
    }
    if let Some(rate) = cluster.pgbench("postgres", 16)? {
        report.ceiling(POSTGRES, "pgbench -N, 16 clients", rate);
    }
    Ok(())
}

impl Subject<'_> {
    /// Rate after rate, until the servers fall behind.
    async fn measure(
        &self,
        plan: Plan,
        report: &mut Report,
        progress: &mut impl FnMut(&str),
    ) -> Result<(), BenchError> {
        /// As many rates as that, and no more.
        const DOUBLINGS: u32 = 7;
        let customers = (plan.rate * plan.seconds) as usize * ((1 << DOUBLINGS) - 1);
        let site = Site::start(self.program, &self.folder, &self.stores, customers).await?;
        let mut processes = site.processes().to_vec();
        processes.extend(self.engine);
        let mut first = 0;
        for doubling in 0..DOUBLINGS {
            let rate = plan.rate << doubling;
            progress(&format!("{}: {rate} bindings a second", self.store));
            let before = (process::used(&processes, &self.folder)?, site.decisions().await?);
            let load = Load::at(&site, rate, plan.seconds, first).await?;
            let used = process::used(&processes, &self.folder)?.since(before.0);
            let decisions = site.decisions().await? - before.1;
            let measured = Measured::of(self.store, rate, &load, decisions, used);
            let keeps_up = measured.keeps_up();
            report.measured(measured);
            first += (rate * plan.seconds) as usize;
            if !keeps_up {
                break;
            }
        }
        site.verified().await
    }
}

fn make(folder: &Path) -> Result<(), BenchError> {
    std::fs::create_dir_all(folder).map_err(|error| BenchError::at(folder, error))
}
