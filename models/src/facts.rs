//! The facts around an operation, derived from the world as it is, by the specification's rules.

use bindproof::control::Controls;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::facts::{Payment, Running, runs_on};
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::{Context, Operation, Terms};
use bindproof::wallet::person;

use crate::drive::index;
use crate::model::Protocol;
use crate::scope::Owner;
use crate::world::World;

/// When the window of the running total begins.
const ALWAYS_MS: i64 = i64::MIN;

/// An amount of a scope in minor units.
fn minor(thousands: u8) -> u64 {
    u64::from(thousands) * 1000
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The account on which an operation runs now, and its record. Which one a client names that
    /// names none is whichever is the person's when it asks.
    pub fn account_of(
        &self,
        controls: impl Controls,
        world: &World<B, O, A, D, S>,
        o: usize,
    ) -> (Option<usize>, Account) {
        let scope = &self.scope.operation[o];
        let matched = || {
            let found = person::matched(controls, (0u8..).zip(world.accounts));
            (found.key.map(usize::from), found.account)
        };
        let noted = || match (index(world.operation_account[o]), scope.account) {
            (Some(a), _) => (Some(a), world.accounts[a]),
            (None, Some(a)) => (Some(usize::from(a)), world.accounts[usize::from(a)]),
            (None, None) if world.operations[o] == Operation::Absent => matched(),
            (None, None) => (None, Account::Absent),
        };
        runs_on(scope.kind, noted, matched)
    }

    /// The facts around an operation, derived from the world as it is.
    pub fn context(
        &self,
        controls: impl Controls,
        world: &World<B, O, A, D, S>,
        o: usize,
    ) -> Context {
        let scope = &self.scope.operation[o];
        let (account, _) = self.account_of(controls, world, o);
        let device =
            account.map_or(Device::Unknown, |a| world.devices[a][usize::from(scope.device)]);
        let bands = self.policy.bands();
        let running = Running {
            operation: o,
            kind: scope.kind,
            account,
            binding: scope.kind.names_link().then_some(scope.binding),
            minor: minor(scope.amount),
        };
        let link = running.binding.map(usize::from).map(|at| {
            let hangs_on = index(world.link_account[at]);
            (hangs_on, world.links[at].state)
        });
        Context {
            kind: scope.kind,
            signed: device.stands_for(self.has_key(o)),
            environment: scope.environment,
            first_payment: running.is_first_payment(self.paid(world)),
            amount: bands.amount(running.minor),
            total: bands.total(running.total(controls, ALWAYS_MS, self.paid(world))),
            link: running.link(link),
            person_free: person::is_free(account, (0..A).zip(world.accounts)),
        }
    }

    /// Every payment; the model has no clock, and none is ever too long ago.
    fn paid<'a>(
        &'a self,
        world: &'a World<B, O, A, D, S>,
    ) -> impl Iterator<Item = Payment<usize, usize, u8>> + 'a {
        let operations = self.scope.operation.iter().enumerate();
        operations.filter(|(_, scope)| scope.kind == Kind::Pay).map(|(o, scope)| Payment {
            operation: o,
            account: index(world.operation_account[o]),
            binding: scope.binding,
            state: world.operations[o],
            minor: minor(scope.amount),
            asked_ms: None,
        })
    }

    /// Whoever runs the operation holds the key of the device on which it runs.
    pub fn has_key(&self, o: usize) -> bool {
        let scope = &self.scope.operation[o];
        let owner = self.scope.device[usize::from(scope.device)].owner;
        owner == scope.by || (owner == Owner::Holder && self.scope.adversary.holds_phone)
    }

    /// The terms under which the wallet runs.
    pub const fn terms(&self) -> Terms<'_> {
        Terms { policy: &self.policy, limits: &self.limits }
    }
}
