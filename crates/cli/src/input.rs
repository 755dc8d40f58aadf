//! Reads scopes, policies and names of controls, and says what is wrong with them.

use std::path::Path;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::check::{Options, check};
use bindproof_models::scope::{Scope, ScopeError, at_line};
use bindproof_models::scopes::BUILT_IN;

use crate::distance;
use crate::failure::Failure;

/// A scope, and the file that it was read from.
pub struct Loaded {
    /// The file.
    pub file: String,
    /// The scope.
    pub scope: Scope,
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
        Some(built_in) => {
            let file = built_in.file.to_owned();
            Loaded { scope: Scope::parse(&file, built_in.text)?, file }
        }
        None if is_path(name) => {
            Loaded { scope: Scope::parse(name, &read(Path::new(name))?)?, file: name.to_owned() }
        }
        None => {
            let known = BUILT_IN.iter().map(|built_in| built_in.name);
            return Err(Failure::Usage(distance::unknown("scope", name, known)));
        }
    };
    // A search of no states: it fails if no compiled model is large enough, which is to be said
    // before hours are spent on other scopes.
    let nothing = Options {
        policy: ("default", &Policy::DEFAULT),
        without: None,
        property: None,
        most: 0,
        progress: &|_, _| true,
    };
    check(&loaded.file, &loaded.scope, &nothing)?;
    Ok(loaded)
}

/// Whether somebody who writes this means a file.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\', '.']) || Path::new(name).exists()
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::Unreadable { file: file.display().to_string(), error };
    std::fs::read_to_string(file).map_err(unreadable)
}

/// The policy in this file, or the default one; with its name.
///
/// # Errors
/// If the file cannot be read, or what is in it is no policy at or above the floor.
pub fn policy(file: Option<&Path>) -> Result<(String, Policy), Failure> {
    let Some(file) = file else { return Ok(("default".to_owned(), Policy::DEFAULT)) };
    let text = read(file)?;
    let name = file.display().to_string();
    match toml::from_str::<Policy>(&text) {
        Ok(policy) => Ok((name, policy)),
        Err(error) => Err(Failure::Malformed(format!("{name}: {}", where_in(&text, &error)))),
    }
}

/// "line 7: field: what is wrong". What concerns the policy as a whole has no line, unless it names
/// a field or a rule that has one.
fn where_in(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    let whole = error.span().is_none_or(|span| text.get(..span.start).is_none_or(|before| {
        before.trim().is_empty() && span.len() > 1 && text.get(span).is_some_and(|part| part.contains('\n'))
    }));
    if !whole {
        return at_line(text, error);
    }
    let line_of = |wanted: &dyn Fn(&str) -> bool, skip: usize| {
        text.lines().enumerate().filter(|(_, line)| wanted(line.trim())).nth(skip).map(|(at, _)| at + 1)
    };
    let named = |prefix: &str| {
        message.strip_prefix(prefix).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        })
    };
    let line = if let Some(field) = named("bands.") {
        line_of(&|line| line.split('=').next().is_some_and(|key| key.trim() == field), 0)
    } else if let Some(Ok(rule)) = named("rule ").map(|number| number.parse::<usize>()) {
        line_of(&|line| line == "[[rule]]", rule.saturating_sub(1))
    } else if message.starts_with("version ") {
        line_of(&|line| line.starts_with("version"), 0)
    } else {
        None
    };
    line.map_or_else(|| message.to_owned(), |line| format!("line {line}: {message}"))
}

/// The control with this name.
///
/// # Errors
/// Wrong usage, with the nearest names that are known.
pub fn control(name: &str) -> Result<Control, Failure> {
    Control::from_name(name).ok_or_else(|| {
        let known = Control::ALL.iter().map(|control| control.name());
        Failure::Usage(distance::unknown("control", name, known))
    })
}
