//! Every member that a good journal could leave out, left out: what a line does not say is never
//! right. Either something is wrong then, or something more is undecided, or there is a reason why
//! nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use bindproof_conformance::key::Key;
use bindproof_conformance::trace::Report;
use bindproof_conformance::trace::hash::take_hash;
use bindproof_conformance::trace::line::{Header, Line};
use serde_json::Value;

use crate::good::{Run, demonstration, walks};
use crate::mutate::{Parsed, brief, parsed, texts};
use crate::schema::root;
use crate::{Extent, checked, told_of};

/// How often a member is left out of lines of one kind: those that decide the same on the same
/// input. Each is in some journals after everything that can come before it.
const EACH: u64 = 16;

/// What became of the removals of one member.
#[derive(Default)]
struct Tally {
    made: u64,
    rejected: u64,
    undecided: u64,
    /// Those that are accepted, by the reason why that is right.
    legal: BTreeMap<&'static str, u64>,
}

/// A member that was taken out of a line.
struct Removed<'a> {
    /// Where it stood.
    place: &'a str,
    /// The line, with it and without it.
    before: &'a Value,
    after: &'a Value,
}

/// A rule by which nothing is lost with a member.
type Rule = fn(&Removed<'_>) -> bool;

/// Why nothing is lost.
const LEGAL: &[(&str, Rule)] = &[
    ("It is read the same without it: an empty list, null, or what stands there anyway.", |r| {
        reads(r.before) != Reads::No && reads(r.before) == reads(r.after)
    }),
    ("A day that ends on a lock without wrong answers leaves it as it was.", |r| {
        r.place == "/after" && r.before["entry"]["decided"]["applied"] == "lock.day-ended"
    }),
    ("The step orders it again, and what has come of the orders is compared by itself.", |r| {
        r.place == "/orders"
    }),
    ("The table of messages in docs/trace.md does not ask for it; nothing rests on it.", |r| {
        let message = r.before["received"]["message"].as_str().unwrap_or_default();
        let member = r.place.strip_prefix("/received/");
        let needed = needed();
        member.is_some_and(|member| !needed[message].contains(member))
    }),
    ("The journal says less of its rules, and is right under the specification's, too.", |r| {
        r.before.get("trace").is_some()
    }),
];

/// A line of a journal, read.
#[derive(PartialEq)]
enum Reads {
    Header(Box<Header>),
    Line(Box<Line<Key>>),
    No,
}

fn reads(value: &Value) -> Reads {
    let text = value.to_string();
    if value.get("trace").is_some() {
        return serde_json::from_str(&text).map_or(Reads::No, |read| Reads::Header(Box::new(read)));
    }
    serde_json::from_str(&text).map_or(Reads::No, |read| Reads::Line(Box::new(read)))
}

/// The members that docs/trace.md asks of each message, by its name.
pub fn needed() -> &'static BTreeMap<String, BTreeSet<String>> {
    static NEEDED: std::sync::OnceLock<BTreeMap<String, BTreeSet<String>>> =
        std::sync::OnceLock::new();
    NEEDED.get_or_init(|| {
        let text = std::fs::read_to_string(root().join("docs/trace.md")).expect("readable");
        let table = text.split("### What was received").nth(1).expect("the part");
        let table = table.split("###").next().unwrap_or_default();
        let quoted = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in table.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = row.split('|').collect();
            let [_, _, messages, members, _] = cells.as_slice() else { continue };
            for message in quoted(messages) {
                needed.entry(message).or_default().extend(quoted(members));
            }
        }
        needed
    })
}

