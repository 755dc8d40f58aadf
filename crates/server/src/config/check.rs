//! What no server runs with. Each fault is one line.

use std::net::SocketAddr;

use bindproof::limits::{LimitsError, TimingError};
use thiserror::Error;

use super::place::is_place;
use super::{Config, Mode, OPERATOR_VARIABLE, SQLITE, STORE_VARIABLE, is_postgres, shown_address};
use crate::http::accept::Connections;
use crate::http::rate::Rates;
use crate::outbox::ATTEMPTS_MAX;
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
    /// A peer is another server.
    #[error("the peer {peer} has this server's own {what}, where the peer's is to be given")]
    Own {
        /// Which.
        peer: String,
        /// What is the same.
        what: &'static str,
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
    /// What only a server of the other kind has.
    #[error("{setting} is a setting of a {of}, and this is a {this}")]
    OtherSide {
        /// The setting.
        setting: &'static str,
        /// Whose it is.
        of: &'static str,
        /// What this is.
        this: &'static str,
    },
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
        if !(self.store.starts_with(SQLITE) || is_postgres(&self.store)) {
            return Err(ConfigError::UnknownStore);
        }
        let is_host = |given: &String| is_place(&format!("http://{given}"), false);
        if let Some(given) = self.authorities.iter().find(|given| !is_host(given)) {
            return Err(ConfigError::Authority { given: given.clone() });
        }
        self.check_peers()?;
        let other_side = |setting, of, this| Err(ConfigError::OtherSide { setting, of, this });
        match (role, self.peer.len()) {
            (Role::Bank, _) if self.passkey_origin.is_some() => {
                other_side("passkey_origin", "wallet", "bank")
            }
            (Role::Wallet, _) if !self.customer.is_empty() => {
                other_side("customer", "bank", "wallet")
            }
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
            let name = (peer.name.as_str(), self.name.as_str(), "name");
            let id = peer.key.iter().find(|key| key.id == self.key.id);
            let id = (id.map_or("", |key| &key.id), self.key.id.as_str(), "key id");
            if let Some((_, _, what)) = [name, id].into_iter().find(|(its, own, _)| its == own) {
                return Err(ConfigError::Own { peer: name.0.to_owned(), what });
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
mod tests;
