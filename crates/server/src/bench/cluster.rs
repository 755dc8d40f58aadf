//! A PostgreSQL of one's own: on a socket in a folder, until it is dropped.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::BenchError;

/// A PostgreSQL server of one's own.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
}

impl Cluster {
    /// Starts one in `folder`, with these settings beside its own.
    ///
    /// # Errors
    /// If PostgreSQL is not installed or does not start.
    pub fn start(folder: &Path, settings: &[&str]) -> Result<Self, BenchError> {
        let cluster = Self { folder: folder.to_owned(), programs: programs()? };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder))?;
        }
        let data = cluster.data();
        let mut initdb = cluster.program("initdb");
        run(initdb.arg("-D").arg(&data).args(["--no-sync", "-A", "trust", "-U", "postgres"]))?;
        let mut options = format!("-c listen_addresses= -k {}", folder.display());
        for setting in settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let mut start = cluster.program("pg_ctl");
        let log = folder.join("log");
        run(start.arg("-D").arg(&data).arg("-l").arg(log).args(["-o", &options, "-w", "start"]))?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The address of the database with this name. `postgres` is there from the beginning.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// Makes a database; its address.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn database(&self, name: &str) -> Result<String, BenchError> {
        let mut createdb = self.program("createdb");
        run(createdb.arg("-h").arg(&self.folder).args(["-U", "postgres", name]))?;
        Ok(self.url(name))
    }

    /// The process that all others of it come from.
    ///
    /// # Errors
    /// If it is not running.
    pub fn process(&self) -> Result<u32, BenchError> {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|error| BenchError::at(&file, error))?;
        let id = text.lines().next().and_then(|line| line.parse().ok());
        id.ok_or_else(|| BenchError::at(&file, "it holds no process"))
    }

    /// What `pgbench` measures on a database in five seconds with so many clients: short
    /// transactions of one update, one read and one insert each, committed a second. None if it is
    /// not installed.
    ///
    /// # Errors
    /// If it fails.
    pub fn pgbench(&self, database: &str, clients: usize) -> Result<Option<f64>, BenchError> {
        if !self.programs.join("pgbench").exists() {
            return Ok(None);
        }
        let at = |command: &mut Command| {
            command.arg("-h").arg(&self.folder).args(["-U", "postgres", database]);
        };
        let mut prepare = self.program("pgbench");
        prepare.args(["-i", "-q", "-s", "10"]);
        at(&mut prepare);
        run(&mut prepare)?;
        let mut measure = self.program("pgbench");
        measure.args(["-N", "-j", "2", "-T", "5", "-c", &clients.to_string()]);
        at(&mut measure);
        let said = run(&mut measure)?;
        let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = line.and_then(|rest| rest.split(' ').next()?.parse().ok());
        rate.map(Some).ok_or(BenchError::Unreadable { what: "what pgbench says" })
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        if !is_root() {
            return Command::new(program);
        }
        // It refuses to run as root.
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        let data = self.data();
        // One that has stopped already is as it should be.
        let _ = stop.arg("-D").arg(data).args(["-m", "immediate", "stop"]).output();
    }
}

/// Where its programs are: Debian keeps them beside its versions.
fn programs() -> Result<PathBuf, BenchError> {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.map_err(|_| BenchError::NoPostgres)?;
    let mut found: Vec<PathBuf> =
        versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().ok_or(BenchError::NoPostgres)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}

/// Runs a command to its end; what it said.
fn run(command: &mut Command) -> Result<String, BenchError> {
    let output = command.output().map_err(|error| BenchError::Command {
        command: format!("{command:?}"),
        why: error.to_string(),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BenchError::Command { command: format!("{command:?}"), why: said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
