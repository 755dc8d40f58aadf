//! The facts around an operation, derived from the person's records as they are.

use bindproof::policy::Environment;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link;
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation::{Context, Operation};
use bindproof::wire::{AccountId, Action, Amount, BindingId, OperationRequest};

use super::{DAY_MS, WalletDrive};
use crate::defect::steps::CONTROLS;
use crate::defect::{Defect, of_any_account, planted};
use crate::key::Key;
use crate::record::{Accounts, Devices, Kept, Links, OperationRefs, Operations};
use crate::store::StoreError;

/// The binding whose link an operation names.
pub(super) const fn binding_of(request: &OperationRequest) -> Option<BindingId> {
    match request.action {
        Action::ApproveBinding(binding)
        | Action::DeclineBinding(binding)
        | Action::EndLink(binding)
        | Action::Pay { binding, .. } => Some(binding),
        _ => None,
    }
}

/// The sum that an operation pays.
const fn amount_of(request: &OperationRequest) -> Option<Amount> {
    match request.action {
        Action::Pay { amount, .. } => Some(amount),
        _ => None,
    }
}

impl WalletDrive<'_> {
    /// The account on which an operation runs now, and its record. A recovery belongs to the person
    /// and looks for her account anew each time.
    pub(super) fn account_of(
        &self,
        refs: &OperationRefs,
    ) -> Result<(Option<AccountId>, Account), StoreError> {
        if refs.request.action.kind() == Kind::Recover {
            let found = self.matched()?;
            return Ok((found.key, found.account));
        }
        Ok((refs.account, self.account(refs.account)?))
    }

    /// An operation's device on the account that it runs on.
    pub(super) fn device_of(
        &self,
        account: Option<AccountId>,
        refs: &OperationRefs,
    ) -> Result<Device, StoreError> {
        let Some(account) = account else { return Ok(Device::Unknown) };
        let kept =
            self.shard.find::<Devices>(Key::of_device(account.into(), &refs.request.device))?;
        let found = kept.map_or(Device::Unknown, |kept| kept.state);
        Ok(of_any_account(&refs.request.device, found))
    }

    /// The facts around an operation.
    pub(super) fn context(&self, key: Key, refs: &OperationRefs) -> Result<Context, StoreError> {
        let kind = refs.request.action.kind();
        let (account, _) = self.account_of(refs)?;
        let device = self.device_of(account, refs)?;
        let binding = binding_of(&refs.request);
        let operations = self.shard.each::<Operations>()?;
        let payments: Vec<&Kept<Operations>> = operations
            .iter()
            .filter(|(other, kept)| *other != key && kept.refs.request.action.kind() == Kind::Pay)
            .map(|(_, kept)| kept)
            .collect();
        let first_payment = kind == Kind::Pay
            && !payments.iter().any(|kept| {
                binding_of(&kept.refs.request) == binding && kept.state == Operation::Executed
            });
        let bands = self.rules.policy.bands();
        let own = amount_of(&refs.request).map_or(0, |amount| amount.minor());
        let total = self.running_total(account, &payments).saturating_add(own);
        let link = match binding {
            Some(binding) => self.shard.find::<Links>(binding.into())?,
            None => None,
        };
        let here = link.filter(|kept| account.is_some() && kept.refs.account == account);
        let elsewhere = match planted(Defect::LinkOfAnyAccount) {
            true => link::State::Active,
            false => link::State::Absent,
        };
        let accounts = self.shard.each::<Accounts>()?;
        let other = |(key, kept): &(Key, Kept<Accounts>)| {
            kept.state.is_verified() && account.map(Key::from) != Some(*key)
        };
        Ok(Context {
            kind,
            signed: (refs.signed && device.in_session()) || planted(Defect::SessionNotAsked),
            environment: match planted(Defect::EnvironmentIgnored) {
                true => Environment::Normal,
                false => refs.request.environment,
            },
            first_payment,
            amount: bands.amount(own),
            total: bands.total(total),
            link: here.map_or(elsewhere, |kept| kept.state.state),
            person_free: !self.elsewhere && !accounts.iter().any(other),
        })
    }

    /// What the account's other payments within the window come to, in minor units.
    fn running_total(&self, account: Option<AccountId>, payments: &[&Kept<Operations>]) -> u64 {
        let window_ms = i64::from(self.rules.policy.bands().window_days).saturating_mul(DAY_MS);
        let since_ms = self.shard.now_ms().saturating_sub(window_ms);
        let counts = payments.iter().filter(|kept| {
            kept.refs.account == account
                && kept.state.counts_towards_total(CONTROLS)
                && kept.refs.debited_ms.is_none_or(|debited_ms| debited_ms >= since_ms)
        });
        let sums = counts.filter_map(|kept| amount_of(&kept.refs.request));
        sums.fold(0, |total, amount| total.saturating_add(amount.minor()))
    }

    /// The lock of a path; none where the account is a shard of its own. `code_of` is the binding
    /// whose code is presented or was.
    pub(super) fn lock_of(
        &self,
        account: Option<AccountId>,
        refs: &OperationRefs,
        path: Path,
        code_of: Option<BindingId>,
    ) -> Result<Option<Key>, StoreError> {
        let state = self.account(account)?;
        if state.is_open() && !state.is_verified() {
            return Ok(None);
        }
        Ok(Some(match (path, code_of) {
            (Path::Device, _) => Key::of_device_path(&refs.request.device),
            (Path::Code, Some(binding)) => binding.into(),
            (Path::Strangers, _) | (Path::Code, None) => Key::of_strangers(),
        }))
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub(super) fn demanded_binding(
        &self,
        refs: &OperationRefs,
    ) -> Result<Option<BindingId>, StoreError> {
        if let Action::ApproveBinding(binding) = refs.request.action {
            return Ok(Some(binding));
        }
        let (Some(account), _) = self.account_of(refs)? else { return Ok(None) };
        let kept = self.shard.find::<Accounts>(account.into())?;
        Ok(kept.and_then(|kept| kept.refs.created_for))
    }

    /// Whether an operation counts as one of the account's own devices.
    pub(super) fn is_own(&self, refs: &OperationRefs) -> Result<bool, StoreError> {
        let (account, _) = self.account_of(refs)?;
        Ok(self.device_of(account, refs)?.counts_as_own(refs.signed))
    }

    /// How many operations of an account are under way: those of its own devices, or all others.
    pub(super) fn under_way(
        &self,
        account: Option<AccountId>,
        own: bool,
    ) -> Result<usize, StoreError> {
        let together = planted(Defect::LimitTogether);
        let mut count = 0;
        for (_, kept) in self.shard.each::<Operations>()? {
            let here = kept.refs.account == account && !kept.state.is_over();
            if here && (together || self.is_own(&kept.refs)? == own) {
                count += 1;
            }
        }
        Ok(count)
    }

    /// How many devices of an account are trusted.
    pub(super) fn trusted(&self, account: Option<AccountId>) -> Result<usize, StoreError> {
        let devices = self.shard.each::<Devices>()?;
        let trusted = devices
            .iter()
            .filter(|(_, kept)| Some(kept.refs.account) == account && kept.state.is_trusted());
        Ok(trusted.count())
    }
}
