//! What checks factors. It says what an answer proves; whether that is enough, the
//! specification decides.

use bindproof::wallet::proof::Factors;
use bindproof::wire::{AccountId, Opaque};

use crate::record::Credential;

/// What a challenge may be answered with.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    /// The account that the challenge is for.
    pub account: Option<AccountId>,
    /// The authenticators of that account.
    pub authenticators: &'a [Credential],
    /// Whether the device that asks is one of that account. Only such a one may be told of them.
    pub of_known_device: bool,
}

/// What an assertion proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The class.
    pub factors: Factors,
    /// Which of the authenticators gave it, and what it is known by from now on.
    pub renewed: Option<(usize, Credential)>,
}

/// Checks factors against values that the verifier holds.
pub trait Verifier: Send + Sync + 'static {
    /// Begins a ceremony: what has to be remembered until its answer. It is made for one challenge
    /// and used once.
    fn begin(&self, needs: Needs<'_>) -> String;

    /// What the client needs in order to take part, as JSON. It looks the same whether or not
    /// there is an account behind it.
    fn invitation(&self, ceremony: &str) -> String;

    /// What an assertion proves.
    fn assertion(&self, ceremony: &str, said: &Opaque, known: &[Credential]) -> Asserted;

    /// The authenticator that is to be enrolled, if it was made in this ceremony.
    fn enrolment(&self, ceremony: &str, said: &Opaque) -> Option<Credential>;
}
