//! What no server runs with. Each fault is one line.

use std::net::SocketAddr;

use bindproof::limits::{LimitsError, TimingError};
use thiserror::Error;

use super::place::is_place;
use super::{Config, Mode, OPERATOR_VARIABLE, STORE_VARIABLE, shown_address};
use crate::http::accept::Connections;
use crate::http::rate::Rates;
use crate::outbox::ATTEMPTS_MAX;
use crate::service::is_postgres;
use crate::store::postgres::PostgresStore;

/// How many characters an operator's token has at least.
pub const OPERATOR_MIN: usize = 16;

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
    /// Something in a file cannot be read, or is no setting.
    #[error("{file}:{line}:{column}: {what}")]
    Setting {
        /// The file.
        file: String,
        /// In which line, from 1.
        line: usize,
        /// At which character, from 1.
        column: usize,
        /// What is wrong, with what, and what is wanted instead.
        what: String,
    },
    /// What a file says all in all is nothing that a server may run with.
    #[error("{file}: {fault}")]
    In {
        /// The file.
        file: String,
        /// Why not.
        fault: Box<Self>,
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
    #[error("[site] needs a key that signs its answers")]
    SilentSite,
    /// What others are asked at is no place that anything can be sent to.
    #[error("{of}: url is {url:?}, which is not http:// and {form}")]
    Url {
        /// Whose it is.
        of: String,
        /// What was given.
        url: String,
        /// What has to follow.
        form: &'static str,
    },
    /// What a peer says could not be believed.
    #[error("the peer {peer} has no key, so that nothing that it signs is believed")]
    SilentPeer {
        /// Which.
        peer: String,
    },
    /// Nobody addresses it so.
    #[error("authorities holds {given:?}, which is no host, with a port or without")]
    Authority {
        /// What was given.
        given: String,
    },
    /// A count or a rate is out of its bounds.
    #[error("{setting} is {given} and must be 1 to {most}")]
    OutOfBounds {
        /// Which.
        setting: &'static str,
        /// What was given.
        given: u64,
        /// The most that there may be.
        most: u64,
    },
    /// The operator's token can be guessed.
    #[error("{OPERATOR_VARIABLE} has {found} characters and needs at least {OPERATOR_MIN}")]
    GuessedOperator {
        /// How many it has.
        found: usize,
    },
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
    #[error(
        "store, or {STORE_VARIABLE} in its place, must begin with sqlite:, postgres:// or \
         postgresql://"
    )]
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
        self.check_room()?;
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
        if !(self.store.starts_with("sqlite:") || is_postgres(&self.store)) {
            return Err(ConfigError::UnknownStore);
        }
        let is_host = |given: &String| is_place(&format!("http://{given}"), false);
        if let Some(given) = self.authorities.iter().find(|given| !is_host(given)) {
            return Err(ConfigError::Authority { given: given.clone() });
        }
        self.check_peers()?;
        match (role, self.peer.len()) {
            (Role::Bank, 1) => Ok(()),
            (Role::Bank, found) => Err(ConfigError::NotOneWallet { found }),
            (Role::Wallet, 0) => Err(ConfigError::NoBank),
            (Role::Wallet, _) => Ok(()),
        }
    }

    /// What it takes at once is something, and no more than can be counted.
    fn check_room(&self) -> Result<(), ConfigError> {
        let (room, most) = (&self.connections, &Connections::MAXIMUM);
        let (rates, fastest) = (&self.rates, &Rates::MAXIMUM);
        let persons = self.persons_per_transaction as u64;
        let counts = [
            ("persons_per_transaction", persons, PostgresStore::PERSONS_MAX as u64),
            ("connections.max", room.max as u64, most.max as u64),
            (
                "connections.per_address_max",
                room.per_address_max as u64,
                most.per_address_max as u64,
            ),
            ("rates.per_second", rates.per_second.into(), fastest.per_second.into()),
            ("rates.burst", rates.burst.into(), fastest.burst.into()),
            (
                "rates.strangers_per_second",
                rates.strangers_per_second.into(),
                fastest.strangers_per_second.into(),
            ),
            ("rates.strangers_burst", rates.strangers_burst.into(), fastest.strangers_burst.into()),
        ];
        match counts.into_iter().find(|(_, given, most)| !(1..=*most).contains(given)) {
            Some((setting, given, most)) => Err(ConfigError::OutOfBounds { setting, given, most }),
            None => Ok(()),
        }
    }

    /// What is sent to its peers arrives, and what they say can be believed.
    fn check_peers(&self) -> Result<(), ConfigError> {
        for peer in &self.peer {
            if !is_place(&peer.url, false) {
                let (of, url) =
                    (format!("the peer {}", peer.name.as_str()), shown_address(&peer.url));
                return Err(ConfigError::Url { of, url, form: "a host, with a port or without" });
            }
            if peer.key.is_empty() {
                return Err(ConfigError::SilentPeer { peer: peer.name.as_str().to_owned() });
            }
        }
        Ok(())
    }

    /// Nothing stands in for anything.
    fn check_production(&self, role: Role) -> Result<(), ConfigError> {
        let what = match role {
            Role::Bank => "books and sessions",
            Role::Wallet => "couriers and proof of identity",
        };
        let site = self.site.as_ref().ok_or(ConfigError::NoSite { what })?;
        if !is_place(&site.url, true) {
            let (of, url) = ("[site]".to_owned(), shown_address(&site.url));
            let form = "a host, and what all paths begin with, without a slash at its end";
            return Err(ConfigError::Url { of, url, form });
        }
        if site.key.is_empty() {
            return Err(ConfigError::SilentSite);
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

/// The operator's token, if there is one.
///
/// # Errors
/// If it is so short that it can be guessed.
pub fn operator(token: Option<String>) -> Result<Option<String>, ConfigError> {
    match token.as_ref().map(|token| token.chars().count()) {
        Some(found) if found < OPERATOR_MIN => Err(ConfigError::GuessedOperator { found }),
        _ => Ok(token),
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
            in_production(|c| c.site.as_mut().unwrap().url.push('/'), Role::Bank),
            in_production(|c| c.customer = vec![customer()], Role::Bank),
            in_production(|c| c.codes = Some("codes".into()), Role::Wallet),
            in_production(|c| c.passkey_origin = None, Role::Wallet),
            in_production(|c| c.passkey_origin = Some("http://a".to_owned()), Role::Wallet),
            fault(|c| c.listen = "0.0.0.0:7001".to_owned(), Role::Bank),
            fault(|c| c.listen = "7001".to_owned(), Role::Bank),
            fault(|c| c.store = "mysql://x".to_owned(), Role::Bank),
            fault(|c| c.peer.clear(), Role::Bank),
            fault(|c| c.peer.clear(), Role::Wallet),
            fault(|c| c.authorities = vec!["https://bank.example".to_owned()], Role::Bank),
            fault(|c| c.peer[0].key.clear(), Role::Bank),
            fault(|c| c.peer[0].url.push('/'), Role::Bank),
            fault(|c| c.persons_per_transaction = 0, Role::Bank),
            fault(|c| c.persons_per_transaction = 65, Role::Wallet),
            fault(|c| c.connections.max = 0, Role::Bank),
            fault(|c| c.connections.max = usize::MAX, Role::Bank),
            fault(|c| c.connections.per_address_max = 0, Role::Wallet),
            fault(|c| c.rates.per_second = 0, Role::Wallet),
            fault(|c| c.rates.burst = 1_000_001, Role::Wallet),
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
            "[site] needs a key that signs its answers",
            "[site]: url is \"http://site:9000/\", which is not http:// and a host, and what all \
             paths begin with, without a slash at its end",
            "mode is production, and customers are written down; that is for \
             mode = \"development\"",
            "mode is production, and codes are written to a file; that is for \
             mode = \"development\"",
            "mode is production, and there is no passkey_origin, so that authenticators are keys \
             in clients' memory; that is for mode = \"development\"",
            "mode is production, and passkey_origin is \"http://a\", which is not https://",
            "mode is development, and listen is 0.0.0.0:7001, which is not on the loopback",
            "listen is \"7001\", which is no address with a port",
            "store, or BINDPROOF_STORE in its place, must begin with sqlite:, postgres:// or \
             postgresql://",
            "a bank has one peer, its wallet, and 0 are given",
            "a wallet needs a bank among its peers",
            "authorities holds \"https://bank.example\", which is no host, with a port or without",
            "the peer wallet has no key, so that nothing that it signs is believed",
            "the peer wallet: url is \"http://127.0.0.1:7002/\", which is not http:// and a host, \
             with a port or without",
            "persons_per_transaction is 0 and must be 1 to 64",
            "persons_per_transaction is 65 and must be 1 to 64",
            "connections.max is 0 and must be 1 to 65536",
            "connections.max is 18446744073709551615 and must be 1 to 65536",
            "connections.per_address_max is 0 and must be 1 to 65536",
            "rates.per_second is 0 and must be 1 to 100000",
            "rates.burst is 1000001 and must be 1 to 1000000",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_token_that_can_be_guessed_is_refused() {
        let said = |token: &str| operator(Some(token.to_owned()));
        assert_eq!(operator(None), Ok(None));
        assert_eq!(said("0123456789abcdef"), Ok(Some("0123456789abcdef".to_owned())));
        let fault = said("0123456789abcde").unwrap_err().to_string();
        assert_eq!(fault, "BINDPROOF_OPERATOR has 15 characters and needs at least 16");
        assert!(said("").is_err());
    }

    #[test]
    fn a_mode_that_is_not_given_is_production() {
        let silent = BANK.replace("mode = \"development\"\n", "");
        assert_eq!(config(&silent).mode, Mode::Production);
    }
}
