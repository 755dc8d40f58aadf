//! Puts a server together and runs it.

mod prepared;

use bindproof::settings::Settings;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bindproof::wire::Issuer;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};

use crate::bank::Bank;
use crate::clock::World;
use crate::config::{Config, ConfigError, Mode, Role, SQLITE, is_postgres, shown_address};
use crate::development::{
    BankStandIns, KeyVerifier, OpenInbox, VouchedIdentity, WalletStandIns, WrittenBooks,
};
use crate::hex;
use crate::http::accept::{Connections, serve};
use crate::http::client::Outgoing;
use crate::http::rate::{Meter, Rates};
use crate::http::{bank, wallet};
use crate::metrics::Metrics;
use crate::node::{InHand, Node};
use crate::operator::{self, OperatorError, Side};
use crate::outage::Outage;
use crate::outbox;
use crate::pages;
use crate::passkey::{OriginError, PasskeyVerifier};
use crate::session::Sessions;
use crate::signature::Signer;
use crate::signing::Registry;
use crate::site::Hooks;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Alone, Store, StoreError, Tables};
use crate::verifier::Verifier;
use crate::wallet::Wallet;
use prepared::{Prepared, site};
pub use prepared::{check, rules};

/// Why a server does not run.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its store, before it is open.
    #[error("store {place} cannot be opened: {}", .error.why())]
    Open {
        /// Its address, without what may be secret.
        place: String,
        /// Why not.
        error: StoreError,
    },
    /// There is a place for a store, and nothing in it.
    #[error("store {place}: there is no bindproof store in it; a server makes one when it starts")]
    NoTables {
        /// Its address, without what may be secret.
        place: String,
    },
    /// The tables of the store are of an earlier program.
    #[error(
        "store {place}: its tables are at migration {found}, and this program works on those \
             of {newest}: start the server, which brings them up to date"
    )]
    Behind {
        /// Its address, without what may be secret.
        place: String,
        /// The last migration that has run.
        found: i64,
        /// The last one that there is.
        newest: i64,
    },
    /// There is nothing to look at.
    #[error("{}: there is no store here; `store` in a configuration counts from its own folder",
            file.display())]
    NoStore {
        /// The file.
        file: PathBuf,
    },
    /// The store is of a server of the other kind.
    #[error("store is that of a {found}, and this is a {asked}: give each server one of its own")]
    OtherSide {
        /// Whose it is.
        found: &'static str,
        /// Who asks for it.
        asked: &'static str,
    },
    /// It cannot be said whose the store is.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The origin of its passkeys.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Its address.
    #[error("cannot listen on {listen}: {error}")]
    Listen {
        /// The address.
        listen: String,
        /// Why not.
        error: std::io::Error,
    },
    /// A part of it.
    #[error("a part of the server ended before it was told to: {0}")]
    Panicked(#[from] JoinError),
}

/// What every server is made from.
pub struct Parts {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// The name of this instance among those on its store, the same when it starts again.
    pub instance: String,
    /// The records.
    pub store: Arc<dyn Store>,
    /// Time and chance.
    pub world: World,
    /// The rules.
    pub rules: Settings,
    /// Who it speaks with.
    pub registry: Registry,
    /// Its own key.
    pub signer: Signer,
    /// What its codes, sessions and stand-ins are derived from: its own key, or the one before.
    pub derive_from: Signer,
    /// The hosts that it answers to.
    pub authorities: Vec<String>,
    /// The token of its operator, if it has one.
    pub operator: Option<String>,
    /// How many connections it takes.
    pub connections: Connections,
    /// How many requests it takes from one client.
    pub rates: Rates,
}

impl Parts {
    fn node(self) -> Node {
        Node {
            name: self.name,
            instance: self.instance,
            store: self.store,
            world: self.world,
            rules: self.rules,
            registry: self.registry,
            signer: self.signer,
            outgoing: Outgoing::new(),
            authorities: self.authorities,
            metrics: Arc::new(Metrics::new()),
            operator: self.operator,
            connections: self.connections,
            meter: Meter::new(self.rates.per_second, self.rates.burst),
            strangers: Meter::new(self.rates.strangers_per_second, self.rates.strangers_burst),
            owed: Notify::new(),
            hands: outbox::Hands::default(),
            peers: outbox::Peers::default(),
            outage: Outage::default(),
            in_hand: InHand::default(),
        }
    }

    /// A bank server in development: with books that are written down, and sessions of its own.
    pub fn bank(self, books: Arc<WrittenBooks>, wallet: Issuer) -> Bank {
        let idle_ms = i64::try_from(self.rules.timing.session_idle_ms).unwrap_or(i64::MAX);
        let sessions = Sessions::new(self.derive_from.derived("sessions"), idle_ms);
        let customers = Arc::new(sessions.clone());
        let development = Some(BankStandIns { books: Arc::clone(&books), sessions });
        Bank { node: self.node(), books, wallet, customers, development }
    }

