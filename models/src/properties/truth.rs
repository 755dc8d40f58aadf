//! What the condition truly requires. The facts are read from the world and from what the observer
//! noted, not by the code that the wallet reads them with, so that a mistake there is none here.
//! One thing is shared: on which account an operation runs. That it is the right one is what other
//! properties are about (`same-person-on-both-sides`, `one-account-per-person`).

use bindproof::control::AllOn;
use bindproof::policy::{DeviceStanding, Facts, Origin, Requirement, TrustAge, required};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::Operation;

use crate::drive::index;
use crate::model::Protocol;
use crate::world::World;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// What the condition truly requires of operation `o` in `world`.
    pub(super) fn truly_required(&self, world: &World<B, O, A, D, S>, o: usize) -> Requirement {
        required(&self.policy, self.true_facts(world, o))
    }

    /// The facts around operation `o`, as they truly are.
    pub fn true_facts(&self, world: &World<B, O, A, D, S>, o: usize) -> Facts {
        let scope = &self.scope.operation[o];
        let (account, record) = self.account_of(AllOn, world, o);
        let (origin, authenticated) = match record {
            Account::Open { origin, authenticated, .. } => (origin, authenticated),
            Account::Absent | Account::Closed => (Origin::BankRegistered, false),
        };
        let device =
            account.map_or(Device::Unknown, |a| world.devices[a][usize::from(scope.device)]);
        let (device, trust_age) = match device {
            Device::Trusted { session: true, age, .. } if self.has_key(o) => {
                (DeviceStanding::Trusted, age)
            }
            Device::Trusted { .. } | Device::Unknown => (DeviceStanding::Unknown, TrustAge::Recent),
            Device::Revoked => (DeviceStanding::Revoked, TrustAge::Recent),
        };
        let bands = self.policy.bands();
        let minor = |thousands: u8| u64::from(thousands) * 1000;
        let before = account.map_or(0, |a| self.truly_sent(world, o, a));
        Facts {
            kind: scope.kind,
            origin,
            authenticated,
            device,
            trust_age,
            environment: scope.environment,
            first_payment: scope.kind == Kind::Pay && !self.truly_paid_before(world, o),
            amount: bands.amount(minor(scope.amount)),
            total: bands.total(minor(scope.amount.saturating_add(before))),
        }
    }

    /// The other payments.
    fn other_payments(&self, o: usize) -> impl Iterator<Item = usize> + '_ {
        let pays = move |p: &usize| *p != o && self.scope.operation[*p].kind == Kind::Pay;
        (0..self.scope.operation.len()).filter(pays)
    }

    /// Another payment through the same link has gone through.
    fn truly_paid_before(&self, world: &World<B, O, A, D, S>, o: usize) -> bool {
        let link = |p: usize| self.scope.operation[p].binding;
        self.other_payments(o).any(|p| link(p) == link(o) && world.history.went_through[p])
    }

    /// What the other payments on account `a` were truly sent for debit with, and the bank has not
    /// refused, in thousands of minor units.
    fn truly_sent(&self, world: &World<B, O, A, D, S>, o: usize, a: usize) -> u8 {
        self.other_payments(o)
            .filter(|p| index(world.operation_account[*p]) == Some(a))
            .filter(|p| world.history.executions[*p] > 0)
            .filter(|p| !matches!(world.operations[*p], Operation::Refused(_)))
            .fold(0, |sum: u8, p| sum.saturating_add(self.scope.operation[p].amount))
    }

    /// Operation `o` would be the first authentication on an account that a bank has registered.
    pub(super) fn would_be_first(&self, world: &World<B, O, A, D, S>, o: usize) -> bool {
        let (_, record) = self.account_of(AllOn, world, o);
        record.awaits_first_authentication()
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub(crate) fn truly_about(&self, world: &World<B, O, A, D, S>, o: usize) -> Option<usize> {
        let scope = &self.scope.operation[o];
        if scope.kind == Kind::ApproveBinding {
            return Some(usize::from(scope.binding));
        }
        let (account, _) = self.account_of(AllOn, world, o);
        index(world.created_for[account?])
    }
}
