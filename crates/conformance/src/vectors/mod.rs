//! Vectors: what every step and every server has to do, as data for teams that write their own.
//!
//! Two levels. *Step vectors* are single steps: the records before, the input, what is decided,
//! ordered and left behind. *Message vectors* are whole runs: what reaches a server, what it
//! decides, answers and owes. Both come from the model's shortest runs to whatever they show. And
//! *cryptography vectors*, below both: what is signed, digested and derived on the way. All are the
//! same whenever they are made.

mod answer;
mod cryptography;
mod find;
mod messages;
mod steps;
mod targets;

use std::fmt::Write;
use std::path::Path;

use bindproof_models::scope::ScopeError;
use serde_json::{Value, json};

pub use crate::schema::{CRYPTOGRAPHY, MESSAGES, STEPS};
pub use find::{Found, search_all};
pub use targets::BEHAVIOURS;

/// A file of vectors: its name and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name, within the folder of vectors.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Every file of vectors, in the order of their names. `replays` is the folder of kept attacks,
/// `models/replays` of the repository.
///
/// # Errors
/// If a built-in scope does not parse or fits no compiled capacity; the tests keep that from
/// happening.
pub fn files(replays: &Path) -> Result<Vec<File>, ScopeError> {
    let found = search_all()?;
    let mut files = steps::files(&found);
    files.extend(messages::files(&found, replays)?);
    files.extend(cryptography::files());
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The text of a file: what is said of all vectors first, then one vector a line.
fn text(about: &[(&str, Value)], vectors: &[Value]) -> String {
    let mut text = String::from("{\n");
    for (name, value) in about {
        let _ = writeln!(text, "{}: {value},", json!(name));
    }
    text.push_str("\"vectors\": [\n");
    for (at, vector) in vectors.iter().enumerate() {
        let comma = if at + 1 < vectors.len() { "," } else { "" };
        let _ = writeln!(text, "{vector}{comma}");
    }
    text.push_str("]\n}\n");
    text
}

/// What a flag hunts and what it costs to fail, by the name of the flag.
fn notes(flags: impl IntoIterator<Item = &'static str>) -> Value {
    let mut notes = serde_json::Map::new();
    for flag in flags {
        let (defect, effect) = targets::note(flag);
        notes.insert(flag.to_owned(), json!({ "defect": defect, "effect": effect }));
    }
    Value::Object(notes)
}
