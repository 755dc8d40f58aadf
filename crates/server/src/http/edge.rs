//! What comes in: bytes, a signature or a session, and strictly read messages.

use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Request, Response};
use bindproof::refusal::Refusal;
use bindproof::wire::{self, DeviceKey, Envelope, Issuer, RequestId};
pub use bindproof_http::client::BODY_MAX;
use ed25519_dalek::VerifyingKey;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::answer::Said;
use super::host::is_among;
use super::lenient::leniently;
use crate::defect::{Defect, planted, spent_here};
use crate::hex;
use crate::node::Node;
use crate::signature::{Parts, Profile, SignatureError, verify};
use crate::site::SiteError;
use crate::store::StoreError;

/// How long a body may take.
const BODY: Duration = Duration::from_secs(10);

/// A request with its whole body.
#[derive(Debug)]
pub struct Received {
    head: Head,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a request does not reach a drive.
#[derive(Debug)]
pub enum Barred {
    /// It is refused.
    Refused(Refusal),
    /// The store failed.
    Fault(StoreError),
    /// The site did not answer.
    Unanswered(SiteError),
    /// Its client has sent too many of late.
    TooMany,
}

impl From<SiteError> for Barred {
    fn from(error: SiteError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<StoreError> for Barred {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl From<Refusal> for Barred {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Every handler gets its request whole. One that cannot be read is answered without it.
impl<S: Send + Sync> FromRequest<S> for Received {
    type Rejection = Response<Body>;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Self::Rejection> {
        Self::read(request).await.map_err(|refusal| Said::problem(refusal, None).respond())
    }
}

impl Received {
    /// Reads a request to its end, within its time and size.
    ///
    /// # Errors
    /// If it is too large or takes too long.
    pub async fn read(request: Request<Body>) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX).collect();
        match tokio::time::timeout(BODY, body).await {
            Ok(Ok(body)) => Ok(Self { head, body: body.to_bytes().to_vec() }),
            Ok(Err(_)) | Err(_) => Err(Refusal::RequestMalformed),
        }
    }

    /// The fields.
    pub const fn fields(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The request as a signature covers it.
    pub fn parts(&self) -> Parts<'_> {
        let field = |name| self.head.headers.get(name).and_then(|value| value.to_str().ok());
        Parts {
            method: self.head.method.as_str(),
            scheme: "http",
            authority: field(HOST).unwrap_or_default(),
            path: self.head.uri.path(),
            query: self.head.uri.query(),
            status: None,
            fields: &self.head.headers,
            request: None,
        }
    }

    /// The token of a session, if there is one.
    pub fn bearer(&self) -> Option<&str> {
        bearer(&self.head.headers)
    }

    /// The other server that signed this. The signature is spent whatever becomes of the request.
    ///
    /// # Errors
    /// If it is not signed by a server that is known here. Which fault it is only the log says.
    pub async fn server(&self, node: &Node) -> Result<Issuer, Barred> {
        let now_ms = node.world.now_ms();
        let mut signer = None;
        self.signed(node, Profile::REQUEST, |key_id| {
            let (peer, key) = node.registry.key(key_id, now_ms)?;
            signer = Some(peer.name);
            Some(key)
        })
        .await?;
        signer.ok_or(Barred::Refused(Refusal::SignatureInvalid))
    }

    /// Whether the device of this key signed the request. Without any signature it did not; with
    /// one that does not hold the request is refused.
    ///
    /// # Errors
    /// If there is a signature that does not hold, or the device has sent too many of late.
    pub async fn device(&self, node: &Node, device: DeviceKey) -> Result<bool, Barred> {
        if !self.fields().contains_key("signature-input") {
            return Ok(false);
        }
        let key = VerifyingKey::from_bytes(device.as_bytes());
        self.signed(node, Profile::DEVICE, |key_id| {
            (key_id == device.to_string()).then_some(key.ok()).flatten()
        })
        .await?;
        match node.meter.admits(&device.to_string(), node.world.now_ms()) {
            true => Ok(true),
            false => Err(Barred::TooMany),
        }
    }

    async fn signed(
        &self,
        node: &Node,
        profile: Profile,
        key: impl FnOnce(&str) -> Option<VerifyingKey>,
    ) -> Result<(), Barred> {
        let parts = self.parts();
        let refused = |error: SignatureError| {
            let key_id = self.parameter("keyid").map(|id| id.trim_matches('"'));
            tracing::warn!(%error, key_id, path = parts.path, "a signature is not accepted");
            node.metrics.refused_signature();
            Barred::Refused(Refusal::SignatureInvalid)
        };
        let host = parts.authority;
        if !node.authorities.is_empty() && !is_among(&node.authorities, host) {
            return Err(refused(SignatureError::Absent { component: "own @authority".to_owned() }));
        }
        let now_ms = node.world.now_ms();
        let now_ms = self.believed_now(now_ms);
        let verified = match verify(profile, &parts, &self.body, now_ms, key) {
            Ok(verified) => verified,
            Err(error) if is_let_pass(&error) => return Ok(()),
            Err(error) => return Err(refused(error)),
        };
        let scope = format!("{} {}", profile.tag, verified.key_id);
        if planted(Defect::NonceOnlyInMemory) {
            let first = spent_here(&scope, &verified.nonce);
            return if first { Ok(()) } else { Err(refused(SignatureError::Replayed)) };
        }
        match node.store.spend(&scope, &verified.nonce, verified.until_ms).await? {
            true => Ok(()),
            false if planted(Defect::NonceForgotten) => Ok(()),
            false => Err(refused(SignatureError::Replayed)),
        }
    }

    /// The time by which a signature's age is taken: now, or with a defect when it was made.
    fn believed_now(&self, now_ms: i64) -> i64 {
        if !planted(Defect::ExpiredSignatureAccepted) {
            return now_ms;
        }
        let digits = self.parameter("created");
        digits.and_then(|digits| digits.parse::<i64>().ok()).map_or(now_ms, |s| s * 1000)
    }

    /// What a signature says of itself, whether that is right or not.
    fn parameter(&self, name: &str) -> Option<&str> {
        let input = self.head.headers.get("signature-input")?.to_str().ok()?;
        input.split(name).nth(1)?.strip_prefix('=')?.split(';').next()
    }

    /// The message in it.
    ///
    /// # Errors
    /// If it is not JSON, not of this message's shape, or its key is not the one in the field.
    pub fn envelope<M: wire::Request>(&self) -> Result<Envelope<M>, Refusal> {
        let field = |name| self.head.headers.get(name).and_then(|value| value.to_str().ok());
        let json = field(CONTENT_TYPE.as_str());
        let json =
            json.is_some_and(|t| t == "application/json" || t.starts_with("application/json;"));
        if !json && !planted(Defect::MediaTypeNotRead) {
            return Err(Refusal::RequestMalformed);
        }
        let read = serde_json::from_slice(&self.body).or_else(|error| leniently(&self.body, error));
        let envelope: Envelope<M> = read.map_err(|error| {
            tracing::debug!(%error, message = M::NAME.name(), "a request cannot be read");
            Refusal::RequestMalformed
        })?;
        let key = envelope.idempotency_key.as_ref().map(wire::IdempotencyKey::as_str);
        let same = key == field("idempotency-key");
        if same { Ok(envelope) } else { Err(Refusal::RequestMalformed) }
    }

    /// A body of this server's own, which is no message of the protocol.
    ///
    /// # Errors
    /// If it is not JSON of this shape.
    pub fn own<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| {
            tracing::debug!(%error, path = self.head.uri.path(), "a request cannot be read");
            Refusal::RequestMalformed
        })
    }

    /// The id of the request, as far as the body can be read at all. It is for the problem that is
    /// answered.
    pub fn request_id(&self) -> Option<RequestId> {
        let value: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        value.get("request_id")?.as_str()?.parse().ok()
    }
}

/// With a defect, a signature counts although this is wrong with it.
fn is_let_pass(error: &SignatureError) -> bool {
    match error {
        SignatureError::Mismatch => planted(Defect::SignatureNotVerified),
        SignatureError::Digest => planted(Defect::DigestNotCompared),
        _ => false,
    }
}

/// The token in these fields, if there is one.
pub(super) fn bearer(fields: &HeaderMap) -> Option<&str> {
    fields.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The digest of what a request says, without what is of this sending only.
pub fn digest_of<M: wire::Request>(message: &M) -> String {
    let form = serde_json::to_vec(message).unwrap_or_default();
    hex::encode(&Sha256::digest(form))
}