    /// A bank server in production: the site answers for books and sessions.
    pub fn bank_of(self, site: Arc<Hooks>, wallet: Issuer) -> Bank {
        let (books, customers) = (Arc::clone(&site), site);
        Bank { node: self.node(), books, wallet, customers, development: None }
    }

    /// A wallet server in development, with vouched identities, and passkeys of `origin`; without
    /// one, with keys in clients' memory.
    ///
    /// # Errors
    /// If the origin is none that passkeys are made for.
    pub fn wallet(
        self,
        inbox: Arc<OpenInbox>,
        origin: Option<&str>,
    ) -> Result<Wallet, OriginError> {
        let code_key = self.derive_from.derived("one-time codes");
        let identity = Arc::new(VouchedIdentity::new(self.derive_from.derived("identity")));
        let passkeys = origin.map(|origin| self.passkeys(origin)).transpose()?;
        let development = Some(WalletStandIns {
            inbox: Arc::clone(&inbox),
            identity: Arc::clone(&identity),
            passkeys: passkeys.as_ref().map(|passkeys| passkeys.origin()),
        });
        let verifier: Arc<dyn Verifier> = match passkeys {
            Some(passkeys) => passkeys,
            None => Arc::new(KeyVerifier::new(Arc::clone(&self.world.chance))),
        };
        let node = self.node();
        Ok(Wallet { node, verifier, identity, courier: inbox, code_key, development })
    }

    /// A wallet server in production, with passkeys of `origin`: the site brings codes and proves
    /// identity.
    ///
    /// # Errors
    /// If the origin is none that passkeys are made for.
    pub fn wallet_of(self, site: Arc<Hooks>, origin: &str) -> Result<Wallet, OriginError> {
        let code_key = self.derive_from.derived("one-time codes");
        let verifier = self.passkeys(origin)?;
        let (identity, courier) = (Arc::clone(&site), site);
        let node = self.node();
        Ok(Wallet { node, verifier, identity, courier, code_key, development: None })
    }

    fn passkeys(&self, origin: &str) -> Result<Arc<PasskeyVerifier>, OriginError> {
        let chance = Arc::clone(&self.world.chance);
        Ok(Arc::new(PasskeyVerifier::new(origin, chance)?))
    }
}

/// Serves a bank on `listener` and does its own work, until `stop` is true.
pub fn run_bank(
    running: &mut JoinSet<()>,
    server: &Arc<Bank>,
    listener: TcpListener,
    stop: &watch::Receiver<bool>,
) {
    let router = bank::router(Arc::clone(server));
    running.spawn(serve(listener, router, server.node.door(), stop.clone()));
    running.spawn(outbox::run(Arc::clone(server), stop.clone()));
}

/// Serves a wallet on `listener` and does its own work, until `stop` is true.
pub fn run_wallet(
    running: &mut JoinSet<()>,
    server: &Arc<Wallet>,
    listener: TcpListener,
    stop: &watch::Receiver<bool>,
) {
    let router = wallet::router(Arc::clone(server));
    running.spawn(serve(listener, router, server.node.door(), stop.clone()));
    running.spawn(outbox::run(Arc::clone(server), stop.clone()));
}

/// Opens the store at an address. Of a PostgreSQL a transaction has so many persons at most.
///
/// # Errors
/// If it cannot be opened or relied on.
pub async fn open_store(address: &str, persons: usize) -> Result<Arc<dyn Store>, ServiceError> {
    let failed = |error| ServiceError::Open { place: shown_address(address), error };
    if let Some(file) = address.strip_prefix(SQLITE) {
        return Ok(Arc::new(SqliteStore::open(Path::new(file)).await.map_err(failed)?));
    }
    if is_postgres(address) {
        let store = PostgresStore::open_with(address, persons).await;
        return Ok(Arc::new(store.map_err(failed)?));
    }
    Err(ConfigError::UnknownStore.into())
}

/// Opens the store at an address, which has to be there: who looks at a store makes none and
/// changes no tables, and has no other reason to read of two persons at a time.
///
/// # Errors
/// If there is none, or it cannot be opened or relied on.
pub async fn existing_store(address: &str) -> Result<Arc<dyn Store>, ServiceError> {
    let place = shown_address(address);
    let found = match address.strip_prefix(SQLITE).map(Path::new) {
        Some(file) if !file.is_file() => {
            return Err(ServiceError::NoStore { file: file.to_owned() });
        }
        Some(file) => Tables::in_file(file).await,
        None if is_postgres(address) => Tables::in_database(address).await,
        None => return Err(ConfigError::UnknownStore.into()),
    };
    match found {
        Ok(Tables::Ready) => open_store(address, 1).await,
        Ok(Tables::None) => Err(ServiceError::NoTables { place }),
        Ok(Tables::Behind { found, newest }) => Err(ServiceError::Behind { place, found, newest }),
        Err(error) => Err(ServiceError::Open { place, error }),
    }
}

/// The right to run a server on the store at an address, which of a file one process has. Of a
/// PostgreSQL several may.
fn alone_on(address: &str) -> Result<Option<Alone>, ServiceError> {
    let failed = |error| ServiceError::Open { place: shown_address(address), error };
    address.strip_prefix(SQLITE).map(|file| Alone::on(Path::new(file)).map_err(failed)).transpose()
}

