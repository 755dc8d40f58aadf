//! A bank and a wallet as processes of their own.

use bindproof::settings::Settings;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::AUTHORIZATION;
use ed25519_dalek::SigningKey;
use http_body_util::Full;

use super::{BenchError, with_parent};
use crate::clock::World;
use crate::config::OPERATOR_VARIABLE;
use crate::hex;
use crate::http::client::Outgoing;
use crate::journal::verify_all;
use crate::service::open_store;
use crate::signing;
use crate::store::Store;

/// The operator's token.
const OPERATOR: &str = "the operator of a bench";

/// The bank and the wallet, running.
pub(super) struct Site {
    pub bank_url: String,
    wallet_url: String,
    pub bank: Arc<dyn Store>,
    pub wallet: Arc<dyn Store>,
    servers: [Child; 2],
    pub outgoing: Outgoing,
}

/// What one server is made from.
struct Place {
    name: &'static str,
    port: u16,
    pem: PathBuf,
    public: String,
}

impl Place {
    fn take(folder: &Path, name: &'static str, world: &World) -> Result<Self, BenchError> {
        let pem = folder.join(format!("{name}.pem"));
        let key = SigningKey::from_bytes(&world.bytes());
        signing::write(&key, &pem).map_err(|error| BenchError::at(&pem, error))?;
        // The port is free, and whoever takes it meanwhile shows when the server starts.
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = listener.map_err(|error| BenchError::at(folder, error))?.port();
        Ok(Self { name, port, pem, public: hex::encode(key.verifying_key().as_bytes()) })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn config(&self, store: &str, peer: &Self) -> String {
        let (name, pem) = (self.name, self.pem.display());
        format!(
            "name = '{name}'\nmode = 'development'\nlisten = '127.0.0.1:{}'\nstore = '{store}'\n\
             key = {{ id = '{name}-1', file = '{pem}' }}\n\
             peer = [{{ name = '{}', url = '{}', key = [{{ id = '{}-1', public = '{}' }}] }}]\n\
             connections = {{ max = 8192, per_address_max = 8192 }}\n\
             rates = {{ per_second = 10000, burst = 10000, strangers_per_second = 10000, \
                 strangers_burst = 10000 }}\n",
            self.port,
            peer.name,
            peer.url(),
            peer.name,
            peer.public
        )
    }
}

impl Site {
    /// Starts both on these stores, the bank with so many customers.
    pub async fn start(
        program: &Path,
        folder: &Path,
        stores: &[String; 2],
        customers: usize,
    ) -> Result<Self, BenchError> {
        let world = World::system();
        let north = Place::take(folder, "north", &world)?;
        let wallet = Place::take(folder, "wallet", &world)?;
        let mut config = north.config(&stores[0], &wallet);
        for number in 0..customers {
            // Writing to a text does not fail.
            let _ = write!(
                config,
                "[[customer]]\nperson = 'person-{number}'\ncontact = 'tel:{number}'\n\
                 registration = 'sealed'\ninstrument = [{{ reference = 'card-{number}', \
                 covers_minor = 1 }}]\n"
            );
        }
        let bank = serve(program, folder, "bank", &config)?;
        let wallet_config = wallet.config(&stores[1], &north);
        let wallet_process = serve(program, folder, "wallet", &wallet_config)?;
        let failed = |_| BenchError::Unreadable { what: "a store" };
        Ok(Self {
            bank_url: north.url(),
            wallet_url: wallet.url(),
            bank: open_store(&stores[0], 1).await.map_err(failed)?,
            wallet: open_store(&stores[1], 1).await.map_err(failed)?,
            servers: [bank, wallet_process],
            outgoing: Outgoing::new(),
        })
    }

    /// The processes of both.
    pub fn processes(&self) -> [u32; 2] {
        [self.servers[0].id(), self.servers[1].id()]
    }

    /// How many decisions both have written.
    pub async fn decisions(&self) -> Result<u64, BenchError> {
        let mut decisions = 0;
        for url in [&self.bank_url, &self.wallet_url] {
            let unreadable = || BenchError::Unreadable { what: "what a server counts" };
            let request = Request::get(format!("{url}/metrics"))
                .header(AUTHORIZATION, format!("Bearer {OPERATOR}"))
                .body(Full::new(Bytes::new()))
                .map_err(|_| unreadable())?;
            let said = self.outgoing.send(request).await.map_err(|_| unreadable())?;
            let text = String::from_utf8(said.body.to_vec()).map_err(|_| unreadable())?;
            let counted = "bindproof_decisions_total{written=\"done\"} ";
            let count = text.lines().find_map(|line| line.strip_prefix(counted));
            decisions += count.map_or(Ok(0), str::parse).map_err(|_| unreadable())?;
        }
        Ok(decisions)
    }
}

impl Site {
    /// Whether every journal of both is right.
    pub async fn verified(&self) -> Result<(), BenchError> {
        for store in [&self.bank, &self.wallet] {
            let verified = verify_all(Settings::DEFAULT.terms(), &**store).await;
            verified.map_err(|(_, error)| BenchError::from(error))?;
        }
        Ok(())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // One that has ended already is as it should be.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn serve(program: &Path, folder: &Path, role: &str, config: &str) -> Result<Child, BenchError> {
    let file = folder.join(format!("{role}.toml"));
    std::fs::write(&file, config).map_err(|error| BenchError::at(&file, error))?;
    let mut command = with_parent("KILL");
    command.arg(program).arg(role).arg("--config").arg(&file).env(OPERATOR_VARIABLE, OPERATOR);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| BenchError::at(program, error))?;
    let said = child.stdout.take().and_then(|out| BufReader::new(out).lines().next());
    match said {
        Some(Ok(line)) if line.starts_with("listening") => Ok(child),
        _ => Err(BenchError::at(&file, format!("the {role} does not start with it"))),
    }
}
