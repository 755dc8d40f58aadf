//! Problem details (RFC 9457): the outward form of a refusal.

use core::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::id::RequestId;
use super::read;
use crate::refusal::{Refusal, Retry};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

//= BIND-074 problems have code, status, retry class and next action
/// A refusal as it is answered. All but `detail` and `instance` follows from the refusal, so that
/// two servers cannot differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// Why.
    pub refusal: Refusal,
    /// More about this occurrence, for people. Never which factor was wrong, never whether an
    /// account exists.
    pub detail: Option<&'static str>,
    /// The request that was refused.
    pub instance: Option<RequestId>,
}

impl Problem {
    /// The problem of this refusal, without detail or instance.
    pub const fn new(refusal: Refusal) -> Self {
        Self { refusal, detail: None, instance: None }
    }

    /// The problem of this refusal of this request.
    pub const fn of(refusal: Refusal, request: RequestId) -> Self {
        Self { refusal, detail: None, instance: Some(request) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal)
    }
}

#[derive(Serialize)]
struct Shape {
    #[serde(rename = "type")]
    type_uri: TypeUri,
    title: &'static str,
    status: u16,
    code: Refusal,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceUri>,
    retry: Retry,
    next_action: &'static str,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let refusal = self.refusal;
        Shape {
            type_uri: TypeUri(refusal),
            title: refusal.title(),
            status: refusal.status(),
            code: refusal,
            detail: self.detail,
            instance: self.instance.map(InstanceUri),
            retry: refusal.retry(),
            next_action: refusal.next_action(),
        }
        .serialize(serializer)
    }
}

struct TypeUri(Refusal);

impl fmt::Display for TypeUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:bindproof:problem:{}", self.0)
    }
}

impl Serialize for TypeUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

struct InstanceUri(RequestId);

impl fmt::Display for InstanceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:uuid:{}", self.0)
    }
}

impl Serialize for InstanceUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A problem as it is read. The code decides; the other members are for people and for callers
/// that do not know the code, and members that are not known are ignored, as RFC 9457 demands
/// of readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct ReceivedProblem {
    /// Why.
    #[serde(deserialize_with = "read::word")]
    pub code: Refusal,
}
