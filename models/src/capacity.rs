//! Chooses the smallest compiled world that holds a scope.

use bindproof::control::Control;

use crate::scope::{Scope, ScopeError};
use crate::world::World;

/// Something that is done with a scope in a world of some capacity.
pub trait Job {
    /// What comes out of it.
    type Output;

    /// Does it, in a world with room for so many bindings, operations, accounts, devices and
    /// server slots.
    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output;
}

/// The most bindings, operations, accounts, devices and server slots that are compiled.
pub const LARGEST: [usize; 5] = [3, 4, 3, 3, 2];

/// Does `job` in the smallest capacity that holds `scope` with every control on.
///
/// # Errors
/// If none does; `file` is where the scope came from.
pub fn in_capacity<J: Job>(file: &str, scope: &Scope, job: J) -> Result<J::Output, ScopeError> {
    in_capacity_without(&[], file, scope, job)
}

/// The same with the controls `without` off: more accounts may come to be then.
///
/// # Errors
/// If none does; `file` is where the scope came from.
pub fn in_capacity_without<J: Job>(
    without: &[Control],
    file: &str,
    scope: &Scope,
    job: J,
) -> Result<J::Output, ScopeError> {
    let need = [
        scope.binding.len(),
        scope.operation.len(),
        scope.accounts_needed(without),
        scope.device.len(),
        scope.slots_needed(),
    ];
    let fits = |most: [usize; 5]| need.iter().zip(most).all(|(need, most)| *need <= most);
    if fits([1, 1, 1, 1, 2]) {
        Ok(job.run::<1, 1, 1, 1, 2>(scope))
    } else if fits([1, 2, 2, 2, 0]) {
        Ok(job.run::<1, 2, 2, 2, 0>(scope))
    } else if fits([1, 2, 2, 2, 2]) {
        Ok(job.run::<1, 2, 2, 2, 2>(scope))
    } else if fits([2, 3, 2, 2, 0]) {
        Ok(job.run::<2, 3, 2, 2, 0>(scope))
    } else if fits([2, 2, 2, 2, 2]) {
        Ok(job.run::<2, 2, 2, 2, 2>(scope))
    } else if fits(LARGEST) {
        Ok(job.run::<3, 4, 3, 3, 2>(scope))
    } else {
        let names = ["binding", "operation", "account", "device", "faults.slots"];
        let over = (0..need.len()).find(|i| need[*i] > LARGEST[*i]).unwrap_or(0);
        Err(ScopeError::TooLarge {
            file: file.to_owned(),
            field: names[over],
            asked: need[over],
            most: LARGEST[over],
        })
    }
}

/// One binding, operation, account and device, two server slots.
pub type Least = World<1, 1, 1, 1, 2>;
/// One binding, two operations, two accounts, two devices; servers answer in one step.
pub type Small = World<1, 2, 2, 2, 0>;
/// The same with two server slots.
pub type Handed = World<1, 2, 2, 2, 2>;
/// Two bindings, three operations, two accounts, two devices; servers answer in one step.
pub type Medium = World<2, 3, 2, 2, 0>;
/// Two bindings, two operations, two accounts, two devices, two server slots.
pub type Paired = World<2, 2, 2, 2, 2>;
/// Three bindings, four operations, three accounts, three devices, two server slots.
pub type Large = World<3, 4, 3, 3, 2>;

// A world is copied for every transition and stored for every state: its size is the memory.
const _: () = assert!(size_of::<Least>() == 80);
const _: () = assert!(size_of::<Small>() == 96);
const _: () = assert!(size_of::<Handed>() == 112);
const _: () = assert!(size_of::<Medium>() == 136);
const _: () = assert!(size_of::<Paired>() == 136);
const _: () = assert!(size_of::<Large>() == 216);
