//! Saturation: whether larger scopes show the steps anything new. A chain is a row of scopes, each
//! with one thing more of a kind; if the largest shows no step a view that the one before it did
//! not show, that is evidence, and no proof, that still larger ones would not either.

mod chains;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use bindproof::policy::Policy;

use crate::scope::{Scope, ScopeError};
use crate::views::{LocalView, reached};

pub use chains::CHAINS;
pub use page::markdown;

/// A row of growing scopes.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// Its name.
    pub name: &'static str,
    /// What grows, in one sentence.
    pub about: &'static str,
    /// The smallest scope, as TOML without its name.
    pub base: &'static str,
    /// What each larger scope has besides.
    pub more: &'static [&'static str],
    /// Why the largest still shows something new; none if it does not.
    pub grows: Option<&'static str>,
}

/// What one scope of a chain showed.
#[derive(Clone, Debug)]
pub struct Size {
    /// Distinct states.
    pub states: usize,
    /// Everything that its steps saw.
    pub views: BTreeSet<LocalView>,
    /// Not everything was looked at.
    pub cut: bool,
}

/// The most states of one scope of a chain.
const MOST: usize = 1_500_000;

impl Chain {
    /// The scope of this size, from 1.
    ///
    /// # Errors
    /// If it is not one; the tests keep that from happening.
    pub fn scope(&self, size: usize) -> Result<Scope, ScopeError> {
        let name = format!("{}-{size}", self.name);
        let head = format!("name = \"{name}\"\nabout = \"{}\"\n", self.about);
        let more = self.more[..size.saturating_sub(1)].concat();
        Scope::parse(&name, &format!("{head}{}{more}", self.base))
    }

    /// How many scopes there are.
    pub fn sizes(&self) -> usize {
        self.more.len() + 1
    }

    /// What each scope showed.
    ///
    /// # Errors
    /// If one is malformed, or fits no compiled capacity.
    pub fn run(&self) -> Result<Vec<Size>, ScopeError> {
        let size = |size| {
            let reached = reached(&self.scope(size)?, &Policy::DEFAULT, MOST)?;
            let (states, views) = (reached.states, reached.views);
            Ok(Size { states, views, cut: reached.cut.is_some() })
        };
        (1..=self.sizes()).map(size).collect()
    }

    /// What is wrong with what this chain says of itself, given what its scopes showed.
    pub fn faults(&self, sizes: &[Size]) -> Vec<String> {
        let mut faults = Vec::new();
        if sizes.iter().any(|size| size.cut) {
            faults.push(format!("{}: not everything was looked at", self.name));
        }
        let new = new_in_last(sizes).len();
        match self.grows {
            None if new > 0 => faults.push(format!("{}: {new} new views at the end", self.name)),
            Some(_) if new == 0 => faults.push(format!("{}: nothing new at the end", self.name)),
            _ => {}
        }
        faults
    }
}

/// The views that the largest scope showed and none before it.
pub fn new_in_last(sizes: &[Size]) -> BTreeSet<LocalView> {
    let Some((last, before)) = sizes.split_last() else { return BTreeSet::new() };
    let known = |view: &&LocalView| before.iter().any(|size| size.views.contains(*view));
    last.views.iter().filter(|view| !known(view)).copied().collect()
}
