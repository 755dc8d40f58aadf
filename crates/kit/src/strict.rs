//! Bodies that are not of their message's form, each in one way: what a strict reader refuses.

use bindproof::bank::binding::REVISION_MAX;
use bindproof::refusal::Refusal;
use serde_json::{Map, Number, Value, json};

use crate::call::{By, Line, Stamp};
use crate::trouble::Tried;

/// A body that has to be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// What is wrong with it.
    pub what: String,
    /// The body.
    pub body: Vec<u8>,
    /// Its media type, if it is not that of JSON.
    pub media: Option<&'static str>,
}

/// Members of a link's status, each of which some have and others have not.
const ABSENT: [&str; 2] = ["/message/bank_revision", "/message/reason"];

/// Stands for what is written into a text that a JSON value cannot hold.
const MARK: &str = "\"written here\"";

impl Bad {
    fn new(what: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { what: what.into(), body: body.into(), media: None }
    }
}

/// This good body, made bad in each of the ways that section 3.2 of the specification names.
pub fn bad_bodies(good: &[u8]) -> Vec<Bad> {
    let text = String::from_utf8_lossy(good).into_owned();
    let good: Value = serde_json::from_slice(good).unwrap_or_default();
    let mut bad = vec![
        Bad::new("nothing", ""),
        Bad::new("half a body", "{"),
        Bad::new("two bodies", format!("{text}{text}")),
        Bad::new("no UTF-8", [text.as_bytes(), b"\xff"].concat()),
        Bad::new("another version", text.replacen("bindproof/1", "bindproof/2", 1)),
        Bad { media: Some("text/plain"), ..Bad::new("text/plain", text.clone()) },
        Bad { media: Some("application/jsonl"), ..Bad::new("application/jsonl", text) },
    ];
    let has_status = good.pointer("/message/status").is_some();
    for path in ABSENT {
        if has_status && good.pointer(path).is_none() {
            let what = format!("null for {}, which is absent", &path[1..]);
            bad.push(Bad::new(what, with(&good, path, &Value::Null).to_string()));
        }
    }
    let mut paths = Vec::new();
    walk(&good, "", &mut paths);
    for path in paths {
        let Some(value) = good.pointer(&path) else { continue };
        if let Value::Object(members) = value {
            bad.extend(objects(&good, &path, members));
        }
        if !path.is_empty() {
            bad.extend(members(&good, &path, value));
        }
    }
    bad
}

/// The path of everything in a value, the whole first.
fn walk(value: &Value, path: &str, paths: &mut Vec<String>) {
    paths.push(path.to_owned());
    for (name, member) in value.as_object().into_iter().flatten() {
        walk(member, &format!("{path}/{name}"), paths);
    }
}

/// What can be wrong with an object as a whole.
fn objects(good: &Value, path: &str, members: &Map<String, Value>) -> Vec<Bad> {
    let name = if path.is_empty() { "the envelope" } else { &path[1..] };
    let list: Value = members.values().cloned().collect();
    let first = members.iter().next();
    let first = first.map(|(name, value)| format!("{}:{value}", json!(name))).unwrap_or_default();
    let more = with(good, &format!("{path}/more"), &json!(1));
    let marked = with(good, &format!("{path}/more"), &json!("written here"));
    let twice = marked.to_string().replacen(&format!("\"more\":{MARK}"), &first, 1);
    vec![
        Bad::new(format!("a member twice in {name}"), twice),
        Bad::new(format!("a member too many in {name}"), more.to_string()),
        Bad::new(format!("a list for {name}"), with(good, path, &list).to_string()),
    ]
}

/// What can be wrong with a member.
fn members(good: &Value, path: &str, value: &Value) -> Vec<Bad> {
    let name = &path[1..];
    let put = |what: &str, value: Value| {
        Bad::new(format!("{what} for {name}"), with(good, path, &value).to_string())
    };
    let mut bad = vec![put("null", Value::Null)];
    bad.push(Bad::new(format!("no {name}"), without(good, path).to_string()));
    match value {
        Value::Number(number) => {
            let fraction = number.as_f64().and_then(Number::from_f64).map(Value::Number);
            bad.push(put("a fraction", fraction.unwrap_or_default()));
            bad.push(put("a text", json!(number.to_string())));
            let marked = with(good, path, &json!("written here")).to_string();
            let power = marked.replacen(MARK, &format!("{number}e0"), 1);
            bad.push(Bad::new(format!("an exponent for {name}"), power));
            if name.ends_with("bank_revision") {
                bad.push(put("a decision too many", json!(REVISION_MAX + 1)));
            }
        }
        Value::String(text) => {
            bad.push(put("an object", json!({ text: null })));
            bad.push(put("a list", json!([text])));
            bad.push(put("a number", json!(7)));
            let free = FREE.iter().any(|free| name.rsplit('/').next() == Some(free));
            if !free && is_id(text) && text.to_uppercase() != *text {
                bad.push(put("upper case", json!(text.to_uppercase())));
            }
        }
        Value::Bool(so) => bad.push(put("a text", json!(so.to_string()))),
        _ => {}
    }
    bad
}

