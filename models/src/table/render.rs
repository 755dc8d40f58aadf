//! A machine as Markdown: its table, and the graph of the moves found in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::verdict::Verdict;
use serde::Serialize;
use serde_json::Value;

/// A state in words: its node in the graph, and what is said of it besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The node, one snake_case word.
    pub node: &'static str,
    /// What stands in brackets behind it, if anything.
    pub inside: String,
    /// What else the step changes, if anything.
    pub besides: String,
}

impl Place {
    /// A state that is its node.
    pub const fn plain(node: &'static str) -> Self {
        Self { node, inside: String::new(), besides: String::new() }
    }

    /// A state with something in it.
    pub fn with(node: &'static str, inside: impl Into<String>) -> Self {
        Self { node, inside: inside.into(), besides: String::new() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node)?;
        if !self.inside.is_empty() {
            write!(f, "({})", self.inside)?;
        }
        f.write_str(&self.besides)
    }
}

/// What one step decides, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// It applies.
    Move(Place, Rule),
    /// The same answer again.
    Same(Rule),
    /// No.
    No(Refusal),
}

impl Cell {
    /// The verdict, its state named by `place`.
    fn of<S, O>(verdict: &Verdict<S, O>, place: impl Fn(S) -> Place) -> Self
    where
        S: Copy,
    {
        match verdict {
            Verdict::Apply(step) => Self::Move(place(step.state), step.rule),
            Verdict::Replay(rule, _) => Self::Same(*rule),
            Verdict::Refuse(refusal) => Self::No(*refusal),
        }
    }

    /// The rule that fires.
    pub const fn rule(&self) -> Option<Rule> {
        match self {
            Self::Move(_, rule) | Self::Same(rule) => Some(*rule),
            Self::No(_) => None,
        }
    }
}

/// What one step decides and orders, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it decides.
    pub cell: Cell,
    /// What it orders, in the sequence in which it does.
    pub orders: Vec<String>,
}

impl Decision {
    /// The verdict, its state named by `place`.
    pub fn of<S: Copy, O: Copy + Serialize>(
        verdict: Verdict<S, O>,
        place: impl Fn(S) -> Place,
    ) -> Self {
        let orders = verdict.orders().map(|order| order_words(&order)).collect();
        Self { cell: Cell::of(&verdict, place), orders }
    }

    /// The decision, with a letter for what its orders carry of the state.
    pub fn with(mut self, carried: &str, letter: &str) -> Self {
        for order in &mut self.orders {
            *order = order.replace(&format!("({carried})"), &format!("({letter})"));
        }
        self
    }

    /// The orders as one text; none if there are none.
    fn ordered(&self) -> Option<String> {
        let marked: Vec<String> = self.orders.iter().map(|order| format!("`{order}`")).collect();
        (!marked.is_empty()).then(|| marked.join(", "))
    }
}

/// An order under the name that it has in journals, with what it carries in brackets.
fn order_words(order: &impl Serialize) -> String {
    words(&serde_json::to_value(order).unwrap_or_default())
}

fn words(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, of): (&String, &Value)| format!("{name}({})", words(of));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        Value::String(name) => name.clone(),
        // The only number that an order carries.
        _ => "revision".to_owned(),
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Move(place, rule) => write!(f, "→ {place} (`{rule}`)"),
            Self::Same(rule) => write!(f, "same (`{rule}`)"),
            Self::No(refusal) => write!(f, "no: `{refusal}`"),
        }
    }
}

/// One decision.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The state before.
    pub state: Place,
    /// What happens, as `what: how`.
    pub input: String,
    /// What else the step looks at, one text a dimension; as many for each entry of an input.
    pub when: Vec<String>,
    /// What is decided and ordered.
    pub decision: Decision,
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Rows are states and columns are inputs.
    Matrix,
    /// One list a state.
    List,
}

