//! JSON Schemas (draft 2020-12) of what other teams write and read, for their own tools. They say
//! what the types of the specification say; a test compares the two on everything that the model
//! shows.

mod cryptography;
mod records;
mod trace;
mod vectors;

use serde_json::{Map, Value, json};

pub use cryptography::CRYPTOGRAPHY;
pub use trace::trace;
pub use vectors::{MESSAGES, STEPS, vectors};

/// Where schemas of this version of JSON Schema say that they are one.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A reference to a definition of the same schema.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// One of these words.
fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// A whole number between these, both included.
fn number(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A number of at most 255.
fn small() -> Value {
    number(0, 255)
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// A member of an object: its name and schema, and whether it has to be there.
struct Member(&'static str, Value, bool);

/// A member that has to be there.
const fn must(name: &'static str, of: Value) -> Member {
    Member(name, of, true)
}

/// A member that may be there.
const fn may(name: &'static str, of: Value) -> Member {
    Member(name, of, false)
}

/// An object with these members and no others.
fn object(members: Vec<Member>) -> Value {
    let required: Vec<&str> = members.iter().filter(|m| m.2).map(|m| m.0).collect();
    let properties: Map<String, Value> =
        members.into_iter().map(|Member(name, of, _)| (name.to_owned(), of)).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// One of these words, or an object with one of these members.
fn tagged(units: &[&str], variants: Vec<(&'static str, Value)>) -> Value {
    let mut any = Vec::new();
    if !units.is_empty() {
        any.push(words(units));
    }
    any.extend(variants.into_iter().map(|(name, of)| object(vec![must(name, of)])));
    json!({ "oneOf": any })
}
