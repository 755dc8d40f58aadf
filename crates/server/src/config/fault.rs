//! What is wrong with a file of settings, in one line that says where, what and what instead.

use std::cmp::Reverse;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Error};

use super::ConfigError;

/// How long what is said of a text that was given may be, with the word before it and the quotes.
const TEXT_MAX: usize = 48;

/// Reads the text of a file of settings.
///
/// # Errors
/// The first thing that is wrong, and where.
pub(crate) fn read_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| fault(file, text, &error))
}

fn fault(file: &str, text: &str, error: &Error) -> ConfigError {
    let span = error.span().unwrap_or_default();
    let at = span.start;
    let (line, column) = place(text, at);
    let what = match DeTable::parse(text) {
        Err(_) => format!("this is not TOML: {}", error.message()),
        // The outermost table has no place of its own.
        Ok(_) if span == (0..0) => said(&[], error.message()),
        Ok(table) => said(&path(table.get_ref(), at), error.message()),
    };
    // A message of several lines would be several lines of a log.
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    ConfigError::Setting { file: file.to_owned(), line, column, what }
}

/// Line and column of a place in a text, from 1, in characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

/// The names from the outermost table to what stands at this place: the innermost one of which the
/// name or the value is there.
fn path(table: &DeTable<'_>, at: usize) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in table {
        let is_here = name.span().contains(&at) || value.span().contains(&at);
        let within = within(value.get_ref(), at);
        if is_here || !within.is_empty() {
            let path = [vec![name.get_ref().to_string()], within].concat();
            if path.len() > found.len() {
                found = path;
            }
        }
    }
    found
}

