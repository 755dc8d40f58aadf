//! A change in one statement: the guard first, and everything else only if it holds.

use sqlx::{PgConnection, Row as _};

use crate::defect::{Defect, planted};
use crate::store::{Change, Saved, StoreError};

/// Begins the guard of a person, for the first time.
const BEGUN: &str = "\
    INSERT INTO persons (person, version, sequence, head) SELECT $1, $2, $3, $4 WHERE $5 = 0 \
    ON CONFLICT DO NOTHING RETURNING 1";
/// Moves the guard on, if it is still where it was.
const MOVED: &str = "\
    UPDATE persons SET version = $2, sequence = $3, head = $4 \
    WHERE person = $1 AND version = $5 RETURNING 1";
/// Moves it on wherever it is.
const UNGUARDED: &str = "\
    UPDATE persons SET version = $2, sequence = $3, head = $4 \
    WHERE person = $1 AND $5 > 0 RETURNING 1";

/// A line of a journal is written once.
const ONCE: &str = "";
/// It takes the place of one that is there.
const OVERWRITTEN: &str = "\
    ON CONFLICT (person, sequence) DO UPDATE SET line = excluded.line, hash = excluded.hash";

/// The statement around a guard and what becomes of a line that is there. Nothing but constants
/// goes into it.
fn statement(guard: &'static str, line: &'static str) -> String {
    format!(
        "WITH guard AS ({guard}), \
         directory AS ( \
           INSERT INTO directory (scope, id, person, value) \
           SELECT d.scope, d.id, $1, d.value \
           FROM guard, unnest($6::text[], $7::text[], $8::text[]) AS d (scope, id, value)), \
         keys AS ( \
           INSERT INTO keys (scope, id, digest, until_ms) \
           SELECT k.* FROM guard, \
             unnest($9::text[], $10::text[], $11::text[], $12::bigint[]) AS k), \
         records AS ( \
           INSERT INTO records (person, kind, id, version, state, refs, live) \
           SELECT $1, r.* FROM guard, unnest($13::text[], $14::text[], $15::bigint[], \
             $16::text[], $17::text[], $18::boolean[]) AS r \
           ON CONFLICT (person, kind, id) DO UPDATE SET version = excluded.version, \
             state = excluded.state, refs = excluded.refs, live = excluded.live), \
         disarmed AS ( \
           DELETE FROM timers t \
           USING guard, unnest($19::text[], $20::text[], $21::text[]) AS d (kind, id, what) \
           WHERE t.person = $1 AND t.kind = d.kind AND t.id = d.id AND t.what = d.what), \
         armed AS ( \
           INSERT INTO timers (person, kind, id, what, due_ms) \
           SELECT $1, a.* FROM guard, \
             unnest($22::text[], $23::text[], $24::text[], $25::bigint[]) AS a \
           ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms), \
         settled AS ( \
           DELETE FROM owed o USING guard, unnest($26::text[], $27::text[]) AS s (slot, id) \
           WHERE o.person = $1 AND o.slot = s.slot AND o.id = s.id), \
         owed AS ( \
           INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, \
             forever, dead, since_ms, lease_ms, lease_owner) \
           SELECT $1, w.*, $41, $42 FROM guard, unnest($28::text[], $29::text[], $30::text[], \
             $31::text[], $32::text[], $33::bigint[], $34::bigint[], $35::boolean[], \
             $36::boolean[], $37::bigint[]) AS w \
           ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
             letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
             attempts = excluded.attempts, next_ms = excluded.next_ms, \
             forever = excluded.forever, dead = excluded.dead, since_ms = excluded.since_ms, \
             lease_ms = excluded.lease_ms, lease_owner = excluded.lease_owner), \
         journal AS ( \
           INSERT INTO journal (person, sequence, line, hash) \
           SELECT $1, j.* FROM guard, unnest($38::bigint[], $39::text[], $40::text[]) AS j \
           {line}) \
         SELECT count(*) FROM guard"
    )
}

/// What a change does to one column of many rows.
macro_rules! column {
    ($rows:expr, $row:pat => $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

/// Writes a change, in one statement and so in one transaction: all of it, or if it is not
/// [`Saved::Done`] nothing.
pub(super) async fn save(on: &mut PgConnection, change: &Change) -> Result<Saved, StoreError> {
    let guard = match change.before.version {
        0 => BEGUN,
        _ if planted(Defect::UnguardedUpdate) => UNGUARDED,
        _ => MOVED,
    };
    let line = if planted(Defect::JournalOverwritten) { OVERWRITTEN } else { ONCE };
    let Change { rows, armed, disarmed, owed, settled, journal, directory, keys, .. } = change;
    let row = sqlx::query(sqlx::AssertSqlSafe(statement(guard, line)))
        .bind(change.person.as_str())
        .bind(change.after.version)
        .bind(change.after.sequence)
        .bind(&change.after.hash)
        .bind(change.before.version)
        .bind(column!(directory, row => row.scope))
        .bind(column!(directory, row => row.id.as_str()))
        .bind(column!(directory, row => row.value.as_str()))
        .bind(column!(keys, row => row.scope.as_str()))
        .bind(column!(keys, row => row.id.as_str()))
        .bind(column!(keys, row => row.digest.as_str()))
        .bind(column!(keys, row => row.until_ms))
        .bind(column!(rows, row => row.kind.name()))
        .bind(column!(rows, row => row.key.to_string()))
        .bind(column!(rows, row => row.version))
        .bind(column!(rows, row => row.state.as_str()))
        .bind(column!(rows, row => row.refs.as_str()))
        .bind(column!(rows, row => row.live))
        .bind(column!(disarmed, (kind, _, _) => kind.name()))
        .bind(column!(disarmed, (_, key, _) => key.to_string()))
        .bind(column!(disarmed, (_, _, what) => what.name()))
        .bind(column!(armed, timer => timer.kind.name()))
        .bind(column!(armed, timer => timer.key.to_string()))
        .bind(column!(armed, timer => timer.what.name()))
        .bind(column!(armed, timer => timer.due_ms))
        .bind(column!(settled, (slot, _) => slot.name()))
        .bind(column!(settled, (_, key) => key.to_string()))
        .bind(column!(owed, letter => letter.slot.name()))
        .bind(column!(owed, letter => letter.key.to_string()))
        .bind(column!(owed, letter => letter.lane.as_str()))
        .bind(column!(owed, letter => letter.letter.as_str()))
        .bind(column!(owed, letter => letter.idempotency_key.as_str()))
        .bind(column!(owed, letter => letter.attempts))
        .bind(column!(owed, letter => letter.next_ms))
        .bind(column!(owed, letter => letter.forever))
        .bind(column!(owed, letter => letter.dead))
        .bind(column!(owed, letter => letter.since_ms))
        .bind(column!(journal, line => line.sequence))
        .bind(column!(journal, line => line.line.as_str()))
        .bind(column!(journal, line => line.hash.as_str()))
        .bind(change.leased.as_ref().map_or(0, |lease| lease.until_ms))
        .bind(change.leased.as_ref().map_or("", |lease| lease.owner.as_str()))
        .fetch_one(on)
        .await;
    match row {
        Ok(row) if row.try_get::<i64, _>(0)? == 1 => Ok(Saved::Done),
        Ok(_) => Ok(Saved::Lost),
        Err(error) if is_taken(&error) => Ok(Saved::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Whether the statement was called off because an id or a key is taken.
fn is_taken(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    error.is_unique_violation() && matches!(error.table(), Some("directory" | "keys"))
}
