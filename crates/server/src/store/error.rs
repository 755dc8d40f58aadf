//! What can go wrong with a store.

use std::sync::Arc;

use thiserror::Error;

/// A store failed. None of these is an answer to a request: nothing is known to be written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database said so.
    #[error("the store failed: {0}")]
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
    /// The store has been shut down, or has rolled back what it was asked to write.
    #[error("the store gave no answer; nothing is known to be written")]
    Closed,
    /// It failed for everybody who was asking at that time.
    #[error("{0}")]
    Together(Arc<Self>),
}

impl StoreError {
    /// Something that was read cannot be.
    pub fn corrupt(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), why: why.to_string() }
    }
}
