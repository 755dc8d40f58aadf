//! A server as a process of its own: started, killed, started again, stopped.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bindproof_server::bench::with_parent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The program under test.
pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bindproof-server"))
}

/// How long a server may take to start, to stop or to say what it counts: longer than it waits for
/// anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// The operator's token.
const OPERATOR: &str = "the operator of a campaign";

/// The sum of what a server at this address counts under a name; the labels have to be there, too.
pub async fn counted(address: &str, name: &str, label: &str) -> u64 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /metrics HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {OPERATOR}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    assert!(read.is_ok_and(|read| read.is_ok()), "{address} does not say what it counts");
    assert!(answer.contains("# EOF"), "{answer}");
    let lines = answer.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

/// One server, running or not.
pub struct Server {
    role: &'static str,
    config: PathBuf,
    log: PathBuf,
    instance: String,
    defects: Vec<&'static str>,
    level: &'static str,
    child: Option<Child>,
}

impl Server {
    /// A server that is not running yet; what it says goes to the end of a file beside its
    /// configuration.
    pub fn new(
        role: &'static str,
        config: &Path,
        instance: &str,
        defects: &[&'static str],
        level: &'static str,
    ) -> Self {
        let (config, log) = (config.to_owned(), config.with_extension(format!("{instance}.log")));
        let (instance, defects) = (instance.to_owned(), defects.to_vec());
        Self { role, config, log, instance, defects, level, child: None }
    }

    /// Starts it; where it listens.
    pub fn start(&mut self) -> String {
        let log = OpenOptions::new().append(true).create(true).open(&self.log).unwrap();
        // It does not outlive the test, whatever becomes of that.
        let mut command = with_parent("KILL");
        command
            .arg(env!("CARGO_BIN_EXE_bindproof-server"))
            .arg(self.role)
            .arg("--config")
            .arg(&self.config);
        for defect in &self.defects {
            command.args(["--defect", defect]);
        }
        command.env("BINDPROOF_INSTANCE", &self.instance).env("BINDPROOF_OPERATOR", OPERATOR);
        command.env("RUST_LOG", self.level).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        self.child = Some(child);
        let (said, heard) = mpsc::channel();
        std::thread::spawn(move || said.send(BufReader::new(out).lines().next()));
        let said = heard.recv_timeout(PATIENCE).ok().flatten();
        let said = said.and_then(Result::ok).unwrap_or_default();
        let address = said.strip_prefix("listening on http://");
        address.unwrap_or_else(|| panic!("{}: it said {said:?}", self.log())).to_owned()
    }

    /// Where what it says is kept.
    pub fn log(&self) -> String {
        self.log.display().to_string()
    }

    /// Kills it, with no time for anything.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Tells it to stop and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(told.unwrap().success());
        let id = child.id().to_string();
        let (ended, heard) = mpsc::channel();
        std::thread::spawn(move || ended.send(child.wait()));
        match heard.recv_timeout(PATIENCE) {
            Ok(status) => status.unwrap(),
            Err(_) => {
                let killed = Command::new("kill").arg("-KILL").arg(id).status();
                panic!("{}: it does not stop; {killed:?}", self.log());
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