/// Runs a configured server until the process is told to stop; `listening` hears where.
///
/// # Errors
/// If it cannot start.
pub async fn run(
    config: Config,
    role: Role,
    inbox: Arc<OpenInbox>,
    listening: impl FnOnce(&str),
    stop: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let listen = config.listen.clone();
    let failed = |error| ServiceError::Listen { listen: listen.clone(), error };
    check(&config, role)?;
    let _alone = alone_on(&config.store)?;
    let mut parts = parts(&config).await?;
    refuse_other_side(&*parts.store, role).await?;
    let released = parts.store.release(&parts.instance).await?;
    if released > 0 {
        let instance = &parts.instance;
        tracing::info!(instance, released, "letters that were in hand are taken up again");
    }
    let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?.to_string();
    if parts.authorities.is_empty() {
        parts.authorities = pages::authorities(&address);
    }
    let mut running = JoinSet::new();
    match role {
        Role::Bank => {
            let server = Arc::new(bank_of(&config, parts)?);
            run_bank(&mut running, &server, listener, &stop);
        }
        Role::Wallet => {
            let origin = config.passkey_origin.as_deref();
            warn_of_origin(&config, &address);
            let server = match site(&config, &parts.signer, &parts.world)? {
                Some(site) => parts.wallet_of(site, origin.unwrap_or_default())?,
                None => parts.wallet(inbox, origin)?,
            };
            run_wallet(&mut running, &Arc::new(server), listener, &stop);
        }
    }
    listening(&address);
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(name = config.name.as_str(), ?role, address, version, "listening");
    ended(running).await?;
    tracing::info!("ended, as it was told to");
    Ok(())
}

/// In development the page is the server's own: of another port than the one that is listened on it
/// can make no passkeys, unless something stands in between.
fn warn_of_origin(config: &Config, address: &str) {
    let Some(origin) = &config.passkey_origin else { return };
    let port = |place: &str| place.trim_end_matches('/').rsplit(':').next().map(str::to_owned);
    if config.mode == Mode::Development && port(origin) != port(address) {
        tracing::warn!(
            passkey_origin = origin,
            address,
            "the wallet's page makes passkeys at passkey_origin only, and this is another port"
        );
    }
}

/// Refuses the store of a server of the other kind: it would be written into, and hold both.
async fn refuse_other_side(store: &dyn Store, role: Role) -> Result<(), ServiceError> {
    /// How many persons are looked at: most have a binding that has not ended.
    const PERSONS: usize = 64;
    let asked = match role {
        Role::Bank => Side::Bank,
        Role::Wallet => Side::Wallet,
    };
    match operator::side(store, PERSONS).await? {
        Some(found) if found != asked => {
            Err(ServiceError::OtherSide { found: found.name(), asked: asked.name() })
        }
        _ => Ok(()),
    }
}

/// Waits until everything that runs has ended. If a part of it panics the others end, too: a server
/// that answers, and no longer sends or steps deadlines, would look as if nothing were wrong.
async fn ended(mut running: JoinSet<()>) -> Result<(), ServiceError> {
    while let Some(part) = running.join_next().await {
        part.inspect_err(|error| tracing::error!(%error, "a part panicked; the server stops"))?;
    }
    Ok(())
}

/// A configured bank that does not run: what its operator looks through.
///
/// # Errors
/// If its parts cannot be had.
pub async fn bank(config: &Config) -> Result<Bank, ServiceError> {
    let parts = parts(config).await?;
    bank_of(config, parts)
}

fn bank_of(config: &Config, parts: Parts) -> Result<Bank, ServiceError> {
    let wallet = config.peer.first().ok_or(ConfigError::NotOneWallet { found: 0 })?;
    if let Some(site) = site(config, &parts.signer, &parts.world)? {
        return Ok(parts.bank_of(site, wallet.name));
    }
    let books = Arc::new(WrittenBooks::new(config.customer.clone()));
    Ok(parts.bank(books, wallet.name))
}

async fn parts(config: &Config) -> Result<Parts, ServiceError> {
    let Prepared { world, rules, registry, signer, derive_from, operator } = Prepared::of(config)?;
    Ok(Parts {
        name: config.name,
        instance: config.instance_name().unwrap_or_else(|| hex::encode(&world.uuid())),
        store: open_store(&config.store, config.persons_per_transaction).await?,
        world,
        rules,
        registry,
        signer,
        derive_from,
        authorities: config.authorities.clone(),
        operator,
        connections: config.connections,
        rates: config.rates,
    })
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_server_ends_when_a_part_of_it_panics_and_not_while_all_of_them_run() {
        let mut running = JoinSet::new();
        running.spawn(async {});
        assert!(ended(running).await.is_ok());
        let mut running = JoinSet::new();
        running.spawn(pending());
        running.spawn(async { panic!("a deadline that cannot be stepped") });
        let said = ended(running).await.unwrap_err().to_string();
        assert!(said.contains("a deadline that cannot be stepped"), "{said}");
    }
}
