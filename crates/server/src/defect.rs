//! Defects that can be planted in a server, so that whatever looks for defects can be seen to find
//! them.
//!
//! Only a program that is built with the feature `defects` can plant one: `--defect NAME` of its
//! servers. Without the feature nothing is ever planted, and nothing of it is in the program.

/// A defect. Each is looked at in one place of the servers, and named by the check that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defects", derive(clap::ValueEnum))]
pub enum Defect {
    /// The embedded store answers before it commits, as if what it is about to write were durable.
    AnswerBeforeCommit,
    /// A decision is written whatever has changed since its snapshot. The journal's own key stands
    /// behind this guard.
    UnguardedUpdate,
    /// A signature is accepted as often as it comes.
    NonceForgotten,
    /// A line of a journal takes the place of one that is there.
    JournalOverwritten,
}

/// Whether this defect is planted: never.
#[cfg(not(feature = "defects"))]
pub const fn planted(_: Defect) -> bool {
    false
}

#[cfg(feature = "defects")]
pub use planting::{plant, planted};

#[cfg(feature = "defects")]
mod planting {
    use std::sync::OnceLock;

    use super::Defect;

    static PLANTED: OnceLock<Vec<Defect>> = OnceLock::new();

    /// Plants defects in this process; once, before its server starts.
    ///
    /// # Panics
    /// If it is done twice.
    pub fn plant(defects: Vec<Defect>) {
        tracing::warn!(?defects, "planted");
        assert!(PLANTED.set(defects).is_ok(), "defects are planted once");
    }

    /// Whether this defect is planted.
    pub fn planted(defect: Defect) -> bool {
        PLANTED.get().is_some_and(|planted| planted.contains(&defect))
    }
}
