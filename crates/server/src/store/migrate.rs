//! The tables, and how they come to be: numbered scripts that are part of the program.

/// One script.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1.
    pub number: i64,
    /// What it does to SQLite.
    pub sqlite: &'static str,
    /// What it does to PostgreSQL.
    pub postgres: &'static str,
}

/// Every script, in the order in which they run. One that has ever been released is not changed.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        sqlite: include_str!("../../migrations/sqlite/0001.sql"),
        postgres: include_str!("../../migrations/postgres/0001.sql"),
    },
    Migration {
        number: 2,
        sqlite: include_str!("../../migrations/sqlite/0002.sql"),
        postgres: include_str!("../../migrations/postgres/0002.sql"),
    },
    Migration {
        number: 3,
        sqlite: include_str!("../../migrations/sqlite/0003.sql"),
        postgres: include_str!("../../migrations/postgres/0003.sql"),
    },
    Migration {
        number: 4,
        sqlite: include_str!("../../migrations/sqlite/0004.sql"),
        postgres: include_str!("../../migrations/postgres/0004.sql"),
    },
];

/// The table of what has run.
pub const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY)";

/// Asks for the number of the last script that has run.
pub const NEWEST: &str = "SELECT coalesce(max(number), 0) FROM migrations";

/// The number of the last script.
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Whether the scripts that have run are known here.
///
/// # Errors
/// If the tables are of a later program.
pub fn check(newest: i64) -> Result<(), String> {
    let known = self::newest();
    if newest > known {
        return Err(format!(
            "the tables are at migration {newest}, and this program knows up to {known}"
        ));
    }
    Ok(())
}
