//! Deviations that somebody knows of and has a reason for.

use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

/// A case that is known to fail, and why that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The case.
    pub case: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deviation: Vec<Deviation>,
}

/// Why deviations cannot be read.
#[derive(Debug, Error)]
#[error("{file}: {error}")]
pub struct DeviationError {
    file: String,
    error: String,
}

impl Deviation {
    /// Reads a file of them.
    ///
    /// # Errors
    /// If it cannot be read, or one has no reason.
    pub fn read(file: &Path) -> Result<Vec<Self>, DeviationError> {
        let at = |error: String| DeviationError { file: file.display().to_string(), error };
        let text = std::fs::read_to_string(file).map_err(|error| at(error.to_string()))?;
        let read: File = toml::from_str(&text).map_err(|error| at(error.to_string()))?;
        match read.deviation.iter().find(|deviation| deviation.reason.trim().is_empty()) {
            Some(without) => Err(at(format!("{} has no reason", without.case))),
            None => Ok(read.deviation),
        }
    }
}
