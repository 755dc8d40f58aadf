//! Reads scopes, policies and names of controls, and says what is wrong with them.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::capacity::{Job, in_capacity_without};
use bindproof_models::replay::OFF_MAX;
use bindproof_models::scope::{Scope, ScopeError, at_line};
use bindproof_models::scopes::BUILT_IN;

use crate::distance;
use crate::failure::{self, Failure};

/// A scope, and the file that it was read from.
pub struct Loaded {
    /// The file.
    pub file: String,
    /// The scope.
    pub scope: Scope,
    /// Its text, if it is not built in.
    pub text: Option<String>,
}

impl From<ScopeError> for Failure {
    fn from(error: ScopeError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The scope with this built-in name, or in the file at this path.
///
/// # Errors
/// If there is none, if it cannot be read, if it is malformed or larger than any compiled model.
pub fn scope(name: &str) -> Result<Loaded, Failure> {
    let loaded = match BUILT_IN.iter().find(|built_in| built_in.name == name) {
        Some(built_in) => Loaded {
            scope: Scope::parse(built_in.file, built_in.text)?,
            file: built_in.file.to_owned(),
            text: None,
        },
        None if is_path(name) => return scope_text(name, read(Path::new(name))?),
        None => {
            let known = BUILT_IN.iter().map(|built_in| built_in.name);
            return Err(Failure::Usage(distance::unknown("scope", name, known)));
        }
    };
    fits(loaded)
}

/// The scope that `text` is, which comes from `file`.
///
/// # Errors
/// If it is malformed or larger than any compiled model.
pub fn scope_text(file: &str, text: String) -> Result<Loaded, Failure> {
    let scope = Scope::parse(file, &text)?;
    fits(Loaded { file: file.to_owned(), scope, text: Some(text) })
}

/// Whether there is room for a scope is said before hours are spent on others.
fn fits(loaded: Loaded) -> Result<Loaded, Failure> {
    loaded.fits(&[])?;
    Ok(loaded)
}

impl Loaded {
    /// Whether there is room for it with these controls off.
    ///
    /// # Errors
    /// If there is not.
    pub fn fits(&self, without: &[Control]) -> Result<(), Failure> {
        Ok(in_capacity_without(without, &self.file, &self.scope, Fits)?)
    }
}

/// Nothing to be done with a scope but to find room for it.
struct Fits;

impl Job for Fits {
    type Output = ();

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        _: &Scope,
    ) {
    }
}

/// Whether somebody who writes this means a file.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\', '.']) || Path::new(name).exists()
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read, or is no text.
pub fn read(file: &Path) -> Result<String, Failure> {
    let name = file.display().to_string();
    std::fs::read_to_string(file).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Failure::Malformed(format!("{name}: not UTF-8 text")),
        _ => Failure::Unreadable { file: name, error },
    })
}

/// The policy in this file, or the default one; with its name.
///
/// # Errors
/// If the file cannot be read, or what is in it is no policy at or above the floor.
pub fn policy(file: Option<&Path>) -> Result<(String, Policy), Failure> {
    let Some(file) = file else { return Ok(("default".to_owned(), Policy::DEFAULT)) };
    let name = file.display().to_string();
    let policy = policy_text(&name, &read(file)?)?;
    Ok((name, policy))
}

/// The policy that `text` is, which comes from `file`.
///
/// # Errors
/// If it is no policy at or above the floor.
pub fn policy_text(file: &str, text: &str) -> Result<Policy, Failure> {
    toml::from_str::<Policy>(text)
        .map_err(|error| Failure::Malformed(format!("{file}: {}", where_in(text, &error))))
}

/// "line 7: field: what is wrong". What concerns the policy as a whole has no line, unless it names
/// a field or a rule that has one.
fn where_in(text: &str, error: &toml::de::Error) -> String {
    if error.span().is_some_and(|span| span.end > 0 && !spans_all(text, &span)) {
        return at_line(text, error);
    }
    let message = failure::one_line(error.message());
    let field = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?;
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
    };
    let line = if let Some(border) = field("bands.") {
        line_of(text, 0, |line| line.split('=').next().is_some_and(|key| key.trim() == border))
    } else if let Some(Ok(rule)) = field("rule ").map(str::parse::<usize>) {
        line_of(text, rule.saturating_sub(1), |line| line == "[[rule]]")
    } else if field("version ").is_some() {
        line_of(text, 0, |line| line.starts_with("version"))
    } else {
        None
    };
    line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}"))
}

/// Whether the span says no more than "in this text".
fn spans_all(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).unwrap_or_default();
    let within = text.get(span.clone()).unwrap_or_default();
    before.trim().is_empty() && within.contains('\n')
}

/// The number of the line, counted from 1, that is wanted after `skip` others that are too.
fn line_of(text: &str, skip: usize, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| wanted(line.trim()));
    lines.nth(skip).map(|(_, number)| number)
}

/// The controls with these names.
///
/// # Errors
/// Wrong usage, if one is not known, or there are more than can be off at once: the others would
/// stay on, unsaid.
pub fn controls(names: &[String]) -> Result<Vec<Control>, Failure> {
    let controls = names.iter().map(|name| control(name)).collect::<Result<Vec<_>, _>>()?;
    if controls.len() > OFF_MAX {
        let text = format!("--without: at most {OFF_MAX} controls can be off at once");
        return Err(Failure::Usage(text));
    }
    Ok(controls)
}

/// The control with this name.
///
/// # Errors
/// Wrong usage, with the nearest names that are known.
fn control(name: &str) -> Result<Control, Failure> {
    Control::from_name(name).ok_or_else(|| {
        let known = Control::ALL.iter().map(|control| control.name());
        Failure::Usage(distance::unknown("control", name, known))
    })
}
