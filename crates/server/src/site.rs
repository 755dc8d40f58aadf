//! What a site has of its own, and a server asks it for: a bank's books and the sessions of its
//! customers; a wallet's couriers and its proof of identity. In development stand-ins answer
//! ([`crate::development`]); in production the site's own service does ([`Hooks`]). What they say
//! are facts: what follows from them the specification decides.

mod hooks;

use std::future::Future;
use std::pin::Pin;

use bindproof::wire::{
    Amount, ChallengeId, ContactRef, InstrumentRef, Opaque, OperationId, PersonRef,
};
use thiserror::Error;

pub use hooks::{Hook, Hooks, TAG_HOOK};

use crate::drive::bank::Holding;

/// The site did not answer, or not as it has to. Nothing is decided then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the site's {hook} gave no answer that can be used: {why}")]
pub struct SiteError {
    /// What it was asked.
    pub hook: &'static str,
    /// What is wrong.
    pub why: String,
}

/// What is being asked.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, SiteError>> + Send + 'a>>;

/// An answer that is there already.
pub fn ready<'a, T: Send + 'a>(answer: T) -> Asked<'a, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

/// What a bank's own books say.
pub trait Books: Send + Sync + 'static {
    /// What is known of an instrument, if this person is its holder.
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Asked<'_, Option<Holding>>;

    /// Whether the account behind an instrument covers an amount. It is asked each time that the
    /// debit of `operation` is, which may be several times: books that reserve the amount do so
    /// once for an operation.
    fn covers(
        &self,
        instrument: InstrumentRef,
        amount: Amount,
        operation: OperationId,
    ) -> Asked<'_, bool>;

    /// What a person holds, in the order in which it is shown to her.
    fn holds(&self, person: PersonRef) -> Asked<'_, Vec<Held>>;
}

/// An instrument as it is shown to its holder.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The bank's reference of it.
    pub reference: InstrumentRef,
    /// What its holder calls it.
    pub label: String,
}

/// How a bank knows its customers.
pub trait Customers: Send + Sync + 'static {
    /// Whose session this is, if it holds.
    fn person<'a>(&'a self, token: &'a str, now_ms: i64) -> Asked<'a, Option<PersonRef>>;

    /// Whether `said` shows that the holder has just authenticated for binding this very
    /// instrument, and until when it has to be remembered that it was used.
    fn is_fresh<'a>(
        &'a self,
        person: PersonRef,
        instrument: InstrumentRef,
        said: &'a Opaque,
        now_ms: i64,
    ) -> Asked<'a, Option<i64>>;
}

/// Brings one-time codes to contacts.
pub trait Courier: Send + Sync + 'static {
    /// Brings the code that answers this challenge to this contact; false if it could not. `key` is
    /// the same each time that the same code is brought.
    fn deliver<'a>(
        &'a self,
        challenge: ChallengeId,
        contact: ContactRef,
        code: &'a str,
        key: &'a str,
    ) -> Asked<'a, bool>;
}

/// Checks evidence of identity.
pub trait Identity: Send + Sync + 'static {
    /// Whose identity this proves, if anybody's.
    fn proves<'a>(&'a self, evidence: &'a Opaque) -> Asked<'a, Option<PersonRef>>;
}