/// Members whose text is whatever its maker likes: in upper case it is another one, and well
/// formed.
const FREE: [&str; 9] = [
    "assertion",
    "authentication",
    "authenticator",
    "contact",
    "identity",
    "instrument",
    "payee",
    "person",
    "registration",
];

/// Whether a text is a uuid, a key or a code in hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() >= 32 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// A value with this at a path.
fn with(value: &Value, path: &str, new: &Value) -> Value {
    let mut value = value.clone();
    let Some((parent, name)) = path.rsplit_once('/') else { return new.clone() };
    if let Some(Value::Object(members)) = value.pointer_mut(parent) {
        members.insert(name.to_owned(), new.clone());
    }
    value
}

/// A value without what is at a path.
fn without(value: &Value, path: &str) -> Value {
    let mut value = value.clone();
    if let Some((parent, name)) = path.rsplit_once('/')
        && let Some(Value::Object(members)) = value.pointer_mut(parent)
    {
        members.remove(name);
    }
    value
}

impl Line {
    /// Sends this good body to a path, made bad in each way; each has to be `request_malformed`.
    ///
    /// # Errors
    /// The first that is not.
    pub(crate) async fn reads_strictly(
        &self,
        log: &mut Vec<String>,
        by: &By<'_>,
        (path, key): (&str, Option<&str>),
        good: &[u8],
    ) -> Tried {
        for Bad { what, body, media } in bad_bodies(good) {
            let stamp = Stamp { media, ..Stamp::default() };
            let request = self.prepare(by, &stamp, path, key, body)?;
            let step = format!("{what}, to {path}");
            self.refuses(log, &step, request, Refusal::RequestMalformed).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bindproof::wire::{
        BindRequest, BindingId, Consent, Envelope, IssuedAt, LinkNotice, LinkReport, RequestId,
        Version,
    };

    use super::*;

    fn enveloped<M: bindproof::wire::Request>(message: M) -> Vec<u8> {
        let envelope = Envelope {
            protocol: Version,
            request_id: RequestId::from_bytes([0xab; 16]),
            idempotency_key: Some("key-1".parse().expect("a key")),
            issued_at: IssuedAt::new(1_767_225_600_000).expect("a time"),
            message,
        };
        serde_json::to_vec(&envelope).expect("a form")
    }

    #[test]
    fn the_specification_s_own_reader_refuses_each_of_them_and_each_is_another() {
        let status = bindproof::message::LinkStatus::Ended;
        let binding = BindingId::from_bytes([0xcd; 16]);
        let notice = enveloped(LinkNotice(LinkReport { binding, status }));
        let asked = enveloped(BindRequest {
            // They look like ids and are none.
            instrument: "ab".repeat(16).parse().expect("a reference"),
            consent: Consent { bind: true, register: true },
            authentication: "cd".repeat(16).parse().expect("a text"),
        });
        assert!(serde_json::from_slice::<Envelope<LinkNotice>>(&notice).is_ok());
        assert!(serde_json::from_slice::<Envelope<BindRequest>>(&asked).is_ok());
        for (good, floor) in [(notice, 45), (asked, 60)] {
            let bad = bad_bodies(&good);
            assert!(bad.len() >= floor, "{}", bad.len());
            for (place, one) in bad.iter().enumerate() {
                assert!(!bad[..place].contains(one), "{} comes twice", one.what);
                let read = serde_json::from_slice::<Envelope<LinkNotice>>(&one.body).is_ok()
                    || serde_json::from_slice::<Envelope<BindRequest>>(&one.body).is_ok();
                assert_eq!(read, one.media.is_some(), "{}", one.what);
            }
        }
    }
}
