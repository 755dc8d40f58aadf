//! A PostgreSQL of one's own: on a socket in a folder that goes when the test goes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::Folder;

/// A server that runs until this is dropped.
pub struct Postgres {
    folder: Folder,
    programs: PathBuf,
}

impl Postgres {
    /// Starts one, with these settings beside its own.
    ///
    /// It has to be installed: without it nothing is known of the store, and the test fails.
    pub fn start(name: &str, settings: &[&str]) -> Self {
        let folder = Folder::new(name);
        let postgres = Self { folder, programs: programs() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(postgres.folder.path()));
        }
        let data = postgres.data();
        let mut initdb = postgres.program("initdb");
        run(initdb.arg("-D").arg(&data).args(["--no-sync", "-A", "trust", "-U", "postgres"]));
        let socket = postgres.folder.path().display();
        let mut options = format!("-c listen_addresses= -k {socket}");
        for setting in settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let log = postgres.folder.path().join("log");
        let mut start = postgres.program("pg_ctl");
        run(start.arg("-D").arg(&data).arg("-l").arg(log).args(["-o", &options, "-w", "start"]));
        postgres
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.path().display())
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

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        let data = self.data();
        // One that has stopped already is as it should be.
        let _ = stop.arg("-D").arg(data).args(["-m", "immediate", "stop"]).output();
    }
}

/// Where its programs are: Debian keeps them beside its versions.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.unwrap_or_else(|error| panic!("PostgreSQL is not installed: {error}"));
    let mut found: Vec<PathBuf> =
        versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().unwrap_or_else(|| panic!("PostgreSQL is not installed"))
}

fn is_root() -> bool {
    let owner = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).map(|data| data.uid())
    };
    owner(Path::new("/proc/self")).is_ok_and(|uid| uid == 0)
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
