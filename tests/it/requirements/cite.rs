//! Where sources say which requirement they carry.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::File;

use super::spec::id_at;

/// What a citation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The specification carries it out here.
    Rule,
    /// A program carries it out here.
    Program,
    /// The model checker looks at it.
    Property,
    /// A test shows it.
    Test,
}

impl Kind {
    /// What cites it so carries it out.
    pub fn carries_out(self) -> bool {
        matches!(self, Self::Rule | Self::Program)
    }
}

/// One citation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Citation {
    /// The requirement.
    pub id: String,
    /// What it means.
    pub kind: Kind,
    /// The file.
    pub path: String,
    /// The function or other item that it stands in or above; empty if there is none.
    pub item: String,
    /// The controls in what it stands above, by variant.
    pub controls: Vec<String>,
}

/// A mutant: what is switched off, and what must fail then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// The controls that are off, by variant.
    pub controls: Vec<String>,
    /// The property that must fail.
    pub property: String,
}

/// Everything that the sources say about requirements.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The citations.
    pub citations: Vec<Citation>,
    /// `path:line` of what looks like a citation and is none.
    pub malformed: Vec<String>,
    /// The mutants.
    pub mutants: Vec<Mutant>,
    /// The ids that each property carries, by the property's name.
    pub carried: BTreeMap<String, BTreeSet<String>>,
}

impl Sources {
    /// What these files say, with these mutants and properties, each property with its number.
    pub fn of(files: &[File], mutants: Vec<Mutant>, properties: &[(u8, &str)]) -> Self {
        let mut sources = Self { mutants, ..Self::default() };
        for file in files.iter().filter(|file| file.is_rust()) {
            sources.cite(file);
        }
        sources.citations.sort();
        for (number, name) in properties {
            let ids = sources.carried.entry((*name).to_owned()).or_default();
            ids.insert(format!("BIND-{}", 100 + u16::from(*number)));
            sources.carry(name, &name.replace('-', "_"));
        }
        let listed = |file: &&File| file.path.starts_with("models/src/properties/");
        for file in files.iter().filter(listed) {
            sources.carry_listed(&file.text);
        }
        sources
    }

    /// The citations of `id` that mean `kind`.
    pub fn of_kind(&self, id: &str, kind: Kind) -> impl Iterator<Item = &Citation> {
        self.citations.iter().filter(move |citation| citation.id == id && citation.kind == kind)
    }

    /// The names of the mutants that show `id`.
    pub fn mutants_of(&self, id: &str) -> BTreeSet<String> {
        self.showing(id).map(|mutant| mutant.name.clone()).collect()
    }

    /// The names of the properties that its mutants violate.
    pub fn violated_by_mutants(&self, id: &str) -> BTreeSet<String> {
        self.showing(id).map(|mutant| mutant.property.clone()).collect()
    }

    /// Whether a requirement has a `property`, or a `mutant`.
    pub fn has(&self, id: &str, kind: &str) -> bool {
        let mutant = self.showing(id).next().is_some();
        mutant || (kind == "property" && self.of_kind(id, Kind::Property).next().is_some())
    }

    fn showing<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Mutant> {
        let cites = |citation: &&Citation| citation.id == id && citation.kind.carries_out();
        let carried_out = self.citations.iter().filter(cites);
        let guards: BTreeSet<&String> =
            carried_out.flat_map(|citation| &citation.controls).collect();
        self.mutants.iter().filter(move |mutant| {
            let carries = self.carried.get(&mutant.property).is_some_and(|ids| ids.contains(id));
            carries || mutant.controls.iter().any(|control| guards.contains(control))
        })
    }

