//! Requests to the server under test, honest ones and others.

use std::sync::{Mutex, PoisonError};

use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, Answer, Envelope, IdempotencyKey, Issuer, MEDIA_TYPE, Problem, ReceivedProblem, RequestId,
};
use bindproof_http::client::{
    BODY_MAX, CallError, Outgoing, WholeResponse, believed, json_request, parts_of,
};
use bindproof_http::clock::World;
use bindproof_http::hex;
use bindproof_http::signature::{
    SignatureError, Signer, TAG_DEVICE, TAG_REQUEST, WINDOW_S, sign_request,
};
use ed25519_dalek::VerifyingKey;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};

use crate::exchange::{Asks, Transcript, spoken};
use crate::listen::{JSON, is_json, is_media};
pub use crate::oracle::Within;
use crate::server_clock::{ServerClock, created};
use crate::trouble::{Tried, Trouble};

/// The largest body that is got, in bytes.
const GOT_MAX: usize = 8_000_000;

/// The server under test, and how it is spoken to.
pub struct Line {
    /// Where it listens: scheme, host and port.
    pub url: String,
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// The keys by which it signs.
    pub keys: Vec<(String, VerifyingKey)>,
    /// How long the kit waits for what has to come by itself, in milliseconds.
    pub patience_ms: u64,
    /// What starts it again.
    pub restart: Option<String>,
    /// Time and chance.
    pub world: World,
    /// What is said over it, and to the kit.
    pub transcript: Transcript,
    clock: Mutex<ServerClock>,
    outgoing: Outgoing,
}

