//! The facts around an operation, derived anew from the person's records.

use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind as OperationKind;
use bindproof::wallet::link;
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation::{Context, Operation};

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::Wrong;
use crate::trace::records::{Kind, OperationRefs};

/// One day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Look<'_> {
    /// The account on which an operation runs now. A recovery belongs to the person and looks for
    /// her account anew each time.
    pub(super) fn account_of(&self, refs: &OperationRefs) -> Option<Key> {
        match refs.kind {
            OperationKind::Recover => self.records.matched().key,
            _ => refs.account,
        }
    }

    /// The state of that account: what is seen of the person, if a recovery finds none that is
    /// open.
    pub(super) fn account_state(&self, refs: &OperationRefs) -> Account {
        match refs.kind {
            OperationKind::Recover => self.records.matched().account,
            _ => refs.account.map_or(Account::Absent, |account| self.records.account(account)),
        }
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
        if refs.kind == OperationKind::ApproveBinding {
            return refs.binding;
        }
        self.records.accounts.get(&self.account_of(refs)?)?.created_for
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
        if account.is_open() && !account.is_verified() {
            return Some(None);
        }
        match (path, code_of) {
            (Path::Device, _) => refs.device.map(Some),
            (Path::Code, Some(binding)) => Some(Some(binding)),
            (Path::Strangers, _) | (Path::Code, None) => self.records.strangers.map(Some),
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
        let signed = device.map(|device| refs.signed && device.in_session());
        same("signed", 84, signed, context.signed, unlooked)?;
        same("environment", 63, refs.environment, context.environment, unlooked)?;
        if !self.records.whole {
            *unlooked += 5;
            return Ok(());
        }
        let pays = refs.kind == OperationKind::Pay;
        let state = self.records.operation(id);
        let own = u64::from(state == Operation::Executed && pays);
        let through = refs.binding.and_then(|binding| self.records.executed.get(&binding));
        let first = pays && through.copied().unwrap_or(0) <= own;
        same("first_payment", 62, Some(first), context.first_payment, unlooked)?;
        let bands = self.rules.policy.bands();
        let amount = bands.amount(refs.amount_minor);
        same("amount", 62, Some(amount), context.amount, unlooked)?;
        let total = bands.total(self.total(id, refs));
        same("total", 65, Some(total), context.total, unlooked)?;
        let link = self.link_of(refs);
        same("link", 14, Some(link), context.link, unlooked)?;
        let account = self.account_of(refs);
        let others = self.records.open_accounts.iter().filter(|other| Some(**other) != account);
        let free = !others.into_iter().any(|other| self.records.account(*other).is_verified());
        // Records that are nobody's yet do not say whether whoever proves to be somebody has
        // others.
        if free && !context.person_free && self.records.are_nobodys() {
            return Ok(());
        }
        same("person_free", 92, Some(free), context.person_free, unlooked)
    }

    /// Where the link stands that an operation names.
    fn link_of(&self, refs: &OperationRefs) -> link::State {
        let hangs = |binding: &Key| {
            let on = self.records.links.get(binding).and_then(|link| link.account);
            let account = self.account_of(refs);
            account.is_some() && on == account
        };
        let link = refs.binding.filter(|_| refs.kind.names_link()).filter(hangs);
        link.map_or(link::State::Absent, |binding| self.records.link(binding).state)
    }

    /// What the account's payments within the window come to, this one included, in minor units.
    pub(super) fn total(&self, id: Key, refs: &OperationRefs) -> u64 {
        let window_ms = i64::from(self.rules.policy.bands().window_days).saturating_mul(DAY_MS);
        let since_ms = self.line.at_ms.saturating_sub(window_ms);
        let paid =
            self.account_of(refs).map_or(0, |account| self.records.paid(account, since_ms, id));
        paid.saturating_add(refs.amount_minor)
    }
}
