//! Where every binding of a store stands.

use std::collections::BTreeMap;

use bindproof::message::LinkStatus;
use bindproof_conformance::trace::line::Touched;
use serde::Serialize;

use super::time::age;
use super::{OperatorError, counted, words};
use crate::journal::{Line, place_of};
use crate::key::{Key, Person};
use crate::record::{Bindings, Links, RecordKind, Table};
use crate::store::{Everybody, JournalRow, OwedRow, Row, Slot, Store, StoreError};

/// Whose half of a binding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The bank's.
    Bank,
    /// The wallet's.
    Wallet,
}

impl Side {
    /// Whose half of a binding this kind of record is, if it is one.
    const fn of(kind: RecordKind) -> Option<Self> {
        match kind {
            RecordKind::Binding => Some(Self::Bank),
            RecordKind::Link => Some(Self::Wallet),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Wallet => "wallet",
        }
    }
}

/// What the other side says of a binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Theirs {
    /// It was not asked.
    NotAsked,
    /// Where its link stands.
    Link(LinkStatus),
    /// It knows no such link.
    Unknown,
    /// It answered otherwise: a status, and the code of a problem if it named one.
    Answered(String),
    /// There was no answer; why.
    NoAnswer(String),
}

/// One binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its id.
    pub binding: Key,
    /// Whose it is.
    pub person: Person,
    /// Whose half this is.
    pub side: Side,
    /// Where it stands here, in the specification's words.
    pub here: String,
    /// When it was begun here, in milliseconds since 1970.
    pub begun_ms: i64,
    /// Since when it stands where it does, in milliseconds since 1970.
    pub since_ms: i64,
    /// What is owed to the other side about it, and how often that was sent in vain.
    pub owed: Option<(String, i64)>,
    /// What is owed was given up, and is not sent until it is resumed.
    pub given_up: bool,
    /// Where it stands there.
    pub there: Theirs,
}

/// Every binding of a store, the other side not asked.
///
/// # Errors
/// If the store fails or holds what cannot be read.
pub async fn listed(store: &dyn Store) -> Result<Vec<Listed>, OperatorError> {
    let mut all = Vec::new();
    let mut everybody = Everybody::of(store);
    while let Some(person) = everybody.next().await? {
        let rows = store.load(&person, &[]).await?.rows;
        let (journal, letters) = (store.journal(&person).await?, store.letters(&person).await?);
        all.extend(of_person(&person, &rows, &journal, &letters)?);
    }
    Ok(all)
}

