//! Why a case did not pass.

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server did something else than the specification has it.
    Wrong {
        /// What was said or waited for.
        step: String,
        /// What should have come of it.
        expected: String,
        /// What came.
        found: String,
    },
    /// The case cannot be tried here.
    Skipped(String),
    /// Nothing is known: the server could not be reached, or did not answer.
    Undecided(String),
}

impl Trouble {
    /// Something else than expected.
    pub fn wrong(
        step: impl Into<String>,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self::Wrong { step: step.into(), expected, found }
    }
}

/// What a step of a case gives.
pub type Tried<T = ()> = Result<T, Trouble>;
