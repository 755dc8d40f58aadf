//! A snapshot of a person in one statement, and so of one moment.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, QueryBuilder, Row as _};

use crate::key::{Key, Person};
use crate::record::RecordKind;
use crate::store::postgres::statements::{key, kind};
use crate::store::{Head, Loaded, Row, StoreError, Timer, TimerRow};

/// A person, who is `$1` all through.
const PERSON: &str = "\
    SELECT p.version, p.sequence, p.head, \
      r.kinds, r.ids, r.versions, r.states, r.refs, r.lives, \
      t.kinds, t.ids, t.whats, t.dues \
    FROM (SELECT) one \
    LEFT JOIN persons p ON p.person = ";
/// Her live records, by their own index.
const LIVE: &str = " \
    CROSS JOIN LATERAL ( \
      SELECT coalesce(array_agg(kind), '{}') kinds, coalesce(array_agg(id), '{}') ids, \
        coalesce(array_agg(version), '{}') versions, coalesce(array_agg(state), '{}') states, \
        coalesce(array_agg(refs), '{}') refs, coalesce(array_agg(live), '{}') lives \
      FROM ( \
        SELECT kind, id, version, state, refs, live FROM records WHERE person = $1 AND live";
/// Others that are named, by their key: left out where none are, as that is most often.
const NAMED: &str = " \
        UNION ALL \
        SELECT n.kind, n.id, n.version, n.state, n.refs, n.live \
        FROM unnest(";
const KEPT: &str = ") AS named (kind, id) \
        JOIN records n ON n.person = $1 AND n.kind = named.kind AND n.id = named.id \
          AND NOT n.live";
/// Her deadlines.
const TIMERS: &str = " \
      ) wanted \
    ) r \
    CROSS JOIN LATERAL ( \
      SELECT coalesce(array_agg(kind), '{}') kinds, coalesce(array_agg(id), '{}') ids, \
        coalesce(array_agg(what), '{}') whats, coalesce(array_agg(due_ms), '{}') dues \
      FROM timers WHERE person = $1 \
    ) t";

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
    let row = snapshot.push(TIMERS).build().fetch_one(on).await?;
    let head = match row.try_get::<Option<i64>, _>(0)? {
        Some(version) => Head { version, sequence: row.try_get(1)?, hash: row.try_get(2)? },
        None => Head::NEW,
    };
    Ok(Loaded { person: person.clone(), head, rows: rows(&row)?, timers: timers(&row)? })
}

fn rows(row: &PgRow) -> Result<Vec<Row>, StoreError> {
    let (kinds, ids): (Vec<String>, Vec<String>) = (row.try_get(3)?, row.try_get(4)?);
    let (versions, lives): (Vec<i64>, Vec<bool>) = (row.try_get(5)?, row.try_get(8)?);
    let (states, refs): (Vec<String>, Vec<String>) = (row.try_get(6)?, row.try_get(7)?);
    let names = kinds.into_iter().zip(ids).zip(versions.into_iter().zip(lives));
    let contents = states.into_iter().zip(refs);
    names
        .zip(contents)
        .map(|(((name, id), (version, live)), (state, refs))| {
            Ok(Row { kind: kind(&name)?, key: key(&id)?, version, state, refs, live })
        })
        .collect()
}

fn timers(row: &PgRow) -> Result<Vec<TimerRow>, StoreError> {
    let (kinds, ids): (Vec<String>, Vec<String>) = (row.try_get(9)?, row.try_get(10)?);
    let (whats, dues): (Vec<String>, Vec<i64>) = (row.try_get(11)?, row.try_get(12)?);
    let places = kinds.into_iter().zip(ids);
    places
        .zip(whats.into_iter().zip(dues))
        .map(|((name, id), (what, due_ms))| {
            let what = Timer::from_name(&what)
                .ok_or_else(|| StoreError::corrupt(format!("{what:?}"), "no deadline"))?;
            Ok(TimerRow { kind: kind(&name)?, key: key(&id)?, what, due_ms })
        })
        .collect()
}
