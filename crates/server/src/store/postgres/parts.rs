//! The parts of the statement that writes changes. It has only those that there are rows for: to
//! set up a part and to tear it down again costs the database more than a row does, and most
//! changes have four of ten. Of one change up to three rows are listed. More, and those of several
//! changes, are bound as arrays, a column each, whatever their number, which costs the database a
//! table for each column. There are few shapes, and a connection plans each of them once.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, Postgres, QueryBuilder, Type};

use crate::store::StoreError;

/// How many rows of one change are listed.
const LISTED: usize = 3;

/// What is done with rows, of which each begins with its person: the text before them, and the text
/// after them. All persons are `$1`: by them a table is searched, and the rows then joined; joined
/// alone, it might be read from end to end.
pub struct Part(&'static str, &'static str);

/// Begins the guards of persons, for the first time.
pub const BEGUN: Part = Part(
    "begun AS ( \
       INSERT INTO persons (person, version, sequence, head) SELECT new.* FROM ",
    " AS new \
       ON CONFLICT DO NOTHING RETURNING person)",
);
/// Moves those on that are still where they were.
pub const MOVED: Part = Part(
    "moved AS ( \
       UPDATE persons p SET version = new.version, sequence = new.sequence, head = new.head FROM ",
    " AS new (person, version, sequence, head, before) \
       WHERE p.person = ANY ($1) AND p.person = new.person AND p.version = new.before \
       RETURNING p.person)",
);
/// Moves them on wherever they are.
pub const UNGUARDED: Part = Part(
    MOVED.0,
    " AS new (person, version, sequence, head, before) \
       WHERE p.person = ANY ($1) AND p.person = new.person AND new.before > 0 \
       RETURNING p.person)",
);
/// Ids that are a person's. All instances claim ids in one order, and keys, so that none waits for
/// another that waits for it.
pub const DIRECTORY: Part = Part(
    "directory AS ( \
       INSERT INTO directory (person, scope, id, value) SELECT new.* FROM guard JOIN ",
    " AS new (person, scope, id, value) USING (person) ORDER BY new.scope, new.id)",
);
/// Keys that stand for a body.
pub const KEYS: Part = Part(
    "keys AS ( \
       INSERT INTO keys (scope, id, digest, until_ms) \
       SELECT new.scope, new.id, new.digest, new.until_ms FROM guard JOIN ",
    " AS new (person, scope, id, digest, until_ms) USING (person) \
       ORDER BY new.scope, new.id)",
);
/// Her records.
pub const RECORDS: Part = Part(
    "records AS ( \
       INSERT INTO records (person, kind, id, version, state, refs, live) \
       SELECT new.* FROM guard JOIN ",
    " AS new (person, kind, id, version, state, refs, live) USING (person) \
       ON CONFLICT (person, kind, id) DO UPDATE SET version = excluded.version, \
         state = excluded.state, refs = excluded.refs, live = excluded.live)",
);
/// Deadlines that are no more.
pub const DISARMED: Part = Part(
    "disarmed AS ( \
       DELETE FROM timers t USING guard JOIN ",
    " AS old (person, kind, id, what) USING (person) \
       WHERE t.person = ANY ($1) AND t.person = old.person AND t.kind = old.kind \
         AND t.id = old.id AND t.what = old.what)",
);
/// Deadlines.
pub const ARMED: Part = Part(
    "armed AS ( \
       INSERT INTO timers (person, kind, id, what, due_ms) SELECT new.* FROM guard JOIN ",
    " AS new (person, kind, id, what, due_ms) USING (person) \
       ON CONFLICT (person, kind, id, what) DO UPDATE SET due_ms = excluded.due_ms)",
);
/// Letters that are owed no more.
pub const SETTLED: Part = Part(
    "settled AS ( \
       DELETE FROM owed o USING guard JOIN ",
    " AS old (person, slot, id) USING (person) \
       WHERE o.person = ANY ($1) AND o.person = old.person AND o.slot = old.slot \
         AND o.id = old.id)",
);
/// Letters.
pub const OWED: Part = Part(
    "owed AS ( \
       INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, \
         forever, dead, since_ms, lease_ms, lease_owner) \
       SELECT new.* FROM guard JOIN ",
    " AS new (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, \
         forever, dead, since_ms, lease_ms, lease_owner) USING (person) \
       ON CONFLICT (person, slot, id) DO UPDATE SET lane = excluded.lane, \
         letter = excluded.letter, idempotency_key = excluded.idempotency_key, \
         attempts = excluded.attempts, next_ms = excluded.next_ms, forever = excluded.forever, \
         dead = excluded.dead, since_ms = excluded.since_ms, lease_ms = excluded.lease_ms, \
         lease_owner = excluded.lease_owner)",
);
/// Lines of the journal, each of which is written once.
pub const JOURNAL: Part = Part(
    "journal AS ( \
       INSERT INTO journal (person, sequence, line, hash) SELECT new.* FROM guard JOIN ",
    " AS new (person, sequence, line, hash) USING (person))",
);
/// Lines that take the place of those that are there.
pub const OVERWRITTEN: Part = Part(
    JOURNAL.0,
    " AS new (person, sequence, line, hash) USING (person) \
       ON CONFLICT (person, sequence) DO UPDATE SET line = excluded.line, hash = excluded.hash)",
);
/// Whose guards hold: of those that begin, of those that move on, and of both.
const ONLY_BEGUN: &str = ", guard AS (SELECT person FROM begun)";
const ONLY_MOVED: &str = ", guard AS (SELECT person FROM moved)";
const GUARDS: &str = ", guard AS (SELECT person FROM begun UNION ALL SELECT person FROM moved)";
/// A row for each person whose guard holds.
const END: &str = " SELECT person FROM guard";

