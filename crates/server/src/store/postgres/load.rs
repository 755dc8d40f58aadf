//! A snapshot of a person in one statement, and so of one moment.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, QueryBuilder, Row as _};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::postgres::statements::{key, kind};
use crate::store::{Head, Loaded, Row, StoreError, Timer, TimerRow};

/// The guard of a person, who is `$1` all through: each row says first what it is.
const PERSON: &str = "\
    SELECT 0, NULL, NULL, version, head, NULL, sequence FROM persons WHERE person = ";
/// Her live records, by their own index.
const LIVE: &str = " \
    UNION ALL \
    SELECT 1, kind, id, version, state, refs, 1 FROM records WHERE person = $1 AND live";
/// Others that are named, by their key: left out where none are, as that is most often.
const NAMED: &str = " \
    UNION ALL \
    SELECT 1, n.kind, n.id, n.version, n.state, n.refs, 0 FROM unnest(";
const KEPT: &str = ") AS named (kind, id) \
    JOIN records n ON n.person = $1 AND n.kind = named.kind AND n.id = named.id AND NOT n.live";
/// Her deadlines.
const TIMERS: &str = " \
    UNION ALL \
    SELECT 2, kind, id, due_ms, what, NULL, 0 FROM timers WHERE person = $1";

pub(super) async fn load(
    on: &mut PgConnection,
    person: &Person,
    names: &[(RecordKind, Key)],
) -> Result<Loaded, StoreError> {
    let mut snapshot = QueryBuilder::new(PERSON);
    snapshot.push_bind(person.as_str()).push(LIVE);
    if !names.is_empty() {
        let kinds: Vec<&str> = names.iter().map(|(kind, _)| kind.name()).collect();
        let ids: Vec<String> = names.iter().map(|(_, key)| key.to_string()).collect();
        snapshot.push(NAMED).push_bind(kinds).push(", ").push_bind(ids).push(KEPT);
    }
    let mut loaded =
        Loaded { person: person.clone(), head: Head::NEW, rows: Vec::new(), timers: Vec::new() };
    for row in snapshot.push(TIMERS).build().fetch_all(on).await? {
        match row.try_get::<i32, _>(0)? {
            0 => loaded.head = head(&row)?,
            1 => loaded.rows.push(record(&row)?),
            _ => loaded.timers.push(timer(&row)?),
        }
    }
    Ok(loaded)
}

fn head(row: &PgRow) -> Result<Head, StoreError> {
    Ok(Head { version: row.try_get(3)?, sequence: row.try_get(6)?, hash: row.try_get(4)? })
}

fn record(row: &PgRow) -> Result<Row, StoreError> {
    Ok(Row {
        kind: kind(row.try_get(1)?)?,
        key: key(row.try_get(2)?)?,
        version: row.try_get(3)?,
        state: row.try_get(4)?,
        refs: row.try_get(5)?,
        live: row.try_get::<i64, _>(6)? == 1,
    })
}

fn timer(row: &PgRow) -> Result<TimerRow, StoreError> {
    let what = row.try_get(4)?;
    Ok(TimerRow {
        kind: kind(row.try_get(1)?)?,
        key: key(row.try_get(2)?)?,
        what: Timer::from_name(what)
            .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
        due_ms: row.try_get(3)?,
    })
}
