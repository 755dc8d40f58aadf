//! A server's journal: what the specification says of an entry, and a chain of hashes around it.
//!
//! A line holds one decision, when it was made, and what was written because of it. Its hash covers
//! the hash of the line before, so that a line that is changed, taken out or put in later shows.

use bindproof::journal::Entry;
use bindproof::policy::{Origin, TrustAge};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::key::Key;
use crate::record::RecordKind;
use crate::store::Row;

mod ordered;
mod owed;
mod records;
mod verify;

pub use ordered::{Ordered, ordered};
pub use owed::Owing;
pub use records::Records;
pub use verify::{JournalError, Verified, verify, verify_all, verify_person, walk};

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The decision.
    pub entry: Entry<Key>,
    /// When it was made, in milliseconds since 1970.
    pub at_ms: i64,
    /// The records that were written because of it.
    pub after: Vec<Touched>,
}

/// A line that no step has written: an account that its holder has set up by herself, with the
/// device that she did it on. The protocol begins with such accounts as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Which records.
    pub registered: Registered,
    /// The place in the journal.
    pub sequence: u64,
    /// When it was, in milliseconds since 1970.
    pub at_ms: i64,
    /// The records that were written.
    pub after: Vec<Touched>,
}

/// An account and its first device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The account.
    pub account: Key,
    /// The device's record on it.
    pub device: Key,
}

impl Registered {
    /// The account as it begins: nobody has verified whose it is.
    pub const ACCOUNT: Account =
        Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
    /// The device as it begins: signed in, with an authenticator.
    pub const DEVICE: Device =
        Device::Trusted { session: true, authenticator: true, age: TrustAge::Recent };
}

/// A line of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// A decision.
    Decision(Line),
    /// An account that its holder has set up.
    Registration(Registration),
}

/// The decision on a line; none if it is a registration.
///
/// # Errors
/// If it is neither.
pub fn decision(line: &str) -> Result<Option<Line>, serde_json::Error> {
    Ok(match serde_json::from_str(line)? {
        Written::Decision(line) => Some(line),
        Written::Registration(_) => None,
    })
}

/// A record as it was after a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touched {
    /// Its kind.
    pub kind: RecordKind,
    /// Which.
    pub key: Key,
    /// How many times it had been written then.
    pub version: i64,
    /// The SHA-256 of its state as it was stored, in hexadecimal digits.
    pub state: String,
}

impl Touched {
    /// What a line says of this row.
    pub fn of(row: &Row) -> Self {
        let state = hex::encode(&Sha256::digest(row.state.as_bytes()));
        Self { kind: row.kind, key: row.key, version: row.version, state }
    }
}

/// The hash of a line that follows the one with the hash `before`; empty for the first line.
pub fn hash_of(before: &str, line: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(before.as_bytes());
    digest.update(b"\n");
    digest.update(line.as_bytes());
    hex::encode(&digest.finalize())
}
