//! Values of journals, and others in their place.

use std::collections::BTreeMap;

use bindproof_conformance::record::Chance;
use serde_json::{Value, json};

use crate::mutate::Parsed;

/// Every value that stands at a place in any line of any run.
#[derive(Default)]
pub struct Seen(BTreeMap<String, Vec<Value>>);

impl Seen {
    /// Notes what stands where.
    pub fn note(&mut self, journals: &[Parsed]) {
        for line in journals.iter().flat_map(|journal| &journal.lines) {
            for (place, value) in leaves(line) {
                let known = self.0.entry(general(&place)).or_default();
                if known.len() < 48 && !known.contains(&value) {
                    known.push(value);
                }
            }
        }
    }

    fn other(&self, place: &str, value: &Value, chance: &mut Chance) -> Option<Value> {
        let others: Vec<&Value> =
            self.0.get(&general(place))?.iter().filter(|other| *other != value).collect();
        (!others.is_empty()).then(|| others[chance.below(others.len())].clone())
    }
}

/// A place without the numbers of list items.
fn general(place: &str) -> String {
    place.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/")
}

/// Every value in a line that has no others in it, with its place; not where it stands in the
/// chain.
pub fn leaves(line: &Value) -> Vec<(String, Value)> {
    fn walk(value: &Value, place: String, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter().filter(|(name, _)| *name != "sequence") {
                    walk(value, format!("{place}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    walk(value, format!("{place}/{number}"), found);
                }
            }
            value => found.push((place, value.clone())),
        }
    }
    let mut found = Vec::new();
    walk(line, String::new(), &mut found);
    found
}

/// Whether a fact is one that rests on what no journal holds. Where nothing moves, no journal says
/// anything of it.
pub fn is_taken_as_said(leaf: &str) -> bool {
    const SAID: [&str; 7] = [
        "/asked/authenticated",
        "/asked/holder_matches",
        "/asked/covered",
        "/proof/fits",
        "/proof/factors",
        "/proof/contact",
        "/proof/identity",
    ];
    leaf.starts_with("/entry/event/") && SAID.iter().any(|said| leaf.ends_with(said))
}

/// Whether a name is a new one for what is named nowhere else: one is as good as the other.
pub fn is_renamed(run: &[Parsed], value: &Value, changed: &Value) -> bool {
    let (Some(old), Some(new)) = (value.as_str(), changed.as_str()) else { return false };
    let lines = || run.iter().flat_map(|journal| &journal.lines);
    let times = |name: &str| lines().map(|line| line.to_string().matches(name).count()).sum();
    let (old, new): (usize, usize) = (times(old), times(new));
    value.as_str().is_some_and(|name| name.len() == 32) && old == 1 && new == 0
}

/// Another value for a leaf.
pub fn changed(leaf: &str, value: &Value, seen: &Seen, chance: &mut Chance) -> Option<Value> {
    match value {
        Value::Bool(truth) => Some(json!(!truth)),
        // A clock that reads a little more or less is no change: a minute at least, or a day.
        Value::Number(number) if leaf.ends_with("_ms") => {
            let by_ms =
                [60_000, 3_600_000, 86_400_000][chance.below(3)] + chance.below(1_000) as i64;
            let number = number.as_i64()?;
            Some(json!(if chance.below(2) == 0 { number + by_ms } else { number - by_ms }))
        }
        Value::Number(number) if chance.below(2) == 0 => {
            let number = number.as_i64()?;
            Some(json!(if chance.below(2) == 0 { number + 1 } else { (number - 1).max(0) }))
                .filter(|changed| changed != value)
        }
        Value::String(text) if text.len() == 32 && chance.below(2) == 0 => {
            let digit = chance.below(32);
            let other = if text.as_bytes()[digit] == b'0' { "1" } else { "0" };
            Some(json!(format!("{}{other}{}", &text[..digit], &text[digit + 1..])))
        }
        value => seen.other(leaf, value, chance),
    }
}
