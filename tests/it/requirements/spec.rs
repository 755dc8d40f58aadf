//! The normative sentences of the specification.

use std::collections::BTreeSet;

/// How binding a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Without exception.
    Must,
    /// Unless there is a good reason.
    Should,
    /// As one likes.
    May,
}

impl Level {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// One normative sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// `BIND-` and three digits.
    pub id: String,
    /// How binding it is; nothing if the sentence does not say.
    pub level: Option<Level>,
    /// The sentence.
    pub text: String,
}

/// An element of the claim, with the requirements that make it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `C` and a digit.
    pub name: String,
    /// What it says.
    pub text: String,
    /// The requirements.
    pub ids: Vec<String>,
}

/// What the specification says.
#[derive(Clone, Debug, Default)]
pub struct Specification {
    /// The sentences in the order of their ids.
    pub requirements: Vec<Requirement>,
    /// The elements of the claim.
    pub elements: Vec<Element>,
    /// Ids that begin more than one sentence.
    pub twice: BTreeSet<String>,
}

impl Specification {
    /// There is a sentence with this id.
    pub fn knows(&self, id: &str) -> bool {
        self.requirements.iter().any(|requirement| requirement.id == id)
    }
}

/// The id at the beginning of `text`, with what follows it.
pub fn id_at(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix("BIND-")?.bytes().take_while(u8::is_ascii_digit).count();
    (digits == 3).then(|| text.split_at("BIND-".len() + digits))
}

/// Every id that `text` names.
pub fn ids_in(text: &str) -> Vec<String> {
    let places = text.match_indices("BIND-");
    places.filter_map(|(at, _)| id_at(&text[at..]).map(|(id, _)| id.to_owned())).collect()
}

/// Reads the specification. A sentence begins a line, or an item of a list, with its id in square
/// brackets and goes on until an empty line, the next item, a heading or a table. A row of a table
/// whose first cell is `C1` to `C9` is an element of the claim; the ids in it make it up.
pub fn parse(text: &str) -> Specification {
    let mut found = Specification::default();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if let Some((id, sentence)) = sentence_start(line) {
            if found.knows(&id) {
                found.twice.insert(id.clone());
            }
            found.requirements.push(Requirement { id, level: None, text: sentence });
            open = true;
            continue;
        }
        found.elements.extend(element(line));
        open &= !(line.is_empty() || line.starts_with(['#', '|', '-', '*', '`', '>']));
        if let (true, Some(last)) = (open, found.requirements.last_mut()) {
            last.text.push(' ');
            last.text.push_str(line);
        }
    }
    for requirement in &mut found.requirements {
        requirement.level = level(&requirement.text);
    }
    found.requirements.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// `- [BIND-012] text` or `**[BIND-012]** text`, with or without what is around the brackets.
fn sentence_start(line: &str) -> Option<(String, String)> {
    let inner = line.trim_start_matches(['-', '*', ' ']).strip_prefix('[')?;
    let (id, rest) = id_at(inner)?;
    let text = rest.strip_prefix(']')?.trim_start_matches(['*', ':', ' ']);
    Some((id.to_owned(), text.to_owned()))
}

fn element(line: &str) -> Option<Element> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let name = (*cells.first()?).trim_matches('*');
    let number = name.strip_prefix('C')?;
    let ids = ids_in(line);
    let numbered = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    let text = cells.get(1).map_or_else(String::new, |text| (*text).to_owned());
    (numbered && cells.len() > 2).then(|| Element { name: name.to_owned(), text, ids })
}

/// The strongest word of the sentence.
fn level(text: &str) -> Option<Level> {
    let has = |word: &str| text.split(|c: char| !c.is_alphabetic()).any(|other| other == word);
    [Level::Must, Level::Should, Level::May].into_iter().find(|level| has(level.name()))
}

/// How many times the sentence says MUST.
pub fn musts(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| *word == "MUST").count()
}
