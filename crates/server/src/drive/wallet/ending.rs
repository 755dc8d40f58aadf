//! What ends with what: an account's links, devices and operations, a link's operations.

use bindproof::wallet::device;
use bindproof::wallet::facts::ends_with_account;
use bindproof::wallet::link::Input;
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation;
use bindproof::wire::AccountId;

use super::WalletDrive;
use super::link::hanging;
use crate::defect::{Defect, planted};
use crate::key::Key;
use crate::record::{Devices, Kept, Links, Operations};
use crate::store::StoreError;

impl WalletDrive<'_> {
    /// The operations under way on a link are refused in the same transaction.
    pub(super) fn end_operations_on_link(&mut self, link: Key) -> Result<(), StoreError> {
        for (key, kept) in self.shard.each::<Operations>()? {
            if kept.refs.request.action.binding().map(Key::from) == Some(link) {
                self.end_operation(key, kept)?;
            }
        }
        Ok(())
    }

    /// Steps one operation because what it runs on has ended.
    fn end_operation(&mut self, key: Key, kept: Kept<Operations>) -> Result<(), StoreError> {
        if !kept.state.is_under_way() || planted(Defect::EndRefusesNothing) {
            return Ok(());
        }
        let context = self.context(key, &kept.refs)?;
        let input = operation::Input::TargetEnded(context);
        self.step_operation(key, kept.refs, input, Path::Strangers, None)?;
        Ok(())
    }

    /// Everything on an account ends with it: links, devices, and operations but `but`.
    pub(super) fn leave_account(
        &mut self,
        account: Option<AccountId>,
        but: Option<Key>,
    ) -> Result<(), StoreError> {
        let Some(account) = account else { return Ok(()) };
        self.end_links(account)?;
        for (key, kept) in self.shard.each::<Devices>()? {
            if kept.refs.account == account {
                self.step_device(key, device::Input::AccountClosed)?;
            }
        }
        self.end_operations(account, but)
    }

    /// Ends every live link of an account.
    fn end_links(&mut self, account: AccountId) -> Result<(), StoreError> {
        for (key, kept) in self.shard.each::<Links>()? {
            if hanging(key, &kept).ends_with(account) {
                // A live link is never refused its end.
                let _ = self.step_link(key, kept.refs, Input::AccountLeft, None)?;
            }
        }
        Ok(())
    }

    /// Refuses every operation under way on an account, but `but`. A recovery belongs to the
    /// person, outlives the account, and is ended by nothing but its own deadline.
    fn end_operations(&mut self, account: AccountId, but: Option<Key>) -> Result<(), StoreError> {
        for (key, kept) in self.shard.each::<Operations>()? {
            let kind = kept.refs.request.action.kind();
            if ends_with_account(kind, kept.refs.account, account) && Some(key) != but {
                self.end_operation(key, kept)?;
            }
        }
        Ok(())
    }

    /// Revokes one device and refuses the operations under way on it, but recoveries.
    pub(super) fn revoke(
        &mut self,
        account: AccountId,
        device: bindproof::wire::DeviceKey,
        by: Key,
    ) -> Result<(), StoreError> {
        self.step_device(Key::of_device(account.into(), &device), device::Input::Revoked)?;
        for (key, kept) in self.shard.each::<Operations>()? {
            let kind = kept.refs.request.action.kind();
            let on_it = kept.refs.request.device == device;
            if on_it && ends_with_account(kind, kept.refs.account, account) && key != by {
                self.end_operation(key, kept)?;
            }
        }
        Ok(())
    }

    /// Proved identity: every other device goes, every link, every other operation.
    pub(super) fn start_afresh(
        &mut self,
        account: AccountId,
        own: bindproof::wire::DeviceKey,
        by: Key,
    ) -> Result<(), StoreError> {
        for (key, kept) in self.shard.each::<Devices>()? {
            if kept.refs.account == account && kept.refs.device != own {
                self.step_device(key, device::Input::Revoked)?;
            }
        }
        self.end_links(account)?;
        self.end_operations(account, Some(by))
    }
}