/// A row of a change, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'r, R> {
    /// Whose.
    pub person: &'r str,
    /// The row.
    pub row: R,
}

/// The statement under way. Nothing but constants goes into its text.
pub struct Parts {
    sql: QueryBuilder<Postgres>,
    between: &'static str,
    /// How many rows are listed.
    listed: usize,
}

impl Parts {
    /// Begins the statement that writes changes of these persons.
    pub fn of(persons: Vec<&str>) -> Result<Self, StoreError> {
        let listed = if persons.len() == 1 { LISTED } else { 0 };
        let mut bound = PgArguments::default();
        bound.add(persons).map_err(sqlx::Error::Encode)?;
        Ok(Self { sql: QueryBuilder::with_arguments("WITH ", bound), between: "", listed })
    }

    /// Says whose guards hold, once they are all there: some begin, and some move on.
    pub fn guarded(&mut self, begin: bool, move_on: bool) {
        self.sql.push(match (begin, move_on) {
            (true, true) => GUARDS,
            (true, false) => ONLY_BEGUN,
            (false, _) => ONLY_MOVED,
        });
    }

    /// Adds a part, unless there are no rows for it.
    pub fn add<'r, R: Copy>(
        &mut self,
        part: &Part,
        rows: &[Whose<'r, R>],
        columns: impl Fn(&mut Columns<'_, 'r, R>),
    ) {
        if rows.is_empty() {
            return;
        }
        let sql = &mut self.sql;
        sql.push(self.between).push(part.0);
        self.between = ", ";
        if rows.len() > self.listed {
            sql.push("unnest(");
            Columns { sql, rows, listed: false }.all(columns);
            sql.push(")");
        } else {
            let mut before = "(VALUES (";
            for row in rows.chunks(1) {
                sql.push(before);
                Columns { sql, rows: row, listed: true }.all(&columns);
                before = "), (";
            }
            sql.push("))");
        }
        sql.push(part.1);
    }

    /// The whole statement, which gives a row for each person whose guard holds.
    pub fn into_query(mut self) -> QueryBuilder<Postgres> {
        self.sql.push(END);
        self.sql
    }
}

/// The columns of a part's rows: of one that is listed, or of all of them.
pub struct Columns<'a, 'r, R> {
    sql: &'a mut QueryBuilder<Postgres>,
    rows: &'a [Whose<'r, R>],
    listed: bool,
}

impl<'r, R: Copy> Columns<'_, 'r, R> {
    /// The person first, and then the others.
    fn all(mut self, others: impl Fn(&mut Self)) {
        self.bind(|whose| whose.person);
        others(&mut self);
    }

    /// The next column.
    pub fn column<T>(&mut self, of: impl Fn(R) -> T) -> &mut Self
    where
        T: Encode<'r, Postgres> + Type<Postgres>,
        Vec<T>: Encode<'r, Postgres> + Type<Postgres>,
    {
        self.sql.push(", ");
        self.bind(|whose| of(whose.row));
        self
    }

    fn bind<T>(&mut self, of: impl Fn(&Whose<'r, R>) -> T)
    where
        T: Encode<'r, Postgres> + Type<Postgres>,
        Vec<T>: Encode<'r, Postgres> + Type<Postgres>,
    {
        match self.rows {
            [row] if self.listed => self.sql.push_bind(of(row)),
            rows => self.sql.push_bind(rows.iter().map(of).collect::<Vec<T>>()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_opens_it_closes() {
        let all = [
            BEGUN,
            MOVED,
            UNGUARDED,
            DIRECTORY,
            KEYS,
            RECORDS,
            DISARMED,
            ARMED,
            SETTLED,
            OWED,
            JOURNAL,
            OVERWRITTEN,
        ];
        for Part(before, after) in all {
            let count = |sign| before.matches(sign).count() + after.matches(sign).count();
            assert_eq!(count('('), count(')'), "{before}…{after}");
        }
    }
}
