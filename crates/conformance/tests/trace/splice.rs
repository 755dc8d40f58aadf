//! The journals of two bindings, exchanged from some line on.

use bindproof_conformance::record::Chance;
use serde_json::Value;

use crate::mutate::{Parsed, moves};

/// Exchanges two bindings of one run at one of its servers, from some line on behind which one of
/// them still moves: of two that stand at the same place the other's answer is as good. If it has
/// only one that came to anything, what follows in the journals of two runs.
pub fn splice(journals: &mut [Parsed], other: &[Parsed], chance: &mut Chance) -> Option<String> {
    let at = chance.below(journals.len());
    let bindings = bindings(&journals[at].lines);
    if let [(first, begun), (second, _), ..] = bindings.as_slice() {
        // From a line behind the beginning of the first one: before it, it would be a new name.
        let from = begun + 1 + chance.below(journals[at].lines.len() - begun);
        let (mut changed, mut moved) = (false, false);
        for line in journals[at].lines.iter_mut().skip(from) {
            let text = line.to_string();
            let text = text.replace(first.as_str(), "*").replace(second.as_str(), first);
            let text = text.replace('*', second);
            let spliced: Value = serde_json::from_str(&text).ok()?;
            changed |= spliced != *line;
            moved |= spliced != *line && moves(line);
            *line = spliced;
        }
        let name = &journals[at].name;
        return (changed && moved)
            .then(|| format!("{first} and {second} exchanged in {name} from {from} on"));
    }
    // The same server of both runs, one behind the other, and then their persons exchanged.
    let twin = other.iter().find(|twin| twin.name == journals[at].name)?;
    if twin.header != journals[at].header || twin.lines.len() < 3 || journals[at].lines.len() < 3 {
        return None;
    }
    let mover = |lines: &[Value]| Some(lines.iter().find(|line| moves(line))?["person"].clone());
    let (own, strange) = (mover(&journals[at].lines)?, mover(&twin.lines)?);
    // Behind where something moves first: before it, only their names would be others.
    let behind = |lines: &[Value], chance: &mut Chance| {
        let first = lines.iter().position(moves)? + 1;
        (first < lines.len()).then(|| first + chance.below(lines.len() - first))
    };
    let here = behind(&journals[at].lines, chance)?;
    let there = behind(&twin.lines, chance)?;
    let renamed = |line: &Value, person: &Value| {
        let mut line = line.clone();
        line["person"] = person.clone();
        line
    };
    let mut both: Vec<Value> = journals[at].lines[..here].to_vec();
    both.extend(twin.lines[there..].iter().map(|line| renamed(line, &own)));
    both.extend(twin.lines[..there].to_vec());
    both.extend(journals[at].lines[here..].iter().map(|line| renamed(line, &strange)));
    journals[at].lines = both;
    // What the other servers of the other run have stands beside what they have in this one.
    for journal in journals.iter_mut() {
        let name = journal.name.clone();
        if let Some(more) = other.iter().find(|more| more.name == name && more.name != twin.name) {
            if more.header != journal.header {
                return None;
            }
            journal.lines.extend(more.lines.clone());
        }
    }
    Some(format!("the tails of two runs exchanged at {}, {here} and {there}", twin.name))
}

/// The bindings that came to anything, each with the line in which it began.
fn bindings(lines: &[Value]) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        for event in ["binding", "link"] {
            if let Some(id) = line["entry"]["event"][event]["id"].as_str()
                && line["entry"]["decided"].get("applied").is_some()
                && !found.iter().any(|(known, _)| known == id)
            {
                found.push((id.to_owned(), place));
            }
        }
    }
    found
}
