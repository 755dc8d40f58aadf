//! What no server runs with. Each fault is one line.

use std::net::SocketAddr;

use bindproof::limits::{LimitsError, TimingError};
use thiserror::Error;

use super::{Config, Mode};
use crate::outbox::ATTEMPTS_MAX;

/// Which server is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The bank's.
    Bank,
    /// The wallet's.
    Wallet,
}

/// Why a server does not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{file}: {error}")]
    File {
        /// The file.
        file: String,
        /// Why not.
        error: String,
    },
    /// A count is out of its bounds.
    #[error("limits: {0}")]
    Limits(#[from] LimitsError),
    /// A time is out of its bounds, or two do not fit each other.
    #[error("timing: {0}")]
    Timing(#[from] TimingError),
    /// A key would be forgotten while a letter is still repeated under it.
    #[error(
        "timing: key_retention_ms is {retention_ms} and a letter may be repeated for \
         {horizon_ms} ms; the first must be longer"
    )]
    Retention {
        /// How long keys are kept.
        retention_ms: u64,
        /// How long a letter may be repeated.
        horizon_ms: u64,
    },
    /// There is nothing but stand-ins for what production needs.
    #[error(
        "mode is production, and this program has only stand-ins for {what}; \
         they run in mode = \"development\""
    )]
    OnlyStandIns {
        /// For what.
        what: &'static str,
    },
    /// Stand-ins listen on the loopback only.
    #[error("mode is development, and listen is {listen}, which is not on the loopback")]
    NotLoopback {
        /// Where it would listen.
        listen: String,
    },
    /// It is no address with a port.
    #[error("listen is {listen:?}, which is no address with a port")]
    NoAddress {
        /// What was given.
        listen: String,
    },
    /// A store of no known kind.
    #[error("store must begin with sqlite: or postgres://")]
    UnknownStore,
    /// A bank binds to one wallet.
    #[error("a bank has one peer, its wallet, and {found} are given")]
    NotOneWallet {
        /// How many are given.
        found: usize,
    },
    /// Others are needed to speak with.
    #[error("a wallet needs a bank among its peers")]
    NoBank,
    /// A key cannot be read.
    #[error("the key {id} cannot be read: {why}")]
    Key {
        /// Which.
        id: String,
        /// Why not.
        why: String,
    },
    /// It would not be clear who signed.
    #[error("{0}")]
    Registry(String),
}

impl Config {
    /// Whether a server may run with this.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, role: Role) -> Result<(), ConfigError> {
        self.limits.check()?;
        self.timing.check()?;
        let (retention_ms, longest_ms) =
            (self.timing.key_retention_ms, self.timing.longest_retry_ms);
        let horizon_ms = longest_ms.saturating_mul(ATTEMPTS_MAX.unsigned_abs());
        if retention_ms <= horizon_ms {
            return Err(ConfigError::Retention { retention_ms, horizon_ms });
        }
        let listen = self.listen.clone();
        let address: SocketAddr =
            self.listen.parse().map_err(|_| ConfigError::NoAddress { listen: listen.clone() })?;
        match self.mode {
            Mode::Production => {
                let what = match role {
                    Role::Bank => "books and sessions",
                    Role::Wallet => "couriers, proof of identity and authenticators",
                };
                return Err(ConfigError::OnlyStandIns { what });
            }
            Mode::Development if !address.ip().is_loopback() => {
                return Err(ConfigError::NotLoopback { listen });
            }
            Mode::Development => {}
        }
        if !(self.store.starts_with("sqlite:") || self.store.starts_with("postgres://")) {
            return Err(ConfigError::UnknownStore);
        }
        match (role, self.peer.len()) {
            (Role::Bank, 1) => Ok(()),
            (Role::Bank, found) => Err(ConfigError::NotOneWallet { found }),
            (Role::Wallet, 0) => Err(ConfigError::NoBank),
            (Role::Wallet, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANK: &str = r#"
        name = "north-bank"
        mode = "development"
        listen = "127.0.0.1:7001"
        key = { id = "north-1", file = "north.pem" }
        [[peer]]
        name = "wallet"
        url = "http://127.0.0.1:7002"
        key = [{ id = "wallet-1", public = "00" }]
    "#;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn fault(change: impl FnOnce(&mut Config), role: Role) -> String {
        let mut config = config(BANK);
        change(&mut config);
        config.check(role).unwrap_err().to_string()
    }

    #[test]
    fn a_bank_with_a_wallet_on_the_loopback_may_run() {
        assert_eq!(config(BANK).check(Role::Bank), Ok(()));
        assert_eq!(config(BANK).check(Role::Wallet), Ok(()));
    }

    #[test]
    fn what_no_server_may_run_with_is_one_line_each() {
        let faults = [
            fault(|c| c.limits.tries = 6, Role::Bank),
            fault(|c| c.timing.challenge_ms = 300_001, Role::Wallet),
            fault(|c| c.timing.key_retention_ms = 6_000_000, Role::Bank),
            fault(|c| c.mode = Mode::Production, Role::Bank),
            fault(|c| c.mode = Mode::Production, Role::Wallet),
            fault(|c| c.listen = "0.0.0.0:7001".to_owned(), Role::Bank),
            fault(|c| c.listen = "7001".to_owned(), Role::Bank),
            fault(|c| c.store = "mysql://x".to_owned(), Role::Bank),
            fault(|c| c.peer.clear(), Role::Bank),
            fault(|c| c.peer.clear(), Role::Wallet),
        ];
        let expected = [
            "limits: tries is 6 and must be at most 5",
            "timing: challenge_ms is 300001 and must be at most 300000",
            "timing: key_retention_ms is 6000000 and a letter may be repeated for 6000000 ms; \
             the first must be longer",
            "mode is production, and this program has only stand-ins for books and sessions; \
             they run in mode = \"development\"",
            "mode is production, and this program has only stand-ins for couriers, proof of \
             identity and authenticators; they run in mode = \"development\"",
            "mode is development, and listen is 0.0.0.0:7001, which is not on the loopback",
            "listen is \"7001\", which is no address with a port",
            "store must begin with sqlite: or postgres://",
            "a bank has one peer, its wallet, and 0 are given",
            "a wallet needs a bank among its peers",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_mode_that_is_not_given_is_production() {
        let silent = BANK.replace("mode = \"development\"\n", "");
        assert_eq!(config(&silent).mode, Mode::Production);
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut config = config(BANK);
        config.store = "postgres://ada:secret@127.0.0.1/db".to_owned();
        assert!(!config.shown().contains("secret"));
        assert!(config.shown().contains("127.0.0.1/db"));
    }
}
