//! The document, put together from what is written down of each endpoint.

use std::collections::BTreeMap;

use bindproof::refusal::Refusal;
use bindproof::wire::{MEDIA_TYPE, Problem};
use serde_json::{Map, Value, json};

use super::{Part, reference, terms};
use crate::http::answer::{NO_DECISION, TOO_MANY};
use crate::http::endpoint::{About, Caller, Content};
use crate::signature::{SKEW_S, TAG_DEVICE, TAG_REQUEST, WINDOW_S};

/// The document of a server with these endpoints.
pub fn document(title: &str, about: &str, endpoints: &[About]) -> Value {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints {
        for written in endpoint.says.iter().chain(&endpoint.answers) {
            keep(&mut schemas, written());
        }
        let path = paths.entry(endpoint.path).or_default();
        path.insert(endpoint.method.to_owned(), operation(endpoint));
    }
    schemas.extend(terms::all().map(|(name, form)| (name.to_owned(), form)));
    schemas.insert("problem".to_owned(), problem());
    schemas.insert("too_many".to_owned(), too_many());
    schemas.insert("no_decision".to_owned(), no_decision());
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": title,
            "summary": about,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": TAGS.map(|(name, about)| json!({ "name": name, "description": about })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": parameters(),
            "headers": headers(),
            "responses": answers(),
            "securitySchemes": security_schemes(),
        },
    });
    while prune(&mut document) {}
    document
}

/// Takes out what nothing refers to; whether there was any.
fn prune(document: &mut Value) -> bool {
    let text = document.to_string();
    let Some(kinds) = document["components"].as_object_mut() else { return false };
    let mut pruned = false;
    for (kind, parts) in kinds {
        let is_used = |name: &String| match kind.as_str() {
            "securitySchemes" => text.contains(&format!("{{\"{name}\":[]}}")),
            _ => text.contains(&format!("\"#/components/{kind}/{name}\"")),
        };
        if let Some(parts) = parts.as_object_mut() {
            let before = parts.len();
            parts.retain(|name, _| is_used(name));
            pruned |= parts.len() < before;
        }
    }
    pruned
}

const TAGS: [(&str, &str); 4] = [
    ("protocol", "The messages of the binding protocol."),
    ("client", "What clients ask besides: queries that change nothing."),
    ("operator", "What whoever runs the server asks."),
    ("development", "Stand-ins and pages; not there in production."),
];

fn keep(schemas: &mut BTreeMap<String, Value>, part: Part) {
    schemas.insert(part.name, part.schema);
    for part in part.parts {
        keep(schemas, part);
    }
}

fn operation(endpoint: &About) -> Value {
    let id = format!("{}_{}", endpoint.method, endpoint.path.trim_matches('/').replace('/', "_"));
    let mut operation = json!({
        "operationId": id.trim_end_matches('_').replace('.', "_"),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": responses(endpoint),
    });
    if let Some(says) = endpoint.says {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(&says().name) } },
        });
    }
    let parameters = parameters_of(endpoint);
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    operation["security"] = match endpoint.caller {
        Caller::Anybody => json!([]),
        Caller::Customer => json!([{ "session": [] }]),
        Caller::Server => json!([{ "server_signature": [] }]),
        Caller::Device => json!([{ "device_signature": [] }, {}]),
        Caller::Operator => json!([{ "operator": [] }]),
    };
    operation
}

/// What comes in fields beside the body.
fn parameters_of(endpoint: &About) -> Vec<Value> {
    let mut names = Vec::new();
    match endpoint.caller {
        Caller::Server => names.extend(["content-digest", "signature-input", "signature"]),
        Caller::Device => {
            names.extend(["device-content-digest", "device-signature-input", "device-signature"]);
        }
        _ => {}
    }
    if endpoint.is_keyed {
        names.push("idempotency-key");
    }
    let refer = |name| json!({ "$ref": format!("#/components/parameters/{name}") });
    names.into_iter().map(refer).collect()
}

fn responses(endpoint: &About) -> Value {
    let signed = endpoint.caller == Caller::Server;
    let schema = match &endpoint.answers[..] {
        [one] => reference(&one().name),
        more => {
            let each: Vec<_> = more.iter().map(|one| reference(&one().name)).collect();
            json!({ "oneOf": each })
        }
    };
    let mut good = json!({ "description": "What was asked for." });
    match endpoint.content {
        Content::Json => good["content"] = json!({ "application/json": { "schema": schema } }),
        Content::Text(kind) => {
            good["content"] = json!({ kind: { "schema": { "type": "string" } } });
        }
    }
    let mut responses = json!({ "200": good });
    if signed {
        responses["200"]["headers"] = signed_headers();
    }
    if matches!(endpoint.content, Content::Json) {
        let kind = if signed { "signed_problem" } else { "problem" };
        responses["4XX"] = json!({ "$ref": format!("#/components/responses/{kind}") });
        // How often others ask is not limited.
        if matches!(endpoint.caller, Caller::Customer | Caller::Device) {
            responses["429"] = json!({ "$ref": "#/components/responses/too_many" });
        }
    }
    if endpoint.tag == "development" {
        responses["421"] = json!({
            "description": "The request is for another host; where the page is.",
            "content": { "text/plain; charset=utf-8": { "schema": { "type": "string" } } },
        });
    }
    if endpoint.method == "post" || endpoint.path == "/readyz" {
        responses["503"] = json!({ "$ref": "#/components/responses/no_decision" });
    }
    responses
}

