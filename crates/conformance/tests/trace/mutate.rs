//! Good journals with one thing changed, each put into a chain that holds: so it is not the chain
//! that gives them away.

use std::collections::BTreeMap;

use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof_conformance::record::Chance;
use bindproof_conformance::trace::hash::{hash_of, with_hash};
use serde_json::{Value, json};

use crate::good::Run;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A line is taken out.
    Drop,
    /// A line is there twice.
    Duplicate,
    /// Two lines of one person change places.
    Swap,
    /// One value is another.
    Field,
    /// Something else was decided.
    Verdict,
    /// From some line on, the journals of two bindings are exchanged.
    Splice,
    /// Lines are missing at the end.
    Cut,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Drop,
        Self::Duplicate,
        Self::Swap,
        Self::Field,
        Self::Verdict,
        Self::Splice,
        Self::Cut,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Swap => "swap",
            Self::Field => "change a field",
            Self::Verdict => "change the verdict",
            Self::Splice => "splice two bindings",
            Self::Cut => "cut the tail",
        }
    }
}

/// A journal as values.
#[derive(Clone)]
pub struct Parsed {
    name: String,
    header: String,
    lines: Vec<Value>,
}

/// The journals of a run as values, without their hashes and places.
pub fn parsed(run: &Run) -> Vec<Parsed> {
    run.journals
        .iter()
        .map(|(name, text)| {
            let mut lines = text.lines();
            let header = lines.next().unwrap_or_default().to_owned();
            let values = lines.filter_map(|line| {
                let mut value: Value = serde_json::from_str(line).expect("JSON");
                let object = value.as_object_mut().expect("an object");
                object.remove("hash");
                (!object.contains_key("end")).then_some(value)
            });
            Parsed { name: name.clone(), header, lines: values.collect() }
        })
        .collect()
}

