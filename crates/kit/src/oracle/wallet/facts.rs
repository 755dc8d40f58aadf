//! The facts around an operation, derived from the records as they are.

use bindproof::control::AllOn;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link;
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation::{Context, Operation};
use bindproof::wire::{AccountId, Action, BindingId, OperationId, PersonRef};

use super::{Counted, OperationRecord, Wallet, binding_of};

impl Wallet {
    /// Whose operation it is, as far as it is known.
    pub(super) fn person_of(&self, record: &OperationRecord) -> Option<PersonRef> {
        let account = record.request.account.and_then(|account| self.accounts.get(&account));
        account.map(|account| account.person).or(record.person)
    }

    /// The account on which an operation runs now. A recovery belongs to the person and looks for
    /// her account anew each time.
    pub(super) fn runs_on(&self, record: &OperationRecord) -> (Option<AccountId>, Account) {
        if let (Kind::Recover, Some(person)) =
            (record.request.action.kind(), self.person_of(record))
        {
            let found = self.matched(person);
            return (found.key, found.account);
        }
        (record.account, self.account(record.account))
    }

    /// The facts around an operation.
    pub(super) fn context(&self, id: OperationId) -> Context {
        self.context_of(id, &self.operations[&id])
    }

    /// The facts around an operation that may not be in the records yet.
    pub(super) fn context_of(&self, id: OperationId, record: &OperationRecord) -> Context {
        let kind = record.request.action.kind();
        let (account, _) = self.runs_on(record);
        let device: Device = self.device(account, record.request.device);
        let binding = binding_of(record.request.action);
        let payments = || {
            let others = self.operations.iter().filter(|(other, _)| **other != id);
            others.map(|(_, record)| record).filter(|record| paid(record).is_some())
        };
        let gone_through = |other: &OperationRecord| {
            binding_of(other.request.action) == binding && other.state == Operation::Executed
        };
        let own = paid(record).unwrap_or_default();
        let counted = payments()
            .filter(|other| other.account == account && other.state.counts_towards_total(AllOn));
        let total = counted.filter_map(paid).fold(own, u64::saturating_add);
        let link = binding.and_then(|binding| self.links.get(&binding));
        let here = link.filter(|link| account.is_some() && link.account == account);
        let person = self.person_of(record);
        let bands = self.rules.policy.bands();
        Context {
            kind,
            signed: record.signed && device.in_session(),
            environment: record.request.environment,
            first_payment: kind == Kind::Pay && !payments().any(gone_through),
            amount: bands.amount(own),
            total: bands.total(total),
            link: here.map_or(link::State::Absent, |link| link.state.state),
            person_free: !self.accounts.iter().any(|(other, kept)| {
                Some(kept.person) == person && kept.state.is_verified() && account != Some(*other)
            }),
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
        if seen.is_open() && !seen.is_verified() {
            // Nobody's yet: there is nobody to be guessed at.
            return None;
        }
        match (path, code_of) {
            (Path::Device, _) => Some(Counted::Device(record.request.device)),
            (Path::Code, Some(binding)) => Some(Counted::Code(binding)),
            _ => {
                let hers = self.person_of(record).map(Counted::Strangers);
                hers.or(account.map(Counted::Nobodys))
            }
        }
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub fn demanded_binding(&self, id: OperationId) -> Option<BindingId> {
        let record = self.operations.get(&id)?;
        if let Action::ApproveBinding(binding) = record.request.action {
            return Some(binding);
        }
        let (account, _) = self.runs_on(record);
        self.accounts.get(&account?)?.created_for
    }

    /// Fewer operations are under way than the limit, and one that gives trust to a new device
    /// stays within the limit on devices.
    pub(super) fn within_limits(&self, record: &OperationRecord) -> bool {
        let limits = &self.rules.limits;
        let (account, _) = self.runs_on(record);
        let own = |record: &OperationRecord| {
            let device = self.device(account, record.request.device);
            device.counts_as_own(record.signed)
        };
        let open = self.operations.values().filter(|other| {
            other.account == account && !other.state.is_over() && own(other) == own(record)
        });
        let room = open.count() < usize::from(limits.operations_open_max);
        let new = !self.device(account, record.request.device).is_trusted();
        let takes_place = record.request.action == Action::SignIn && new;
        let trusted = self
            .devices
            .iter()
            .filter(|((of, _), device)| Some(*of) == account && device.is_trusted());
        room && (!takes_place || trusted.count() < usize::from(limits.devices_per_account_max))
    }
}

/// What an operation pays, in minor units.
const fn paid(record: &OperationRecord) -> Option<u64> {
    match record.request.action {
        Action::Pay { amount, .. } => Some(amount.minor()),
        _ => None,
    }
}
