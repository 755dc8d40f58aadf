//! The model: one [`stateright::Model`] of the four parties, driven by the very steps of the
//! specification.

use bindproof::control::{Control, Controls};
use bindproof::journal::{Decided, Event};
use bindproof::limits::Limits;
use bindproof::policy::Policy;
use bindproof::policy::TrustAge;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;

use crate::action::Action;
use crate::drive::{Drive, Fired, Key};
use crate::scope::Scope;
use crate::views::LocalView;
use crate::world::World;

/// Every control but at most two. Two, because some guards stand one behind the other: to see that
/// the second matters, the first has to be off as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without(pub [Option<Control>; 2]);

impl Without {
    /// Every control but these; those beyond the second are ignored.
    pub fn these(controls: &[Control]) -> Self {
        Self([controls.first().copied(), controls.get(1).copied()])
    }

    /// Whether nothing is switched off.
    pub fn nothing(self) -> bool {
        self == Self::default()
    }
}

impl Controls for Without {
    #[inline(always)]
    fn on(self, control: Control) -> bool {
        self.0[0] != Some(control) && self.0[1] != Some(control)
    }
}

/// A scope under a policy, with every control but at most two, in worlds of one capacity.
#[derive(Clone, Debug)]
pub struct Protocol<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> {
    /// How much of the world, and under which faults and attacks.
    pub scope: Scope,
    /// The condition.
    pub policy: Policy,
    /// The controls that are switched off, if any.
    pub controls: Without,
    /// The scope's limits, as the steps take them.
    pub limits: Limits,
}

impl<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> Protocol<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>
{
    /// The model of `scope`. The caller has checked that the scope fits the capacity and the policy
    /// (see [`crate::capacity::in_capacity`] and [`crate::scope::LimitsScope::scaled`]).
    pub fn new(scope: Scope, policy: Policy, without: Without) -> Self {
        let limits = scope.limits.limits();
        let policy = scope.limits.scaled(&policy).unwrap_or(policy);
        Self { scope, policy, controls: without, limits }
    }

    /// The world in which the scope begins.
    pub fn initial(&self) -> World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS> {
        let mut world = World::EMPTY;
        for (index, account) in self.scope.account.iter().enumerate() {
            world.accounts[index] = Account::Open {
                origin: account.origin,
                verified: account.verified,
                authenticated: true,
            };
            for device in &account.devices {
                world.devices[index][usize::from(*device)] = Device::Trusted {
                    session: account.session,
                    authenticator: true,
                    age: TrustAge::Aged,
                };
            }
        }
        world
    }

    /// Carries out one action, which the caller has from `actions`: the world after it, and what
    /// fired.
    pub fn fire(
        &self,
        world: &World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>,
        action: Action,
    ) -> (World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>, Fired) {
        let mut after = *world;
        let mut drive = Drive::new(self, &mut after);
        drive.act(action);
        let fired = drive.finish();
        (after, fired)
    }

    /// The same, with what the servers write into their journals.
    pub fn fire_with_journal(
        &self,
        world: &World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>,
        action: Action,
    ) -> (World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>, Vec<(Event<Key>, Decided)>) {
        let mut after = *world;
        let mut drive = Drive::new(self, &mut after);
        drive.keep_journal();
        drive.act(action);
        let journal = drive.journal();
        (after, journal)
    }

    /// The same, with what the servers write into their journals, and what each of these steps saw.
    pub fn fire_with_records(
        &self,
        world: &World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>,
        action: Action,
    ) -> (World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>, Vec<(Event<Key>, LocalView)>) {
        let mut after = *world;
        let mut drive = Drive::new(self, &mut after);
        drive.keep_journal();
        drive.keep_views();
        drive.act(action);
        let events = drive.journal().into_iter().map(|(event, _)| event);
        let views = drive.views().into_iter().filter(|view| view.seen.is_of_a_server());
        let records = events.zip(views).collect();
        (after, records)
    }

    /// The same, with what each step saw.
    pub fn fire_with_views(
        &self,
        world: &World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>,
        action: Action,
    ) -> (World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>, Vec<LocalView>) {
        let mut after = *world;
        let mut drive = Drive::new(self, &mut after);
        drive.keep_views();
        drive.act(action);
        let views = drive.views();
        (after, views)
    }
}

impl<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> stateright::Model for Protocol<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>
{
    type State = World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        vec![self.initial()]
    }

    fn actions(&self, world: &Self::State, actions: &mut Vec<Action>) {
        crate::possible::possible(self, world, actions);
    }

    fn next_state(&self, world: &Self::State, action: Action) -> Option<Self::State> {
        let mut after = Some(*world);
        if let Some(world) = &mut after {
            Drive::new(self, world).act(action);
        }
        after
    }

    fn format_action(&self, action: &Action) -> String {
        crate::story::sentence(&self.scope, *action)
    }

    fn format_step(&self, world: &Self::State, action: Action) -> Option<String> {
        let (after, fired) = self.fire(world, action);
        Some(crate::story::changes(world, &after, &fired).join("\n"))
    }

    fn as_svg(&self, path: stateright::Path<Self::State, Action>) -> Option<String> {
        let actions: Vec<Action> =
            path.into_vec().into_iter().filter_map(|(_, action)| action).collect();
        Some(crate::chart::svg(self, &actions))
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        crate::properties::state::as_stateright()
    }
}

impl<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> crate::search::Fires for Protocol<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>
{
    type Fired = Fired;

    fn fires(&self, world: &Self::State, action: &Action) -> (Self::State, Fired) {
        self.fire(world, *action)
    }
}

impl<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> bindproof_checker::Tagged for Protocol<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>
{
    type Tag = Fired;

    #[inline]
    fn fire(&self, world: &Self::State, action: &Action) -> (Fired, Option<Self::State>) {
        let (after, fired) = Protocol::fire(self, world, *action);
        (fired, Some(after))
    }

    // Where nobody asks what fired, what says so is then not copied either.
    #[inline(always)]
    fn fire_into(
        &self,
        world: &Self::State,
        action: &Action,
        after: &mut Option<Self::State>,
    ) -> Fired {
        let mut drive = Drive::new(self, after.insert(*world));
        drive.act(*action);
        drive.finish()
    }
}
