//! Journals.

use bindproof::limits::{Limits, Timing};
use serde_json::{Map, Value, json};

use super::records::definitions;
use super::{DIALECT, Member, list, may, must, number, object, reference, tagged, truth, words};
use crate::trace::bounds::{NAME_MAX, SKEW_MAX_MS, TIME_MAX_MS};
use crate::trace::line::FORMAT;

/// The schema of one line of a journal: a header, a line, or an end.
pub fn trace() -> Value {
    let mut all = definitions();
    let mut put = |name: &str, of: Value| {
        all.insert(name.to_owned(), of);
    };
    put("header", header());
    put("end", object(vec![must("end", object(vec![count("lines"), count("persons")]))]));
    put_lines(&mut put);
    json!({
        "$schema": DIALECT,
        "title": "A line of a bindproof trace",
        "description": "Header, line or end of a journal; docs/trace.md says what each member is.",
        "oneOf": [reference("header"), reference("line"), reference("end")],
        "$defs": all,
    })
}

/// The definitions that a line needs beside those of records.
pub(super) fn put_lines(put: &mut dyn FnMut(&str, Value)) {
    put("event", event());
    put(
        "entry",
        object(vec![
            must("protocol", number(0, i64::from(u16::MAX))),
            count("sequence"),
            must("event", reference("event")),
            must("decided", reference("decided")),
        ]),
    );
    put("received", received());
    put("touched", touched());
    put(
        "owed",
        object(vec![
            must("message", reference("message")),
            must("about", reference("key")),
            must("key", text()),
        ]),
    );
    put("commit", object(vec![count("lines"), may("owed", list(reference("owed")))]));
    put("line", line());
}

fn count(name: &'static str) -> Member {
    must(name, reference("count"))
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": NAME_MAX })
}

/// A table of numbers. A number that is left out is that of the specification.
pub(super) fn numbers<T: serde::Serialize>(table: &T) -> Value {
    let form = serde_json::to_value(table).unwrap_or_default();
    let names = form.as_object().into_iter().flat_map(|form| form.keys().cloned());
    let properties: Map<String, Value> = names.map(|name| (name, reference("count"))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn header() -> Value {
    object(vec![
        must("trace", json!({ "const": FORMAT })),
        must("server", text()),
        must("role", words(&["bank", "wallet"])),
        may("limits", numbers(&Limits::DEFAULT)),
        may("timing", numbers(&Timing::DEFAULT)),
        may("policy", json!({ "type": "object" })),
        may("skew_ms", number(0, SKEW_MAX_MS)),
    ])
}

fn event() -> Value {
    let key = |name| must(name, reference("key"));
    let perhaps = |name| {
        let none = json!({ "type": "null" });
        may(name, json!({ "oneOf": [reference("key"), none] }))
    };
    let input = |of| must("input", reference(of));
    tagged(
        &[],
        vec![
            ("binding", object(vec![key("id"), input("binding_input")])),
            ("debit", object(vec![key("operation"), input("debit_input")])),
            ("link", object(vec![key("id"), perhaps("account"), input("link_input")])),
            (
                "operation",
                object(vec![
                    key("id"),
                    perhaps("account"),
                    perhaps("device"),
                    perhaps("path"),
                    input("operation_input"),
                ]),
            ),
            ("device", object(vec![key("id"), input("device_input")])),
            ("lock", object(vec![key("path"), input("lock_input")])),
        ],
    )
}

fn received() -> Value {
    let key = || reference("key");
    object(vec![
        must("message", reference("message")),
        may("request", key()),
        may("from", text()),
        may("key", text()),
        may("issued_ms", number(0, TIME_MAX_MS)),
        may("person", key()),
        may("account", key()),
        may("instrument", key()),
        may("content", key()),
        may("consent", truth()),
        may("kind", reference("kind")),
        may("device", key()),
        may("signed", truth()),
        may("environment", reference("environment")),
        may("binding", key()),
        may("revoked_device", key()),
        may("amount_minor", number(1, TIME_MAX_MS)),
        may("until_ms", number(0, TIME_MAX_MS)),
    ])
}

fn touched() -> Value {
    let touch = |of: Value| {
        object(vec![must("key", reference("key")), count("version"), must("state", of)])
    };
    let blocked = object(vec![must("blocked", truth())]);
    tagged(
        &[],
        vec![
            ("binding", touch(reference("binding"))),
            ("debit", touch(reference("debit"))),
            ("link", touch(reference("link"))),
            ("account", touch(reference("account"))),
            ("device", touch(reference("device"))),
            ("operation", touch(reference("operation"))),
            ("lock", touch(reference("lock"))),
            ("instrument", touch(blocked)),
        ],
    )
}

fn line() -> Value {
    let hash = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    object(vec![
        must("person", reference("key")),
        may("sequence", reference("count")),
        may("version", reference("count")),
        must("at_ms", number(0, TIME_MAX_MS)),
        may("entry", reference("entry")),
        may("received", reference("received")),
        may("orders", reference("orders")),
        may("after", list(reference("touched"))),
        may("commit", reference("commit")),
        may("hash", hash),
    ])
}
