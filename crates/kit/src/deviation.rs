//! Deviations that somebody knows of and has a reason for.

use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::trouble::Trouble;

/// A case that is known to fail, where and how, and why that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The case.
    pub case: String,
    /// The step at which it fails, as the report has it.
    pub step: String,
    /// What is found there, or a part of it.
    pub found: String,
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
    /// Whether this is the failure that is known. Another one of the same case is not.
    pub fn is(&self, wrong: &Trouble) -> bool {
        match wrong {
            Trouble::Wrong { step, found, .. } => *step == self.step && found.contains(&self.found),
            Trouble::Skipped(_) | Trouble::Undecided(_) => false,
        }
    }

    /// Reads a file of them.
    ///
    /// # Errors
    /// If it cannot be read, or one says nothing of where, what or why.
    pub fn read(file: &Path) -> Result<Vec<Self>, DeviationError> {
        let at = |error: String| DeviationError { file: file.display().to_string(), error };
        let text = std::fs::read_to_string(file).map_err(|error| at(error.to_string()))?;
        let read: File = toml::from_str(&text).map_err(|error| at(error.to_string()))?;
        for Self { case, step, found, reason } in &read.deviation {
            for (member, text) in [("step", step), ("found", found), ("reason", reason)] {
                if text.trim().is_empty() {
                    return Err(at(format!("{case} has no {member}")));
                }
            }
        }
        Ok(read.deviation)
    }
}
