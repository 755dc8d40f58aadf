//! What the kit is told: one TOML file.

use bindproof::settings::{SKEW_MS, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bindproof::limits::{Limits, Timing};
use bindproof::policy::Policy;
use bindproof::wire::{ContactRef, InstrumentRef, Issuer, PersonRef};
use bindproof_http::signature::{Signer, public_key};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::Deserialize;
use thiserror::Error;

/// Which side the server under test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A bank's server.
    Bank,
    /// A wallet's server.
    Wallet,
}

impl Role {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Wallet => "wallet",
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{file}: {error}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        error: String,
    },
    /// What is in it does not do.
    #[error("{0}")]
    Wrong(String),
}

/// The configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server under test.
    pub target: Target,
    /// Who the kit is: one or two banks for a wallet server, the wallet for a bank server.
    pub peer: Vec<Peer>,
    /// The customers of a bank server under test.
    #[serde(default)]
    pub person: Vec<Customer>,
    /// The counts under which the server runs.
    #[serde(default)]
    pub limits: Limits,
    /// The times under which it runs.
    #[serde(default)]
    pub timing: Timing,
    /// The file of the policy under which a wallet server runs; the default one if left out.
    #[serde(default)]
    pub policy: Option<PathBuf>,
    /// How long the kit waits for what has to come by itself, in milliseconds. Cases about times
    /// that are longer are skipped.
    #[serde(default = "patience")]
    pub patience_ms: u64,
}

/// The server under test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// The keys by which it signs.
    pub key: Vec<PublicKey>,
}

/// A public key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// The name under which it signs.
    pub id: String,
    /// 64 hexadecimal digits.
    pub public: String,
}

/// Who the kit is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// The name under which the server knows it.
    pub name: Issuer,
    /// The name of its key.
    pub key_id: String,
    /// The file of its key: Ed25519, PKCS#8, PEM.
    pub key_file: PathBuf,
    /// Where it listens: address and port.
    pub listen: String,
}

/// A customer of a bank server under test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Who.
    pub person: PersonRef,
    /// The contact that the bank has verified.
    pub contact: ContactRef,
    /// What she holds and may bind, none of it bound yet.
    pub instrument: Vec<InstrumentRef>,
    /// The largest payment that each covers, in minor units.
    pub covers_minor: u64,
}

const fn patience() -> u64 {
    20_000
}

impl Config {
    /// Reads a file. Files that it names lie where it lies.
    ///
    /// # Errors
    /// If it cannot be read, or no server may run under what it says.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(&text(file)?).map_err(|error| at(file, &error))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        for peer in &mut config.peer {
            peer.key_file = folder.join(&peer.key_file);
        }
        config.policy = config.policy.map(|policy| folder.join(policy));
        config.rules()?;
        Ok(config)
    }

    /// Under what the server runs.
    ///
    /// # Errors
    /// If its policy cannot be read, or its counts or times are out of their bounds.
    pub fn rules(&self) -> Result<Arc<Settings>, ConfigError> {
        let wrong = |table: &str, error: &dyn std::fmt::Display| {
            ConfigError::Wrong(format!("[{table}]: {error}"))
        };
        self.limits.check().map_err(|error| wrong("limits", &error))?;
        self.timing.check().map_err(|error| wrong("timing", &error))?;
        let policy = match &self.policy {
            None => Policy::DEFAULT,
            Some(file) => toml::from_str(&text(file)?).map_err(|error| at(file, &error))?,
        };
        Ok(Arc::new(Settings {
            limits: self.limits,
            timing: self.timing,
            policy,
            skew_ms: SKEW_MS,
        }))
    }

    /// The keys by which the server signs.
    ///
    /// # Errors
    /// If one is no key.
    pub fn keys(&self) -> Result<Vec<(String, VerifyingKey)>, ConfigError> {
        let read = |key: &PublicKey| {
            let read = public_key(&key.public);
            let wrong = || ConfigError::Wrong(format!("{} is no public key", key.id));
            read.map(|read| (key.id.clone(), read)).ok_or_else(wrong)
        };
        self.target.key.iter().map(read).collect()
    }
}

impl Peer {
    /// What it signs with.
    ///
    /// # Errors
    /// If the key cannot be read.
    pub fn signer(&self) -> Result<Signer, ConfigError> {
        let pem = text(&self.key_file)?;
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|error| at(&self.key_file, &error))?;
        Ok(Signer::new(self.key_id.clone(), key))
    }
}

fn text(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|error| at(file, &error))
}

fn at(file: &Path, error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::File { file: file.display().to_string(), error: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a file with these lines in it.
    fn error(name: &str, lines: &str) -> String {
        let file = std::env::temp_dir().join(format!("kit-{name}-{}.toml", std::process::id()));
        let text = format!("peer = []\n[target]\nname = 'wallet'\nkey = []\n{lines}");
        std::fs::write(&file, text).expect("a file");
        let read = Config::read(&file).map(|_| ());
        std::fs::remove_file(&file).expect("it is there");
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn counts_and_times_are_those_under_which_a_server_may_run() {
        assert_eq!(error("fits", "[limits]\ntries = 1\nrun = 1\nday = 1"), "");
        let told = error("tries", "[limits]\ntries = 200");
        assert_eq!(told, "[limits]: tries is 200 and must be at most 5");
        let told = error("nothing", "[timing]\nchallenge_ms = 0");
        assert!(told.starts_with("[timing]: challenge_ms is 0 and must be at least"), "{told}");
    }
}
