//! The facts around an operation, derived from the records as they are.

use bindproof::control::AllOn;
use bindproof::wallet::account::Account;
use bindproof::wallet::facts::{Beginning, Beside, Payment, Running, demanded, runs_on};
use bindproof::wallet::lock::{Path, PathOf};
use bindproof::wallet::operation::Context;
use bindproof::wallet::person::is_free;
use bindproof::wire::{AccountId, Action, BindingId, OperationId, PersonRef};

use super::{Counted, OperationRecord, Wallet};

/// When the window of the running total begins.
const ALWAYS_MS: i64 = i64::MIN;

impl Wallet {
    /// Whose operation it is, as far as it is known.
    pub(super) fn person_of(&self, record: &OperationRecord) -> Option<PersonRef> {
        let account = record.request.account.and_then(|account| self.accounts.get(&account));
        account.map(|account| account.person).or(record.person)
    }

    /// The account on which an operation runs now. Of a recovery it is not known whose it is until
    /// she has proved it.
    pub(super) fn runs_on(&self, record: &OperationRecord) -> (Option<AccountId>, Account) {
        let noted = || (record.account, self.account(record.account));
        let hers = || match self.person_of(record) {
            Some(person) => {
                let found = self.matched(person);
                (found.key, found.account)
            }
            None => noted(),
        };
        runs_on(record.request.action.kind(), noted, hers)
    }

    /// The facts around an operation.
    pub(super) fn context(&self, id: OperationId) -> Context {
        self.context_of(id, &self.operations[&id])
    }

    /// The facts around an operation that may not be in the records yet.
    pub(super) fn context_of(&self, id: OperationId, record: &OperationRecord) -> Context {
        let action = record.request.action;
        let (account, _) = self.runs_on(record);
        let device = self.device(account, record.request.device);
        let running = Running {
            operation: id,
            kind: action.kind(),
            account,
            binding: action.binding(),
            minor: action.minor(),
        };
        let payments = || self.operations.iter().filter_map(|(id, record)| payment(*id, record));
        let link = running.binding.and_then(|binding| self.links.get(&binding));
        let person = self.person_of(record);
        let hers = self.accounts.iter().filter(|(_, kept)| Some(kept.person) == person);
        let bands = self.rules.policy.bands();
        let devices = self.devices.iter().map(|((account, _), device)| (*account, *device));
        Context {
            kind: running.kind,
            signed: device.stands_for(record.signed),
            environment: record.request.environment,
            first_payment: running.is_first_payment(payments()),
            amount: bands.amount(running.minor),
            total: bands.total(running.total(AllOn, ALWAYS_MS, payments())),
            link: running.link(link.map(|link| (link.account, link.state.state))),
            person_free: is_free(account, hers.map(|(id, kept)| (*id, kept.state))),
            device_free: self.begins(record).finds_place(&self.rules.limits, devices),
        }
    }

    /// Whose wrong answers a path counts.
    pub(super) fn counted(
        &self,
        record: &OperationRecord,
        path: Path,
        code_of: Option<BindingId>,
    ) -> Option<Counted> {
        let (account, seen) = self.runs_on(record);
        match PathOf::counted(seen, path, record.request.device, code_of)? {
            PathOf::Device(device) => Some(Counted::Device(device)),
            PathOf::Code(binding) => Some(Counted::Code(binding)),
            PathOf::Strangers => {
                let hers = self.person_of(record).map(Counted::Strangers);
                hers.or(account.map(Counted::Nobodys))
            }
        }
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub fn demanded_binding(&self, id: OperationId) -> Option<BindingId> {
        let record = self.operations.get(&id)?;
        let action = record.request.action;
        demanded(
            action.kind(),
            || action.binding(),
            || {
                let (account, _) = self.runs_on(record);
                self.accounts.get(&account?)?.created_for
            },
        )
    }

    /// An operation beside the account that it runs on.
    fn begins(&self, record: &OperationRecord) -> Beginning<AccountId> {
        let (account, _) = self.runs_on(record);
        let device = self.device(account, record.request.device);
        let kind = record.request.action.kind();
        Beginning { kind, account, device, signed: record.signed }
    }

    /// Fewer operations are under way than the limit.
    pub(super) fn within_limits(&self, record: &OperationRecord) -> bool {
        let operations = self.operations.values().map(|other| Beside {
            kind: other.request.action.kind(),
            account: other.account,
            state: other.state,
            own: move || self.begins(other).is_own(),
        });
        self.begins(record).is_within_limits(&self.rules.limits, operations)
    }
}

/// An operation as a payment, if it is one. No run of the kit is as long as the window of a total.
fn payment(
    id: OperationId,
    record: &OperationRecord,
) -> Option<Payment<OperationId, AccountId, BindingId>> {
    let Action::Pay { binding, amount, .. } = record.request.action else { return None };
    let (state, account, minor) = (record.state, record.account, amount.minor());
    Some(Payment { operation: id, account, binding, state, minor, asked_ms: None })
}
