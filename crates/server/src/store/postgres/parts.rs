//! The parts of the statement that writes a change. It has only those that there are rows for: to
//! set up a part and to tear it down again costs the database more than a row does, and most
//! changes have four of nine. Up to three rows are listed; more are bound as arrays, a column each,
//! whatever their number, which costs the database a table for each column. There are few shapes,
//! and a connection plans each of them once.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, Postgres, QueryBuilder, Type};

use crate::store::{Change, StoreError};

/// Begins the guard of a person, for the first time. In every part the person is `$1`.
pub const BEGUN: &str = "\
    WITH guard AS ( \
      INSERT INTO persons (person, version, sequence, head) SELECT $1, $2, $3, $4 WHERE $5 = 0 \
      ON CONFLICT DO NOTHING RETURNING 1)";
/// Moves the guard on, if it is still where it was.
pub const MOVED: &str = "\
    WITH guard AS ( \
      UPDATE persons SET version = $2, sequence = $3, head = $4 \
      WHERE person = $1 AND version = $5 RETURNING 1)";
/// Moves it on wherever it is.
pub const UNGUARDED: &str = "\
    WITH guard AS ( \
      UPDATE persons SET version = $2, sequence = $3, head = $4 \
      WHERE person = $1 AND $5 > 0 RETURNING 1)";

/// How many rows are listed.
const LISTED: usize = 3;

/// What is done with rows, if the guard holds: the text before them, and the text after them.
pub struct Part(&'static str, &'static str);

/// Ids that are the person's.
pub const DIRECTORY: Part = Part(
    ", directory AS ( \
       INSERT INTO directory (person, scope, id, value) SELECT $1, new.* FROM guard, ",
    " AS new)",
);
/// Keys that stand for a body.
pub const KEYS: Part = Part(
    ", keys AS ( \
       INSERT INTO keys (scope, id, digest, until_ms) SELECT new.* FROM guard, ",
    " AS new)",
);
/// Her records.
pub const RECORDS: Part = Part(
    ", records AS ( \
       INSERT INTO records (person, kind, id, version, state, refs, live) \
       SELECT $1, new.* FROM guard, ",
    " AS new \
       ON CONFLICT (person, kind, id) DO UPDATE SET version = excluded.version, \
         state = excluded.state, refs = excluded.refs, live = excluded.live)",
);
/// Deadlines that are no more.
pub const DISARMED: Part = Part(
    ", disarmed AS ( \
       DELETE FROM timers t USING guard, ",
    " AS old (kind, id, what) \
       WHERE t.person = $1 AND t.kind = old.kind AND t.id = old.id AND t.what = old.what)",
);
/// Deadlines.
pub const ARMED: Part = Part(
    ", armed AS ( \
       INSERT INTO timers (person, kind, id, what, due_ms) SELECT $1, new.* FROM guard, ",
    " AS new \
       ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms)",
);
/// Letters that are owed no more.
pub const SETTLED: Part = Part(
    ", settled AS ( \
       DELETE FROM owed o USING guard, ",
    " AS old (slot, id) WHERE o.person = $1 AND o.slot = old.slot AND o.id = old.id)",
);
/// Letters.
pub const OWED: Part = Part(
    ", owed AS ( \
       INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, \
         forever, dead, since_ms, lease_ms, lease_owner) \
       SELECT $1, new.* FROM guard, ",
    " AS new \
       ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
         letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
         attempts = excluded.attempts, next_ms = excluded.next_ms, forever = excluded.forever, \
         dead = excluded.dead, since_ms = excluded.since_ms, lease_ms = excluded.lease_ms, \
         lease_owner = excluded.lease_owner)",
);
/// Lines of the journal, each of which is written once.
pub const JOURNAL: Part = Part(
    ", journal AS ( \
       INSERT INTO journal (person, sequence, line, hash) SELECT $1, new.* FROM guard, ",
    " AS new)",
);
/// Lines that take the place of those that are there.
pub const OVERWRITTEN: Part = Part(
    JOURNAL.0,
    " AS new \
       ON CONFLICT (person, sequence) DO UPDATE SET line = excluded.line, hash = excluded.hash)",
);
/// A row if the guard holds.
const END: &str = " SELECT 1 FROM guard";

/// The statement under way. Nothing but constants goes into its text.
pub struct Parts(QueryBuilder<Postgres>);

impl Parts {
    /// Begins with the guard of a change.
    pub fn after(guard: &'static str, change: &Change) -> Result<Self, StoreError> {
        let mut bound = PgArguments::default();
        bound
            .add(change.person.as_str())
            .and_then(|()| bound.add(change.after.version))
            .and_then(|()| bound.add(change.after.sequence))
            .and_then(|()| bound.add(&change.after.hash))
            .and_then(|()| bound.add(change.before.version))
            .map_err(sqlx::Error::Encode)?;
        Ok(Self(QueryBuilder::with_arguments(guard, bound)))
    }

    /// Adds a part, unless there are no rows for it.
    pub fn add<R>(&mut self, part: &Part, rows: &[R], columns: impl Fn(&mut Columns<'_, '_, R>)) {
        if rows.is_empty() {
            return;
        }
        let sql = &mut self.0;
        sql.push(part.0);
        if rows.len() > LISTED {
            sql.push("unnest(");
            columns(&mut Columns { sql, rows, listed: false, between: "" });
            sql.push(")");
        } else {
            let mut before = "(VALUES (";
            for row in rows.chunks(1) {
                sql.push(before);
                columns(&mut Columns { sql, rows: row, listed: true, between: "" });
                before = "), (";
            }
            sql.push("))");
        }
        sql.push(part.1);
    }

    /// The whole statement, which gives a row if the guard holds.
    pub fn into_query(mut self) -> QueryBuilder<Postgres> {
        self.0.push(END);
        self.0
    }
}

/// The columns of a part's rows: of one that is listed, or of all of them.
pub struct Columns<'a, 'r, R> {
    sql: &'a mut QueryBuilder<Postgres>,
    rows: &'r [R],
    listed: bool,
    between: &'static str,
}

impl<'r, R> Columns<'_, 'r, R> {
    /// The next column.
    pub fn column<T>(&mut self, of: impl Fn(&'r R) -> T) -> &mut Self
    where
        T: Encode<'r, Postgres> + Type<Postgres>,
        Vec<T>: Encode<'r, Postgres> + Type<Postgres>,
    {
        self.sql.push(self.between);
        match self.rows {
            [row] if self.listed => self.sql.push_bind(of(row)),
            rows => self.sql.push_bind(rows.iter().map(of).collect::<Vec<T>>()),
        };
        self.between = ", ";
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_opens_it_closes() {
        let all = [DIRECTORY, KEYS, RECORDS, DISARMED, ARMED, SETTLED, OWED, JOURNAL, OVERWRITTEN];
        for Part(before, after) in all {
            let count = |sign| before.matches(sign).count() + after.matches(sign).count();
            assert_eq!(count('('), count(')'), "{before}…{after}");
        }
    }
}