/// Whose store this is, by the first so many persons in it; none as long as they have no binding.
///
/// # Errors
/// If the store fails.
pub async fn side(store: &dyn Store, persons: usize) -> Result<Option<Side>, OperatorError> {
    let mut everybody = Everybody::of(store);
    for _ in 0..persons {
        let Some(person) = everybody.next().await? else { break };
        let rows = match store.load(&person, &[]).await {
            Ok(loaded) => loaded.rows,
            // Somebody who cannot be read says nothing of all the others.
            Err(StoreError::Corrupt { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let side = rows.iter().find_map(|row| Side::of(row.kind));
        if side.is_some() {
            return Ok(side);
        }
    }
    Ok(None)
}

fn of_person(
    person: &Person,
    rows: &[Row],
    journal: &[JournalRow],
    letters: &[OwedRow],
) -> Result<Vec<Listed>, OperatorError> {
    let times = times(journal)?;
    let mut listed = Vec::new();
    for row in rows {
        let Some(side) = Side::of(row.kind) else { continue };
        let (slot, here) = match side {
            Side::Bank => (Slot::ToWallet, words(&state::<Bindings>(row)?.state)),
            Side::Wallet => (Slot::Notice, words(&state::<Links>(row)?.state)),
        };
        let (begun_ms, since_ms) = times
            .get(&(row.kind, row.key))
            .map_or((0, 0), |times| (times.begun_ms, times.since_ms));
        let owed = letters.iter().find(|owed| (owed.slot, owed.key) == (slot, row.key));
        listed.push(Listed {
            binding: row.key,
            person: person.clone(),
            side,
            here,
            begun_ms,
            since_ms,
            owed: owed.map(|owed| (owed.name().to_owned(), owed.attempts)),
            given_up: owed.is_some_and(|owed| owed.dead),
            there: Theirs::NotAsked,
        });
    }
    Ok(listed)
}

pub(super) fn state<T: Table>(row: &Row) -> Result<T::State, OperatorError> {
    serde_json::from_str(&row.state).map_err(|error| OperatorError::Unreadable {
        what: format!("{} {}", row.kind.name(), row.key),
        why: error.to_string(),
    })
}

/// When a binding or a link was begun, and since when it stands where it does.
struct Times {
    begun_ms: i64,
    since_ms: i64,
    stands: String,
}

fn times(journal: &[JournalRow]) -> Result<BTreeMap<(RecordKind, Key), Times>, OperatorError> {
    let mut times = BTreeMap::new();
    for row in journal {
        let line = serde_json::from_str::<Line>(&row.line).map_err(|error| {
            let what = format!("line {} of a journal", row.sequence);
            OperatorError::Unreadable { what, why: error.to_string() }
        })?;
        for touched in &line.after {
            let Some(stands) = standing(touched) else { continue };
            let (begun_ms, since_ms) = (line.at_ms, line.at_ms);
            let new = || Times { begun_ms, since_ms, stands: stands.clone() };
            let known = times.entry(place_of(touched)).or_insert_with(new);
            if known.stands != stands {
                (known.since_ms, known.stands) = (since_ms, stands);
            }
        }
    }
    Ok(times)
}

/// Where a binding or a link stands, if it is one. Not everything that is written of one moves it.
fn standing(touched: &Touched<Key>) -> Option<String> {
    match touched {
        Touched::Binding(touch) => Some(words(&touch.state.state)),
        Touched::Link(touch) => Some(words(&touch.state.state)),
        _ => None,
    }
}

/// The bindings as a table, one a line, at `now_ms`. Each column is as wide as what stands in it.
pub fn table(listed: &[Listed], now_ms: i64) -> String {
    let head = ["BINDING", "PERSON", "HERE", "SINCE", "THERE", "OWED"].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(listed.iter().map(|one| cells(one, now_ms)));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).filter_map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cells(one: &Listed, now_ms: i64) -> [String; 6] {
    let there = match &one.there {
        Theirs::NotAsked => "not asked".to_owned(),
        Theirs::Link(status) => words(status),
        Theirs::Unknown => "unknown".to_owned(),
        Theirs::Answered(what) => format!("answered {what}"),
        Theirs::NoAnswer(_) => "no answer".to_owned(),
    };
    let owed = one.owed.as_ref().map_or_else(String::new, |(name, sent)| {
        let given_up = if one.given_up { ", GIVEN UP" } else { "" };
        format!("{name}, sent {}{given_up}", counted(*sent, "time"))
    });
    let (binding, person) = (one.binding.to_string(), one.person.as_str().to_owned());
    [binding, person, one.here.clone(), age(now_ms - one.since_ms), there, owed]
}

#[cfg(test)]
mod tests {
    use bindproof::bank::binding::{Binding, State};
    use bindproof_conformance::trace::line::Touch;

    use super::*;

    fn one(here: &str, there: Theirs, owed: Option<(String, i64)>, given_up: bool) -> Listed {
        Listed {
            binding: Key::from_bytes([1; 16]),
            person: Person::from_store("ada".to_owned()),
            side: Side::Bank,
            here: here.to_owned(),
            begun_ms: 0,
            since_ms: 1_000,
            owed,
            given_up,
            there,
        }
    }

    #[test]
    fn every_column_is_as_wide_as_what_stands_in_it() {
        let long = "closed: a reason that is longer than any column that was ever thought of";
        let listed = [
            one(long, Theirs::Answered("401 signature_invalid".to_owned()), None, false),
            one("active", Theirs::Unknown, Some(("link_end".to_owned(), 1)), true),
        ];
        let table = table(&listed, 4_000);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table}");
        for (column, cells) in [
            ("HERE", [long, "active"]),
            ("SINCE", ["3 s", "3 s"]),
            ("THERE", ["answered 401 signature_invalid", "unknown"]),
            ("OWED", ["", "link_end, sent 1 time, GIVEN UP"]),
        ] {
            let at = lines[0].find(column).unwrap();
            for (line, cell) in lines[1..].iter().zip(cells) {
                assert!(line.get(at..).unwrap_or_default().starts_with(cell), "{column}\n{table}");
            }
        }
    }

    #[test]
    fn since_when_it_stands_so_is_not_since_when_it_was_written() {
        let binding = |state, revision| Binding { state, revision };
        let key = Key::from_bytes([1; 16]);
        let row = |(sequence, at_ms, state): (i64, i64, Binding)| {
            let touch = Touch { key, version: sequence.unsigned_abs() + 1, state };
            let line = Line {
                person: key,
                sequence: Some(sequence.unsigned_abs()),
                version: None,
                at_ms,
                entry: None,
                received: None,
                orders: None,
                after: vec![Touched::Binding(touch)],
                commit: None,
            };
            let line = serde_json::to_string(&line).unwrap();
            JournalRow { sequence, line, hash: String::new() }
        };
        let written = [
            (0, 1, binding(State::Looking, 0)),
            (1, 5, binding(State::Active, 0)),
            (2, 9, binding(State::Active, 2)),
        ];
        let times = times(&written.map(row)).unwrap();
        let times = &times[&(RecordKind::Binding, key)];
        assert_eq!((times.begun_ms, times.since_ms), (1, 5));
    }
}
