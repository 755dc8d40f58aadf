//! Every guard as a mutant: switched off by name, a named property must fail. A guard whose loss
//! nobody notices is not a guard, and a property that notices nothing is not a check.

use bindproof::control::Control;
use bindproof::wallet::kind::Kind;

use crate::check::{Options, check};
use crate::report::{PropertyReport, PropertyVerdict, Report, Run};
use crate::scope::{Scope, ScopeError};
use crate::{scopes, two_worlds};

/// One mutant: which controls are off, where to look, and what must fail.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The controls that are switched off; the first gives the mutant its name.
    pub controls: &'static [Control],
    /// The built-in scope, or the pair of worlds, in which the property fails.
    pub scope: &'static str,
    /// In a pair of worlds, the kind of the stranger's operation.
    pub kind: Option<Kind>,
    /// The property that must fail.
    pub property: &'static str,
    /// What goes wrong, in one sentence.
    pub about: &'static str,
}

/// What became of a mutant.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// The mutant's name: its controls.
    pub mutant: String,
    /// What goes wrong.
    pub about: &'static str,
    /// Where it was looked for.
    pub scope: &'static str,
    /// The property that must fail.
    pub expected: &'static str,
    /// Every property that fails and whose run was confirmed, with the number of its actions.
    pub killed_by: Vec<(&'static str, usize)>,
    /// The expected property is among them, and its run was confirmed.
    pub killed: bool,
    /// The shortest run of the expected property.
    pub run: Option<Run>,
    /// Distinct states that were looked at.
    pub distinct: u64,
    /// The search was cut short.
    pub truncated: bool,
}

impl Mutant {
    /// Its name: the names of its controls.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.controls.iter().map(|control| control.name()).collect();
        names.join(" + ")
    }
}

/// Checks a mutant in its scope: as `options` say, but without its controls.
///
/// # Errors
/// If its scope is not built in, or does not parse; the tests keep that from happening.
pub fn run(mutant: &Mutant, options: &Options<'_>) -> Result<MutantReport, ScopeError> {
    let options = Options { without: mutant.controls, ..*options };
    let report = match two_worlds::find(mutant.scope) {
        Some(variant) => two_worlds::check(variant, mutant.kind, &options)?,
        None => {
            let built_in = scopes::find(mutant.scope)?;
            check(built_in.file, &Scope::parse(built_in.file, built_in.text)?, &options)?
        }
    };
    Ok(fate(mutant, &report))
}

/// What became of a mutant of which this is the report.
fn fate(mutant: &Mutant, report: &Report) -> MutantReport {
    let violated = || {
        let properties = report.properties.iter();
        properties.filter(|property| property.verdict == PropertyVerdict::Violated)
    };
    let expected = violated().find(|property| property.name == mutant.property);
    let confirmed = |property: &PropertyReport| {
        let run = property.run.as_ref().filter(|run| run.confirmed)?;
        Some((property.name, run.story.len()))
    };
    let killed_by: Vec<_> = violated().filter_map(confirmed).collect();
    MutantReport {
        mutant: mutant.name(),
        about: mutant.about,
        scope: mutant.scope,
        expected: mutant.property,
        killed: killed_by.iter().any(|(name, _)| *name == mutant.property),
        killed_by,
        run: expected.and_then(|property| property.run.clone()),
        distinct: report.distinct,
        truncated: report.cut_by.is_some(),
    }
}

/// Every mutant: of what must never happen or stay possible, of what must come to be, and of two
/// worlds.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    MUTANTS.iter().chain(PROGRESS).chain(two_worlds::MUTANTS)
}

/// A mutant of one control.
const fn off(
    controls: &'static [Control],
    scope: &'static str,
    property: &'static str,
    about: &'static str,
) -> Mutant {
    Mutant { controls, scope, kind: None, property, about }
}

mod list;
mod progress;
pub use list::MUTANTS;
pub use progress::PROGRESS;

#[cfg(test)]
mod tests {
    use super::*;
    use bindproof::policy::Policy;

    #[test]
    fn a_run_that_is_not_confirmed_kills_nothing() {
        let mutant = all().find(|mutant| mutant.name() == "waits-for-account").expect("there");
        let options =
            Options { without: mutant.controls, ..Options::under(("default", &Policy::DEFAULT)) };
        let built_in = scopes::find(mutant.scope).expect("built in");
        let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
        let mut report = check(built_in.file, &scope, &options).expect("fits");
        let killed = fate(mutant, &report);
        assert!(killed.killed && killed.killed_by.len() > 1, "{:?}", killed.killed_by);
        for property in &mut report.properties {
            if let Some(run) = property.run.as_mut().filter(|_| property.name == mutant.property) {
                run.confirmed = false;
            }
        }
        let not = fate(mutant, &report);
        assert!(!not.killed && not.run.is_some());
        assert_eq!(not.killed_by.len() + 1, killed.killed_by.len());
        assert!(not.killed_by.iter().all(|(name, _)| *name != mutant.property));
    }
}
