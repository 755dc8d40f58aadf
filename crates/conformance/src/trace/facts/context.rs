//! The facts around an operation, derived anew from the person's records.

use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::facts::{Running, demanded, runs_on};
use bindproof::wallet::lock::{Path, PathOf};
use bindproof::wallet::operation::Context;
use bindproof::wallet::person::is_free;

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::Wrong;
use crate::trace::records::{Kind, OperationRefs};

impl Look<'_> {
    /// The account on which an operation runs now.
    pub(super) fn account_of(&self, refs: &OperationRefs) -> Option<Key> {
        runs_on(refs.kind, || refs.account, || self.records.matched().key)
    }

    /// The state of that account: what is seen of the person, if a recovery finds none that is
    /// open.
    pub(super) fn account_state(&self, refs: &OperationRefs) -> Account {
        let state = |account| self.records.account(account);
        let noted = || refs.account.map_or(Account::Absent, state);
        runs_on(refs.kind, noted, || self.records.matched().account)
    }

    /// An operation's device on the account that it runs on. Whose a record is that was there
    /// before the journal began shows when an operation first runs on it. None if nothing is known
    /// of it.
    pub(super) fn device_of(&self, refs: &OperationRefs) -> Option<Device> {
        let unknown = self.records.whole.then_some(Device::Unknown);
        let (Some(account), Some(device)) = (self.account_of(refs), refs.device) else {
            return unknown;
        };
        let known = self.records.device_of.get(&(account, device)).copied();
        let nobodys = |record: &Key| !self.records.devices.contains_key(record);
        let Some(record) = known.or(self.device.filter(nobodys)) else { return unknown };
        let knows = self.records.knows(Kind::Device, record);
        knows.then(|| self.records.device(record))
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub(super) fn demanded_binding(&self, refs: &OperationRefs) -> Option<Key> {
        let made_for = || self.records.accounts.get(&self.account_of(refs)?)?.created_for;
        demanded(refs.kind, || refs.binding, made_for)
    }

    /// The lock of a path; none where the account is a shard of its own. `code_of` is the binding
    /// whose code is presented or was. Nothing is known of the strangers' path until it was seen.
    pub(super) fn lock_of(
        &self,
        refs: &OperationRefs,
        path: Path,
        code_of: Option<Key>,
    ) -> Option<Option<Key>> {
        let account = self.account_state(refs);
        match PathOf::counted(account, path, refs.device, code_of) {
            None => Some(None),
            Some(PathOf::Device(device)) => device.map(Some),
            Some(PathOf::Code(binding)) => Some(Some(binding)),
            Some(PathOf::Strangers) => self.records.strangers.map(Some),
        }
    }

    /// Compares the facts around an operation with what they are.
    pub(super) fn context(
        &self,
        id: Key,
        refs: &OperationRefs,
        context: Context,
        unlooked: &mut u64,
    ) -> Result<(), Wrong> {
        same("kind", 98, Some(refs.kind), context.kind, unlooked)?;
        let device = self.device_of(refs);
        let signed = device.map(|device| device.stands_for(refs.signed));
        same("signed", 84, signed, context.signed, unlooked)?;
        same("environment", 63, refs.environment, context.environment, unlooked)?;
        if !self.records.whole {
            *unlooked += 5;
            return Ok(());
        }
        let running = self.running(id, refs);
        let through = running.binding.into_iter().flat_map(|b| self.records.executed_through(b));
        let first = running.is_first_payment(through);
        same("first_payment", 62, Some(first), context.first_payment, unlooked)?;
        let bands = self.rules.policy.bands();
        let amount = bands.amount(running.minor);
        same("amount", 62, Some(amount), context.amount, unlooked)?;
        let total = bands.total(self.total(&running));
        same("total", 65, Some(total), context.total, unlooked)?;
        let named = running.binding.map(|binding| self.records.hanging(binding));
        let link = running.link(named.map(|link| (link.account, link.state)));
        same("link", 14, Some(link), context.link, unlooked)?;
        let accounts = self.records.open_accounts.iter();
        let accounts = accounts.map(|key| (*key, self.records.account(*key)));
        let free = is_free(running.account, accounts);
        // Records that are nobody's yet do not say whether whoever proves to be somebody has
        // others.
        if free && !context.person_free && self.records.are_nobodys() {
            return Ok(());
        }
        same("person_free", 92, Some(free), context.person_free, unlooked)
    }

    /// An operation among the others.
    fn running(&self, id: Key, refs: &OperationRefs) -> Running<Key, Key, Key> {
        Running {
            operation: id,
            kind: refs.kind,
            account: self.account_of(refs),
            binding: refs.binding.filter(|_| refs.kind.names_link()),
            minor: refs.amount_minor,
        }
    }

    /// What the account's payments within the window come to, this one included, in minor units.
    fn total(&self, running: &Running<Key, Key, Key>) -> u64 {
        let since_ms = self.rules.policy.bands().since_ms(self.line.at_ms);
        let paid = |account| self.records.paid(account, since_ms, running.operation);
        running.account.map_or(0, paid).saturating_add(running.minor)
    }
}
