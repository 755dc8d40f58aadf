//! The tables of the specification that say what the sources say: codes, times, limits, borders.

use std::collections::BTreeMap;

use bindproof::limits::{Limits, Timing};
use bindproof::policy::Bands;
use bindproof::refusal::Refusal;
use serde_json::{Value, to_value};

use crate::tree::{File, files, read};

/// Codes that readers know and no server gives.
const RESERVED: &[Refusal] = &[Refusal::AccountExistsApprovalRequired, Refusal::StateTimeout];

/// The cells of every row of a table, without its head. The table is the one whose first heading
/// cells are `head`.
fn rows(text: &str, head: &[&str]) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let is_head = |line: &&str| {
        let found = cells(line);
        line.starts_with('|')
            && head.len() <= found.len()
            && head.iter().zip(&found).all(|(a, b)| a == b)
    };
    let mut lines = text.lines().skip_while(|line| !is_head(line));
    assert!(lines.next().is_some(), "there is no table with the head {head:?}");
    lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// A cell without the marks of code.
fn plain(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// A number with its unit, in milliseconds, or a number alone.
fn number(cell: &str) -> Option<u64> {
    let split = cell.rfind(|c: char| c.is_ascii_digit()).map(|at| cell.split_at(at + 1))?;
    let digits: String = split.0.chars().filter(char::is_ascii_digit).collect();
    let unit = match split.1.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "hour" | "hours" => 3_600_000,
        "day" | "days" => 86_400_000,
        _ => return None,
    };
    Some(digits.parse::<u64>().ok()? * unit)
}

/// The fields of a set of numbers, by name.
fn fields(of: serde_json::Result<Value>) -> BTreeMap<String, u64> {
    let Ok(Value::Object(fields)) = of else { return BTreeMap::new() };
    fields.into_iter().filter_map(|(name, value)| Some((name, value.as_u64()?))).collect()
}

/// Every cell of a table of numbers that is not what the sources say: each column has the fields of
/// one set.
fn other_numbers(rows: &[Vec<String>], columns: &[BTreeMap<String, u64>]) -> Vec<String> {
    let mut faults = Vec::new();
    for name in columns.iter().flat_map(BTreeMap::keys) {
        if !rows.iter().any(|row| plain(&row[0]) == name) {
            faults.push(format!("{name} has no row"));
        }
    }
    for row in rows {
        let name = plain(&row[0]);
        for (at, column) in columns.iter().enumerate() {
            let (said, own) = (row.get(at + 1), column.get(name));
            if said.and_then(|cell| number(cell)) != own.copied() || own.is_none() {
                faults.push(format!("{name}: {said:?}, and it is {own:?}"));
            }
        }
    }
    faults
}

fn specification() -> String {
    read("docs/specification.md").expect("there is a specification")
}

#[test]
fn the_codes_are_those_of_the_sources_in_their_order() {
    let rows = rows(&specification(), &["code", "status", "retry", "what the caller does next"]);
    let said: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let own: Vec<[String; 4]> = Refusal::ALL
        .iter()
        .map(|code| {
            let (status, retry) = (code.status().to_string(), code.retry().name().to_owned());
            [code.name().to_owned(), status, retry, code.next_action().to_owned()]
        })
        .collect();
    assert_eq!(said, own);
}

#[test]
fn every_code_has_its_situations_and_reserved_ones_are_given_by_nobody() {
    let rows = rows(&specification(), &["situation", "code", "carried as"]);
    for code in Refusal::ALL {
        let of: Vec<&Vec<String>> =
            rows.iter().filter(|row| plain(&row[1]) == code.name()).collect();
        assert!(!of.is_empty(), "{code} is given in no situation");
        let reserved = of.iter().any(|row| row[0].starts_with("reserved"));
        assert_eq!(reserved, RESERVED.contains(code), "{code}");
    }
    let tree = files();
    let givers = |file: &&File| {
        let shipped = file.path.starts_with("src/") || file.path.starts_with("crates/server/src/");
        shipped && file.is_rust() && file.path != "src/refusal.rs"
    };
    for code in RESERVED {
        let word = format!("Refusal::{code:?}");
        let mut given = tree.iter().filter(givers).filter(|file| file.text.contains(&word));
        assert_eq!(given.next().map(|file| file.path.as_str()), None, "{code} is reserved");
    }
}

#[test]
fn times_limits_and_borders_are_those_of_the_sources() {
    let text = specification();
    let head = ["default", "at least", "at most"];
    let times = rows(&text, &[&["time"][..], &head].concat());
    let own = [Timing::DEFAULT, Timing::MINIMUM, Timing::MAXIMUM].map(|own| fields(to_value(own)));
    assert_eq!(other_numbers(&times, &own), Vec::<String>::new());
    let borders = rows(&text, &[&["border"][..], &head].concat());
    let own = [Bands::DEFAULT, Bands::MINIMUM, Bands::MAXIMUM].map(|own| fields(to_value(own)));
    assert_eq!(other_numbers(&borders, &own), Vec::<String>::new());
    let limits = rows(&text, &["limit", "default", "at most"]);
    let own = [Limits::DEFAULT, Limits::MAXIMUM].map(|own| fields(to_value(own)));
    assert_eq!(other_numbers(&limits, &own), Vec::<String>::new());
    let begins = rows(&text, &["time", "begins with"]);
    let begins: Vec<&str> = begins.iter().map(|row| plain(&row[0])).collect();
    let times: Vec<&str> = times.iter().map(|row| plain(&row[0])).collect();
    assert_eq!(begins, times, "it is said of every time when it begins");
}

#[test]
fn a_number_that_differs_or_is_missing_is_found() {
    let table = "| time | default |\n|---|---|\n| `a_ms` | 2 min |\n| `b_ms` | 3 000 |\n\nmore";
    let rows = rows(table, &["time", "default"]);
    let own = |numbers: &[(&str, u64)]| {
        [numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()]
    };
    let right = own(&[("a_ms", 120_000), ("b_ms", 3_000)]);
    assert_eq!(other_numbers(&rows, &right), Vec::<String>::new());
    assert_eq!(other_numbers(&rows, &own(&[("a_ms", 120_001), ("b_ms", 3_000)])).len(), 1);
    assert_eq!(other_numbers(&rows, &own(&[("a_ms", 120_000)])).len(), 1);
    let more = own(&[("a_ms", 120_000), ("b_ms", 3_000), ("c_ms", 1)]);
    assert_eq!(other_numbers(&rows, &more), ["c_ms has no row"]);
    assert_eq!(number("2 moons"), None);
}
