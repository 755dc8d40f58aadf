//! A PostgreSQL of one's own: on a socket in a folder, until it is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use super::BenchError;
use super::process::with_parent;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL server of one's own. It ends with this, and with the process that holds it.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// Starts one in `folder`, with these settings beside its own.
    ///
    /// # Errors
    /// If PostgreSQL is not installed or does not start.
    pub fn start(folder: &Path, settings: &[&str]) -> Result<Self, BenchError> {
        let mut cluster = Self { folder: folder.to_owned(), programs: programs()?, server: None };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder))?;
        }
        let data = cluster.data();
        let mut initdb = cluster.program("initdb");
        run(initdb.arg("-D").arg(&data).args(["--no-sync", "-A", "trust", "-U", "postgres"]))?;
        cluster.serve(settings)?;
        Ok(cluster)
    }

    /// Starts the server; once it says that it is ready.
    fn serve(&mut self, settings: &[&str]) -> Result<(), BenchError> {
        let log = self.folder.join("log");
        let at = |error| BenchError::at(&log, error);
        let file = File::create(&log).map_err(at)?;
        // SIGQUIT: it takes all its processes with it, at once.
        let mut start = with_parent("QUIT");
        if is_root() {
            start.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]);
        }
        start.arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        start.args(["-c", "lc_messages=C", "-c", "listen_addresses=", "-k"]).arg(&self.folder);
        for setting in settings {
            start.args(["-c", setting]);
        }
        start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let server = self.server.insert(start.spawn().map_err(at)?);
        let (ready, heard) = mpsc::channel();
        if let Some(said) = server.stderr.take() {
            std::thread::spawn(move || follow(said, file, &ready));
        }
        heard.recv_timeout(PATIENCE).map_err(|_| BenchError::Command {
            command: format!("{start:?}"),
            why: std::fs::read_to_string(&log).unwrap_or_default(),
        })
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
    pub fn process(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
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
        let Some(mut server) = self.server.take() else { return };
        let mut stop = self.program("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["-m", "immediate", "-W", "stop"]);
        // One that cannot be told is killed: its processes see that it is gone, and go, too.
        if !stop.output().is_ok_and(|output| output.status.success()) {
            let _ = server.kill();
        }
        let _ = server.wait();
    }
}

/// Writes down what a server says for as long as it runs, and tells when it is ready.
fn follow(said: ChildStderr, mut log: File, ready: &Sender<()>) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        // A log that cannot be written is no reason to stop the server; nor that nobody listens.
        let _ = writeln!(log, "{line}");
        if line.contains("ready to accept connections") {
            let _ = ready.send(());
        }
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
