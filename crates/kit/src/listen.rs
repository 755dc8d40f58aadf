//! The kit's own server: what the server under test sends its peers arrives here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bindproof::refusal::Refusal;
use bindproof::wire::{self, Answer, Envelope, Issuer, MEDIA_TYPE, Problem, RequestId};
use bindproof_http::client::BODY_MAX;
use bindproof_http::clock::World;
use bindproof_http::signature::{
    Parts, Profile, SignatureError, Signer, content_digest, sign_answer, verify,
};
use ed25519_dalek::VerifyingKey;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::exchange::{Asks, Transcript, spoken};
use crate::oracle::Within;

/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// What arrived.
#[derive(Clone, Debug)]
pub struct Post {
    /// On which path.
    pub path: String,
    /// Under which idempotency key, as the field has it.
    pub key: Option<String>,
    /// It says that it is JSON.
    pub is_json: bool,
    /// The body, as it arrived.
    pub body: Bytes,
    /// What is wrong with its signature, if anything is.
    pub signature: Result<(), SignatureError>,
    /// When.
    pub at: Within,
}

impl Post {
    /// The message in it, if it is one of these, read as strictly as the specification has it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn message<M: wire::Request>(&self) -> Result<Envelope<M>, String>
    where
        Envelope<M>: DeserializeOwned,
    {
        if !self.is_json {
            return Err("its content-type is not application/json".to_owned());
        }
        let envelope: Envelope<M> =
            serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
        let key = envelope.idempotency_key.as_ref().map(wire::IdempotencyKey::as_str);
        if key != self.key.as_deref() {
            return Err("the key in the field is not the key in the body".to_owned());
        }
        Ok(envelope)
    }

