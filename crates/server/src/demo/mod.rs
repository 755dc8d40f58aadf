//! Two banks and a wallet on one machine, each with a store of its own, and the whole story of a
//! customer told over real HTTP.

mod cast;
mod story;
mod trace;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use cast::Cast;
use cast::{NAMES, store_of};

use crate::client::ClientError;
use crate::journal::{JournalError, Verified};
use crate::key::Person;
use crate::store::StoreError;

/// Why the demonstration failed.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would be told of customers who have bound their cards.
    #[error(
        "{} holds the stores of a demonstration already, and in the story nothing is bound yet: \
         remove it, or name another folder",
        folder.display()
    )]
    Told {
        /// The folder.
        folder: PathBuf,
    },
    /// A server could not listen.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// A client was not answered as it should have been.
    #[error("{step}: {error}")]
    Client {
        /// What was being done.
        step: &'static str,
        /// What came.
        error: ClientError,
    },
    /// Something came out otherwise than the protocol says.
    #[error("{step}: expected {expected}, found {found}")]
    Otherwise {
        /// What was being done.
        step: &'static str,
        /// What should have come out.
        expected: &'static str,
        /// What came out.
        found: String,
    },
    /// The journals of all servers together are not those of a run of the protocol.
    #[error("the journals together: {0}")]
    Trace(String),
    /// The journals could not be written out.
    #[error("the journals: {0}")]
    Export(#[from] crate::journal::ExportError),
    /// A journal is not what the steps would have written.
    #[error("the journal of {server} is not right{}: {error}", whose(.person))]
    Journal {
        /// Whose server.
        server: &'static str,
        /// Whose journal.
        person: Option<Person>,
        /// What is wrong.
        error: JournalError,
    },
}

fn whose(person: &Option<Person>) -> String {
    person.as_ref().map_or_else(String::new, |person| format!(" ({})", person.as_str()))
}

/// Tells the whole story headless, with stores in `folder`, a line a step through `print`; then
/// checks every journal, for itself and together, and keeps them in `journals`.
///
/// # Errors
/// If there are stores already, and then the first thing that comes out otherwise than it should.
pub async fn headless(
    folder: &Path,
    journals: Option<&Path>,
    mut print: impl FnMut(&str),
) -> Result<Verified, DemoError> {
    if NAMES.iter().any(|name| store_of(folder, name).exists()) {
        return Err(DemoError::Told { folder: folder.to_owned() });
    }
    let cast = Cast::start(folder).await?;
    let told = story::tell(&cast, &mut print).await;
    if let Some(journals) = journals {
        cast.save_journals(journals).await?;
    }
    let verified = match told {
        Ok(()) => cast.verify().await,
        Err(error) => Err(error),
    };
    cast.stop().await;
    verified
}
