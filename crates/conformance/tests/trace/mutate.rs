//! Good journals with one thing changed, each put into a chain that holds: so it is not the chain
//! that gives them away.

use std::collections::BTreeMap;

use bindproof_conformance::record::Chance;
use bindproof_conformance::trace::hash::{hash_of, with_hash};
use serde_json::{Value, json};

use crate::change::Change;
use crate::good::Run;
use crate::renumber::renumber;
use crate::splice::splice;
use crate::values::Seen;

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
    /// A number by which transactions and writes are counted is another.
    Number,
    /// Something else was decided.
    Verdict,
    /// From some line on, the journals of two bindings are exchanged.
    Splice,
    /// A person's journal ends earlier, and the end says so.
    Stop,
    /// Lines are missing before an end that says how many there were.
    Cut,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Drop,
        Self::Duplicate,
        Self::Swap,
        Self::Field,
        Self::Number,
        Self::Verdict,
        Self::Splice,
        Self::Stop,
        Self::Cut,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop a line",
            Self::Duplicate => "duplicate a line",
            Self::Swap => "swap two lines",
            Self::Field => "change a value",
            Self::Number => "change a number of the journal's own",
            Self::Verdict => "change the verdict",
            Self::Splice => "splice two bindings",
            Self::Stop => "stop earlier",
            Self::Cut => "cut the tail under its end",
        }
    }

    /// How many of a hundred have to be rejected, with those that are legal among the hundred.
    pub const fn least(self) -> u64 {
        match self {
            Self::Drop => 70,
            Self::Duplicate => 85,
            Self::Swap => 60,
            Self::Field => 97,
            Self::Number | Self::Verdict | Self::Cut => 100,
            Self::Splice => 99,
            Self::Stop => 45,
        }
    }
}

/// A journal as values.
#[derive(Clone)]
pub struct Parsed {
    /// The name of its file.
    pub name: String,
    /// Its first line.
    pub header: String,
    /// Its lines.
    pub lines: Vec<Value>,
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

/// The texts of journals, with hashes that fit each other. `said` is how many lines the end of one
/// says that there are, if it is not as many as there are.
pub fn texts(journals: &[Parsed], said: Option<(usize, usize)>) -> Vec<(String, String)> {
    let written = journals.iter().enumerate().map(|(at, journal)| {
        let mut persons: BTreeMap<&str, String> = BTreeMap::new();
        let mut text = journal.header.clone() + "\n";
        for line in &journal.lines {
            let hash = persons.entry(line["person"].as_str().unwrap_or_default()).or_default();
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

/// A changed run.
pub struct Mutant {
    /// What was changed.
    pub what: String,
    /// The journals.
    pub journals: Vec<(String, String)>,
    /// Why it is the journal of another legal run, if a rule says so.
    pub legal: Option<&'static str>,
}

/// What was done to journals, before they are numbered and put into chains.
pub struct Done {
    /// In words.
    pub what: String,
    /// Why it is the journal of another legal run, if a rule says so.
    pub legal: Option<&'static str>,
}

/// Changes one thing in a run; nothing if there is nothing to change in that way. `other` is
/// another run, for what takes two. Places, numbers, times and hashes are made anew, so that it is
/// what was done that gives it away, and not how it is counted.
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
    let mut change = Change { run, at, lines: &mut journals[at].lines, chance };
    let done = match kind {
        Kind::Drop => change.drop()?,
        Kind::Duplicate => change.duplicate()?,
        Kind::Swap => change.swap()?,
        Kind::Field => change.field(seen)?,
        Kind::Number => {
            let what = change.number(seen)?;
            return Some(Mutant { what, journals: texts(&journals, None), legal: None });
        }
        Kind::Verdict => change.verdict()?,
        Kind::Splice => Done { what: splice(&mut journals, other, chance)?, legal: None },
        Kind::Stop => change.stop()?,
        Kind::Cut => {
            let (what, count) = change.cut();
            let journals = texts(&journals, Some((at, count)));
            return Some(Mutant { what, journals, legal: None });
        }
    };
    journals.iter_mut().for_each(|journal| renumber(journal, kind == Kind::Field));
    Some(Mutant { what: done.what, journals: texts(&journals, None), legal: done.legal })
}

/// Whether anything moves with a line.
pub fn moves(line: &Value) -> bool {
    line["entry"]["decided"].get("applied").is_some()
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