/// A machine and all that it decides.
#[derive(Debug)]
pub struct Machine {
    /// What it is called.
    pub name: &'static str,
    /// One sentence about the part of its domain that the table runs over.
    pub about: &'static str,
    /// How it is laid out.
    pub layout: Layout,
    /// Its decisions.
    pub entries: Vec<Entry>,
}

/// Which circumstances lead to which decision.
type Groups = Vec<(Decision, Vec<String>)>;

impl Machine {
    /// The machine as a Markdown section.
    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n{}\n\n", self.name, self.about);
        text.push_str(&self.graph());
        text.push('\n');
        text.push_str(&match self.layout {
            Layout::Matrix => self.matrix(),
            Layout::List => self.lists(),
        });
        text
    }

    /// The moves found, as pairs of nodes with the rules that lead from one to the other.
    pub fn edges(&self) -> BTreeMap<(&'static str, &'static str), BTreeSet<Rule>> {
        let mut edges = BTreeMap::<_, BTreeSet<Rule>>::new();
        for entry in &self.entries {
            if let Cell::Move(to, rule) = &entry.decision.cell {
                edges.entry((entry.state.node, to.node)).or_default().insert(*rule);
            }
        }
        edges
    }

    fn graph(&self) -> String {
        let edges = self.edges();
        let mut text = "```mermaid\nstateDiagram-v2\n".to_owned();
        if let Some(first) = self.entries.first() {
            _ = writeln!(text, "    [*] --> {}", first.state.node);
        }
        for ((from, to), rules) in &edges {
            let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
            _ = writeln!(text, "    {from} --> {to} : {}", names.join(", "));
        }
        let nodes: BTreeSet<&str> = edges.keys().map(|(_, to)| *to).collect();
        for node in nodes {
            if !edges.keys().any(|(from, _)| *from == node) {
                _ = writeln!(text, "    {node} --> [*]");
            }
        }
        text.push_str("```\n");
        text
    }

    fn matrix(&self) -> String {
        let inputs = in_order(self.entries.iter().map(|entry| entry.input.clone()));
        let mut text = format!("| state | {} |\n", inputs.join(" | "));
        _ = writeln!(text, "|---|{}", "---|".repeat(inputs.len()));
        for state in in_order(self.entries.iter().map(|entry| entry.state.to_string())) {
            let cells: Vec<String> = inputs
                .iter()
                .map(|input| {
                    let groups = self.groups(&state, input).into_iter();
                    groups.map(in_a_cell).collect::<Vec<_>>().join("<br>")
                })
                .collect();
            _ = writeln!(text, "| {state} | {} |", cells.join(" | "));
        }
        text
    }

    fn lists(&self) -> String {
        let all = in_order(self.entries.iter().map(|entry| entry.input.clone()));
        let mut text = String::new();
        for state in in_order(self.entries.iter().map(|entry| entry.state.to_string())) {
            let gap = if text.is_empty() { "" } else { "\n" };
            _ = writeln!(text, "{gap}#### {} in {state}\n", self.name);
            text.push_str("| on | when | decides | orders |\n|---|---|---|---|\n");
            let here = self.entries.iter().filter(|entry| entry.state.to_string() == state);
            let mut merged: Vec<(Vec<String>, Groups)> = Vec::new();
            for input in in_order(here.map(|entry| entry.input.clone())) {
                let groups = self.groups(&state, &input);
                match merged.iter_mut().find(|(_, other)| *other == groups) {
                    Some((inputs, _)) => inputs.push(input),
                    None => merged.push((vec![input], groups)),
                }
            }
            for (inputs, groups) in merged {
                let on = joined(&inputs, &all);
                for (decision, when) in otherwise_last(groups) {
                    let orders = decision.ordered().unwrap_or_else(|| "–".to_owned());
                    _ = writeln!(text, "| {on} | {when} | {} | {orders} |", decision.cell);
                }
            }
        }
        text
    }

    /// What is decided on `input` in `state`, by decision; circumstances that make no difference
    /// are dropped, and none are left where there is only one decision.
    fn groups(&self, state: &str, input: &str) -> Groups {
        let mut rows: Vec<(Vec<String>, Decision)> = self
            .entries
            .iter()
            .filter(|entry| entry.input == input && entry.state.to_string() == state)
            .map(|entry| (entry.when.clone(), entry.decision.clone()))
            .collect();
        let dimensions = rows.first().map_or(0, |(when, _)| when.len());
        for dimension in (0..dimensions).rev() {
            let mut fewer = rows.clone();
            for (when, _) in &mut fewer {
                when.remove(dimension);
            }
            if fewer.iter().all(|(when, decided)| decides_once(&fewer, when, decided)) {
                rows = fewer;
            }
        }
        let mut groups: Groups = Vec::new();
        for (when, decision) in rows {
            let when = when.join(", ");
            match groups.iter_mut().find(|(other, _)| *other == decision) {
                Some((_, whens)) if whens.contains(&when) => {}
                Some((_, whens)) => whens.push(when),
                None => groups.push((decision, vec![when])),
            }
        }
        for (_, whens) in &mut groups {
            whens.retain(|when| !when.is_empty());
        }
        groups
    }
}

