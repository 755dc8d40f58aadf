//! Why the command ends without a result, and the exit code for it (those of sysexits.h).

use std::io;

/// Everything was seen and is as it should be.
pub const FINE: u8 = 0;
/// A property is violated, a mutant survives, or a replay does not do what it says.
pub const VIOLATED: u8 = 1;
/// Cut short, or undecided.
pub const UNDECIDED: u8 = 2;
/// Used wrongly.
pub const USAGE: u8 = 64;
/// A defect of this program.
pub const DEFECT: u8 = 70;

/// Why the command ends without a result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was used wrongly.
    #[error("{0}")]
    Usage(String),
    /// Nothing could be found out; says what to do.
    #[error("{0}")]
    Undecided(String),
    /// A scope, a policy, a replay, a configuration or a key is malformed; names file, line and
    /// field.
    #[error("{0}")]
    Malformed(String),
    /// A file cannot be read.
    #[error("{file}: cannot be read: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// A file that was to be written is there already, and says something else.
    #[error("{0}: there already, with other content; left as it is")]
    Different(String),
    /// A file cannot be written.
    #[error("{file}: cannot be written: {error}")]
    NotSaved {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Unwritable(io::Error),
}

impl Failure {
    /// The exit code.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Undecided(_) => UNDECIDED,
            Self::Malformed(_) => 65,
            Self::Unreadable { .. } => 66,
            Self::Different(_) | Self::NotSaved { .. } | Self::Unwritable(_) => 73,
        }
    }
}

/// The text on one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
