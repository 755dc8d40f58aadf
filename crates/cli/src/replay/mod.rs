//! `bindproof replay`.

mod blocks;
mod keys;
mod screen;
mod text;
mod walk;

use std::io::IsTerminal;
use std::path::Path;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof::wallet::kind::Kind;
use bindproof_models::properties::{self, ALL};
use bindproof_models::replay::memory::{Marked, Memory};
use bindproof_models::replay::retold::{Ending, Retold, Told, carry_out};
use bindproof_models::replay::{Replay, ReplayError, Source};
use bindproof_models::scopes::BUILT_IN;
use bindproof_models::two_worlds::{self, VARIANTS};

use crate::arguments::{ReplayArguments, ReplayFormat};
use crate::distance;
use crate::failure::{FINE, Failure, UNDECIDED, VIOLATED};
use crate::figures::count;
use crate::input::{self, Loaded};
use crate::output::Output;
use crate::paint::Tone;

/// A run, and where it comes from.
pub struct Played {
    /// The replay file.
    pub file: String,
    /// What it says.
    pub replay: Replay,
    /// The run, carried out again.
    pub retold: Retold,
}

impl Played {
    /// The number of the last step that was carried out.
    pub fn last(&self) -> usize {
        self.retold.steps.len()
    }

    /// The step with this number; none for the beginning, which is number 0.
    pub fn step(&self, number: usize) -> Option<&Told> {
        number.checked_sub(1).and_then(|index| self.retold.steps.get(index))
    }

    /// What is remembered after this step.
    pub fn memory(&self, number: usize) -> &Memory {
        self.step(number).map_or(&self.retold.beginning, |step| &step.memory)
    }

    /// The same, marked by how it differs from what was remembered before.
    pub fn marked(&self, number: usize) -> Vec<Marked> {
        let before = number.checked_sub(1).map_or(&self.retold.beginning, |n| self.memory(n));
        self.memory(number).since(before)
    }

    /// The properties that are violated in this step, or at the beginning.
    pub fn violated(&self, number: usize) -> &[&'static str] {
        self.step(number).map_or(&self.retold.violated_at_first, |step| &step.violated)
    }

    /// "smoke without waits-for-account".
    pub fn place(&self) -> String {
        let off: Vec<&str> = self.replay.without.iter().map(|control| control.name()).collect();
        let kind = self.replay.pair.as_ref().map(|pair| format!(" ({})", pair.kind));
        let scope = format!("{}{}", self.replay.scope, kind.unwrap_or_default());
        match off.as_slice() {
            [] => scope,
            off => format!("{scope} without {}", off.join(" and ")),
        }
    }

    /// "Step 2 of 4".
    pub fn number(&self, number: usize) -> String {
        format!("Step {number} of {}", self.retold.planned)
    }

    /// What the run is said to show, as a sentence.
    pub fn claim(&self) -> String {
        let steps = count(self.retold.planned, "step", "steps");
        let around = self.replay.loop_from.map(|from| format!(", going around after step {from}"));
        let claim = match self.replay.violates {
            Some(name) => format!("which is said to violate {name} at its end"),
            None => "of which nothing is claimed but that it is possible".into(),
        };
        format!("{}: {steps}{}, {claim}.", self.place(), around.unwrap_or_default())
    }

    /// What the property says that is violated, and if the run goes on for ever how, and who waits:
    /// one paragraph each.
    pub fn meaning(&self) -> Vec<String> {
        let violated = match self.retold.ending {
            Ending::Confirmed(name) | Ending::NotShownByARun(name) => Some(name),
            _ => None,
        };
        let says = violated.and_then(properties::says);
        says.into_iter().chain(self.retold.aftermath(&self.replay)).collect()
    }

    /// What the end shows, and how it is meant.
    pub fn ending(&self) -> (Tone, String) {
        let tone = match self.retold.ending {
            Ending::Possible | Ending::Confirmed(_) => Tone::Good,
            Ending::NotShownByARun(_) => Tone::Doubtful,
            _ => Tone::Bad,
        };
        (tone, self.retold.ending.sentence())
    }

    const fn exit_code(&self) -> u8 {
        match self.retold.ending {
            Ending::Possible | Ending::Confirmed(_) => FINE,
            Ending::NotShownByARun(_) => UNDECIDED,
            _ => VIOLATED,
        }
    }
}

