//! A store's journals as one file that a trace checker reads.

use bindproof::settings::Settings;
use std::io::Write;

use bindproof_conformance::trace::hash::with_hash;
use bindproof_conformance::trace::line::{End, Ending, Header, Role};
use thiserror::Error;

use crate::store::{Everybody, Store, StoreError};

/// Why journals were not written out.
#[derive(Debug, Error)]
pub enum ExportError {
    /// They could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes every journal of a store, person by person, with a header and an end. How many lines
/// there are between them.
///
/// # Errors
/// If the store fails, or nothing can be written.
pub async fn export(
    store: &dyn Store,
    (name, role): (&str, Role),
    rules: &Settings,
    mut out: impl Write,
) -> Result<u64, ExportError> {
    let header = Header {
        limits: rules.limits,
        timing: rules.timing,
        policy: Some(rules.policy.clone()),
        skew_ms: rules.skew_ms,
        ..Header::new(name, role)
    };
    writeln!(out, "{}", serde_json::to_string(&header).map_err(std::io::Error::from)?)?;
    let (mut lines, mut persons) = (0, 0);
    let mut everybody = Everybody::of(store);
    while let Some(person) = everybody.next().await? {
        let rows = store.journal(&person).await?;
        persons += u64::from(!rows.is_empty());
        lines += rows.len() as u64;
        for row in rows {
            writeln!(out, "{}", with_hash(&row.line, &row.hash))?;
        }
    }
    let end = Ending { end: End { lines, persons } };
    writeln!(out, "{}", serde_json::to_string(&end).map_err(std::io::Error::from)?)?;
    Ok(lines)
}
