//! What is read: ids, keys, and the snapshot of a person, in one statement and so of one moment.

use rusqlite::{Connection, OptionalExtension, Row as Found, params};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::{
    self, Asked, Head, JournalRow, Known, Loaded, Overdue, Row, StoreError, Timer, TimerRow,
};

/// The guard, the live records, those that are named and are not live, and the deadlines: each row
/// with what it is.
const SNAPSHOT: &str = "\
    SELECT 0, NULL, NULL, version, head, NULL, sequence FROM persons WHERE person = ?1 \
    UNION ALL \
    SELECT 1, kind, id, version, state, refs, live FROM records \
    WHERE person = ?1 AND live \
    UNION ALL \
    SELECT 1, n.kind, n.id, n.version, n.state, n.refs, n.live \
    FROM json_each(?2) AS named JOIN records n ON n.person = ?1 \
      AND n.kind = named.value ->> 0 AND n.id = named.value ->> 1 AND NOT n.live \
    UNION ALL \
    SELECT 2, kind, id, due_ms, what, NULL, NULL FROM timers WHERE person = ?1";

/// In one transaction, and so of one moment.
pub(super) fn look(on: &Connection, asked: Asked<'_>) -> Result<Known, StoreError> {
    match (asked.ids, asked.key) {
        ([(scope, id)], None) => {
            return Ok(Known { found: vec![find(on, scope, id)?], body: None });
        }
        ([], Some((scope, id))) => {
            return Ok(Known { found: Vec::new(), body: body_of(on, scope, id)? });
        }
        _ => {}
    }
    let moment = on.unchecked_transaction()?;
    let found = asked.ids.iter().map(|(scope, id)| find(&moment, scope, id));
    let found = found.collect::<Result<_, _>>()?;
    let body = match asked.key {
        Some((scope, id)) => body_of(&moment, scope, id)?,
        None => None,
    };
    moment.commit()?;
    Ok(Known { found, body })
}

pub(super) fn find(
    on: &Connection,
    scope: &str,
    id: &str,
) -> Result<Option<store::Found>, StoreError> {
    let statement = "SELECT person, value FROM directory WHERE scope = ?1 AND id = ?2";
    let mut statement = on.prepare_cached(statement)?;
    let found = statement.query_row(params![scope, id], |row| {
        Ok(store::Found { person: Person::from_store(row.get(0)?), value: row.get(1)? })
    });
    Ok(found.optional()?)
}

pub(super) fn body_of(
    on: &Connection,
    scope: &str,
    id: &str,
) -> Result<Option<String>, StoreError> {
    let statement = "SELECT digest FROM keys WHERE scope = ?1 AND id = ?2";
    let mut statement = on.prepare_cached(statement)?;
    Ok(statement.query_row(params![scope, id], |row| row.get(0)).optional()?)
}

pub(super) fn load(
    on: &Connection,
    person: &Person,
    names: &[(RecordKind, Key)],
) -> Result<Loaded, StoreError> {
    let names: Vec<(&str, String)> =
        names.iter().map(|(kind, key)| (kind.name(), key.to_string())).collect();
    let names = serde_json::to_string(&names).map_err(|e| StoreError::corrupt("names", e))?;
    let mut loaded =
        Loaded { person: person.clone(), head: Head::NEW, rows: Vec::new(), timers: Vec::new() };
    let mut statement = on.prepare_cached(SNAPSHOT)?;
    let mut found = statement.query(params![person.as_str(), names])?;
    while let Some(row) = found.next()? {
        match row.get(0)? {
            0 => loaded.head = head(row)?,
            1 => loaded.rows.push(record(row)?),
            _ => loaded.timers.push(timer(row)?),
        }
    }
    Ok(loaded)
}

pub(super) fn journal(on: &Connection, person: &Person) -> Result<Vec<JournalRow>, StoreError> {
    let statement = "SELECT sequence, line, hash FROM journal WHERE person = ?1 ORDER BY sequence";
    let mut statement = on.prepare_cached(statement)?;
    let lines = statement.query_map([person.as_str()], |row| {
        Ok(JournalRow { sequence: row.get(0)?, line: row.get(1)?, hash: row.get(2)? })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

pub(super) fn overdue(
    on: &Connection,
    now_ms: i64,
    after: Option<&Overdue>,
    limit: i64,
) -> Result<Vec<Overdue>, StoreError> {
    let mut statement = on.prepare_cached(
        "SELECT DISTINCT due_ms, person FROM timers \
         WHERE due_ms <= ?1 AND (due_ms, person) > (?2, ?3) ORDER BY due_ms, person LIMIT ?4",
    )?;
    let (after_ms, person) = Overdue::place_of(after);
    let overdue = statement.query_map(params![now_ms, after_ms, person, limit], |row| {
        Ok(Overdue { due_ms: row.get(0)?, person: Person::from_store(row.get(1)?) })
    })?;
    Ok(overdue.collect::<Result<_, _>>()?)
}

pub(super) fn persons(on: &Connection, after: &str, limit: i64) -> Result<Vec<Person>, StoreError> {
    let statement = "SELECT person FROM persons WHERE person > ?1 ORDER BY person LIMIT ?2";
    let mut statement = on.prepare_cached(statement)?;
    let persons = statement.query_map(params![after, limit], person)?;
    Ok(persons.collect::<Result<_, _>>()?)
}

fn person(row: &Found<'_>) -> rusqlite::Result<Person> {
    Ok(Person::from_store(row.get(0)?))
}

fn head(row: &Found<'_>) -> Result<Head, StoreError> {
    Ok(Head { version: row.get(3)?, sequence: row.get(6)?, hash: row.get(4)? })
}

fn record(row: &Found<'_>) -> Result<Row, StoreError> {
    Ok(Row {
        kind: kind(text(row, 1)?)?,
        key: key(text(row, 2)?)?,
        version: row.get(3)?,
        state: row.get(4)?,
        refs: row.get(5)?,
        live: row.get(6)?,
    })
}

fn timer(row: &Found<'_>) -> Result<TimerRow, StoreError> {
    let what = text(row, 4)?;
    Ok(TimerRow {
        kind: kind(text(row, 1)?)?,
        key: key(text(row, 2)?)?,
        what: Timer::from_name(what)
            .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
        due_ms: row.get(3)?,
    })
}

/// A text where it lies.
pub(super) fn text<'a>(row: &'a Found<'_>, column: usize) -> Result<&'a str, StoreError> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

pub(super) fn key(text: &str) -> Result<Key, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("the key {text:?}"), error))
}

fn kind(text: &str) -> Result<RecordKind, StoreError> {
    RecordKind::from_name(text)
        .ok_or_else(|| StoreError::corrupt(format!("the kind {text:?}"), "unknown"))
}