fn within(value: &DeValue<'_>, at: usize) -> Vec<String> {
    match value {
        DeValue::Table(table) => path(table, at),
        DeValue::Array(values) => {
            let longest = |value| within(value, at);
            let paths = values.iter().map(|value| longest(value.get_ref()));
            paths.max_by_key(Vec::len).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What a reader says of the setting at a path, in other words.
fn said(path: &[String], message: &str) -> String {
    let setting = path.join(".");
    let quoted = |text: &str| -> Vec<String> {
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let names = quoted(rest);
        let (name, known) = names.split_first().map_or(("", &[][..]), |(n, k)| (n.as_str(), k));
        // Of a table that is written in one line, the reader names the table as the place.
        let is_named = path.last().is_some_and(|last| last == name);
        let setting = if is_named { setting } else { joined(&setting, name) };
        return match nearest(name, known) {
            Some(near) => format!("there is no setting {setting}; {near} may be meant"),
            None => format!("there is no setting {setting}; there are {}", known.join(", ")),
        };
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let name = quoted(rest).into_iter().next().unwrap_or_default();
        return format!("{} is needed and not given", joined(&setting, &name));
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let names = quoted(rest);
        let (given, known) = names.split_first().map_or(("", &[][..]), |(n, k)| (n.as_str(), k));
        return format!("{setting} is {given:?} and must be {}", known.join(" or "));
    }
    let wrong = message.strip_prefix("invalid type: ");
    let wrong = wrong.or_else(|| message.strip_prefix("invalid value: "));
    if let Some((given, expected)) = wrong.and_then(|rest| rest.split_once(", expected ")) {
        return format!("{setting} is {} and must be {}", plainly(given), wanted(expected));
    }
    format!("{setting}: {message}")
}

fn joined(table: &str, name: &str) -> String {
    if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") }
}

/// A value that was given, in the words of TOML. A long text, or one of several lines, may be what
/// was to be in a file of its own, such as a key: it is not said.
fn plainly(given: &str) -> String {
    if given.starts_with("string ") && (given.len() > TEXT_MAX || given.contains("\\n")) {
        return "a text".to_owned();
    }
    let words = [
        ("string ", "the text "),
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", ""),
        ("map", "a table"),
        ("sequence", "a list"),
    ];
    let found = words.iter().find_map(|(word, plain)| Some((plain, given.strip_prefix(word)?)));
    found
        .map_or_else(|| given.to_owned(), |(plain, rest)| format!("{plain}{rest}").replace('`', ""))
}

/// What was wanted, in the words of TOML.
fn wanted(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "a string" | "path string" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        table if table.starts_with("struct ") => "a table",
        other => other,
    }
}

/// The name that is nearest to a misspelt one, if it is near enough to be meant.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let alike = |known: &str| name.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
    let far = |known: &str| (distance(name, known), Reverse(alike(known)));
    let near = known.iter().map(String::as_str).min_by_key(|known| far(known))?;
    let far = distance(name, near);
    (far <= (name.len() / 2).clamp(1, 3)).then_some(near)
}

/// How many letters have to be put in, taken out or changed.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut above = row[0];
        row[0] = line + 1;
        for (at, other) in to.iter().enumerate() {
            let changed = above + usize::from(letter != *other);
            above = row[at + 1];
            row[at + 1] = changed.min(above + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const BANK: &str = "name = 'north'\nkey = { id = 'north-1', file = 'north.pem' }\n";

    fn said_of(text: &str) -> String {
        let read: Result<Config, _> = read_toml("north.toml", text);
        read.unwrap_err().to_string()
    }

    #[test]
    fn every_fault_is_a_line_that_says_where_what_and_what_instead() {
        let faults = [
            (
                "[timing]\nchallange_ms = 1\n",
                "there is no setting timing.challange_ms; \
              challenge_ms may be meant",
            ),
            (
                "[connections]\nof_all = 1\n",
                "there is no setting connections.of_all; there are \
              max, per_address_max",
            ),
            ("modus = 'x'\n", "there is no setting modus; mode may be meant"),
            (
                "[limits]\ntries = 'five'\n",
                "limits.tries is the text \"five\" and must be \
              a whole number from 0 to 255",
            ),
            (
                "[limits]\ntries = 300\n",
                "limits.tries is the number 300 and must be \
              a whole number from 0 to 255",
            ),
            ("listen = 7001\n", "listen is the number 7001 and must be a text"),
            ("mode = 'devel'\n", "mode is \"devel\" and must be production or development"),
            ("peer = 1\n", "peer is the number 1 and must be a list"),
            ("[[peer]]\nname = 'wallet'\nkey = []\n", "peer.url is needed and not given"),
            (
                "[[peer]]\nname = 'wallet'\nurl = 'http://a'\nkey = [{ id = 'a', pub = '' }]\n",
                "there is no setting peer.key.pub; there are id, public, from_ms, until_ms",
            ),
            ("listen = \n", "this is not TOML: "),
            ("mode = 'production'\nmode = 'development'\n", "this is not TOML: duplicate key"),
        ];
        for (text, expected) in faults {
            let said = said_of(&format!("{BANK}{text}"));
            let (place, what) = said.split_once(": ").unwrap();
            assert!(what.starts_with(expected), "{said}\n{expected}");
            assert!(place.starts_with("north.toml:") && said.lines().count() == 1, "{said}");
            let line: usize = place.split(':').nth(1).unwrap().parse().unwrap();
            assert!((3..=7).contains(&line), "{said}");
        }
        let key = "name = 'north'\nkey = '''-----BEGIN PRIVATE KEY-----\nMC4C\n'''\n";
        assert_eq!(said_of(key), "north.toml:2:7: key is a text and must be a table");
        let said = said_of("key = { id = 'north-1', file = 'north.pem' }\n");
        assert_eq!(said, "north.toml:1:1: name is needed and not given");
        let said = said_of("name = 'north'\n\nkey = { id = 'ä', fil = 'north.pem' }\n");
        assert_eq!(said, "north.toml:3:19: there is no setting key.fil; file may be meant");
        let said = said_of(&format!("name = ''\n{}", BANK.lines().last().unwrap()));
        assert!(said.starts_with("north.toml:1:8: name: "), "{said}");
    }

    #[test]
    fn distances_are_those_of_letters() {
        assert_eq!([distance("", "abc"), distance("abc", ""), distance("abc", "abc")], [3, 3, 0]);
        assert_eq!([distance("abc", "abd"), distance("abc", "ac"), distance("ac", "abc")], [1; 3]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
