//! stateright's own explorer on the model: every state by hand, in a browser.

use bindproof::control::Control;
use bindproof::policy::Policy;
use stateright::{Checker, Model};

use crate::capacity::{Job, in_capacity, in_capacity_without};
use crate::model::{Protocol, Without};
use crate::scope::{Scope, ScopeError};

/// Serves `scope` at `address` until the process ends.
///
/// # Errors
/// If the scope fits no compiled capacity.
pub fn serve(
    scope: &Scope,
    policy: &Policy,
    address: std::net::SocketAddr,
) -> Result<(), ScopeError> {
    in_capacity(&scope.name, scope, Serve { policy: policy.clone(), address })
}

struct Serve {
    policy: Policy,
    address: std::net::SocketAddr,
}

impl Job for Serve {
    type Output = ();

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) {
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), self.policy, Without::default());
        model.checker().serve(self.address);
    }
}

/// What stateright's own breadth-first search says of a scope: distinct states, and the names of
/// the state properties for which it found a counterexample. A second opinion, never a verdict:
/// its fingerprints may collide, and its counterexamples need not be the shortest.
///
/// # Errors
/// If the scope fits no compiled capacity.
pub fn second_opinion(
    file: &str,
    scope: &Scope,
    policy: &Policy,
    without: Without,
) -> Result<(usize, Vec<&'static str>), ScopeError> {
    let off: Vec<Control> = without.0.into_iter().flatten().collect();
    in_capacity_without(&off, file, scope, SecondOpinion { policy: policy.clone(), without })
}

struct SecondOpinion {
    policy: Policy,
    without: Without,
}

impl Job for SecondOpinion {
    type Output = (usize, Vec<&'static str>);

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), self.policy, self.without);
        let checker = model.checker().threads(2).spawn_bfs().join();
        let mut found: Vec<&'static str> = checker.discoveries().into_keys().collect();
        found.sort_unstable();
        (checker.unique_state_count(), found)
    }
}