/// By whom a request is signed.
#[derive(Clone, Debug)]
pub enum By<'a> {
    /// By a server.
    Server(&'a Signer),
    /// By a device.
    Device(&'a Signer),
    /// By nobody; in the session of a bank's client.
    Session(&'a str),
    /// By nobody.
    Nobody,
}

/// When a request is signed, with which nonce, and as what.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// So many seconds ago.
    pub ago_s: i64,
    /// This nonce; a new one if none is given.
    pub nonce: Option<String>,
    /// This media type; that of JSON if none is given.
    pub media: Option<&'static str>,
}

impl Stamp {
    /// Longer ago than any signature may be.
    pub const fn expired() -> Self {
        Self { ago_s: 2 * WINDOW_S, nonce: None, media: None }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type.
    pub media: String,
    /// The body, as it arrived.
    pub bytes: Bytes,
    /// The body as far as it can be read at all, whatever it is.
    pub body: Value,
    /// What is wrong with its signature, if anything is; of answers to servers only.
    pub signature: Result<(), SignatureError>,
    /// Between when the server decided.
    pub at: Within,
    /// It answers a repetition: the server may have decided it before, and gone on since.
    pub again: bool,
}

impl Line {
    /// A line to the server at `url`.
    pub fn new(
        url: &str,
        name: Issuer,
        keys: Vec<(String, VerifyingKey)>,
        patience_ms: u64,
        restart: Option<String>,
    ) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let (world, outgoing) = (World::system(), Outgoing::new());
        let transcript = Transcript::default();
        let clock = Mutex::default();
        Self { url, name, keys, patience_ms, restart, world, transcript, clock, outgoing }
    }

    /// A request, signed afresh.
    ///
    /// # Errors
    /// If it has no form.
    pub fn prepare(
        &self,
        by: &By<'_>,
        stamp: &Stamp,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Tried<Request<Full<Bytes>>> {
        let unfit = |error: &dyn std::fmt::Display| Trouble::Undecided(error.to_string());
        let mut request =
            json_request(&self.url, path, key, body).map_err(|error| unfit(&error))?;
        if let Some(media) = stamp.media {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        }
        let (signer, tag) = match by {
            By::Server(signer) => (signer, TAG_REQUEST),
            By::Device(signer) => (signer, TAG_DEVICE),
            By::Session(token) => {
                let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
                let bearer = bearer.map_err(|error| unfit(&error))?;
                request.headers_mut().insert(AUTHORIZATION, bearer);
                return Ok(request);
            }
            By::Nobody => return Ok(request),
        };
        let fields = request.headers().clone();
        let mut signed = fields.clone();
        let nonce = stamp.nonce.clone().unwrap_or_else(|| hex::encode(&self.world.bytes::<16>()));
        let created = self.world.now_ms().div_euclid(1000) - stamp.ago_s;
        let parts = parts_of(&request, &fields);
        sign_request(&mut signed, parts, signer, tag, created, &nonce)
            .map_err(|error| unfit(&error))?;
        *request.headers_mut() = signed;
        Ok(request)
    }

    /// Sends a request as it is. A server that cannot decide is asked no further.
    ///
    /// # Errors
    /// If there is no answer, or none that can be read.
    pub async fn deliver(&self, request: Request<Full<Bytes>>) -> Tried<Reply> {
        self.deliver_for(request, BODY_MAX).await
    }

    /// The same where the answer may have so many bytes.
    pub(crate) async fn deliver_for(
        &self,
        request: Request<Full<Bytes>>,
        largest: usize,
    ) -> Tried<Reply> {
        let path = request.uri().path().to_owned();
        let sent = request.clone();
        let from_ms = self.world.now_ms();
        let answer = self.outgoing.send_for(request, largest).await;
        self.note(&sent, &answer).await;
        let answer = answer.map_err(|error| Trouble::Undecided(format!("{path}: {error}")))?;
        let at = Within { from_ms, to_ms: self.world.now_ms() };
        if answer.status >= 500 {
            let said = format!("{path}: the server answered {}", answer.status);
            return Err(Trouble::Undecided(said));
        }
        let signature = self.signature(&sent, &answer, at.to_ms);
        if signature.is_ok() {
            self.tells_time(&answer, at);
        }
        let media = answer.fields.get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let media = media.unwrap_or_default().to_owned();
        let (status, bytes, again) = (answer.status, answer.body, false);
        Ok(Reply { status, media, bytes, body, signature, at, again })
    }

    /// Takes the time from an answer that the server signed.
    fn tells_time(&self, answer: &WholeResponse, at: Within) {
        let input = answer.fields.get("signature-input").and_then(|input| input.to_str().ok());
        if let Some(created_s) = input.and_then(created) {
            self.clock.lock().unwrap_or_else(PoisonError::into_inner).heard(created_s, at);
        }
    }

    /// What time it is at the server, as far as its signed answers tell.
    pub fn server_now(&self) -> Within {
        let clock = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.now(self.world.now_ms())
    }

    /// Keeps what was said and answered.
    async fn note(&self, sent: &Request<Full<Bytes>>, answer: &Result<WholeResponse, CallError>) {
        let Ok(body) = sent.body().clone().collect().await;
        let first = format!("{} {}", sent.method(), sent.uri());
        let said = spoken(&first, sent.headers(), &body.to_bytes());
        let answered = match answer {
            Ok(answer) => spoken(&answer.status.to_string(), &answer.fields, &answer.body),
            Err(error) => error.to_string(),
        };
        self.transcript.note(Asks::Kit, said, answered);
    }

    fn signature(
        &self,
        sent: &Request<Full<Bytes>>,
        answer: &WholeResponse,
        now_ms: i64,
    ) -> Result<(), SignatureError> {
        let fields = sent.headers().clone();
        let asked = parts_of(sent, &fields);
        believed(&asked, answer, now_ms, |id| {
            self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| *key)
        })
    }

    /// Gets what is at a path, up to eight million bytes: what was sent to contacts adds up.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Tried<Reply> {
        let form = || {
            let stamp = Stamp::default();
            let mut request = self.prepare(&By::Nobody, &stamp, path, None, Vec::new())?;
            *request.method_mut() = hyper::Method::GET;
            Ok(((), request))
        };
        Ok(self.until_decided_for(GOT_MAX, form).await?.1)
    }

    /// Posts what is no message of the protocol; the answer has to be a good one.
    ///
    /// # Errors
    /// If it is not.
    pub async fn own(&self, by: &By<'_>, path: &str, said: &Value) -> Tried<Value> {
        let reply = self.post(by, path, said).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        Err(Trouble::wrong(path, "an answer", shown(&reply)))
    }

    /// The same of what a server need not offer.
    ///
    /// # Errors
    /// The case is skipped if there is nothing at the path.
    pub async fn offered(&self, by: &By<'_>, path: &str, said: &Value) -> Tried<Value> {
        let reply = self.post(by, path, said).await?;
        match reply.status {
            200 => Ok(reply.body),
            404 | 405 => Err(Trouble::Skipped(format!("the server offers no {path}"))),
            _ => Err(Trouble::wrong(path, "an answer", shown(&reply))),
        }
    }

    async fn post(&self, by: &By<'_>, path: &str, said: &Value) -> Tried<Reply> {
        let body = said.to_string().into_bytes();
        let form = || {
            let request = self.prepare(by, &Stamp::default(), path, None, body.clone())?;
            Ok(((), request))
        };
        Ok(self.until_decided(form).await?.1)
    }

    /// A message in its envelope, issued `ago_ms` ago, and the id of the request.
    pub fn envelope<M: wire::Request>(
        &self,
        key: Option<IdempotencyKey>,
        ago_ms: i64,
        message: M,
    ) -> Tried<(RequestId, Vec<u8>)> {
        let request_id = RequestId::from_bytes(self.world.uuid());
        let unfit = |error: String| Trouble::Undecided(error);
        let issued_at = wire::IssuedAt::new(self.world.now_ms() - ago_ms);
        let issued_at = issued_at.map_err(|error| unfit(error.to_string()))?;
        let protocol = wire::Version;
        let envelope = Envelope { protocol, request_id, idempotency_key: key, issued_at, message };
        let body = serde_json::to_vec(&envelope).map_err(|error| unfit(error.to_string()))?;
        Ok((request_id, body))
    }

    /// A new key.
    pub fn key(&self) -> IdempotencyKey {
        // Thirty-two digits are a key.
        hex::encode(&self.world.uuid()).parse().expect("digits are a key")
    }
}

