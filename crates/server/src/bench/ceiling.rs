//! What a bare store does: one row a commit, each durable.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::BenchError;
use crate::store::StoreError;

/// How long a bare store is measured.
const MEASURED: Duration = Duration::from_secs(3);

fn failed(error: sqlx::Error) -> BenchError {
    StoreError::from(error).into()
}

/// Commits a second of one row each, one after the other, in a file in `folder`.
pub(super) fn sqlite(folder: &Path) -> Result<f64, BenchError> {
    committed(&folder.join("ceiling.db")).map_err(|error| StoreError::from(error).into())
}

fn committed(file: &Path) -> rusqlite::Result<f64> {
    let on = Connection::open(file)?;
    on.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, value TEXT NOT NULL)",
    )?;
    let mut insert = on.prepare("INSERT INTO bare (value) VALUES (?1)")?;
    let begun = Instant::now();
    let mut commits = 0u32;
    while begun.elapsed() < MEASURED {
        insert.execute(["one row"])?;
        commits += 1;
    }
    Ok(f64::from(commits) / begun.elapsed().as_secs_f64())
}

/// Commits a second of one row each on a database, by so many connections at once.
pub(super) async fn postgres(url: &str, connections: u32) -> Result<f64, BenchError> {
    let pool = PgPoolOptions::new().max_connections(connections);
    let pool = pool.connect(url).await.map_err(failed)?;
    let table = "CREATE TABLE IF NOT EXISTS bare (id BIGSERIAL PRIMARY KEY, value TEXT NOT NULL)";
    sqlx::query(table).execute(&pool).await.map_err(failed)?;
    let mut writing = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        let pool = pool.clone();
        writing.spawn(async move {
            let mut on = pool.acquire().await.map_err(failed)?;
            let mut commits = 0u32;
            while begun.elapsed() < MEASURED {
                let insert = sqlx::query("INSERT INTO bare (value) VALUES ($1)");
                insert.bind("one row").execute(&mut *on).await.map_err(failed)?;
                commits += 1;
            }
            Ok::<u32, BenchError>(commits)
        });
    }
    let mut commits = 0;
    while let Some(written) = writing.join_next().await {
        commits += written.map_err(|_| BenchError::Unreadable { what: "a count" })??;
    }
    let rate = f64::from(commits) / begun.elapsed().as_secs_f64();
    pool.close().await;
    Ok(rate)
}