    fn cite(&mut self, file: &File) {
        let lines: Vec<&str> = file.text.lines().collect();
        let tests_from = lines
            .windows(2)
            .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim() == "mod tests {")
            .unwrap_or(lines.len());
        for (place, line) in lines.iter().enumerate() {
            let Some(citation) = line.trim_start().strip_prefix("//=") else { continue };
            let Some((id, gist)) = id_at(citation.trim_start()) else {
                self.malformed.push(format!("{}:{}", file.path, place + 1));
                continue;
            };
            if gist.trim().is_empty() || !gist.starts_with(' ') {
                self.malformed.push(format!("{}:{}", file.path, place + 1));
                continue;
            }
            self.citations.push(Citation {
                id: id.to_owned(),
                kind: kind(&file.path, place > tests_from),
                path: file.path.clone(),
                item: item(&lines, place),
                controls: controls_behind(&lines, place),
            });
        }
    }

    /// A property carries the ids that are cited above its function. Which function that is, is
    /// told by a list of pairs `("name", Self::function)`.
    fn carry_listed(&mut self, text: &str) {
        for (at, _) in text.match_indices("(\"") {
            let Some((name, rest)) = text[at + 2..].split_once('"') else { continue };
            let function = rest.trim_start_matches([',', ' ', '\n']).strip_prefix("Self::");
            let Some(function) = function else { continue };
            let end = function.find(|c: char| !is_word(c)).unwrap_or(function.len());
            self.carry(name, &function[..end]);
        }
    }

    fn carry(&mut self, name: &str, function: &str) {
        let cited =
            |citation: &&Citation| citation.kind == Kind::Property && citation.item == function;
        let ids: Vec<String> =
            self.citations.iter().filter(cited).map(|citation| citation.id.clone()).collect();
        self.carried.entry(name.to_owned()).or_default().extend(ids);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn kind(path: &str, in_tests: bool) -> Kind {
    let tests = path.starts_with("tests/") || path.contains("/tests/");
    match path {
        _ if in_tests || tests || path.ends_with("/tests.rs") => Kind::Test,
        _ if path.starts_with("src/") => Kind::Rule,
        // The model's own servers, which do what steps order.
        _ if path.starts_with("models/src/drive/") => Kind::Program,
        _ if path.starts_with("models/") => Kind::Property,
        _ => Kind::Program,
    }
}

/// The controls in the one statement, match arm or item that a citation stands above.
fn controls_behind(lines: &[&str], place: usize) -> Vec<String> {
    let goes_on = ["}", ")", "]", "{", "|", "&&", "."];
    let margin = depth(lines[place]);
    let mut found = Vec::new();
    let mut begun = false;
    for line in &lines[place + 1..] {
        let code = line.trim();
        let new = depth(line) == margin && !goes_on.iter().any(|sign| code.starts_with(sign));
        let over = depth(line) < margin || (new && begun) || code.starts_with("//=");
        match code {
            "" => continue,
            _ if over && begun => break,
            _ if code.starts_with("//") || code.starts_with("#[") => continue,
            _ => begun = true,
        }
        for (at, word) in line.match_indices("Control::") {
            let name: String =
                line[at + word.len()..].chars().take_while(|c| is_word(*c)).collect();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// How far a line is indented.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The item that a citation stands directly above, or else the one that it stands in.
fn item(lines: &[&str], place: usize) -> String {
    let passed = |line: &&&str| {
        let line = line.trim();
        line.is_empty() || line.starts_with("//") || line.starts_with("#[")
    };
    let below = lines[place + 1..].iter().find(|line| !passed(line));
    if let Some(name) = below.and_then(|line| declared(line)) {
        return name;
    }
    let above = lines[..place].iter().rev().filter(|line| depth(line) < depth(lines[place]));
    above.filter_map(|line| declared(line)).next().unwrap_or_default()
}

/// The name that a line declares, if it declares one.
fn declared(line: &str) -> Option<String> {
    const MODIFIERS: &[&str] = &["pub", "pub(crate)", "pub(super)", "async", "unsafe"];
    const ITEMS: &[&str] = &["fn", "struct", "enum", "trait", "mod", "type", "static", "const"];
    let mut words = line.split_whitespace().skip_while(|word| MODIFIERS.contains(word));
    let mut keyword = words.next()?;
    let mut name = words.next()?;
    if keyword == "const" && name == "fn" {
        (keyword, name) = (name, words.next()?);
    }
    let name: String = name.chars().take_while(|c| is_word(*c)).collect();
    (ITEMS.contains(&keyword) && !name.is_empty()).then_some(name)
}
