//! Snapshots of persons, in one statement, and so of one moment.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::look::unasked;
use super::together::Question;
use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::postgres::statements::{key, kind};
use crate::store::{Head, Loaded, Row, StoreError, Timer, TimerRow};

/// For each person, with her place among those asked for, from 1: the guard, her live records by
/// their own index, and her deadlines; then others that are named, by their key. Each row says what
/// it is.
const SNAPSHOT: &str = "\
    SELECT asked.place, of.* \
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (person, place) \
    CROSS JOIN LATERAL ( \
      SELECT 0, NULL, NULL, version, head, NULL, sequence FROM persons p \
      WHERE p.person = asked.person \
      UNION ALL \
      SELECT 1, kind, id, version, state, refs, 1 FROM records r \
      WHERE r.person = asked.person AND r.live \
      UNION ALL \
      SELECT 2, kind, id, due_ms, what, NULL, 0 FROM timers t WHERE t.person = asked.person \
    ) of \
    UNION ALL \
    SELECT named.place, 1, n.kind, n.id, n.version, n.state, n.refs, 0 \
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) \
      AS named (place, person, kind, id) \
    CROSS JOIN LATERAL (SELECT * FROM records r WHERE r.person = named.person \
      AND r.kind = named.kind AND r.id = named.id AND NOT r.live OFFSET 0) n";

/// A snapshot that is asked for.
#[derive(Debug)]
pub(super) struct Load {
    /// Whose.
    pub person: Person,
    /// Which records it has beside those that are live.
    pub names: Vec<(RecordKind, Key)>,
}

impl Question for Load {
    type Answer = Loaded;

    async fn ask(on: &mut PgConnection, all: &[Self]) -> Result<Vec<Loaded>, StoreError> {
        let persons: Vec<&str> = all.iter().map(|load| load.person.as_str()).collect();
        let (mut places, mut whose) = (Vec::new(), Vec::new());
        let (mut kinds, mut ids) = (Vec::new(), Vec::new());
        for (place, load) in (1i64..).zip(all) {
            for (kind, key) in &load.names {
                places.push(place);
                whose.push(load.person.as_str());
                kinds.push(kind.name());
                ids.push(key.to_string());
            }
        }
        let rows = sqlx::query(SNAPSHOT)
            .bind(persons)
            .bind(places)
            .bind(whose)
            .bind(kinds)
            .bind(ids)
            .fetch_all(on)
            .await?;
        let mut loaded: Vec<Loaded> = all.iter().map(Self::nobody).collect();
        for row in &rows {
            let place = usize::try_from(row.try_get::<i64, _>(0)? - 1).ok();
            let loaded = place.and_then(|place| loaded.get_mut(place)).ok_or_else(unasked)?;
            match row.try_get::<i32, _>(1)? {
                0 => loaded.head = head(row)?,
                1 => loaded.rows.push(record(row)?),
                _ => loaded.timers.push(timer(row)?),
            }
        }
        Ok(loaded)
    }
}

impl Load {
    /// Of somebody of whom nothing is kept.
    fn nobody(&self) -> Loaded {
        Loaded {
            person: self.person.clone(),
            head: Head::NEW,
            rows: Vec::new(),
            timers: Vec::new(),
        }
    }
}

fn head(row: &PgRow) -> Result<Head, StoreError> {
    Ok(Head { version: row.try_get(4)?, sequence: row.try_get(7)?, hash: row.try_get(5)? })
}

fn record(row: &PgRow) -> Result<Row, StoreError> {
    Ok(Row {
        kind: kind(row.try_get(2)?)?,
        key: key(row.try_get(3)?)?,
        version: row.try_get(4)?,
        state: row.try_get(5)?,
        refs: row.try_get(6)?,
        live: row.try_get::<i64, _>(7)? == 1,
    })
}

fn timer(row: &PgRow) -> Result<TimerRow, StoreError> {
    let what = row.try_get(5)?;
    Ok(TimerRow {
        kind: kind(row.try_get(2)?)?,
        key: key(row.try_get(3)?)?,
        what: Timer::from_name(what)
            .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?,
        due_ms: row.try_get(4)?,
    })
}
