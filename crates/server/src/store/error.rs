//! What can go wrong with a store.

use std::sync::Arc;

use rusqlite::ErrorCode;
use thiserror::Error;

/// A store failed. None of these is an answer to a request: nothing is known to be written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database said so.
    #[error("the store failed: {}", said(.0))]
    Engine(#[from] sqlx::Error),
    /// The engine of the embedded store said so.
    #[error("the store failed: {0}")]
    Embedded(#[from] rusqlite::Error),
    /// The store is of a kind or in a setting that cannot be relied on.
    #[error("{0}")]
    Unsafe(String),
    /// Something in it is not what was written.
    #[error("the store holds {what}, which cannot be read: {why}")]
    Corrupt {
        /// What was read.
        what: String,
        /// Why it cannot be.
        why: String,
    },
    /// Others were faster too many times.
    #[error("the same person was changed by others {attempts} times in a row")]
    Contended {
        /// How many times it was tried.
        attempts: usize,
    },
    /// It did not answer in its time.
    #[error("the store did not answer in time; nothing is known to be written")]
    Late,
    /// The store has been shut down.
    #[error("the store gave no answer; nothing is known to be written")]
    Closed,
    /// It failed for everybody who was asking at that time.
    #[error("{0}")]
    Together(Arc<Self>),
}

impl StoreError {
    /// Whether the store cannot be asked at all, for the time being: it is not reached, is starting
    /// or stopping, or has no room for anybody. Else it failed in what it was asked alone.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Engine(error) => is_outage(error),
            Self::Embedded(error) => error.sqlite_error_code().is_some_and(is_of_the_file),
            Self::Together(error) => error.is_outage(),
            Self::Late => true,
            _ => false,
        }
    }

    /// What is wrong, without saying that it is the store.
    pub fn why(&self) -> String {
        match self {
            Self::Engine(error) => said(error),
            Self::Embedded(error) => error.to_string(),
            other => other.to_string(),
        }
    }

    /// Something that was read cannot be.
    pub fn corrupt(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), why: why.to_string() }
    }
}

fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => {
            // 08: the connection; 28: who asks; 3D: which database; 53: room; 57P: the server stops
            // or starts. 25006: it is a stand-by.
            let classes = ["08", "28", "3D", "53", "57P", "25006"];
            error.code().is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Whether it is about the file and its disk, and not about what was asked.
fn is_of_the_file(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DiskFull
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
    )
}

/// What the engine said: of the database itself, without the place in its own source.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => format!("{} (SQLSTATE {code})", error.message()),
            None => error.message().to_owned(),
        },
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(error) => error.to_string(),
        other => other.to_string(),
    }
}
