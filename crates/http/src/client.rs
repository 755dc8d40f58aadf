//! Signed requests to other servers.

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::http::header::{CONTENT_TYPE, HOST, HeaderName};
use hyper::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::signature::{Parts, SignatureError, content_digest};

mod exchange;

pub use exchange::{Asking, believed};

/// The largest body, in bytes. The largest message is a tenth of it.
pub const BODY_MAX: usize = 64 * 1024;
/// The field that carries a trace from one server to the next (W3C Trace Context).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request with its answer may take.
const TOTAL: Duration = Duration::from_secs(10);

/// What requests are sent by.
#[derive(Clone, Debug)]
pub struct Outgoing {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self::new()
    }
}

/// Why there is no answer. Nothing is known of what became of the request: it is sent again.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The other side could not be reached, or did not answer in time.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The request could not be signed.
    #[error("the request cannot be signed: {0}")]
    Unsigned(#[from] SignatureError),
    /// The answer is not signed by the one that was asked, or is another request's.
    #[error("the answer, {status}, is not to be believed: {error}")]
    Untrusted {
        /// The status of the answer.
        status: u16,
        /// The body of the answer, by whomever it is.
        body: Bytes,
        /// What is wrong with its signature.
        error: SignatureError,
    },
    /// There is an answer, which is neither what was asked for nor a problem of the protocol.
    #[error("it answered {0}, and names no problem of the protocol")]
    Status(u16),
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

/// A response with its whole body.
#[derive(Debug)]
pub struct WholeResponse {
    /// The status.
    pub status: u16,
    /// The fields.
    pub fields: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Outgoing {
    /// A client that opens connections as it needs them, and keeps to its times.
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        // A request is sent again by the outbox only, signed afresh.
        builder.retry_canceled_requests(false).pool_idle_timeout(Duration::from_secs(20));
        Self { client: builder.build(connector) }
    }

    /// Sends a request and reads its answer to the end.
    ///
    /// # Errors
    /// If there is no answer within the time, or it is too large.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<WholeResponse, CallError> {
        self.send_for(request, BODY_MAX).await
    }

    /// The same where the answer may have so many bytes.
    ///
    /// # Errors
    /// If there is no answer within the time, or it is too large.
    pub async fn send_for(
        &self,
        request: Request<Full<Bytes>>,
        largest: usize,
    ) -> Result<WholeResponse, CallError> {
        let exchange = async {
            let response: Response<Incoming> = self
                .client
                .request(request)
                .await
                .map_err(|error| CallError::NoAnswer(whole(&error)))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, largest).collect().await;
            let body = body.map_err(|error| CallError::NoAnswer(whole(&*error)))?.to_bytes();
            Ok(WholeResponse { status: head.status.as_u16(), fields: head.headers, body })
        };
        let late = |_| CallError::NoAnswer("it took too long".to_owned());
        tokio::time::timeout(TOTAL, exchange).await.map_err(late)?
    }
}

/// An error with all that it came of: the outermost says only that something was not to be had.
fn whole(error: &(dyn Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |&error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A request of JSON, with its digest, ready to be signed.
///
/// # Errors
/// If the address is none, or a field has no form.
pub fn json_request(
    url: &str,
    path: &str,
    idempotency_key: Option<&str>,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, CallError> {
    let unreadable = |error: &dyn std::fmt::Display| CallError::Unreadable(error.to_string());
    let uri: Uri = format!("{url}{path}").parse().map_err(|e| unreadable(&e))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let mut fields = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        HeaderValue::from_str(value).map(|value| fields.insert(name, value)).map(|_| ())
    };
    set(HOST, &host).map_err(|e| unreadable(&e))?;
    set(CONTENT_TYPE, "application/json").map_err(|e| unreadable(&e))?;
    let digest = HeaderName::from_static("content-digest");
    set(digest, &content_digest(&body)).map_err(|e| unreadable(&e))?;
    if let Some(key) = idempotency_key {
        let name = HeaderName::from_static("idempotency-key");
        set(name, key).map_err(|e| unreadable(&e))?;
    }
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = fields;
    Ok(request)
}

/// The parts of a request that is to be signed.
pub fn parts_of<'a>(request: &'a Request<Full<Bytes>>, fields: &'a HeaderMap) -> Parts<'a> {
    let uri = request.uri();
    Parts {
        method: request.method().as_str(),
        scheme: "http",
        authority: fields.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default(),
        path: uri.path(),
        query: uri.query(),
        status: None,
        fields,
        request: None,
    }
}
