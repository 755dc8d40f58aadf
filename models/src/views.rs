//! Local views: what one step sees. A step knows nothing of the world but the records in its view
//! and the facts in its input; so what all steps of a scope saw is all that the scope tells of the
//! protocol's decisions.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use bindproof::bank::binding::{self, Binding};
use bindproof::bank::client;
use bindproof::bank::debit::{self, Debit};
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof::wallet::client as wallet_client;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::lock::{self, Lock};
use bindproof::wallet::{link, operation};
use stateright::Model;

use crate::action::Action;
use crate::capacity::{Job, in_capacity};
use crate::model::{Protocol, Without};
use crate::scope::{Scope, ScopeError};
use crate::search::{Cut, Fires, Watch, search};
use crate::world::World;

/// The records that a step saw, by kind, and its input. There is no key in it, so it is the same
/// whichever binding, operation, account or device it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// The bank client's request.
    BankClient(client::State, client::Input),
    /// The bank server's binding.
    Binding(Binding, binding::Input),
    /// The bank server's debit.
    Debit(Debit, debit::Input),
    /// The wallet server's link, and the account with it.
    Link(link::View, link::Input),
    /// The wallet server's operation, and account, device and lock with it.
    Operation(operation::View, operation::Input),
    /// The wallet server's device.
    Device(Device, device::Input),
    /// The wallet server's lock.
    Lock(Lock, lock::Input),
    /// The wallet client's request.
    WalletClient(wallet_client::State, wallet_client::Input),
}

impl Seen {
    /// Whether a server saw it, and no client.
    pub const fn is_of_a_server(&self) -> bool {
        !matches!(self, Self::BankClient(..) | Self::WalletClient(..))
    }
}

/// What a step saw, and what it decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalView {
    /// What it saw.
    pub seen: Seen,
    /// What it decided.
    pub decided: Decided,
}

/// What all steps of a scope saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The views.
    pub views: BTreeSet<LocalView>,
    /// Distinct states.
    pub states: usize,
    /// Why not all of them were looked at, if they were not.
    pub cut: Option<Cut>,
}

/// Everything that the steps of `scope` see, in at most about `most` states: the one place where
/// views are searched for.
///
/// # Errors
/// If the scope fits no compiled capacity.
pub fn reached(scope: &Scope, policy: &Policy, most: usize) -> Result<Reached, ScopeError> {
    in_capacity(&scope.name, scope, Reach { policy, most })
}

struct Reach<'a> {
    policy: &'a Policy,
    most: usize,
}

impl Job for Reach<'_> {
    type Output = Reached;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Reached {
        let policy = self.policy.clone();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), policy, Without::default());
        let mut collected = Collected::new();
        let explored = search(&Viewed(&model), self.most, &mut collected);
        let (states, cut) = (explored.states.len(), explored.cut);
        Reached { views: collected.views, states, cut }
    }
}

/// The model, telling of each step what was seen.
pub struct Viewed<
    'a,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    /// The model itself.
    pub &'a Protocol<B, O, A, D, S>,
);

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Model
    for Viewed<'_, B, O, A, D, S>
{
    type State = World<B, O, A, D, S>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        self.0.init_states()
    }

    fn actions(&self, world: &Self::State, actions: &mut Vec<Action>) {
        self.0.actions(world, actions);
    }

    fn next_state(&self, world: &Self::State, action: Action) -> Option<Self::State> {
        self.0.next_state(world, action)
    }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Fires
    for Viewed<'_, B, O, A, D, S>
{
    type Fired = Vec<LocalView>;

    fn fires(&self, world: &Self::State, action: &Action) -> (Self::State, Vec<LocalView>) {
        self.0.fire_with_views(world, *action)
    }
}

/// How many views are remembered for a quick look; a power of two.
pub const LATELY: usize = 1 << 12;

/// Views collected so far. The same few come again and again: a short memory of what came lately
/// saves most searches of the set.
struct Collected {
    views: BTreeSet<LocalView>,
    lately: Vec<Option<LocalView>>,
    hasher: std::hash::BuildHasherDefault<crate::hash::Words>,
}

impl Collected {
    fn new() -> Self {
        Self { views: BTreeSet::new(), lately: vec![None; LATELY], hasher: Default::default() }
    }

    fn collect(&mut self, view: LocalView) {
        let place = &mut self.lately[self.hasher.hash_one(view) as usize % LATELY];
        if *place != Some(view) {
            *place = Some(view);
            self.views.insert(view);
        }
    }
}

impl<M: Fires<Fired = Vec<LocalView>>> Watch<M> for Collected {
    fn state(&mut self, _: u32, _: &M::State) {}

    fn step(
        &mut self,
        _: u32,
        _: &M::State,
        _: &M::Action,
        views: &Vec<LocalView>,
        _: u32,
        _: &M::State,
    ) {
        for view in views {
            self.collect(*view);
        }
    }

    fn done(&mut self, _: u32, _: &M::State) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}
