//! The shapes of the messages on the wire, and their strict reading.
//!
//! Every request travels in an [`Envelope`], every answer in an [`Answer`], every no as a
//! [`Problem`]. Bytes are parsed by the caller with the serde format of its choice; nothing here
//! needs a heap. Signatures travel beside a message and not in it. What is read here is still a
//! claim: who may say it, and whether it is true, the edge verifies before a step sees facts.

mod amount;
mod answers;
mod bank;
mod client;
mod id;
mod problem;
mod read;
mod servers;
#[cfg(test)]
mod tests;
mod text;

use core::fmt;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

pub use amount::{Amount, Currency, IssuedAt, NumberError};
pub use answers::{
    AccountAnswer, Debit, DebitAnswer, DebitReason, DebitWord, Found, FoundWord, LinkAnswer,
    LinkNotice, LinkReport, Registered, RegisteredWord, RegistrationAnswer, StatusWord,
};
pub use bank::{
    BindCancel, BindOutcome, BindRequest, BindingQuery, Consent, EndReason, Standing, StandingWord,
    UnbindRequest,
};
pub use client::{
    Action, Challenge, ChallengeAnswer, OperationOutcome, OperationRequest, Proof, Settled,
    SettledWord,
};
pub use id::{
    AccountId, BindingCode, BindingId, ChallengeId, DeviceKey, IdError, OperationId, RequestId,
    Secret,
};
pub use problem::{MEDIA_TYPE, Problem, ReceivedProblem};
pub use read::ShapeError;
pub use servers::{
    AccountQuery, AccountRegistration, DebitRequest, LinkEnd, LinkQuery, LinkRequest, LinkResume,
    LinkSuspend,
};
pub use text::{
    ContactRef, IdempotencyKey, InstrumentRef, Issuer, OneTimeCode, Opaque, Payee, PersonRef, Words,
};

use crate::PROTOCOL;
use crate::message::Message;

/// A message as it stands in its envelope.
pub trait Body: Copy + Eq + fmt::Debug + Serialize + DeserializeOwned {
    /// Its name.
    const NAME: Message;
}

/// A message that a party sends of its own accord.
pub trait Request: Body {
    /// Whether it asks for an effect, and not only for knowledge. Then it has an idempotency key.
    const ASKS_EFFECT: bool;
}

/// A message that answers a request.
pub trait Reply: Body {}

//= BIND-070 messages carry the protocol version
/// The version of the protocol. There is one, so that a value of this type says that the message
/// was of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version;

/// The message is of a version of the protocol that is not spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be `{PROTOCOL}`")]
pub struct VersionError;

impl core::str::FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text == PROTOCOL { Ok(Self) } else { Err(VersionError) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(PROTOCOL)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(PROTOCOL)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text_form(deserializer, "protocol version")
    }
}

/// A request with what every request carries. On the wire it also carries the name of its message,
/// so that no body is ever taken for another one of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Envelope<M> {
    /// The version of the protocol.
    pub protocol: Version,
    /// This very request; a retry has its own.
    pub request_id: RequestId,
    /// The same for a request and its retries. There if and only if an effect is asked for.
    pub idempotency_key: Option<IdempotencyKey>,
    /// When this very request was issued; a retry has its own.
    pub issued_at: IssuedAt,
    /// What is said.
    pub message: M,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "M: Deserialize<'de>"))]
struct EnvelopeShape<M> {
    protocol: Version,
    #[serde(deserialize_with = "read::word")]
    name: Message,
    request_id: RequestId,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<IdempotencyKey>,
    issued_at: IssuedAt,
    #[serde(deserialize_with = "read::object")]
    message: M,
}

impl<M: Request> Envelope<M> {
    /// The same request again: an id and a time of its own, under the same key.
    #[must_use]
    pub const fn again(self, request_id: RequestId, issued_at: IssuedAt) -> Self {
        Self { request_id, issued_at, ..self }
    }
}

impl<M: Request> Serialize for Envelope<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EnvelopeShape {
            protocol: self.protocol,
            name: M::NAME,
            request_id: self.request_id,
            idempotency_key: self.idempotency_key,
            issued_at: self.issued_at,
            message: &self.message,
        }
        .serialize(serializer)
    }
}

impl<'de, M: Request> Deserialize<'de> for Envelope<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape: EnvelopeShape<M> = read::object(deserializer)?;
        named_as::<M>(shape.name).map_err(D::Error::custom)?;
        let key = shape.idempotency_key;
        let (field, case) = ("idempotency_key", M::NAME.name());
        if M::ASKS_EFFECT {
            read::needed(key, field, case).map_err(D::Error::custom)?;
        } else {
            read::absent(&key, field, case).map_err(D::Error::custom)?;
        }
        Ok(Self {
            protocol: shape.protocol,
            request_id: shape.request_id,
            idempotency_key: key,
            issued_at: shape.issued_at,
            message: shape.message,
        })
    }
}

/// An answer with what every answer carries. On the wire it also carries the name of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer<M> {
    /// The version of the protocol.
    pub protocol: Version,
    /// The request that this answers.
    pub request_id: RequestId,
    /// Who answers.
    pub issuer: Issuer,
    /// What is said.
    pub message: M,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "M: Deserialize<'de>"))]
struct AnswerShape<M> {
    protocol: Version,
    #[serde(deserialize_with = "read::word")]
    name: Message,
    request_id: RequestId,
    issuer: Issuer,
    #[serde(deserialize_with = "read::object")]
    message: M,
}

impl<M: Reply> Serialize for Answer<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AnswerShape {
            protocol: self.protocol,
            name: M::NAME,
            request_id: self.request_id,
            issuer: self.issuer,
            message: &self.message,
        }
        .serialize(serializer)
    }
}

impl<'de, M: Reply> Deserialize<'de> for Answer<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape: AnswerShape<M> = read::object(deserializer)?;
        named_as::<M>(shape.name).map_err(D::Error::custom)?;
        Ok(Self {
            protocol: shape.protocol,
            request_id: shape.request_id,
            issuer: shape.issuer,
            message: shape.message,
        })
    }
}

fn named_as<M: Body>(found: Message) -> Result<(), ShapeError> {
    if found == M::NAME {
        return Ok(());
    }
    Err(ShapeError::OtherMessage { expected: M::NAME, found })
}
