//! The journals of all three servers, checked together.

use std::io::Cursor;
use std::path::Path;

use bindproof_conformance::trace::line::Role;
use bindproof_conformance::trace::{Extent, Report, Source, Verdict, check, tell};

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

    /// Checks each of them by itself: for tests in which somebody speaks to a server who keeps no
    /// journal.
    ///
    /// # Errors
    /// The first finding.
    pub async fn check_each(&self) -> Result<(), DemoError> {
        for (file, text) in self.journals().await? {
            let source = Source { file, lines: Cursor::new(text) };
            let report = check(vec![source], Extent::Partial);
            let report = report.map_err(|error| DemoError::Trace(error.to_string()))?;
            if report.verdict() == Verdict::Violated {
                return Err(DemoError::Trace(told(&report)));
            }
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
        let report = check(sources.collect(), Extent::Whole)
            .map_err(|error| DemoError::Trace(error.to_string()))?;
        match report.verdict() {
            Verdict::Holds => Ok(report),
            Verdict::Violated | Verdict::Undecided => Err(DemoError::Trace(told(&report))),
        }
    }
}

/// What a report says, with its first finding.
fn told(report: &Report) -> String {
    let first = report.findings.first().map(|finding| tell::finding(report, finding));
    [tell::summary(report), first.unwrap_or_default(), tell::verdict(report)].concat()
}
