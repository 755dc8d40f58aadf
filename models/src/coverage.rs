//! Coverage: which states of which machines meet which kinds of input in the default scopes,
//! against all those of the total state tables. What no scope brings about stands in a list with a
//! reason.

mod page;
#[cfg(test)]
mod tests;
mod unreached;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use bindproof::policy::Policy;

use crate::scope::{Scope, ScopeError};
use crate::scopes::{DEFAULT, find};
use crate::table::{self, Tuple};
use crate::views::reached;

pub use page::markdown;
pub use unreached::UNREACHED;

/// Tuples that no default scope reaches, and why.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// The machine.
    pub machine: &'static str,
    /// In which states.
    pub states: Which,
    /// On which kinds of input.
    pub inputs: Which,
    /// What kind of reason there is.
    pub why: Why,
    /// The reason.
    pub reason: &'static str,
}

/// Why something is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// What went before keeps it from happening.
    Impossible,
    /// It could happen, and the model does not bring it about.
    LeftOut,
}

/// Some of the states or inputs of a machine. A name that ends with `*` stands for all that begin
/// like it.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// All of them.
    All,
    /// These.
    These(&'static [&'static str]),
    /// All but these.
    But(&'static [&'static str]),
}

impl Which {
    fn has(self, name: &str) -> bool {
        let is = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => *pattern == name,
        };
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(is),
            Self::But(names) => !names.iter().any(is),
        }
    }
}

impl Gap {
    /// Whether a tuple is one of these.
    pub fn has(&self, tuple: &Tuple) -> bool {
        self.machine == tuple.machine
            && self.states.has(&tuple.state)
            && self.inputs.has(&tuple.input)
    }
}

/// Which tuples each scope reaches, by its name.
pub type ByScope = BTreeMap<&'static str, BTreeSet<Tuple>>;

/// What the default scopes reach, looked for on two threads.
///
/// # Errors
/// If one does not parse, or fits no compiled capacity; the tests keep that from happening.
pub fn of_default_scopes() -> Result<ByScope, ScopeError> {
    let next = Mutex::new(DEFAULT.iter());
    let take = || next.lock().ok().and_then(|mut names| names.next().copied());
    let work = || {
        let mut found = Vec::new();
        while let Some(name) = take() {
            found.push((name, of_scope(name)?));
        }
        Ok(found)
    };
    std::thread::scope(|threads| {
        let other = threads.spawn(work);
        let mut found = work()?;
        // A thread that panicked has said so; the pages that lack its scopes differ.
        found.extend(other.join().unwrap_or_else(|_| Ok(Vec::new()))?);
        Ok(found.into_iter().collect())
    })
}

/// What one built-in scope reaches.
///
/// # Errors
/// As above.
pub fn of_scope(name: &'static str) -> Result<BTreeSet<Tuple>, ScopeError> {
    let built_in = find(name)?;
    let scope = Scope::parse(built_in.file, built_in.text)?;
    let views = reached(&scope, &Policy::DEFAULT, usize::MAX)?.views;
    Ok(views.into_iter().map(|view| Tuple::of(view.seen)).collect())
}

/// What is wrong with the list of what is not reached, given what is: one sentence a fault.
pub fn faults<'a>(reached: impl IntoIterator<Item = &'a Tuple>, gaps: &[Gap]) -> Vec<String> {
    let all = table::tuples();
    let reached: BTreeSet<&Tuple> = reached.into_iter().collect();
    let listed = |tuple: &Tuple| gaps.iter().filter(|gap| gap.has(tuple)).count();
    let mut faults = Vec::new();
    for tuple in &all {
        match (reached.contains(tuple), listed(tuple)) {
            (true, 0) | (false, 1) => {}
            (false, 0) => faults.push(format!("{tuple} is not reached, and no reason is given")),
            (true, _) => faults.push(format!("{tuple} is reached, though it is listed as not")),
            (false, _) => faults.push(format!("{tuple} is listed more than once")),
        }
    }
    for tuple in reached.into_iter().filter(|tuple| !all.contains(tuple)) {
        faults.push(format!("{tuple} is reached, and is in no table"));
    }
    for gap in gaps.iter().filter(|gap| !all.iter().any(|tuple| gap.has(tuple))) {
        faults.push(format!("nothing is like {gap:?}"));
    }
    faults
}
