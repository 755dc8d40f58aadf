//! HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest (RFC 9530), in one profile.
//!
//! A request covers its method, authority, path, query, content type and digest, and its
//! idempotency key if it has one. It is created within a minute, carries a nonce that is used once,
//! and a tag that says what it is. An answer covers its status, type and digest, and the signature
//! of the request that it answers. Which key and algorithm it is the registry says, and never the
//! message.

mod base;
mod digest;
mod sign;
mod verify;

use thiserror::Error;

pub use base::{Parts, base};
pub use digest::{content_digest, digest_matches};
pub use sign::{Signer, sign_answer, sign_request};
pub use verify::{Profile, Verified, holds, public_key, signed, verify};

/// The label under which this profile signs.
pub const LABEL: &str = "bindproof";
/// The tag of a server's request.
pub const TAG_REQUEST: &str = "bindproof-request";
/// The tag of a server's answer.
pub const TAG_ANSWER: &str = "bindproof-answer";
/// The tag of a request that a device signs.
pub const TAG_DEVICE: &str = "bindproof-device";
/// How old a signature may be, in seconds.
pub const WINDOW_S: i64 = 60;
/// How far ahead a signer's clock may be, and that of another instance, in seconds.
pub const SKEW_S: i64 = 10;

/// Why a signature is not accepted. It is for the log; whoever sent it hears one and the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// There is none with the tag that is asked for, or more than one.
    #[error("there are {found} signatures tagged {tag:?}, and there must be one")]
    NotOne {
        /// The tag.
        tag: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A field cannot be read.
    #[error("the field {field} cannot be read")]
    Unreadable {
        /// The field.
        field: &'static str,
    },
    /// What has to be covered is not.
    #[error("{component} is not covered")]
    NotCovered {
        /// What is missing.
        component: &'static str,
    },
    /// What is covered is not in the message, or is of a kind that is not known.
    #[error("the component {component} is covered and not there")]
    Absent {
        /// What is covered.
        component: String,
    },
    /// A parameter is missing or is not of its kind.
    #[error("the parameter {parameter} is missing or not of its kind")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
    },
    /// It was created too long ago, or in the future, or has expired.
    #[error("it was created at {created} and now is {now}")]
    OutsideWindow {
        /// When it says it was created, in seconds.
        created: i64,
        /// Now, in seconds.
        now: i64,
    },
    /// The registry knows no such key, or not at this time.
    #[error("there is no key {key_id:?} that is in use")]
    UnknownKey {
        /// The key.
        key_id: String,
    },
    /// The digest is not that of the body.
    #[error("the digest is not that of the body")]
    Digest,
    /// The key did not make it.
    #[error("the key did not sign this")]
    Mismatch,
    /// It has been used before.
    #[error("it has been used before")]
    Replayed,
}