fn signed_headers() -> Value {
    let refer = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    json!({
        "Content-Digest": refer("content-digest"),
        "Signature-Input": refer("signature-input"),
        "Signature": refer("signature"),
    })
}

/// Every problem by its code: the status, whether it is repeated, and what is done next.
fn problem() -> Value {
    let each = Refusal::ALL.iter().map(|refusal| {
        let mut form = constant(&json!(Problem::new(*refusal)));
        form["properties"]["detail"] = json!({ "type": "string" });
        form["properties"]["instance"] = json!({ "type": "string" });
        form
    });
    let about = "A refusal (RFC 9457): a decision against what was asked. Of several that apply \
        the first in this list is given.";
    json!({ "description": about, "oneOf": each.collect::<Vec<_>>() })
}

/// The schema of an object whose members are always these.
fn constant(object: &Value) -> Value {
    let members = object.as_object().cloned().unwrap_or_default();
    let names: Vec<&String> = members.keys().collect();
    let consts = members.iter().map(|(name, value)| (name.clone(), json!({ "const": value })));
    json!({
        "type": "object", "properties": consts.collect::<Map<String, Value>>(),
        "required": names, "additionalProperties": false,
    })
}

fn no_decision() -> Value {
    let mut form = constant(&serde_json::from_str(NO_DECISION).unwrap_or_default());
    form["description"] = "Nothing is said about what became of the request: repeat it.".into();
    form
}

fn too_many() -> Value {
    let mut form = constant(&serde_json::from_str(TOO_MANY).unwrap_or_default());
    let about = "Too many requests of late. It is no problem of the protocol and has no code: \
        wait, and repeat it under the same key.";
    form["description"] = about.into();
    form
}

fn answers() -> Value {
    let content = |schema: &str| json!({ MEDIA_TYPE: { "schema": reference(schema) } });
    let retry_after = json!({ "$ref": "#/components/headers/retry-after" });
    let mut signed = signed_headers();
    signed["Retry-After"] = retry_after.clone();
    let either = json!({ "oneOf": [reference("problem"), reference("too_many")] });
    json!({
        "problem": {
            "description": "A refusal.",
            "headers": { "Retry-After": retry_after.clone() },
            "content": content("problem"),
        },
        "too_many": {
            "description": "A refusal that has a code, or too many requests, which has none.",
            "headers": { "Retry-After": retry_after },
            "content": { MEDIA_TYPE: { "schema": either } },
        },
        "signed_problem": {
            "description": "A refusal, signed where the request was signed.",
            "headers": signed,
            "content": content("problem"),
        },
        "no_decision": {
            "description": "The server could not decide.",
            "content": content("no_decision"),
        },
    })
}

fn parameters() -> Value {
    let parameter = |name: &str, required: bool, about: &str| {
        json!({
            "name": name, "in": "header", "required": required, "description": about,
            "schema": { "type": "string" },
        })
    };
    let digest = "RFC 9530: `sha-256=:…:` over the body, and no other digest.";
    let input = |tag: &str| {
        format!(
            "RFC 9421. One signature tagged `{tag}` covers `@method`, `@authority`, `@path`, \
             `@query`, `content-type`, `content-digest` and, where there is one, \
             `idempotency-key`; `created` is at most {WINDOW_S} s old and {SKEW_S} s ahead, \
             `nonce` has 22 to 64 characters and is used once, `keyid` names the key, and `alg`, \
             if given, is `ed25519`."
        )
    };
    let made =
        "RFC 9421: the signature under the same label, Ed25519. A repetition is signed anew.";
    let devices = "Without any of the three the device counts as unknown. ";
    let key = "The same as in the body. The same key with another body is refused.";
    json!({
        "content-digest": parameter("Content-Digest", true, digest),
        "signature-input": parameter("Signature-Input", true, &input(TAG_REQUEST)),
        "signature": parameter("Signature", true, made),
        "device-content-digest": parameter("Content-Digest", false, digest),
        "device-signature-input":
            parameter("Signature-Input", false, &format!("{devices}{}", input(TAG_DEVICE))),
        "device-signature": parameter("Signature", false, made),
        "idempotency-key": {
            "name": "Idempotency-Key", "in": "header", "required": true, "description": key,
            "schema": reference("idempotency_key"),
        },
    })
}

fn headers() -> Value {
    let header = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "content-digest": header("RFC 9530: `sha-256=:…:` over the body."),
        "signature-input": header(
            "RFC 9421. One signature tagged `bindproof-answer` covers `@status`, `content-type`, \
             `content-digest` and the request's signature (`\"signature\";req`)."
        ),
        "signature": header("RFC 9421: the server's signature, Ed25519."),
        "retry-after": {
            "description": "Seconds to wait, where the request is to be repeated.",
            "schema": { "type": "integer", "minimum": 1 },
        },
    })
}

fn security_schemes() -> Value {
    let signature = |about: &str| {
        json!({
            "type": "apiKey", "in": "header", "name": "Signature", "description": about,
        })
    };
    json!({
        "session": {
            "type": "http", "scheme": "bearer",
            "description": "A session of the bank's customer.",
        },
        "operator": {
            "type": "http", "scheme": "bearer",
            "description": "The token of whoever runs the server.",
        },
        "server_signature": signature("HTTP Message Signature by another server's registered key."),
        "device_signature": signature(
            "HTTP Message Signature by the device's own key, which the request names."
        ),
    })
}
