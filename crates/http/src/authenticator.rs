//! An authenticator that is a key in a client's memory: the client's side, and what it signs. It
//! stands in for a passkey where a server runs in a mode for tests.

use ed25519_dalek::{Signer, SigningKey};

use crate::hex;

/// What is signed in order to assert that the person is there; `verified` is `1` if she was known.
pub fn asserted_text(ceremony: &str, verified: &str) -> String {
    format!("bindproof assertion {ceremony} {verified}")
}

/// What is signed in order to enrol a key.
pub fn enrolled_text(ceremony: &str) -> String {
    format!("bindproof enrolment {ceremony}")
}

/// The client's side: a key in memory.
pub struct SoftKey {
    key: SigningKey,
}

impl SoftKey {
    /// An authenticator with this key.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(&secret) }
    }

    /// Its public key, 64 hexadecimal digits.
    pub fn public(&self) -> String {
        hex::encode(self.key.verifying_key().as_bytes())
    }

    /// What it says in this ceremony; `verified` says that the person was known to it.
    pub fn assert(&self, ceremony: &str, verified: bool) -> String {
        let verified = if verified { "1" } else { "0" };
        let signature = self.key.sign(asserted_text(ceremony, verified).as_bytes());
        format!("{}.{verified}.{}", self.public(), hex::encode(&signature.to_bytes()))
    }

    /// What enrols it in this ceremony.
    pub fn enrol(&self, ceremony: &str) -> String {
        let signature = self.key.sign(enrolled_text(ceremony).as_bytes());
        format!("{}.{}", self.public(), hex::encode(&signature.to_bytes()))
    }
}
