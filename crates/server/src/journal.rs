//! A server's journal: lines as every trace has them (`docs/trace.md`), and a chain of hashes
//! around them.
//!
//! A line holds one decision, when it was made, on which message, and what was written because of
//! it. Its hash covers the hash of the line before, and the store keeps the last one with the
//! person. So a line that is changed, taken out or put in shows, if nothing else was changed
//! to fit.
//!
//! There is no key in it. Whoever can write the store can write every line after the one that he
//! has changed anew, with its hash, and take lines off the end together with what the store says of
//! them. That shows only against a hash that was noted elsewhere, or against the other side's
//! journal; deciding again shows it if what he wrote is none of what the steps decide.

use bindproof::policy::{Origin, TrustAge};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
pub use bindproof_conformance::trace::hash::hash_of;
use bindproof_conformance::trace::line::{Line as TraceLine, Touch, Touched};
use serde::de::DeserializeOwned;

use crate::key::Key;
use crate::record::RecordKind;
use crate::store::{Row, StoreError};

mod export;
mod ordered;
mod owed;
mod records;
mod verify;

pub use export::{ExportError, export};
pub use ordered::{Ordered, ordered};
pub use owed::Owing;
pub use records::Records;
pub use verify::{JournalError, Verified, place_of, verify, verify_all, verify_person, walk};

/// One line of a journal.
pub type Line = TraceLine<Key>;

/// An account that its holder has set up by herself, and the device that she did it on, as they
/// begin: nobody has verified whose it is; the device is signed in and has an authenticator. No
/// step writes them. The protocol begins with such accounts as they are.
pub const SELF_REGISTERED: (Account, Device) = (
    Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true },
    Device::Trusted { session: true, authenticator: true, age: TrustAge::Recent },
);

/// What a line says of this row; nothing of what no step sees, but of instruments.
///
/// # Errors
/// If the row cannot be read.
pub fn touched(row: &Row) -> Result<Option<Touched<Key>>, StoreError> {
    fn touch<S: DeserializeOwned>(row: &Row) -> Result<Touch<Key, S>, StoreError> {
        let bad = |error| StoreError::corrupt(format!("{} {}", row.kind.name(), row.key), error);
        let state = serde_json::from_str(&row.state).map_err(bad)?;
        Ok(Touch { key: row.key, version: row.version.unsigned_abs(), state })
    }
    Ok(Some(match row.kind {
        RecordKind::Binding => Touched::Binding(touch(row)?),
        RecordKind::Instrument => Touched::Instrument(touch(row)?),
        RecordKind::Debit => Touched::Debit(touch(row)?),
        RecordKind::Account => Touched::Account(touch(row)?),
        RecordKind::Device => Touched::Device(touch(row)?),
        RecordKind::Link => Touched::Link(touch(row)?),
        RecordKind::Operation => Touched::Operation(touch(row)?),
        RecordKind::Lock => Touched::Lock(touch(row)?),
        RecordKind::Authenticator | RecordKind::Answer | RecordKind::Registration => {
            return Ok(None);
        }
    }))
}
