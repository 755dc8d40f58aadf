//! Keeps runs in a folder: each as a file to replay, as a story and as a chart.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::replay::Replay;
use bindproof_models::replay::retold::{Retold, carry_out};
use bindproof_models::report::Run;
use bindproof_models::two_worlds;

use crate::failure::Failure;
use crate::figures::count;
use crate::input;
use crate::layout::paragraph;
use crate::subject::Subject;
use crate::{markdown, replay};

/// A folder in which runs are kept.
pub struct Folder {
    path: PathBuf,
    /// The text of the policy, if it is not the default one.
    policy_text: Option<String>,
    /// What was kept, and what was not.
    kept: Vec<String>,
    refused: Vec<String>,
}

impl Folder {
    /// The folder at `path`, which is made if it is not there; for runs under the policy in
    /// `policy`. Whether it can be made is known before anything is searched.
    ///
    /// # Errors
    /// If it cannot be made, or the policy cannot be read.
    pub fn open(path: &Path, policy: Option<&Path>) -> Result<Self, Failure> {
        let policy_text = policy.map(input::read).transpose()?;
        std::fs::create_dir_all(path)
            .map_err(|error| Failure::NotSaved { file: path.display().to_string(), error })?;
        let path = path.to_owned();
        Ok(Self { path, policy_text, kept: Vec::new(), refused: Vec::new() })
    }

    /// Keeps a run that violates `property`, in its three forms. A file that is there already with
    /// other content stays as it is, and [`Folder::end`] says so.
    ///
    /// # Errors
    /// If a file cannot be written, or the run does not fit its scope.
    pub fn keep(
        &mut self,
        subject: &Subject,
        policy: (&str, &Policy),
        without: &[Control],
        property: &'static str,
        run: &Run,
    ) -> Result<(), Failure> {
        let replay = |scope: &str| Replay::new(scope, without, Some(property), &run.actions);
        let (about, mut kept) = match subject {
            Subject::Scope(loaded) => {
                let mut kept = replay(&loaded.scope.name);
                // A run after which nothing happens any more goes around nothing.
                kept.loop_from = run.loop_from.filter(|from| *from < run.actions.len());
                kept.scope_text.clone_from(&loaded.text);
                (&loaded.scope.about, kept)
            }
            Subject::Pair(variant, about) => {
                (about, Replay { pair: run.pair.clone(), ..replay(variant.name) })
            }
        };
        kept.marked = true;
        if self.policy_text.is_some() {
            kept.policy = Some(policy.0.to_owned());
            kept.policy_text.clone_from(&self.policy_text);
        }
        let retold = match (subject, &kept.pair) {
            (Subject::Scope(loaded), _) => carry_out(&loaded.file, &loaded.scope, policy, &kept)?,
            (Subject::Pair(variant, _), Some(pair)) => {
                two_worlds::carry_out(variant, policy.1, &kept, pair)?
            }
            (Subject::Pair(..), None) => return Ok(()),
        };
        self.write(&kept, about, &retold)
    }

    fn write(&mut self, kept: &Replay, about: &str, retold: &Retold) -> Result<(), Failure> {
        let stem = kept.file_stem();
        let faces = [
            ("json", replay::json(kept)?),
            ("md", markdown::story(kept, about, retold)),
            ("svg", retold.svg.clone()),
        ];
        let before = self.refused.len();
        for (ending, text) in faces {
            let file = self.path.join(format!("{stem}.{ending}"));
            if !is_kept(&file, &text)? {
                self.refused.push(file.display().to_string());
            }
        }
        if self.refused.len() == before {
            self.kept.push(self.path.join(format!("{stem}.json")).display().to_string());
        }
        Ok(())
    }

    /// What was kept, and how to walk through it: a command a line, which is never torn.
    pub fn told(&self) -> Option<String> {
        let many = count(self.kept.len(), "run", "runs");
        let text = format!(
            "Kept {many} in {}, each as .json, .md and .svg. To walk through it, step by step:",
            self.path.display()
        );
        let commands = self.kept.iter().map(|file| format!("  bindproof replay {file}"));
        let lines: Vec<String> = [paragraph("", &text)].into_iter().chain(commands).collect();
        (!self.kept.is_empty()).then(|| lines.join("\n"))
    }

    /// Says what was not kept.
    ///
    /// # Errors
    /// If a file was there already with other content.
    pub fn end(self) -> Result<(), Failure> {
        if self.refused.is_empty() {
            Ok(())
        } else {
            Err(Failure::Different(self.refused.join(", ")))
        }
    }
}

/// Writes a file that is not there. Whether it has this content now.
fn is_kept(file: &Path, text: &str) -> Result<bool, Failure> {
    let failed = |error| Failure::NotSaved { file: file.display().to_string(), error };
    match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut new) => new.write_all(text.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::read(file).map(|there| there == text.as_bytes()).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}
