//! The facts around an operation, derived from the world as it is, by the specification's rules.

use bindproof::control::Controls;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link;
use bindproof::wallet::operation::{Context, Operation, Terms};
use bindproof::wallet::person;

use crate::drive::index;
use crate::model::Protocol;
use crate::scope::Owner;
use crate::world::World;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The account on which an operation runs now, and its record. A recovery belongs to the
    /// person and looks for her account anew each time.
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
        match (index(world.operation_account[o]), scope.account) {
            _ if scope.kind == Kind::Recover => matched(),
            (Some(a), _) => (Some(a), world.accounts[a]),
            (None, Some(a)) => (Some(usize::from(a)), world.accounts[usize::from(a)]),
            (None, None) if world.operations[o] == Operation::Absent => matched(),
            (None, None) => (None, Account::Absent),
        }
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
        let minor = |thousands: u8| u64::from(thousands) * 1000;
        let payments = |o2: &usize| self.scope.operation[*o2].kind == Kind::Pay && *o2 != o;
        let total: u8 = (0..self.scope.operation.len())
            .filter(payments)
            .filter(|o2| index(world.operation_account[*o2]) == account)
            .filter(|o2| world.operations[*o2].counts_towards_total(controls))
            .map(|o2| self.scope.operation[o2].amount)
            .sum();
        let first_payment = !(0..self.scope.operation.len()).filter(payments).any(|o2| {
            self.scope.operation[o2].binding == scope.binding
                && world.operations[o2] == Operation::Executed
        });
        let at = usize::from(scope.binding);
        let hangs_here = scope.kind.names_link() && index(world.link_account[at]) == account;
        Context {
            kind: scope.kind,
            signed: self.has_key(o) && device.in_session(),
            environment: scope.environment,
            first_payment: scope.kind == Kind::Pay && first_payment,
            amount: bands.amount(minor(scope.amount)),
            total: bands.total(minor(total + scope.amount)),
            link: if hangs_here { world.links[at].state } else { link::State::Absent },
            person_free: !(0..A).any(|a| world.accounts[a].is_verified() && Some(a) != account),
        }
    }

    /// An account whose holder's identity nobody has verified is a shard of its own, and the model
    /// leaves out its locks.
    pub fn is_shard_of_its_own(&self, world: &World<B, O, A, D, S>, a: usize) -> bool {
        world.accounts[a].is_open() && !world.accounts[a].is_verified()
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