/// The place of every member in a value, lists and objects walked through.
fn members(value: &Value) -> Vec<String> {
    fn walk(value: &Value, place: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let place = format!("{place}/{name}");
                    walk(value, &place, found);
                    found.push(place);
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    walk(value, &format!("{place}/{number}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn without(value: &Value, place: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = place.rsplit_once('/').expect("a member");
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.expect("an object").remove(name);
    value
}

/// Whether something is undecided that was decided before.
fn more_undecided(report: &Report, before: &Report) -> bool {
    report.undecided.iter().any(|(what, count)| {
        before.undecided.get(what).is_none_or(|before| before.times < count.times)
    })
}

/// The place of a member without what differs from line to line.
fn named(place: &str) -> String {
    let parts = place.split('/').filter(|part| part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join("/")
}

#[derive(Default)]
struct Removals {
    tallies: BTreeMap<String, Tally>,
    /// Those that are accepted, and no rule says why.
    survivors: BTreeMap<String, u64>,
    /// How often a member was left out of a line of the same kind.
    tried: BTreeMap<String, u64>,
}

impl Removals {
    /// Leaves out each member of each line of a run, one at a time.
    fn of(&mut self, run: &Run) {
        let journals = parsed(run);
        let before = checked(&run.journals, Extent::Whole);
        self.hashes(run, &before);
        for at in 0..journals.len() {
            for place in 0..=journals[at].lines.len() {
                self.line(&journals, &before, (at, place));
            }
        }
    }

    /// Leaves out the hash of each line of a run.
    fn hashes(&mut self, run: &Run, before: &Report) {
        for at in 0..run.journals.len() {
            let lines: Vec<&str> = run.journals[at].1.lines().collect();
            for place in 1..lines.len() - 1 {
                let mut line = lines[place].to_owned();
                take_hash(&mut line).expect("a hash");
                let mut changed = lines.clone();
                changed[place] = &line;
                let mut journals = run.journals.clone();
                journals[at].1 = changed.join("\n") + "\n";
                let report = checked(&journals, Extent::Whole);
                let same = Value::Null;
                let removed = Removed { place: "/hash", before: &same, after: &same };
                self.count(&removed, (&report, before), "hash".to_owned());
            }
        }
    }

    /// The same of one line; behind the last one it is the header.
    fn line(&mut self, journals: &[Parsed], before: &Report, at: (usize, usize)) {
        let header = || serde_json::from_str(&journals[at.0].header).expect("JSON");
        let line = journals[at.0].lines.get(at.1).cloned();
        let is_header = line.is_none();
        let value: Value = line.unwrap_or_else(header);
        // A policy has the form of a policy file.
        let members = members(&value).into_iter().filter(|m| !m.starts_with("/policy/"));
        for place in members {
            let less = without(&value, &place);
            if reads(&less) == Reads::No {
                continue;
            }
            let what = format!("{} {}", brief(&value), named(&place));
            let times = self.tried.entry(what.clone()).or_default();
            *times += 1;
            if *times > EACH {
                continue;
            }
            let mut changed = journals.to_vec();
            match is_header {
                true => changed[at.0].header = less.to_string(),
                false => changed[at.0].lines[at.1] = less.clone(),
            }
            let removed = Removed { place: &place, before: &value, after: &less };
            match told_of(&texts(&changed, None), Extent::Whole) {
                Ok(report) => self.count(&removed, (&report, before), what),
                // The number that is the specification's does not fit the others.
                Err(_) => self.refused(&place),
            }
        }
    }

    fn refused(&mut self, place: &str) {
        let tally = self.tallies.entry(named(place)).or_default();
        tally.made += 1;
        tally.rejected += 1;
    }

    fn count(&mut self, removed: &Removed<'_>, reports: (&Report, &Report), what: String) {
        let tally = self.tallies.entry(named(removed.place)).or_default();
        tally.made += 1;
        if reports.0.found > 0 {
            tally.rejected += 1;
        } else if more_undecided(reports.0, reports.1) {
            tally.undecided += 1;
        } else if let Some((reason, _)) = LEGAL.iter().find(|(_, rule)| rule(removed)) {
            *tally.legal.entry(reason).or_default() += 1;
        } else {
            *self.survivors.entry(what).or_default() += 1;
        }
    }
}

/// What became of every removal, as a part of the page of changed journals.
pub fn page() -> String {
    let mut all = Removals::default();
    let demonstration = demonstration();
    walks().iter().chain([&demonstration]).for_each(|run| all.of(run));
    assert!(all.survivors.is_empty(), "accepted: {:#?}", all.survivors);
    let used: BTreeSet<&&str> = all.tallies.values().flat_map(|tally| tally.legal.keys()).collect();
    assert_eq!(used.len(), LEGAL.len(), "a reason that nothing needs: {used:#?}");
    let mut text = String::from(
        "\n## Members left out\n\n\
         Every member of every good journal that a line can do without, left out of one line at a \
         time, in a\nchain that holds: up to sixteen times for each kind of line. Without any \
         other member no line can be read.\n\n\
         | member | left out | rejected | undecided | accepted |\n|---|---|---|---|---|\n",
    );
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, tally) in &all.tallies {
        let legal: u64 = tally.legal.values().sum();
        let Tally { made, rejected, undecided, .. } = tally;
        let name = name.trim_start_matches('/').replace('/', ".");
        let _ = writeln!(text, "| `{name}` | {made} | {rejected} | {undecided} | {legal} |");
        tally.legal.iter().for_each(|(reason, times)| *reasons.entry(reason).or_default() += times);
    }
    text.push_str("\nThose that are accepted, and why nothing is lost:\n\n");
    for (reason, times) in reasons {
        let _ = writeln!(text, "* {times}: {reason}");
    }
    text
}
