//! Cryptography vectors.

use serde_json::{Value, json};

use super::vectors::{about, file};
use super::{Member, may, must, number, object, reference, truth, words};

/// The mark of a file of cryptography vectors.
pub const CRYPTOGRAPHY: &str = "bindproof.cryptography-vectors/1";

/// Takes a definition with its name.
type Put<'a> = &'a mut dyn FnMut(&str, Value);

/// The definitions of a file of them.
pub(super) fn put_cryptography(put: Put<'_>) {
    put("http_fields", json!({ "type": "object" }));
    put("http_request", http_request());
    put("http_answer", http_answer());
    put("test_key", test_key());
    let kinds = ["request_vector", "answer_vector", "code_vector", "authenticator_vector"];
    put("request_vector", signed(Vec::new()));
    put("answer_vector", signed(vec![must("answer", reference("http_answer"))]));
    put("code_vector", code());
    put("authenticator_vector", authenticator());
    let any = json!({ "oneOf": kinds.map(reference) });
    let kind = must("kind", words(&["requests", "answers", "codes", "authenticators"]));
    put("cryptography", file(CRYPTOGRAPHY, vec![kind], any));
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// So many lower-case hexadecimal digits.
fn digits(count: u8) -> Value {
    json!({ "type": "string", "minLength": count, "maxLength": count })
}

fn time() -> Value {
    number(0, i64::MAX)
}

fn http_request() -> Value {
    object(vec![
        must("method", words(&["POST"])),
        must("path", text()),
        may("query", text()),
        must("fields", reference("http_fields")),
        must("body", text()),
    ])
}

fn http_answer() -> Value {
    object(vec![
        must("status", number(100, 599)),
        must("fields", reference("http_fields")),
        must("body", text()),
    ])
}

fn test_key() -> Value {
    object(vec![must("id", text()), must("seed", digits(64)), must("public", digits(64))])
}

/// A vector that says this of itself, and has these members.
fn vector(members: Vec<Member>) -> Value {
    let mut all = about();
    all.extend(members);
    object(all)
}

/// A signed request, or with one member more an answer.
fn signed(more: Vec<Member>) -> Value {
    let tags = ["bindproof-request", "bindproof-device", "bindproof-answer"];
    let mut members = vec![
        must("tag", words(&tags)),
        must("key", reference("test_key")),
        must("now_ms", time()),
        must("request", reference("http_request")),
        may("base", text()),
        must("accepted", truth()),
        may("why", text()),
    ];
    members.extend(more);
    vector(members)
}

fn code() -> Value {
    vector(vec![
        must("secret", digits(64)),
        must("binding", reference("key")),
        must("now_ms", time()),
        must("period_ms", time()),
        must("period", time()),
        must("hashed", text()),
        must("code", digits(32)),
        must("presented", digits(32)),
        must("spent_through", time()),
        must("genuine", truth()),
    ])
}

fn authenticator() -> Value {
    vector(vec![
        must("key", reference("test_key")),
        must("ceremony", text()),
        must("signs", text()),
        must("says", text()),
        must("accepted", truth()),
    ])
}
