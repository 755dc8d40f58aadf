//! What goes out: answers, problems, and their signatures.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use bindproof::refusal::{Refusal, Retry};
use bindproof::wire::{self, MEDIA_TYPE, Problem, RequestId};
use serde::Serialize;

use crate::defect::{Defect, planted};
use crate::node::Node;
use crate::signature::{Parts, content_digest, sign_answer};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// With a defect.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");
const PROBLEM: HeaderValue = HeaderValue::from_static(MEDIA_TYPE);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What is answered where a client has sent too many requests of late.
pub(crate) const TOO_MANY: &str =
    r#"{"type":"about:blank","title":"Too many requests.","status":429}"#;
/// What is answered where the server could not decide.
pub(crate) const NO_DECISION: &str =
    r#"{"type":"about:blank","title":"The server could not decide.","status":503}"#;

/// An answer before it is signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The status.
    pub status: StatusCode,
    /// Whether it is a problem.
    pub problem: Option<Refusal>,
    /// The body.
    pub body: String,
}

/// A message as it is sent, or with a defect with its first member twice.
pub(super) fn with_a_member_twice(body: String) -> String {
    if !planted(Defect::MemberSentTwice) {
        return body;
    }
    let protocol = format!("{{\"protocol\":\"{}\",", bindproof::PROTOCOL);
    body.replacen('{', &protocol, 1)
}

impl Said {
    /// An answer to this request.
    pub fn answer<M: wire::Reply>(node: &Node, request_id: RequestId, message: M) -> Self {
        let protocol = wire::Version;
        let issuer = node.name;
        let request_id = match planted(Defect::AnswerToAnotherRequest) {
            true => RequestId::from_bytes([0; 16]),
            false => request_id,
        };
        let said = Self::json(&wire::Answer { protocol, request_id, issuer, message });
        Self { body: with_a_member_twice(said.body), ..said }
    }

    /// Anything as JSON.
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self { status: StatusCode::OK, problem: None, body },
            Err(error) => {
                tracing::error!(%error, "an answer without a form");
                Self::fault()
            }
        }
    }

    /// A refusal of this request.
    pub fn problem(refusal: Refusal, request: Option<RequestId>) -> Self {
        let problem = match request {
            Some(request) => Problem::of(refusal, request),
            None => Problem::new(refusal),
        };
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        Self { status, problem: Some(refusal), body }
    }

    /// The server could not decide. It says nothing about what became of the request.
    pub fn fault() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, problem: None, body: NO_DECISION.to_owned() }
    }

    /// Its client has sent too many requests of late. Nothing was decided.
    pub fn too_many() -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { status, problem: None, body: TOO_MANY.to_owned() }
    }

    /// As a response that is not signed.
    pub fn respond(self) -> Response<Body> {
        let fields = self.fields();
        self.with(fields)
    }

    /// As a response that is signed and tied to `request`.
    pub fn respond_signed(self, node: &Node, request: &Parts<'_>) -> Response<Body> {
        let mut fields = self.fields();
        let unsigned = self.problem.is_some() && planted(Defect::ProblemsNotSigned);
        if unsigned || planted(Defect::AnswerNotSigned) {
            return self.with(fields);
        }
        let parts = Parts {
            method: "",
            scheme: "",
            authority: "",
            path: "",
            query: None,
            status: Some(self.status.as_u16()),
            fields: &HeaderMap::new(),
            request: Some(request),
        };
        let created = node.world.now_ms().div_euclid(1000);
        if let Err(error) = sign_answer(&mut fields, parts, &node.signer, created) {
            tracing::debug!(%error, "an answer that is tied to no signature goes out unsigned");
        }
        self.with(fields)
    }

    fn fields(&self) -> HeaderMap {
        let mut fields = HeaderMap::new();
        let good = self.status.is_success();
        let json = if planted(Defect::AnsweredAsText) { TEXT } else { JSON };
        fields.insert(CONTENT_TYPE, if good { json } else { PROBLEM });
        fields.insert(axum::http::header::CACHE_CONTROL, NO_STORE);
        if let Ok(digest) = HeaderValue::from_str(&content_digest(self.body.as_bytes())) {
            fields.insert(CONTENT_DIGEST, digest);
        }
        let later = self.problem.is_some_and(|refusal| refusal.retry() == Retry::SameKey);
        if later || self.status == StatusCode::TOO_MANY_REQUESTS {
            fields.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        fields
    }

    fn with(self, fields: HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = fields;
        // It goes no further than the log.
        if let Some(refusal) = self.problem {
            response.extensions_mut().insert(refusal);
        }
        response
    }
}