/// Carries a run out again and shows it.
///
/// # Errors
/// If the file is not there or malformed, there is no such step, or nothing can be printed.
pub fn run(arguments: &ReplayArguments, out: &mut Output) -> Result<u8, Failure> {
    let played = played(&arguments.file)?;
    if let Some(number) = arguments.step {
        if arguments.format != ReplayFormat::Text {
            return Err(Failure::Usage("--step is for text only".into()));
        }
        if number > played.last() {
            let last = played.last();
            let text = format!("--step {number}: there is none; the steps are 0 to {last}");
            return Err(Failure::Usage(text));
        }
        text::step(&played, number, out)?;
        return Ok(played.exit_code());
    }
    match arguments.format {
        ReplayFormat::Text if !arguments.plain && is_interactive() => walk::walk(&played, out)?,
        ReplayFormat::Text => text::all(&played, out)?,
        ReplayFormat::Mermaid => out.write(&played.retold.mermaid)?,
        ReplayFormat::Svg => out.write(&played.retold.svg)?,
        ReplayFormat::Json => out.write(&json(&played.replay)?)?,
    }
    if arguments.format != ReplayFormat::Text && played.exit_code() != FINE {
        eprintln!("bindproof: {}: {}", played.file, played.ending().1);
    }
    Ok(played.exit_code())
}

/// The text of the replay's file.
///
/// # Errors
/// Never in fact.
pub fn json(replay: &Replay) -> Result<String, Failure> {
    replay.to_json().map_err(|error| Failure::Unwritable(error.into()))
}

/// Whether somebody sits there who can press a key and see what comes of it.
fn is_interactive() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|value| value == "dumb");
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !dumb
}

/// Reads a replay and carries it out.
fn played(file: &Path) -> Result<Played, Failure> {
    let name = file.display().to_string();
    let text = input::read(file)?;
    let replay = Replay::parse(&name, &text).map_err(with_near_names)?;
    let (policy, rules) = policy(file, &replay)?;
    let retold = match (replay.source(), &replay.pair) {
        (Some(Source::Pair(variant)), Some(run)) => {
            two_worlds::carry_out(variant, &rules, &replay, run)?
        }
        _ => {
            let loaded = scope(file, &replay)?;
            carry_out(&loaded.file, &loaded.scope, (&policy, &rules), &replay)?
        }
    };
    Ok(Played { file: name, replay, retold })
}

/// Says which known names are near to one that is not known.
fn with_near_names(error: ReplayError) -> Failure {
    let ReplayError::Unknown { file, field, what, name } = &error else {
        return Failure::Malformed(error.to_string());
    };
    let known: Vec<&str> = match *field {
        "scope" => {
            let pairs = VARIANTS.iter().map(|variant| variant.name);
            BUILT_IN.iter().map(|built_in| built_in.name).chain(pairs).collect()
        }
        "kind" => Kind::ALL.iter().map(|kind| kind.name()).collect(),
        "without" => Control::ALL.iter().map(|control| control.name()).collect(),
        _ => ALL.iter().map(|(_, name, _)| *name).collect(),
    };
    let unknown = distance::unknown(what, name, known.into_iter());
    Failure::Malformed(format!("{file}: {field}: {unknown}"))
}

/// The scope of a replay. A path in the file starts at the file's own folder.
fn scope(file: &Path, replay: &Replay) -> Result<Loaded, Failure> {
    match replay.source() {
        Some(Source::Inline(text)) => {
            input::scope_text(&format!("{}: scope_text", file.display()), text.to_owned())
        }
        Some(Source::File(path)) => {
            let path = beside(file, path);
            input::scope_text(&path.display().to_string(), input::read(&path)?)
        }
        Some(Source::BuiltIn(_) | Source::Pair(_)) | None => input::scope(&replay.scope),
    }
}

/// The policy of a replay, with its name.
fn policy(file: &Path, replay: &Replay) -> Result<(String, Policy), Failure> {
    match (&replay.policy_text, replay.policy.as_deref()) {
        (Some(text), _) => {
            let name = format!("{}: policy_text", file.display());
            let policy = input::policy_text(&name, text)?;
            Ok((name, policy))
        }
        (None, None | Some("default")) => input::policy(None),
        (None, Some(path)) => input::policy(Some(&beside(file, path))),
    }
}

fn beside(file: &Path, path: &str) -> std::path::PathBuf {
    file.parent().unwrap_or_else(|| Path::new("")).join(path)
}