/// What came back, in a line.
pub fn shown(reply: &Reply) -> String {
    format!("status {}, {}", reply.status, reply.body)
}

/// The answer in a reply: of this message, to this request, by this issuer, read as strictly as the
/// specification has it.
///
/// # Errors
/// What is wrong with it.
pub fn read<R: wire::Reply>(
    reply: &Reply,
    request: RequestId,
    issuer: Issuer,
) -> Result<R, String> {
    is_json_answer(reply)?;
    let answer: Answer<R> =
        serde_json::from_slice(&reply.bytes).map_err(|error| error.to_string())?;
    if answer.request_id != request {
        return Err("it answers another request".to_owned());
    }
    if answer.issuer != issuer {
        return Err(format!("it is issued by {}", answer.issuer.as_str()));
    }
    Ok(answer.message)
}

/// The receipt of a notice: an empty object.
///
/// # Errors
/// What is wrong with it.
pub fn receipt(reply: &Reply) -> Result<(), String> {
    is_json_answer(reply)?;
    let is_empty = reply.body.as_object().is_some_and(Map::is_empty);
    if is_empty { Ok(()) } else { Err(format!("no empty object: {}", shown(reply))) }
}

/// A good answer says that it is JSON.
fn is_json_answer(reply: &Reply) -> Result<(), String> {
    match is_json(&reply.media) {
        true => Ok(()),
        false => Err(format!("an answer of the type {:?}, not {JSON}", reply.media)),
    }
}

/// The refusal in a reply, if it is a problem in every member as the specification has it.
///
/// # Errors
/// What is wrong with it.
pub fn problem(reply: &Reply) -> Result<Refusal, String> {
    let code = reply.body.get("code").and_then(Value::as_str).unwrap_or_default();
    let refusal = Refusal::ALL.iter().find(|refusal| refusal.name() == code);
    let refusal = *refusal.ok_or_else(|| format!("no problem: {}", shown(reply)))?;
    let read = serde_json::from_slice::<ReceivedProblem>(&reply.bytes);
    read.map_err(|error| format!("{code}, and the problem cannot be read: {error}"))?;
    let expected = serde_json::to_value(Problem::new(refusal)).unwrap_or_default();
    if reply.status != refusal.status() {
        return Err(format!("{code} with status {}, not {}", reply.status, refusal.status()));
    }
    if !is_media(&reply.media, MEDIA_TYPE) {
        return Err(format!("a problem of the type {:?}, not {MEDIA_TYPE}", reply.media));
    }
    let members = expected.as_object().into_iter().flatten();
    for (member, value) in members {
        let found = reply.body.get(member).unwrap_or(&Value::Null);
        // Titles are for people.
        if member != "title" && found != value {
            return Err(format!("{code} with {member} {found}, not {value}"));
        }
    }
    Ok(refusal)
}
