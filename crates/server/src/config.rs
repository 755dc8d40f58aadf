//! What a server is told: one TOML file, and the environment for what is secret.

mod check;
mod fault;
mod place;
mod shown;

use std::path::{Path, PathBuf};

use bindproof::limits::{Limits, Timing};
use bindproof::wire::Issuer;
use serde::{Deserialize, Serialize};

pub use check::{ConfigError, OPERATOR_MIN, Role, operator};
pub(crate) use fault::read_toml;
pub use shown::{is_postgres, shown_address};

use crate::development::Customer;
use crate::http::accept::Connections;
use crate::http::rate::Rates;
use crate::store::postgres::PostgresStore;

/// The variable that overrides the address of the store, which may hold a password.
pub const STORE_VARIABLE: &str = "BINDPROOF_STORE";
/// The variable that overrides the file of the server's own key with the key itself, in PEM.
pub const KEY_VARIABLE: &str = "BINDPROOF_KEY";
/// The variable that overrides the name of this instance.
pub const INSTANCE_VARIABLE: &str = "BINDPROOF_INSTANCE";
/// The variable that holds the operator's token.
pub const OPERATOR_VARIABLE: &str = "BINDPROOF_OPERATOR";

/// Whether what stands in for a site's own parts may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It may not.
    #[default]
    Production,
    /// It may, on the loopback.
    Development,
}

/// A server's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// Whether stand-ins may be used. Production if it is left out.
    #[serde(default)]
    pub mode: Mode,
    /// Where it listens: address and port.
    #[serde(default = "loopback")]
    pub listen: String,
    /// The hosts, with ports, under which others reach it. Where it listens, if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<String>,
    /// `sqlite:FILE`, `postgres://…` or `postgresql://…`.
    #[serde(default = "sqlite")]
    pub store: String,
    /// Of how many persons the snapshots or changes share a transaction of PostgreSQL at most. 1 is
    /// for one that spreads persons over several machines.
    #[serde(default = "persons_max")]
    pub persons_per_transaction: usize,
    /// The name of this instance among those on its store, the same when it starts again: what it
    /// had in its hands when it crashed is then taken up at once, and not when a lease runs out.
    /// An embedded store needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Its own key.
    pub key: OwnKey,
    /// Who it speaks with. A bank has one, its wallet.
    #[serde(default)]
    pub peer: Vec<PeerEntry>,
    /// The site's own service, in production: books and sessions of a bank, couriers and proof of
    /// identity of a wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteEntry>,
    /// The file of the wallet's policy; the default one if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
    /// The origin of the wallet's pages, under which passkeys are made. Without it, authenticators
    /// are keys in clients' memory, which is for development.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey_origin: Option<String>,
    /// In development, the file to whose end a wallet writes one-time codes, a line of contact and
    /// code each, in place of bringing them to anybody. Without it they are kept in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<PathBuf>,
    /// Counts.
    #[serde(default)]
    pub limits: Limits,
    /// Times.
    #[serde(default)]
    pub timing: Timing,
    /// How many connections it takes at once.
    #[serde(default)]
    pub connections: Connections,
    /// How many requests it takes from one client.
    #[serde(default)]
    pub rates: Rates,
    /// The customers of a bank, in development.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<Customer>,
}

/// A server's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnKey {
    /// The name under which the others know it.
    pub id: String,
    /// The file that holds it: Ed25519, PKCS#8, PEM.
    pub file: PathBuf,
    /// The file of the key from which codes, sessions and stand-ins are derived; this one, if left
    /// out. Who changes the key names the first one here, so that they stay what they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derive_from: Option<PathBuf>,
}

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerEntry {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// Where it listens: scheme, host and port.
    pub url: String,
    /// Its keys. Two that overlap are how a key is changed.
    pub key: Vec<PeerKeyEntry>,
}

/// The site's own service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteEntry {
    /// Where it listens: scheme, host and port, and what all its paths begin with.
    pub url: String,
    /// The keys by which it signs its answers.
    pub key: Vec<PeerKeyEntry>,
}

/// A key of another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerKeyEntry {
    /// The name under which it signs.
    pub id: String,
    /// The public key, 64 hexadecimal digits.
    pub public: String,
    /// From when on it is accepted, in milliseconds since 1970; always, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Until when it is accepted, in milliseconds since 1970; always, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

fn loopback() -> String {
    "127.0.0.1:0".to_owned()
}

/// What the address of an embedded store begins with, before its file.
pub const SQLITE: &str = "sqlite:";

fn sqlite() -> String {
    format!("{SQLITE}bindproof.db")
}

const fn persons_max() -> usize {
    PostgresStore::PERSONS_MAX
}

impl Config {
    /// Reads a file; what the environment says about store and instance counts more.
    ///
    /// # Errors
    /// If it cannot be read, or says something that no server may run with.
    pub fn read(file: &Path, role: Role) -> Result<Self, ConfigError> {
        let config = Self::read_for_store(file)?;
        let within =
            |fault| ConfigError::In { file: file.display().to_string(), fault: Box::new(fault) };
        config.check(role).map_err(within)?;
        Ok(config)
    }

    /// Reads a file for what it says of the store and the rules, whatever server it is of.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_for_store(file: &Path) -> Result<Self, ConfigError> {
        let place = || file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::File { file: place(), error: error.to_string() })?;
        let mut config: Self = read_toml(&place(), &text)?;
        config.named_from(file);
        if let Ok(store) = std::env::var(STORE_VARIABLE) {
            config.store = store;
        }
        if let Ok(instance) = std::env::var(INSTANCE_VARIABLE) {
            config.instance = Some(instance);
        }
        Ok(config)
    }

    /// What it names of files counts from its own folder, wherever a program is started that reads
    /// it: one that is run elsewhere would look into another server's store, or make one.
    fn named_from(&mut self, file: &Path) {
        let folder =
            std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.to_owned()));
        let Some(folder) = folder else { return };
        let key = &mut self.key;
        let named = [key.derive_from.as_mut(), self.policy.as_mut(), self.codes.as_mut()];
        for path in named.into_iter().flatten().chain([&mut key.file]) {
            *path = folder.join(&*path);
        }
        if let (Some(store), Some(folder)) = (self.store.strip_prefix(SQLITE), folder.to_str()) {
            self.store = format!("{SQLITE}{}", Path::new(folder).join(store).display());
        }
    }
}
