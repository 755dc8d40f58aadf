//! What is there where a store is said to be, before anything is opened that would make one.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::StoreError;
use super::migrate::{NEWEST, check, newest};
use super::postgres::in_time;

/// How far the tables are that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// There are none.
    None,
    /// They are those of this program.
    Ready,
    /// They are of an earlier one; a server brings them up to date when it starts.
    Behind {
        /// The last migration that has run.
        found: i64,
        /// The last one that there is.
        newest: i64,
    },
}

impl Tables {
    /// # Errors
    /// If they are of a later program.
    fn at(found: Option<i64>) -> Result<Self, StoreError> {
        let Some(found) = found.filter(|found| *found > 0) else { return Ok(Self::None) };
        check(found).map_err(StoreError::Unsafe)?;
        let newest = newest();
        Ok(if found < newest { Self::Behind { found, newest } } else { Self::Ready })
    }

    /// Those in a file.
    ///
    /// # Errors
    /// If it cannot be read, or they are of a later program.
    pub async fn in_file(file: &Path) -> Result<Self, StoreError> {
        let file = file.to_owned();
        let found = tokio::task::spawn_blocking(move || in_file(&file));
        Self::at(found.await.map_err(|_| StoreError::Closed)??)
    }

    /// Those in a database.
    ///
    /// # Errors
    /// If it is not reached in time, or they are of a later program.
    pub async fn in_database(url: &str) -> Result<Self, StoreError> {
        Self::at(in_time(in_database(url)).await?)
    }
}

fn in_file(file: &Path) -> Result<Option<i64>, StoreError> {
    let on = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'";
    let tables: i64 = on.query_row(tables, [], |row| row.get(0))?;
    match tables {
        0 => Ok(None),
        _ => Ok(Some(on.query_row(NEWEST, [], |row| row.get(0))?)),
    }
}

async fn in_database(url: &str) -> Result<Option<i64>, StoreError> {
    let options: PgConnectOptions = url.parse()?;
    let mut on = PgConnection::connect_with(&options).await?;
    let there = sqlx::query("SELECT to_regclass('migrations') IS NOT NULL");
    let there: bool = there.fetch_one(&mut on).await?.try_get(0)?;
    let newest = match there {
        true => Some(sqlx::query(NEWEST).fetch_one(&mut on).await?.try_get(0)?),
        false => None,
    };
    // What was asked is known, whatever becomes of the connection.
    let _ = on.close().await;
    Ok(newest)
}
