//! Vectors.

use bindproof::limits::Limits;
use serde_json::{Value, json};

use super::cryptography::put_cryptography;
use super::records::definitions;
use super::trace::{numbers, put_lines};
use super::{DIALECT, Member, list, may, must, object, reference, tagged};

/// The mark of a file of step vectors.
pub const STEPS: &str = "bindproof.step-vectors/1";
/// The mark of a file of message vectors.
pub const MESSAGES: &str = "bindproof.message-vectors/1";

/// The schema of a file of vectors.
pub fn vectors() -> Value {
    let mut all = definitions();
    let mut put = |name: &str, of: Value| {
        all.insert(name.to_owned(), of);
    };
    put_lines(&mut put);
    put_cryptography(&mut put);
    put("requirements", list(json!({ "type": "string", "pattern": "^BIND-[0-9]{3}$" })));
    put("flags", list(word()));
    put("before", before());
    put("input", input());
    put("step_vector", step_vector());
    put("message_vector", message_vector());
    put("steps", file(STEPS, vec![must("machine", word())], reference("step_vector")));
    put("messages", file(MESSAGES, Vec::new(), reference("message_vector")));
    json!({
        "$schema": DIALECT,
        "title": "A file of bindproof vectors",
        "description": "Of steps, messages or cryptography; their use is in docs/conformance.md.",
        "oneOf": [reference("steps"), reference("messages"), reference("cryptography")],
        "$defs": all,
    })
}

fn word() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

/// A file of vectors of this mark.
pub(super) fn file(format: &str, more: Vec<Member>, vector: Value) -> Value {
    let mut members = vec![
        must("format", json!({ "const": format })),
        must("protocol", json!({ "const": bindproof::PROTOCOL })),
        must("count", reference("count")),
        must("notes", json!({ "type": "object" })),
        must("vectors", list(vector)),
    ];
    members.extend(more);
    object(members)
}

/// What every vector says of itself.
pub(super) fn about() -> Vec<Member> {
    vec![
        must("id", word()),
        must("about", word()),
        must("requirements", reference("requirements")),
        must("flags", reference("flags")),
    ]
}

/// The records that a step sees, or leaves behind.
fn before() -> Value {
    let client = json!({ "type": "string" });
    json!({ "oneOf": [
        object(vec![must("binding", reference("binding"))]),
        object(vec![must("debit", reference("debit"))]),
        object(vec![must("link", reference("link")), must("account", reference("account"))]),
        object(vec![
            must("operation", reference("operation")),
            must("account", reference("account")),
            must("device", reference("device")),
            must("lock", reference("lock")),
        ]),
        object(vec![must("device", reference("device"))]),
        object(vec![must("lock", reference("lock"))]),
        object(vec![must("state", client)]),
    ] })
}

fn input() -> Value {
    let outcome = json!({ "enum": ["pending", "active", "over"] });
    let client = tagged(&["ask", "leave", "start", "challenged", "told"], vec![("told", outcome)]);
    json!({ "anyOf": [
        reference("binding_input"),
        reference("debit_input"),
        reference("link_input"),
        reference("operation_input"),
        reference("device_input"),
        reference("lock_input"),
        client,
    ] })
}

fn step_vector() -> Value {
    let run = object(vec![must("scope", word()), must("actions", reference("count"))]);
    let mut members = about();
    members.extend([
        must("run", run),
        must("before", reference("before")),
        must("input", reference("input")),
        must("decided", reference("decided")),
        may("orders", reference("orders")),
        may("after", reference("before")),
        may("limits", numbers(&Limits::DEFAULT)),
    ]);
    object(members)
}

fn message_vector() -> Value {
    let answer = json!({ "anyOf": [{ "const": "receipt" }, { "type": "object" }] });
    let step = object(vec![
        must("what", word()),
        must("at", word()),
        must("lines", list(reference("line"))),
        may("answer", answer),
    ]);
    let mut members = about();
    members.extend([
        must("scope", word()),
        must("servers", json!({ "type": "object" })),
        must("steps", list(step)),
    ]);
    object(members)
}
