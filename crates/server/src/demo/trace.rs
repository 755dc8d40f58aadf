//! The journals of all three servers, checked together.

use std::io::Cursor;
use std::path::Path;

use bindproof_conformance::trace::line::Role;
use bindproof_conformance::trace::{Report, Source, Verdict, check, tell};

use super::DemoError;
use super::cast::{Cast, NAMES};
use crate::journal::export;

impl Cast {
    /// The journals of all three as files, with their names.
    ///
    /// # Errors
    /// If a store fails.
    pub async fn journals(&self) -> Result<Vec<(String, Vec<u8>)>, DemoError> {
        let nodes = [&self.banks[0].node, &self.banks[1].node, &self.wallet.node];
        let roles = [Role::Bank, Role::Bank, Role::Wallet];
        let mut journals = Vec::new();
        for ((node, role), name) in nodes.into_iter().zip(roles).zip(NAMES) {
            let mut text = Vec::new();
            export(&*node.store, (name, role), &node.rules, &mut text).await?;
            journals.push((format!("{name}.ndjson"), text));
        }
        Ok(journals)
    }

    /// Writes them into a folder.
    ///
    /// # Errors
    /// If a store fails, or a file cannot be written.
    pub async fn save_journals(&self, folder: &Path) -> Result<(), DemoError> {
        std::fs::create_dir_all(folder)?;
        for (name, text) in self.journals().await? {
            std::fs::write(folder.join(name), text)?;
        }
        Ok(())
    }

    /// Checks them together: every message that one of them received, another has sent, and the
    /// whole run keeps the properties of the specification.
    ///
    /// # Errors
    /// The first finding; also if anything could not be decided, as nothing is missing here.
    pub async fn check(&self) -> Result<Report, DemoError> {
        let journals = self.journals().await?;
        let sources =
            journals.into_iter().map(|(file, text)| Source { file, lines: Cursor::new(text) });
        let report =
            check(sources.collect(), true).map_err(|error| DemoError::Trace(error.to_string()))?;
        match report.verdict() {
            Verdict::Holds => Ok(report),
            Verdict::Violated | Verdict::Undecided => {
                let first = report.findings.first();
                let first = first.map(|finding| tell::finding(&report, finding));
                let text =
                    [tell::summary(&report), first.unwrap_or_default(), tell::verdict(&report)];
                Err(DemoError::Trace(text.concat()))
            }
        }
    }
}
