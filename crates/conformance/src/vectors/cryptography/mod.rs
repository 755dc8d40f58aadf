//! Cryptography vectors: what is signed, digested and derived, byte by byte, made by the functions
//! by which the servers speak. The keys are for tests: everybody knows them.

mod answers;
mod authenticators;
mod codes;
mod requests;

use std::collections::BTreeMap;

use bindproof::PROTOCOL;
use bindproof::wire::{Envelope, IdempotencyKey, IssuedAt, Request, RequestId, Version};
use bindproof_http::client::json_request;
use bindproof_http::hex;
use bindproof_http::signature::{Parts, Signer, sign_request};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{CRYPTOGRAPHY, File, text};
use crate::requirements::id;

/// When everything happens: 2026-01-01T00:00:00Z, in milliseconds since 1970.
const NOW_MS: i64 = 1_767_225_600_000;
/// The same in seconds.
const NOW_S: i64 = NOW_MS / 1000;
/// The nonce of every request that has a proper one.
const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
/// Where the wallet of the vectors listens.
const WALLET_HOST: &str = "wallet.example:7002";

/// Every file of cryptography vectors.
pub fn files() -> Vec<File> {
    vec![requests::file(), answers::file(), codes::file(), authenticators::file()]
}

/// A key that everybody knows.
#[derive(Clone, Copy)]
struct TestKey {
    /// The name under which it signs; its public half, if there is none.
    id: Option<&'static str>,
    /// Every byte of its seed.
    byte: u8,
}

const NORTH: TestKey = TestKey { id: Some("north-1"), byte: 1 };
const SOUTH: TestKey = TestKey { id: Some("south-1"), byte: 2 };
const WALLET: TestKey = TestKey { id: Some("wallet-1"), byte: 3 };
const DEVICE: TestKey = TestKey { id: None, byte: 4 };
const AUTHENTICATOR: TestKey = TestKey { id: None, byte: 5 };

impl TestKey {
    const fn seed(self) -> [u8; 32] {
        [self.byte; 32]
    }

    fn public(self) -> String {
        hex::encode(&Signer::of_seed(String::new(), &self.seed()).public())
    }

    fn name(self) -> String {
        self.id.map_or_else(|| self.public(), str::to_owned)
    }

    fn signer(self) -> Signer {
        Signer::of_seed(self.name(), &self.seed())
    }

    fn form(self) -> Value {
        json!({ "id": self.name(), "seed": hex::encode(&self.seed()), "public": self.public() })
    }
}

/// What a vector says of itself: which requirements it shows, the name of what it hunts, and a
/// sentence.
type About = (&'static [u16], &'static str, &'static str);

/// What a flag hunts, and what it costs to fail: flag, defect, effect.
type Note = (&'static str, &'static str, &'static str);

/// A file of vectors; each is what it says of itself, and its members.
fn file(name: &str, notes: &[Note], vectors: Vec<(About, Value)>) -> File {
    let hunts = |flag: &str| {
        let note = notes.iter().find(|(known, ..)| *known == flag);
        note.map(|(_, defect, effect)| json!({ "defect": defect, "effect": effect }))
    };
    let flags: BTreeMap<&str, Value> =
        vectors.iter().filter_map(|((_, flag, _), _)| Some((*flag, hunts(flag)?))).collect();
    let count = vectors.len();
    let whole = |(number, ((requirements, flag, about), members)): (usize, (About, Value))| {
        let ids: Vec<String> = requirements.iter().map(|number| id(*number)).collect();
        let vector = json!({
            "id": format!("{name}-{number:02}"),
            "about": about,
            "requirements": ids,
            "flags": [flag],
        });
        both(vector, members)
    };
    let vectors: Vec<Value> = (1..).zip(vectors).map(whole).collect();
    let about = [
        ("format", json!(CRYPTOGRAPHY)),
        ("protocol", json!(PROTOCOL)),
        ("kind", json!(name)),
        ("count", json!(count)),
        ("notes", json!(flags)),
    ];
    File { name: format!("cryptography/{name}.json"), text: text(&about, &vectors) }
}

/// A request as it goes over the line.
#[derive(Clone)]
struct Sent {
    path: String,
    query: Option<String>,
    fields: HeaderMap,
    body: String,
}

impl Sent {
    /// A message to `host`, not signed yet.
    fn new<M: Request>(host: &str, target: &str, key: Option<&str>, message: M) -> Self {
        let key: Option<IdempotencyKey> = key.map(|key| key.parse().expect("a plain key"));
        let envelope = Envelope {
            protocol: Version,
            request_id: RequestId::from_bytes([0x11; 16]),
            idempotency_key: key,
            issued_at: IssuedAt::new(NOW_MS).expect("a time"),
            message,
        };
        let body = serde_json::to_string(&envelope).expect("every message has a form");
        let key = key.as_ref().map(IdempotencyKey::as_str);
        let url = format!("http://{host}");
        let request = json_request(&url, target, key, body.clone().into_bytes());
        let request = request.expect("a plain address and plain fields");
        Self {
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            fields: request.headers().clone(),
            body,
        }
    }

    /// The same, signed.
    fn signed(mut self, key: TestKey, tag: &str, created: i64, nonce: &str) -> Self {
        let unsigned = self.clone();
        let signer = key.signer();
        sign_request(&mut self.fields, unsigned.parts(), &signer, tag, created, nonce)
            .expect("everything that is covered is there");
        self
    }

    /// The same with this field, in place of what it was.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        set(&mut self.fields, name, value);
        self
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            method: "POST",
            scheme: "http",
            authority: field(&self.fields, HOST.as_str()),
            path: &self.path,
            query: self.query.as_deref(),
            status: None,
            fields: &self.fields,
            request: None,
        }
    }

    fn form(&self) -> Value {
        let mut form = json!({
            "method": "POST",
            "path": self.path,
            "fields": fields(&self.fields),
            "body": self.body,
        });
        if let Some(query) = &self.query {
            form["query"] = json!(query);
        }
        form
    }
}

fn field<'a>(fields: &'a HeaderMap, name: &str) -> &'a str {
    fields.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn set(fields: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("plain characters");
    fields.insert(HeaderName::from_static(name), value);
}

fn fields(fields: &HeaderMap) -> Value {
    let of = |name: &HeaderName| (name.as_str().to_owned(), field(fields, name.as_str()));
    let fields: BTreeMap<String, &str> = fields.keys().map(of).collect();
    json!(fields)
}

/// A signature, what it is over, and whether it is accepted, as members of a vector.
fn judged<T, E: std::fmt::Display, F>(base: Result<String, F>, verdict: Result<T, E>) -> Value {
    let mut form = json!({ "accepted": verdict.is_ok() });
    if let Ok(base) = base {
        form["base"] = json!(base);
    }
    if let Err(why) = verdict {
        form["why"] = json!(why.to_string());
    }
    form
}

/// Both objects in one.
fn both(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}
