//! Checks a scope: asks the checker for every property, and says what it found in the protocol's
//! own words.

mod ask;
pub mod cover;
mod play;
pub(crate) mod room;
mod tell;

pub use tell::PANIC;

use std::ops::ControlFlow;

use bindproof::control::Control;
use bindproof::policy::Policy;
pub use bindproof_checker::Moment;

use crate::capacity::{Job, in_capacity_without};
use crate::model::{Protocol, Without};
use crate::report::Report;
use crate::scope::{Scope, ScopeError};
use crate::symmetry::Symmetry;

/// Told how far a search is, every few thousand states; answers whether it goes on.
pub type Watcher<'a> = &'a (dyn Fn(&Moment) -> ControlFlow<()> + Sync);

/// How a check is run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The policy, and its name.
    pub policy: (&'a str, &'a Policy),
    /// The controls to switch off.
    pub without: &'a [Control],
    /// Only this property.
    pub property: Option<&'a str>,
    /// At most so many states.
    pub most: u64,
    /// Threads that search. What is found is the same for any number.
    pub threads: usize,
    /// Search one state of each orbit only, where a scope has any that are alike. Progress, if it
    /// is asked for, is undecided then, and pinned figures are not compared.
    pub symmetry: bool,
    /// Decide states, steps, rest and witnesses only, which needs no graph, and store states
    /// packed: it reaches several times as far in the same memory. Nothing else is run.
    pub safety: bool,
    /// Told how far it is.
    pub progress: Watcher<'a>,
}

impl<'a> Options<'a> {
    /// Every property with every control on, on one thread, of as many states as there are.
    pub const fn under(policy: (&'a str, &'a Policy)) -> Self {
        Self {
            policy,
            without: &[],
            property: None,
            most: u64::MAX,
            threads: 1,
            symmetry: false,
            safety: false,
            progress: &|_| ControlFlow::Continue(()),
        }
    }

    /// Whether figures that are pinned for the protocol have to come out.
    pub(crate) fn is_the_protocol(&self) -> bool {
        self.without.is_empty() && *self.policy.1 == Policy::DEFAULT
    }

    /// Whether this property is asked for.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.property.is_none_or(|only| only == name)
    }
}

/// Checks `scope` in the smallest capacity that holds it.
///
/// # Errors
/// If no compiled capacity is large enough, nor for the accounts that come to be with controls off,
/// or the policy cannot be scaled as the scope wants it.
pub fn check(file: &str, scope: &Scope, options: &Options<'_>) -> Result<Report, ScopeError> {
    scope.limits.scaled(options.policy.1).map_err(|error| ScopeError::Invalid {
        file: file.to_owned(),
        field: "limits.total_medium_from".into(),
        message: format!("not under the policy {}: {error}", options.policy.0),
    })?;
    let report = in_capacity_without(options.without, file, scope, options)?;
    room::enough(file, report)
}

impl Job for &Options<'_> {
    type Output = Report;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Report {
        let without = Without::these(self.without);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), self.policy.1.clone(), without);
        let symmetry = self.symmetry.then(|| Symmetry::of(scope, without));
        let symmetry = symmetry.filter(|symmetry| !symmetry.is_trivial());
        let mut checker = ask::ask(&model, self, symmetry.is_some());
        if let Some(symmetry) = &symmetry {
            checker = checker.symmetry(|_, world| symmetry.representative(world));
        }
        let found = if self.safety { checker.run_packed() } else { checker.run() };
        tell::tell(&model, self, symmetry.as_ref().map_or(1, Symmetry::order), &found)
    }
}