/// The texts of journals, with places and hashes that fit each other. `said` is how many lines the
/// end says that there are, if it is not as many as there are.
pub fn chained(journals: &[Parsed], said: Option<(usize, usize)>) -> Vec<(String, String)> {
    let written = journals.iter().enumerate().map(|(at, journal)| {
        let mut persons: BTreeMap<String, (u64, String)> = BTreeMap::new();
        let mut text = journal.header.clone() + "\n";
        for line in &journal.lines {
            let mut line = line.clone();
            let person = line["person"].as_str().unwrap_or_default().to_owned();
            let (place, hash) = persons.entry(person).or_default();
            match line.get_mut("entry") {
                Some(entry) => entry["sequence"] = json!(*place),
                None => line["sequence"] = json!(*place),
            }
            *place += 1;
            let form = line.to_string();
            *hash = hash_of(hash, &form);
            text += &with_hash(&form, hash);
            text.push('\n');
        }
        let lines = said.filter(|said| said.0 == at).map_or(journal.lines.len(), |said| said.1);
        let end = json!({ "end": { "lines": lines, "persons": persons.len() } });
        (journal.name.clone(), format!("{text}{end}\n"))
    });
    written.collect()
}

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
fn leaves(line: &Value) -> Vec<(String, Value)> {
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

/// A changed run.
pub struct Mutant {
    /// What was changed.
    pub what: String,
    /// The journals.
    pub journals: Vec<(String, String)>,
}

/// Changes one thing in a run; nothing if there is nothing to change in that way. `other` is
/// another run, for what takes two.
pub fn mutant(
    kind: Kind,
    run: &[Parsed],
    other: &[Parsed],
    seen: &Seen,
    chance: &mut Chance,
) -> Option<Mutant> {
    let mut journals = run.to_vec();
    let filled: Vec<usize> = (0..run.len()).filter(|at| run[*at].lines.len() > 2).collect();
    let at = *filled.get(chance.below(filled.len()))?;
    let lines = &mut journals[at].lines;
    let place = chance.below(lines.len());
    let mut said = None;
    let what = match kind {
        Kind::Drop => {
            let line = lines.remove(place);
            // Without what a person's journal ends with, it is one that ended earlier: as where the
            // tail is cut, the end tells.
            let later = lines[place..].iter().any(|other| other["person"] == line["person"]);
            said = (!later).then_some((at, lines.len() + 1));
            format!("without line {place}: {}", brief(&line))
        }
        Kind::Duplicate => {
            let line = lines[place].clone();
            let person = line["person"].clone();
            let later: Vec<usize> =
                (place..lines.len()).filter(|i| lines[*i]["person"] == person).collect();
            let behind = later[chance.below(later.len())];
            lines.insert(behind + 1, line.clone());
            format!("line {place} again behind {behind}: {}", brief(&line))
        }
        Kind::Swap => {
            let person = lines[place]["person"].clone();
            let mut later = (place + 1..lines.len()).filter(|i| lines[*i]["person"] == person);
            let with = later.next()?;
            if lines[place] == lines[with] {
                return None;
            }
            let (a, b) = (brief(&lines[place]), brief(&lines[with]));
            // A day ends on all paths at once, in whichever order.
            if a == b
                && a.contains("day_ended")
                && lines[place]["version"] == lines[with]["version"]
            {
                return None;
            }
            lines.swap(place, with);
            format!("lines {place} and {with} change places: {a}; {b}")
        }
        Kind::Field => {
            // Three times of four at a line with which something moves: what the others say is
            // worth less.
            let moving: Vec<usize> = (0..lines.len()).filter(|at| moves(&lines[*at])).collect();
            let place = match moving.len() {
                1.. if chance.below(4) > 0 => moving[chance.below(moving.len())],
                _ => place,
            };
            let leaves = leaves(&lines[place]);
            let (leaf, value) = leaves[chance.below(leaves.len())].clone();
            if is_taken_as_said(&leaf) && !moves(&lines[place]) {
                return None;
            }
            let changed = changed(&leaf, &value, seen, chance)?;
            if is_renamed(run, &value, &changed) {
                return None;
            }
            let what = format!("{} {leaf}: {value} is {changed}", brief(&lines[place]));
            *lines[place].pointer_mut(&leaf)? = changed;
            what
        }
        Kind::Verdict => {
            let entry = lines[place].get_mut("entry")?;
            let before = entry["decided"].clone();
            let rule = Rule::ALL[chance.below(Rule::ALL.len())].name();
            let refusal = Refusal::ALL[chance.below(Refusal::ALL.len())].name();
            let same = before.as_object()?.values().next()?.clone();
            let after = match chance.below(4) {
                0 => json!({ "applied": rule }),
                1 => json!({ "replayed": rule }),
                2 => json!({ "refused": refusal }),
                _ if before.get("applied").is_some() => json!({ "replayed": same }),
                _ if before.get("replayed").is_some() => json!({ "applied": same }),
                _ => json!({ "applied": rule }),
            };
            if after == before {
                return None;
            }
            entry["decided"] = after.clone();
            format!("{} decides {after}, not {before}", brief(&lines[place]))
        }
        Kind::Splice => splice(&mut journals, other, chance)?,
        Kind::Cut => {
            let count = lines.len();
            let cut = 1 + chance.below(count.min(4) - 1);
            lines.truncate(count - cut);
            said = Some((at, count));
            format!("the last {cut} of {count} lines of {} are missing", journals[at].name)
        }
    };
    Some(Mutant { what, journals: chained(&journals, said) })
}

/// Whether anything moves with a line.
fn moves(line: &Value) -> bool {
    line["entry"]["decided"].get("applied").is_some()
}

/// Whether a fact is one that rests on what no journal holds. Where nothing moves, no journal says
/// anything of it.
fn is_taken_as_said(leaf: &str) -> bool {
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
fn is_renamed(run: &[Parsed], value: &Value, changed: &Value) -> bool {
    let (Some(old), Some(new)) = (value.as_str(), changed.as_str()) else { return false };
    let lines = || run.iter().flat_map(|journal| &journal.lines);
    let times = |name: &str| lines().map(|line| line.to_string().matches(name).count()).sum();
    let (old, new): (usize, usize) = (times(old), times(new));
    value.as_str().is_some_and(|name| name.len() == 32) && old == 1 && new == 0
}

/// Another value for a leaf.
fn changed(leaf: &str, value: &Value, seen: &Seen, chance: &mut Chance) -> Option<Value> {
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

/// Exchanges two bindings of one run at one of its servers, from some line on behind which one of
/// them still moves: of two that stand at the same place the other's answer is as good. If it has
/// only one that came to anything, what follows in the journals of two runs.
fn splice(journals: &mut [Parsed], other: &[Parsed], chance: &mut Chance) -> Option<String> {
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
    let own = journals[at].lines[0]["person"].clone();
    let strange = twin.lines[0]["person"].clone();
    let (here, there) =
        (1 + chance.below(journals[at].lines.len() - 1), 1 + chance.below(twin.lines.len() - 1));
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

/// "binding leave_asked: binding.cancelled".
pub fn brief(line: &Value) -> String {
    let first = |value: &Value| match value {
        Value::String(word) => word.clone(),
        Value::Object(members) => members.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let Some(entry) = line.get("entry") else { return "records found".into() };
    let kind = first(&entry["event"]);
    let input = first(&entry["event"][&kind]["input"]);
    let decided = entry["decided"].as_object().and_then(|decided| decided.iter().next());
    let decided = decided.map(|(how, what)| format!("{how} {}", first(what)));
    format!("{kind} {input} ({})", decided.unwrap_or_default())
}
