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
    /// Nobody answers for what production needs.
    #[error("mode is production, and there is no [site] that answers for {what}")]
    NoSite {
        /// For what.
        what: &'static str,
    },
    /// A stand-in in production.
    #[error("mode is production, and {what}; that is for mode = \"development\"")]
    StandIn {
        /// What stands in.
        what: &'static str,
    },
    /// The site is not asked in development.
    #[error("mode is development, and [site] is given, which is asked in production only")]
    IdleSite,
    /// The site's answers cannot be believed.
    #[error("[site] needs a url that begins with http:// and a key that signs its answers")]
    BadSite,
    /// Passkeys are made for pages that nobody can change on their way.
    #[error("mode is production, and passkey_origin is {origin:?}, which is not https://")]
    InsecureOrigin {
        /// The origin.
        origin: String,
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
            Mode::Production => self.check_production(role)?,
            Mode::Development if !address.ip().is_loopback() => {
                return Err(ConfigError::NotLoopback { listen });
            }
            Mode::Development if self.site.is_some() => return Err(ConfigError::IdleSite),
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

    /// Nothing stands in for anything.
    fn check_production(&self, role: Role) -> Result<(), ConfigError> {
        let what = match role {
            Role::Bank => "books and sessions",
            Role::Wallet => "couriers and proof of identity",
        };
        let site = self.site.as_ref().ok_or(ConfigError::NoSite { what })?;
        if !site.url.starts_with("http://") || site.key.is_empty() {
            return Err(ConfigError::BadSite);
        }
        let stands_in = [
            (!self.customer.is_empty(), "customers are written down"),
            (self.codes.is_some(), "codes are written to a file"),
            (
                role == Role::Wallet && self.passkey_origin.is_none(),
                "there is no passkey_origin, so that authenticators are keys in clients' memory",
            ),
        ];
        if let Some((_, what)) = stands_in.into_iter().find(|(stands_in, _)| *stands_in) {
            return Err(ConfigError::StandIn { what });
        }
        match &self.passkey_origin {
            Some(origin) if !origin.starts_with("https://") => {
                Err(ConfigError::InsecureOrigin { origin: origin.clone() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PeerKeyEntry, SiteEntry};
    use crate::development::Customer;

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

    fn site() -> SiteEntry {
        let public = "00".to_owned();
        let key = PeerKeyEntry { id: "site-1".to_owned(), public, from_ms: None, until_ms: None };
        SiteEntry { url: "http://site:9000".to_owned(), key: vec![key] }
    }

    fn customer() -> Customer {
        let form = "person = 'ada'\ncontact = 'tel:1'\nregistration = 'x'\ninstrument = []";
        toml::from_str(form).unwrap()
    }

    fn production() -> Config {
        let mut config = config(BANK);
        config.mode = Mode::Production;
        config.listen = "0.0.0.0:7001".to_owned();
        config.site = Some(site());
        config.passkey_origin = Some("https://wallet.example".to_owned());
        config
    }

    fn in_production(change: impl FnOnce(&mut Config), role: Role) -> String {
        let mut config = production();
        change(&mut config);
        config.check(role).unwrap_err().to_string()
    }

    #[test]
    fn a_server_whose_site_answers_for_everything_may_run_in_production() {
        assert_eq!(production().check(Role::Bank), Ok(()));
        assert_eq!(production().check(Role::Wallet), Ok(()));
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
            fault(|c| c.site = Some(site()), Role::Bank),
            in_production(|c| c.site = Some(SiteEntry { key: Vec::new(), ..site() }), Role::Bank),
            in_production(|c| c.customer = vec![customer()], Role::Bank),
            in_production(|c| c.codes = Some("codes".into()), Role::Wallet),
            in_production(|c| c.passkey_origin = None, Role::Wallet),
            in_production(|c| c.passkey_origin = Some("http://a".to_owned()), Role::Wallet),
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
            "mode is production, and there is no [site] that answers for books and sessions",
            "mode is production, and there is no [site] that answers for couriers and proof of \
             identity",
            "mode is development, and [site] is given, which is asked in production only",
            "[site] needs a url that begins with http:// and a key that signs its answers",
            "mode is production, and customers are written down; that is for \
             mode = \"development\"",
            "mode is production, and codes are written to a file; that is for \
             mode = \"development\"",
            "mode is production, and there is no passkey_origin, so that authenticators are keys \
             in clients' memory; that is for mode = \"development\"",
            "mode is production, and passkey_origin is \"http://a\", which is not https://",
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
