//! Where every binding of a store stands.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bindproof::message::LinkStatus;
use serde::Serialize;

use super::time::age;
use super::{OperatorError, words};
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
    /// There was no answer that can be believed.
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
        let (begun_ms, since_ms) = times.get(&(row.kind, row.key)).copied().unwrap_or_default();
        let owed = letters.iter().find(|owed| (owed.slot, owed.key) == (slot, row.key));
        listed.push(Listed {
            binding: row.key,
            person: person.clone(),
            side,
            here,
            begun_ms,
            since_ms,
            owed: owed.map(|owed| (name_of(owed), owed.attempts)),
            there: Theirs::NotAsked,
        });
    }
    Ok(listed)
}

fn name_of(owed: &OwedRow) -> String {
    let letter = serde_json::from_str::<crate::letter::Letter>(&owed.letter);
    letter.map_or("unreadable", |letter| letter.name()).to_owned()
}

pub(super) fn state<T: Table>(row: &Row) -> Result<T::State, OperatorError> {
    serde_json::from_str(&row.state).map_err(|error| OperatorError::Unreadable {
        what: format!("{} {}", row.kind.name(), row.key),
        why: error.to_string(),
    })
}

/// When each record was written first and last.
type Times = BTreeMap<(RecordKind, Key), (i64, i64)>;

fn times(journal: &[JournalRow]) -> Result<Times, OperatorError> {
    let mut times = Times::new();
    for row in journal {
        let line = serde_json::from_str::<Line>(&row.line).map_err(|error| {
            let what = format!("line {} of a journal", row.sequence);
            OperatorError::Unreadable { what, why: error.to_string() }
        })?;
        for touched in &line.after {
            let place = place_of(touched);
            let (begun, _) = times.get(&place).copied().unwrap_or((line.at_ms, 0));
            times.insert(place, (begun, line.at_ms));
        }
    }
    Ok(times)
}

/// The bindings as a table, one a line, at `now_ms`.
pub fn table(listed: &[Listed], now_ms: i64) -> String {
    let mut text = String::new();
    let mut line = |cells: [&str; 6]| {
        let [binding, person, here, since, there, owed] = cells;
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "{binding:<32}  {person:<24}  {here:<26}  {since:>8}  {there:<24}  {owed}"
        );
    };
    line(["BINDING", "PERSON", "HERE", "SINCE", "THERE", "OWED"]);
    for one in listed {
        let there = match &one.there {
            Theirs::NotAsked => "not asked".to_owned(),
            Theirs::Link(status) => words(status),
            Theirs::Unknown => "unknown".to_owned(),
            Theirs::NoAnswer(_) => "no answer".to_owned(),
        };
        let owed = one.owed.as_ref();
        let owed =
            owed.map_or_else(String::new, |(name, sent)| format!("{name}, sent {sent} times"));
        let since = age(now_ms - one.since_ms);
        line([&one.binding.to_string(), one.person.as_str(), &one.here, &since, &there, &owed]);
    }
    text
}