    /// The body as far as it can be read at all, whatever it is.
    pub fn loosely(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The id of the request.
    fn request_id(&self) -> Option<RequestId> {
        self.loosely().get("request_id")?.as_str()?.parse().ok()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Back {
    /// This body.
    Body(String),
    /// A problem.
    Problem(Refusal),
    /// The server cannot decide.
    Fault,
    /// This body, signed for no request at all.
    Unsigned(String),
}

impl Back {
    /// An answer to this request.
    pub fn answer<R: wire::Reply>(issuer: Issuer, request_id: RequestId, message: R) -> Self {
        let protocol = wire::Version;
        let answer = Answer { protocol, request_id, issuer, message };
        serde_json::to_string(&answer).map_or(Self::Fault, Self::Body)
    }
}

/// Who answers what arrives.
pub trait Desk: Send + Sync + 'static {
    /// What is answered to this.
    fn take(&self, post: &Post) -> Back;

    /// Something arrived whose signature does not hold.
    fn untrusted(&self, post: &Post);
}

/// A server of the kit.
pub struct Listener<D> {
    /// What answers.
    pub desk: Arc<D>,
    /// Where it listens: address and port.
    pub address: String,
    serving: tokio::task::JoinHandle<()>,
}

impl<D> Drop for Listener<D> {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What every connection needs.
struct Counter<D> {
    desk: Arc<D>,
    signer: Signer,
    keys: Vec<(String, VerifyingKey)>,
    world: World,
    nonces: Mutex<BTreeSet<String>>,
    transcript: Transcript,
}

impl<D: Desk> Listener<D> {
    /// Listens at `address` for requests signed by `keys`; answers are signed by `signer`, by the
    /// clock of `world`, and both are kept in `transcript`.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub async fn start(
        address: &str,
        signer: Signer,
        keys: Vec<(String, VerifyingKey)>,
        desk: Arc<D>,
        transcript: Transcript,
        world: World,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?.to_string();
        let (answers, nonces) = (Arc::clone(&desk), Mutex::default());
        let counter = Counter { desk: answers, signer, keys, world, nonces, transcript };
        let serving = tokio::spawn(serve(listener, Arc::new(counter)));
        Ok(Self { desk, address, serving })
    }
}

/// The media type of messages.
pub const JSON: &str = "application/json";

/// Whether a media type is that of JSON, with parameters or without.
pub fn is_json(media: &str) -> bool {
    is_media(media, JSON)
}

/// Whether a media type is this one, with parameters or without.
pub fn is_media(media: &str, wanted: &str) -> bool {
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(wanted))
}

async fn serve<D: Desk>(listener: TcpListener, counter: Arc<Counter<D>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let counter = Arc::clone(&counter);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let counter = Arc::clone(&counter);
                async move { Ok::<_, std::convert::Infallible>(counter.take(request).await) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(ARRIVAL);
            // A connection that breaks off is the other side's affair.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl<D: Desk> Counter<D> {
    async fn take(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let from_ms = self.world.now_ms();
        let (head, body) = request.into_parts();
        let body = tokio::time::timeout(ARRIVAL, Limited::new(body, BODY_MAX).collect()).await;
        let body = match body {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) | Err(_) => Bytes::new(),
        };
        let field = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let parts = Parts {
            method: head.method.as_str(),
            scheme: "http",
            authority: field(HOST.as_str()).unwrap_or_default(),
            path: head.uri.path(),
            query: head.uri.query(),
            status: None,
            fields: &head.headers,
            request: None,
        };
        let post = Post {
            path: head.uri.path().to_owned(),
            key: field("idempotency-key").map(str::to_owned),
            is_json: field(CONTENT_TYPE.as_str()).is_some_and(is_json),
            body: body.clone(),
            signature: self.verified(&parts, &body),
            at: Within { from_ms, to_ms: self.world.now_ms() },
        };
        let back = match post.signature {
            Ok(()) => self.desk.take(&post),
            Err(_) => {
                self.desk.untrusted(&post);
                Back::Problem(Refusal::SignatureInvalid)
            }
        };
        let response = self.respond(&parts, &post, back);
        let Ok(answer) = response.body().clone().collect().await;
        let said = spoken(&format!("{} {}", head.method, head.uri), &head.headers, &body);
        let status = response.status().as_u16().to_string();
        let answered = spoken(&status, response.headers(), &answer.to_bytes());
        self.transcript.note(Asks::Server, said, answered);
        response
    }

    fn verified(&self, parts: &Parts<'_>, body: &[u8]) -> Result<(), SignatureError> {
        let known = |id: &str| self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| *key);
        let verified = verify(Profile::REQUEST, parts, body, self.world.now_ms(), known)?;
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.insert(verified.nonce) { Ok(()) } else { Err(SignatureError::Replayed) }
    }

    fn respond(&self, parts: &Parts<'_>, post: &Post, back: Back) -> Response<Full<Bytes>> {
        let is_signed = !matches!(back, Back::Unsigned(_));
        let (status, media, body) = match back {
            Back::Body(body) | Back::Unsigned(body) => (200, JSON, body),
            Back::Problem(refusal) => {
                let problem = match post.request_id() {
                    Some(request) => Problem::of(refusal, request),
                    None => Problem::new(refusal),
                };
                let body = serde_json::to_string(&problem).unwrap_or_default();
                (refusal.status(), MEDIA_TYPE, body)
            }
            Back::Fault => (503, MEDIA_TYPE, r#"{"type":"about:blank","status":503}"#.to_owned()),
        };
        let mut fields = HeaderMap::new();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        if let Ok(digest) = HeaderValue::from_str(&content_digest(body.as_bytes())) {
            fields.insert(HeaderName::from_static("content-digest"), digest);
        }
        let answer = Parts {
            method: "",
            scheme: "",
            authority: "",
            path: "",
            query: None,
            status: Some(status),
            fields: &HeaderMap::new(),
            request: Some(parts),
        };
        let created = self.world.now_ms().div_euclid(1000);
        // What answers an unsigned request is tied to nothing and goes out unsigned.
        if is_signed {
            let _ = sign_answer(&mut fields, answer, &self.signer, created);
        }
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        *response.headers_mut() = fields;
        response
    }
}
