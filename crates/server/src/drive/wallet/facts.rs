//! The facts around an operation, derived from the person's records as they are.

use bindproof::policy::Environment;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::facts::{Beginning, Beside, Payment, Running, demanded, runs_on};
use bindproof::wallet::kind::Kind;
use bindproof::wallet::lock::{Path, PathOf};
use bindproof::wallet::operation::Context;
use bindproof::wallet::{link, person};
use bindproof::wire::{AccountId, BindingId};

use super::WalletDrive;
use crate::defect::steps::CONTROLS;
use crate::defect::{Defect, of_any_account, planted};
use crate::key::Key;
use crate::record::{Accounts, Devices, Kept, Links, OperationRefs, Operations};
use crate::store::StoreError;

impl WalletDrive<'_> {
    /// The account on which an operation runs now, and its record.
    pub(super) fn account_of(
        &self,
        refs: &OperationRefs,
    ) -> Result<(Option<AccountId>, Account), StoreError> {
        let noted = || Ok((refs.account, self.account(refs.account)?));
        let hers = || self.matched().map(|found| (found.key, found.account));
        runs_on(refs.request.action.kind(), noted, hers)
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
        let action = refs.request.action;
        let (account, _) = self.account_of(refs)?;
        let device = self.device_of(account, refs)?;
        let running = Running {
            operation: key,
            kind: action.kind(),
            account,
            binding: action.binding(),
            minor: action.minor(),
        };
        let operations = self.shard.each::<Operations>()?;
        let payments = || operations.iter().filter_map(|(key, kept)| payment(*key, kept));
        let bands = self.rules.policy.bands();
        let since_ms = bands.since_ms(self.shard.now_ms());
        let total = running.total(CONTROLS, since_ms, payments());
        let accounts = self.shard.each::<Accounts>()?;
        let accounts = accounts.iter().map(|(key, kept)| (AccountId::from(*key), kept.state));
        Ok(Context {
            kind: running.kind,
            signed: device.stands_for(refs.signed) || planted(Defect::SessionNotAsked),
            environment: match planted(Defect::EnvironmentIgnored) {
                true => Environment::Normal,
                false => refs.request.environment,
            },
            first_payment: running.is_first_payment(payments()),
            amount: bands.amount(running.minor),
            total: bands.total(total),
            link: self.link_named(&running)?,
            person_free: !self.elsewhere && person::is_free(account, accounts),
            device_free: self.finds_place(refs)?,
        })
    }

    /// Where the link stands that an operation names.
    fn link_named(
        &self,
        running: &Running<Key, AccountId, BindingId>,
    ) -> Result<link::State, StoreError> {
        let named = match running.binding {
            Some(binding) => self.shard.find::<Links>(binding.into())?,
            None => None,
        };
        let named = named.map(|kept| (kept.refs.account, kept.state.state));
        Ok(match running.link(named) {
            link::State::Absent if planted(Defect::LinkOfAnyAccount) => link::State::Active,
            state => state,
        })
    }

    /// The lock of a path; none where the account is nobody's. `code_of` is the binding whose code
    /// is presented or was.
    pub(super) fn lock_of(
        account: Account,
        refs: &OperationRefs,
        path: Path,
        code_of: Option<BindingId>,
    ) -> Option<Key> {
        PathOf::counted(account, path, refs.request.device, code_of).map(|counted| match counted {
            PathOf::Strangers => Key::of_strangers(),
            PathOf::Device(device) => Key::of_device_path(&device),
            PathOf::Code(binding) => binding.into(),
        })
    }

    /// The binding whose code and contact an operation's challenge is about.
    pub(super) fn demanded_binding(
        &self,
        refs: &OperationRefs,
    ) -> Result<Option<BindingId>, StoreError> {
        let action = refs.request.action;
        let made_for = || {
            let (Some(account), _) = self.account_of(refs)? else { return Ok(None) };
            let kept = self.shard.find::<Accounts>(account.into())?;
            Ok(kept.and_then(|kept| kept.refs.created_for))
        };
        demanded(action.kind(), || Ok(action.binding()), made_for)
    }

    /// An operation that takes a place among the devices of its account finds one free.
    fn finds_place(&self, refs: &OperationRefs) -> Result<bool, StoreError> {
        let (account, _) = self.account_of(refs)?;
        let device = self.device_of(account, refs)?;
        let kind = refs.request.action.kind();
        let begins = Beginning { kind, account, device, signed: refs.signed };
        let devices = self.shard.each::<Devices>()?;
        let devices = devices.iter().map(|(_, kept)| (kept.refs.account, kept.state));
        Ok(begins.finds_place(&self.rules.limits, devices))
    }

    /// Fewer operations are under way than the limit.
    pub(super) fn is_within_limits(&self, refs: &OperationRefs) -> Result<bool, StoreError> {
        let hers = self.matched()?.key;
        let devices = self.shard.each::<Devices>()?;
        let begins = |refs: &OperationRefs| {
            let kind = refs.request.action.kind();
            let account = runs_on(kind, || refs.account, || hers);
            let mut its_own = devices.iter().filter(|(_, kept)| {
                Some(kept.refs.account) == account && kept.refs.device == refs.request.device
            });
            let found = its_own.next().map_or(Device::Unknown, |(_, kept)| kept.state);
            let device = of_any_account(&refs.request.device, found);
            Beginning { kind, account, device, signed: refs.signed }
        };
        let this = begins(refs);
        let operations = self.shard.each::<Operations>()?;
        let beside = operations.iter().map(|(_, kept)| Beside {
            kind: match planted(Defect::RecoveriesCounted) {
                true => this.kind,
                false => kept.refs.request.action.kind(),
            },
            account: kept.refs.account,
            state: kept.state,
            own: || match planted(Defect::LimitTogether) {
                true => this.is_own(),
                false => begins(&kept.refs).is_own(),
            },
        });
        let told = planted(Defect::DevicesTold) && !self.finds_place(refs)?;
        Ok(this.is_within_limits(&self.rules.limits, beside) && !told)
    }
}

/// An operation as a payment, if it is one.
fn payment(key: Key, kept: &Kept<Operations>) -> Option<Payment<Key, AccountId, BindingId>> {
    let action = kept.refs.request.action;
    let binding = action.binding().filter(|_| action.kind() == Kind::Pay)?;
    Some(Payment {
        operation: key,
        account: kept.refs.account,
        binding,
        state: kept.state,
        minor: action.minor(),
        asked_ms: kept.refs.debited_ms,
    })
}
