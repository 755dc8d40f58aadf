//! A snapshot of a person.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::sql::sqlite::{key, kind};
use crate::store::{Head, Loaded, Row, StoreError, Timer, TimerRow};

/// Must run in a transaction that sees one snapshot.
pub(super) async fn load(
    on: &mut SqliteConnection,
    person: &Person,
    names: &[(RecordKind, Key)],
) -> Result<Loaded, StoreError> {
    let head = head(on, person).await?;
    let live = sqlx::query(
        "SELECT kind, id, version, state, refs, live FROM records \
         WHERE person = $1 AND live",
    )
    .bind(person.as_str())
    .fetch_all(&mut *on)
    .await?;
    let mut rows = live.iter().map(record).collect::<Result<Vec<Row>, StoreError>>()?;
    for (kind, key) in names {
        if rows.iter().any(|row| (row.kind, row.key) == (*kind, *key)) {
            continue;
        }
        let named = sqlx::query(
            "SELECT kind, id, version, state, refs, live FROM records \
             WHERE person = $1 AND kind = $2 AND id = $3",
        )
        .bind(person.as_str())
        .bind(kind.name())
        .bind(key.to_string())
        .fetch_optional(&mut *on)
        .await?;
        rows.extend(named.as_ref().map(record).transpose()?);
    }
    let timers = timers(on, person).await?;
    Ok(Loaded { person: person.clone(), head, rows, timers })
}

async fn head(on: &mut SqliteConnection, person: &Person) -> Result<Head, StoreError> {
    let row = sqlx::query("SELECT version, sequence, head FROM persons WHERE person = $1")
        .bind(person.as_str())
        .fetch_optional(on)
        .await?;
    let Some(row) = row else { return Ok(Head::NEW) };
    Ok(Head { version: row.try_get(0)?, sequence: row.try_get(1)?, hash: row.try_get(2)? })
}

fn record(row: &SqliteRow) -> Result<Row, StoreError> {
    Ok(Row {
        kind: kind(row.try_get(0)?)?,
        key: key(row.try_get(1)?)?,
        version: row.try_get(2)?,
        state: row.try_get(3)?,
        refs: row.try_get(4)?,
        live: row.try_get(5)?,
    })
}

async fn timers(on: &mut SqliteConnection, person: &Person) -> Result<Vec<TimerRow>, StoreError> {
    let rows = sqlx::query("SELECT kind, id, what, due_ms FROM timers WHERE person = $1")
        .bind(person.as_str())
        .fetch_all(on)
        .await?;
    let timer = |row: &SqliteRow| {
        let what: &str = row.try_get(2)?;
        Ok(TimerRow {
            kind: kind(row.try_get(0)?)?,
            key: key(row.try_get(1)?)?,
            what: Timer::from_name(what)
                .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
            due_ms: row.try_get(3)?,
        })
    };
    rows.iter().map(timer).collect()
}
