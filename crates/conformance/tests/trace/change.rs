//! One thing changed in the journal of one server.

use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof_conformance::record::Chance;
use serde_json::{Value, json};

use crate::fields::reason;
use crate::legal;
use crate::mutate::{Done, Parsed, brief, moves};
use crate::values::{Seen, changed, is_renamed, is_taken_as_said, leaves};

/// What is changed, and by which chance.
pub struct Change<'a> {
    /// The run as it was.
    pub run: &'a [Parsed],
    /// Which of its journals is changed.
    pub at: usize,
    /// The lines of that journal.
    pub lines: &'a mut Vec<Value>,
    /// Chance.
    pub chance: &'a mut Chance,
}

/// Whether a member counts transactions or writes.
fn is_number(leaf: &str) -> bool {
    leaf == "/version"
        || leaf == "/commit/lines"
        || (leaf.starts_with("/after/") && leaf.ends_with("/version"))
}

impl Change<'_> {
    /// A line, three times of four one with which something moves: what the others say is worth
    /// less.
    fn place(&mut self) -> usize {
        let moving: Vec<usize> =
            (0..self.lines.len()).filter(|at| moves(&self.lines[*at])).collect();
        match moving.len() {
            1.. if self.chance.below(4) > 0 => moving[self.chance.below(moving.len())],
            _ => self.chance.below(self.lines.len()),
        }
    }

    /// The lines of the transaction that a line stands in, from the first to the last.
    fn transaction(&self, place: usize) -> (usize, usize) {
        let of = |line: &Value| (line["person"].clone(), line["version"].clone());
        let own = of(&self.lines[place]);
        let first = (0..=place).rev().take_while(|at| of(&self.lines[*at]) == own).last();
        let last = (place..self.lines.len()).take_while(|at| of(&self.lines[*at]) == own).last();
        (first.unwrap_or(place), last.unwrap_or(place))
    }

    /// A line is taken out, with what it owed. Its transaction is of fewer lines.
    pub fn drop(&mut self) -> Option<Done> {
        let place = self.place();
        let (first, last) = self.transaction(place);
        let mut line = self.lines.remove(place);
        let what = format!("without line {place}: {}", brief(&line));
        if first < last {
            let event = line["entry"]["event"].as_object()?.values().next()?.clone();
            let about = event.get("id").or(event.get("operation"))?.clone();
            if place == last {
                let commit = line.as_object_mut()?.remove("commit")?;
                self.lines[last - 1]["commit"] = commit;
            }
            let owed = self.lines[last - 1]["commit"]["owed"].as_array_mut()?;
            owed.retain(|letter| letter["about"] != about);
            let idle = !moves(&line) && line["after"].as_array().is_none_or(Vec::is_empty);
            let unheard = legal::is_unheard(self.run, self.at, std::slice::from_ref(&line));
            return Some(Done { what, legal: (idle && unheard).then_some(legal::UNHEARD) });
        }
        let legal = legal::dropped(self.run, self.at, &line, &self.lines[place..]);
        Some(Done { what, legal })
    }

    /// A line is there again, as a transaction of its own, behind a later one of the same person.
    pub fn duplicate(&mut self) -> Option<Done> {
        let place = self.place();
        let mut line = self.lines[place].clone();
        let person = line["person"].clone();
        let ends = |at: &usize| {
            let other = &self.lines[*at];
            other["person"] == person && other.get("commit").is_some()
        };
        let later: Vec<usize> = (place..self.lines.len()).filter(ends).collect();
        let behind = *later.get(self.chance.below(later.len()))?;
        if line.get("commit").is_none() {
            line["commit"] = json!({ "lines": 1, "owed": [] });
        }
        line["at_ms"] = self.lines[behind]["at_ms"].clone();
        let what = format!("line {place} again behind {behind}: {}", brief(&line));
        let legal = legal::doubled(&line);
        self.lines.insert(behind + 1, line);
        Some(Done { what, legal })
    }

    /// Two lines of one transaction change places, or two transactions of one person that follow
    /// each other. Times stay where they were.
    pub fn swap(&mut self) -> Option<Done> {
        let place = self.place();
        let person = self.lines[place]["person"].clone();
        let mut later =
            (place + 1..self.lines.len()).filter(|i| self.lines[*i]["person"] == person);
        let with = later.next()?;
        let (first, last) = self.transaction(place);
        let (a, b) = match with <= last {
            true => ((place, place), (with, with)),
            false => ((first, last), self.transaction(with)),
        };
        let (left, right) = (self.lines[a.0..=a.1].to_vec(), self.lines[b.0..=b.1].to_vec());
        let (one, other) = (briefs(&left), briefs(&right));
        let what = format!("lines {} and {} change places: {one}; {other}", a.0, b.0);
        if is_the_same(&left, &right) {
            return None;
        }
        let legal = legal::swapped(&left, &right);
        let between = self.lines[a.1 + 1..b.0].to_vec();
        let times: Vec<Value> =
            self.lines[a.0..=b.1].iter().map(|line| line["at_ms"].clone()).collect();
        let mut changed: Vec<Value> = right.into_iter().chain(between).chain(left).collect();
        for (line, at_ms) in changed.iter_mut().zip(times) {
            line["at_ms"] = at_ms;
        }
        self.lines.splice(a.0..=b.1, changed);
        if with <= last {
            self.commit_last(first, last);
        }
        Some(Done { what, legal })
    }

    /// The commit of a transaction stands on its last line.
    fn commit_last(&mut self, first: usize, last: usize) {
        let mut commits = self.lines[first..=last].iter_mut().filter_map(Value::as_object_mut);
        let commit = commits.find_map(|line| line.remove("commit"));
        if let Some(commit) = commit {
            self.lines[last]["commit"] = commit;
        }
    }

    /// One value is another. A time is that of the whole transaction.
    pub fn field(&mut self, seen: &Seen) -> Option<Done> {
        let place = self.place();
        let leaves = leaves(&self.lines[place]);
        let (leaf, value) = leaves[self.chance.below(leaves.len())].clone();
        if is_number(&leaf) || (is_taken_as_said(&leaf) && !moves(&self.lines[place])) {
            return None;
        }
        let changed = changed(&leaf, &value, seen, self.chance)?;
        if is_renamed(self.run, &value, &changed) {
            return None;
        }
        let what = format!("{} {leaf}: {value} is {changed}", brief(&self.lines[place]));
        let legal = reason(self.run, self.at, place, (&leaf, &changed));
        let (first, last) = if leaf == "/at_ms" { self.transaction(place) } else { (place, place) };
        for line in &mut self.lines[first..=last] {
            *line.pointer_mut(&leaf)? = changed.clone();
        }
        Some(Done { what, legal })
    }

    /// A number of the journal's own is another.
    pub fn number(&mut self, seen: &Seen) -> Option<String> {
        let place = self.place();
        let leaves = leaves(&self.lines[place]);
        let numbers: Vec<_> = leaves.into_iter().filter(|(leaf, _)| is_number(leaf)).collect();
        let (leaf, value) = numbers.get(self.chance.below(numbers.len()))?.clone();
        let changed = changed(&leaf, &value, seen, self.chance)?;
        let what = format!("{} {leaf}: {value} is {changed}", brief(&self.lines[place]));
        *self.lines[place].pointer_mut(&leaf)? = changed;
        Some(what)
    }

    /// Something else was decided.
    pub fn verdict(&mut self) -> Option<Done> {
        let place = self.chance.below(self.lines.len());
        let entry = self.lines[place].get_mut("entry")?;
        let before = entry["decided"].clone();
        let rule = Rule::ALL[self.chance.below(Rule::ALL.len())].name();
        let refusal = Refusal::ALL[self.chance.below(Refusal::ALL.len())].name();
        let same = before.as_object()?.values().next()?.clone();
        let after = match self.chance.below(4) {
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
        let what = format!("{} decides {after}, not {before}", brief(&self.lines[place]));
        Some(Done { what, legal: None })
    }

    /// The last transactions of a person are missing, and the end says how many lines are left.
    pub fn stop(&mut self) -> Option<Done> {
        let place = self.place();
        let person = self.lines[place]["person"].clone();
        let (first, _) = self.transaction(place);
        let own = |at: &usize| *at >= first && self.lines[*at]["person"] == person;
        let gone: Vec<usize> = (0..self.lines.len()).filter(own).collect();
        let what = format!("the last {} lines from {first} on are missing", gone.len());
        let lines: Vec<Value> = gone.iter().map(|at| self.lines[*at].clone()).collect();
        gone.iter().rev().for_each(|at| drop(self.lines.remove(*at)));
        let unheard = legal::is_unheard(self.run, self.at, &lines);
        Some(Done { what, legal: unheard.then_some(legal::STOPPED) })
    }

    /// Some of the last lines are missing. Gives how many there were.
    pub fn cut(&mut self) -> (String, usize) {
        let count = self.lines.len();
        let cut = 1 + self.chance.below(count.min(4) - 1);
        self.lines.truncate(count - cut);
        let name = &self.run[self.at].name;
        (format!("the last {cut} of {count} lines of {name} are missing"), count)
    }
}

fn briefs(lines: &[Value]) -> String {
    lines.iter().map(brief).collect::<Vec<_>>().join(", ")
}

/// Whether lines say the same, but for where they stand.
fn is_the_same(left: &[Value], right: &[Value]) -> bool {
    let bare = |line: &Value| {
        let mut line = line.clone();
        line["at_ms"] = json!(0);
        line["version"] = json!(0);
        line["entry"]["sequence"] = json!(0);
        line
    };
    left.iter().map(bare).eq(right.iter().map(bare))
}
