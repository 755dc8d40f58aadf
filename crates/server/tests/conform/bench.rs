//! A server as a process of its own, and the kit configured for it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use bindproof::limits::{Limits, Timing};
use bindproof::policy::Policy;
use bindproof_kit::config::{Config, Role};
use bindproof_kit::report::Report;
use bindproof_kit::run::{Plan, run};

use crate::folder::Folder;

/// How many customers a bank under test has.
const CUSTOMERS: usize = 50;

/// A server under test.
pub struct Bench {
    role: Role,
    folder: Folder,
    address: String,
    planted: Vec<String>,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bindproof-server"))
}

/// Makes a key; its public half.
fn keygen(folder: &Path, name: &str) -> String {
    let made = program().arg("keygen").arg(folder.join(format!("{name}.pem"))).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// The ports that were given to somebody here: several servers are tried at once.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of the loopback that nobody had just now, and nobody here was given before.
fn free() -> String {
    loop {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        if GIVEN.lock().unwrap().insert(address.port()) {
            return address.to_string();
        }
    }
}

impl Bench {
    /// Starts a server of this role on this store, with these options that plant something, under
    /// these counts and times, and under this policy.
    pub async fn start(role: Role, store: Option<&str>, planted: &[&str], under: &Under) -> Self {
        let folder = Folder::new("conform");
        let planted = planted.iter().map(|option| (*option).to_owned()).collect();
        let bench = Self { role, folder, address: free(), planted };
        bench.write(store, under);
        bench.run().await;
        bench
    }

    fn peers(&self) -> &'static [&'static str] {
        match self.role {
            Role::Wallet => &["north", "south"],
            Role::Bank => &["wallet"],
        }
    }

    /// Writes both configurations.
    fn write(&self, store: Option<&str>, under: &Under) {
        let folder = self.folder.path();
        let own = self.role.name();
        let public = keygen(folder, own);
        let file = format!("sqlite:{}", folder.join("store.db").display());
        let store = store.unwrap_or(&file);
        let mut server = format!(
            "name = '{own}'\ninstance = '{own}-1'\nmode = 'development'\n\
             listen = '{}'\nstore = '{store}'\n\
             rates = {{ per_second = 10000, burst = 10000, strangers_per_second = 10000, \
                 strangers_burst = 10000 }}\n\
             key = {{ id = '{own}-1', file = '{}' }}\n",
            self.address,
            folder.join(format!("{own}.pem")).display()
        );
        let mut kit = "patience_ms = 15000\n".to_owned();
        if let Some(policy) = &under.policy {
            let policy = toml::to_string(policy).unwrap();
            std::fs::write(folder.join("policy.toml"), policy).unwrap();
            for text in [&mut server, &mut kit] {
                text.push_str("policy = 'policy.toml'\n");
            }
        }
        let mut tables = format!(
            "[target]\nname = '{own}'\nkey = [{{ id = '{own}-1', public = '{public}' }}]\n"
        );
        for peer in self.peers() {
            let (public, address) = (keygen(folder, peer), free());
            write!(
                tables,
                "[[peer]]\nname = '{peer}'\nkey_id = '{peer}-1'\nkey_file = '{peer}.pem'\n\
                 listen = '{address}'\n"
            )
            .unwrap();
            write!(
                server,
                "[[peer]]\nname = '{peer}'\nurl = 'http://{address}'\n\
                 key = [{{ id = '{peer}-1', public = '{public}' }}]\n"
            )
            .unwrap();
        }
        if self.role == Role::Bank {
            customers(&mut server, &mut tables);
        }
        let rules = rules(under);
        write!(server, "{rules}").unwrap();
        write!(kit, "{tables}{rules}").unwrap();
        std::fs::write(folder.join("server.toml"), server).unwrap();
        std::fs::write(folder.join("kit.toml"), kit).unwrap();
    }

    /// The command that kills the server, if it runs, and starts it. It outlives nothing for long.
    fn command(&self) -> String {
        let folder = self.folder.path().display();
        let (program, role) = (env!("CARGO_BIN_EXE_bindproof-server"), self.role.name());
        let planted = self.planted.join(" ");
        format!(
            "cd {folder} && if [ -f pid ]; then kill -KILL $(cat pid); \
             while kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done; fi; \
             setsid timeout -s KILL 900 sh -c 'echo $$ > pid; exec \"$0\" \"$@\"' \
             {program} {role} --config server.toml {planted} >>server.log 2>&1 &"
        )
    }

    /// Starts the program and waits until it listens.
    async fn run(&self) {
        let started = Command::new("sh").arg("-c").arg(self.command()).status().unwrap();
        assert!(started.success());
        for _ in 0..300 {
            if tokio::net::TcpStream::connect(&self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("server.log"));
        panic!("it does not listen: {log:?}");
    }

    /// The configuration of the kit.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("kit.toml")
    }

    /// Runs these cases, or all.
    pub async fn conform(&self, cases: &[&str]) -> Report {
        let config = Config::read(&self.config()).unwrap();
        let plan = Plan {
            role: self.role,
            url: format!("http://{}", self.address),
            cases: cases.iter().map(|case| (*case).to_owned()).collect(),
            deviations: None,
            restart: Some(self.command()),
        };
        run(&config, &plan, |_| {}).await.unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.folder.path().join("pid")).unwrap_or_default();
        if !pid.trim().is_empty() {
            // One that has ended by itself is what is wanted.
            let _ = Command::new("kill").arg("-KILL").arg(pid.trim()).status();
        }
    }
}

/// Under what a server runs.
#[derive(Clone, Debug)]
pub struct Under {
    /// The counts.
    pub limits: Limits,
    /// The times.
    pub timing: Timing,
    /// The policy; the default one if none is given.
    pub policy: Option<Policy>,
}

/// The counts of the specification, and deadlines that a test can wait for.
impl Default for Under {
    fn default() -> Self {
        let timing = Timing {
            longest_retry_ms: 400,
            challenge_ms: 6_000,
            approval_wallet_ms: 8_000,
            approval_bank_ms: 10_000,
            setup_ms: 8_000,
            ..Timing::DEFAULT
        };
        Self { limits: Limits::DEFAULT, timing, policy: None }
    }
}

/// These counts and times as both programs read them.
fn rules(under: &Under) -> String {
    #[derive(serde::Serialize)]
    struct Table {
        limits: Limits,
        timing: Timing,
    }
    toml::to_string(&Table { limits: under.limits, timing: under.timing }).unwrap()
}

/// Customers with two instruments each, for the bank and for the kit.
fn customers(server: &mut String, kit: &mut String) {
    for number in 0..CUSTOMERS {
        let (person, contact) = (format!("person-{number}"), format!("tel:+1-555-{number:04}"));
        let cards = [format!("card-a-{number}"), format!("card-b-{number}")];
        write!(
            server,
            "[[customer]]\nperson = '{person}'\ncontact = '{contact}'\nregistration = 'sealed'\n"
        )
        .unwrap();
        for card in &cards {
            let held = format!("reference = '{card}'\ncovers_minor = 50000\n");
            write!(server, "[[customer.instrument]]\n{held}").unwrap();
        }
        write!(
            kit,
            "[[person]]\nperson = '{person}'\ncontact = '{contact}'\ncovers_minor = 50000\n\
             instrument = ['{}', '{}']\n",
            cards[0], cards[1]
        )
        .unwrap();
    }
}