/// Under these circumstances nothing else is decided.
fn decides_once(rows: &[(Vec<String>, Decision)], when: &[String], decision: &Decision) -> bool {
    rows.iter().all(|(other, decided)| other != when || decided == decision)
}

/// A decision and its circumstances, for a cell that may hold several.
fn in_a_cell((decision, when): (Decision, Vec<String>)) -> String {
    let orders = decision.ordered().map_or_else(String::new, |orders| format!("; {orders}"));
    match when.is_empty() {
        true => format!("{}{orders}", decision.cell),
        false => format!("{}: {}{orders}", when.join("; "), decision.cell),
    }
}

/// Each group's circumstances as one text; the longest list comes last and is "otherwise".
fn otherwise_last(mut groups: Groups) -> Vec<(Decision, String)> {
    let longest = groups
        .iter()
        .enumerate()
        .max_by_key(|(place, (_, when))| (when.len(), std::cmp::Reverse(*place)))
        .map(|(place, _)| place);
    let several = groups.len() > 1;
    if let (true, Some(place)) = (several, longest) {
        let most = groups.remove(place);
        groups.push(most);
    }
    let count = groups.len();
    let text = |(place, (decision, when)): (usize, (Decision, Vec<String>))| {
        let words = match (several && place + 1 == count, when.is_empty()) {
            (true, _) => "otherwise".to_owned(),
            (false, true) => "always".to_owned(),
            (false, false) => when.join("; "),
        };
        (decision, words)
    };
    groups.into_iter().enumerate().map(text).collect()
}

/// The inputs as one text; those of one kind share its name, and most of many are "all but".
fn joined(inputs: &[String], all: &[String]) -> String {
    let every = by_kind(all);
    let texts = by_kind(inputs).into_iter().map(|(kind, hows)| {
        let those = every.iter().find(|(other, _)| *other == kind).map_or(&[][..], |(_, of)| of);
        let missing: Vec<&str> = those.iter().filter(|how| !hows.contains(*how)).copied().collect();
        match hows.join(", ") {
            words if words.is_empty() => kind.to_owned(),
            _ if missing.is_empty() && hows.len() > 2 => format!("{kind}: any"),
            _ if missing.len() * 3 < those.len() && hows.len() > 3 => {
                format!("{kind}: any but {}", missing.join(", "))
            }
            words => format!("{kind}: {words}"),
        }
    });
    texts.collect::<Vec<_>>().join("; ")
}

/// The inputs as their kinds, each with how it can be.
fn by_kind(inputs: &[String]) -> Vec<(&str, Vec<&str>)> {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for input in inputs {
        let (kind, how) = input.split_once(": ").unwrap_or((input, ""));
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, hows)) => hows.push(how),
            None => kinds.push((kind, vec![how])),
        }
    }
    kinds
}

/// Each once, in the order of first appearance.
fn in_order(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(value.clone())).collect()
}
