//! What ends with what.

use bindproof::wallet::device;
use bindproof::wallet::facts::ends_with_account;
use bindproof::wallet::link;
use bindproof::wallet::operation::Input;
use bindproof::wire::{AccountId, BindingId, DeviceKey, OperationId};

use super::{OperationRecord, Wallet};

impl Wallet {
    /// The operations under way on a link are refused.
    pub(super) fn end_operations_on(&mut self, binding: BindingId) {
        self.end_those(|_, record| record.request.action.binding() == Some(binding));
    }

    /// Everything on an account ends with it, but one operation.
    pub(super) fn leave_account(&mut self, account: Option<AccountId>, but: Option<OperationId>) {
        let Some(account) = account else { return };
        self.end_links(account);
        let devices: Vec<DeviceKey> = self.devices_of(account);
        for device in devices {
            self.step_device(account, device, device::Input::AccountClosed);
        }
        self.end_on(account, but);
    }

    fn devices_of(&self, account: AccountId) -> Vec<DeviceKey> {
        let hers = self.devices.keys().filter(|(of, _)| *of == account);
        hers.map(|(_, device)| *device).collect()
    }

    fn end_links(&mut self, account: AccountId) {
        let links = self.end_with(account);
        for binding in links {
            self.step_own(binding, link::Input::AccountLeft);
        }
    }

    fn end_on(&mut self, account: AccountId, but: Option<OperationId>) {
        self.end_those(|id, record| {
            let kind = record.request.action.kind();
            ends_with_account(kind, record.account, account) && Some(id) != but
        });
    }

    fn end_those(&mut self, ends: impl Fn(OperationId, &OperationRecord) -> bool) {
        let those = self
            .operations
            .iter()
            .filter(|(id, record)| record.state.is_under_way() && ends(**id, record));
        let those: Vec<OperationId> = those.map(|(id, _)| *id).collect();
        for id in those {
            let context = self.context(id);
            self.step_operation(id, Input::TargetEnded(context), None);
        }
    }

    /// Proved identity: every other device goes, every link, every other operation.
    pub(super) fn start_afresh(&mut self, account: AccountId, own: DeviceKey, by: OperationId) {
        for device in self.devices_of(account).into_iter().filter(|device| *device != own) {
            self.step_device(account, device, device::Input::Revoked);
        }
        self.end_links(account);
        self.end_on(account, Some(by));
    }

    /// Revokes one device and refuses the operations under way on it, but recoveries.
    pub(super) fn revoke(&mut self, account: AccountId, device: DeviceKey, by: OperationId) {
        self.step_device(account, device, device::Input::Revoked);
        self.end_those(|id, record| {
            let kind = record.request.action.kind();
            let on_it = record.request.device == device;
            on_it && ends_with_account(kind, record.account, account) && id != by
        });
    }

    fn step_device(&mut self, account: AccountId, device: DeviceKey, input: device::Input) {
        let Some(state) = self.devices.get_mut(&(account, device)) else { return };
        if let bindproof::verdict::Verdict::Apply(step) = device::step(*state, input) {
            *state = step.state;
        }
    }
}
