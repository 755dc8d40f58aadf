//! A snapshot of a person in one statement, and so of one moment. Each statement is a way to the
//! thread of its connection and back, which costs more than what is done there.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::sql::sqlite::{key, kind};
use crate::store::{Head, Loaded, Row, StoreError, Timer, TimerRow};

/// The guard, the live records, those that are named and are not live, and the deadlines: each row
/// with what it is.
const SNAPSHOT: &str = "\
    SELECT 'head', NULL, NULL, version, head, NULL, sequence FROM persons WHERE person = $1 \
    UNION ALL \
    SELECT 'record', kind, id, version, state, refs, live FROM records \
    WHERE person = $1 AND live \
    UNION ALL \
    SELECT 'record', n.kind, n.id, n.version, n.state, n.refs, n.live \
    FROM json_each($2) AS named JOIN records n ON n.person = $1 \
      AND n.kind = named.value ->> 0 AND n.id = named.value ->> 1 AND NOT n.live \
    UNION ALL \
    SELECT 'timer', kind, id, due_ms, what, NULL, NULL FROM timers WHERE person = $1";

pub(super) async fn load(
    on: &mut SqliteConnection,
    person: &Person,
    names: &[(RecordKind, Key)],
) -> Result<Loaded, StoreError> {
    let names: Vec<(&str, String)> =
        names.iter().map(|(kind, key)| (kind.name(), key.to_string())).collect();
    let names = super::form(&names)?;
    let found = sqlx::query(SNAPSHOT).bind(person.as_str()).bind(names).fetch_all(on).await?;
    let mut loaded = Loaded {
        person: person.clone(),
        head: Head::NEW,
        rows: Vec::with_capacity(found.len()),
        timers: Vec::new(),
    };
    for row in &found {
        match row.try_get(0)? {
            "head" => loaded.head = head(row)?,
            "record" => loaded.rows.push(record(row)?),
            _ => loaded.timers.push(timer(row)?),
        }
    }
    Ok(loaded)
}

fn head(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head { version: row.try_get(3)?, sequence: row.try_get(6)?, hash: row.try_get(4)? })
}

fn record(row: &SqliteRow) -> Result<Row, StoreError> {
    Ok(Row {
        kind: kind(row.try_get(1)?)?,
        key: key(row.try_get(2)?)?,
        version: row.try_get(3)?,
        state: row.try_get(4)?,
        refs: row.try_get(5)?,
        live: row.try_get(6)?,
    })
}

fn timer(row: &SqliteRow) -> Result<TimerRow, StoreError> {
    let what: &str = row.try_get(4)?;
    Ok(TimerRow {
        kind: kind(row.try_get(1)?)?,
        key: key(row.try_get(2)?)?,
        what: Timer::from_name(what)
            .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
        due_ms: row.try_get(3)?,
    })
}
