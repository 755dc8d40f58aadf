//! What a person is shown of her account on a device that is signed in. It reads and decides
//! nothing.

use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::State;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{
    AccountId, Action, Amount, BindingId, DeviceKey, InstrumentRef, Issuer, OperationId, Payee,
};
use serde::{Deserialize, Serialize};

use super::WalletDrive;
use crate::key::Key;
use crate::record::{Devices, Kept, Links, Operations};
use crate::store::StoreError;

/// An account as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalletOverview {
    /// Which.
    pub account: AccountId,
    /// Where it stands, in the specification's own form.
    pub state: Account,
    /// Every link that hangs on it, in the order of their ids.
    pub links: Vec<LinkShown>,
    /// Every device that it knows.
    pub devices: Vec<DeviceShown>,
    /// Payments that were executed or wait for the bank.
    pub payments: Vec<PaymentShown>,
}

/// A link as the account's holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkShown {
    /// Which.
    pub binding: BindingId,
    /// Whose.
    pub bank: Issuer,
    /// Of which instrument, once the bank has said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<InstrumentRef>,
    /// Where it stands, in the specification's own form.
    pub state: State,
}

/// A device as the account's holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceShown {
    /// Its key.
    pub device: DeviceKey,
    /// Where it stands, in the specification's own form.
    pub state: Device,
}

/// A payment as the account's holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentShown {
    /// Which operation.
    pub operation: OperationId,
    /// Through which link.
    pub binding: BindingId,
    /// How much.
    pub amount: Amount,
    /// For whom.
    pub payee: Payee,
    /// When the debit was asked for, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_ms: Option<i64>,
    /// The bank stands by it.
    pub executed: bool,
}

impl WalletDrive<'_> {
    /// What is shown of an account on this device; none unless a session is open on it. `signed`
    /// says that the request is signed by the device's key.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn overview(
        &self,
        account: AccountId,
        device: DeviceKey,
        signed: bool,
    ) -> Result<Option<WalletOverview>, StoreError> {
        let own = self.shard.find::<Devices>(Key::of_device(account.into(), &device))?;
        let in_session = own.is_some_and(|kept| kept.state.in_session());
        if !(signed && in_session) {
            return Ok(None);
        }
        let links = self.shard.each::<Links>()?.into_iter();
        let links = links.filter(|(_, kept)| kept.refs.account == Some(account));
        let devices = self.shard.each::<Devices>()?.into_iter();
        let devices = devices.filter(|(_, kept)| kept.refs.account == account);
        let operations = self.shard.each::<Operations>()?.into_iter();
        let operations = operations.filter(|(_, kept)| kept.refs.account == Some(account));
        Ok(Some(WalletOverview {
            account,
            state: self.account(Some(account))?,
            links: links.map(|(key, kept)| link(key, kept)).collect(),
            devices: devices
                .map(|(_, kept)| DeviceShown { device: kept.refs.device, state: kept.state })
                .collect(),
            payments: operations.filter_map(|(_, kept)| payment(kept)).collect(),
        }))
    }
}

fn link(key: Key, kept: Kept<Links>) -> LinkShown {
    let (bank, instrument) = (kept.refs.bank, kept.refs.instrument);
    LinkShown { binding: key.into(), bank, instrument, state: kept.state.state }
}

fn payment(kept: Kept<Operations>) -> Option<PaymentShown> {
    let Action::Pay { binding, amount, payee } = kept.refs.request.action else { return None };
    let executed = kept.state == Operation::Executed;
    (executed || kept.state == Operation::Debiting).then_some(PaymentShown {
        operation: kept.refs.request.operation,
        binding,
        amount,
        payee,
        sent_ms: kept.refs.debited_ms,
        executed,
    })
}
