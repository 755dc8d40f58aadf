//! Accounts that no bank has had made.

use bindproof::policy::{Origin, TrustAge};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{AccountId, DeviceKey, OperationId, PersonRef};

use super::{AccountRecord, Offer, Wallet};

impl Wallet {
    /// A person has set up an account by herself, on this device and with this authenticator. Who
    /// she is nobody has verified: `person` is who she will say that she is, and the account counts
    /// as nobody's until then.
    pub fn set_up(
        &mut self,
        account: AccountId,
        person: PersonRef,
        (device, authenticator): (DeviceKey, &str),
    ) {
        let origin = Origin::SelfRegistered;
        let state = Account::Open { origin, verified: false, authenticated: true };
        let record = AccountRecord { person, state, created_for: None, bank: None };
        self.accounts.insert(account, record);
        let age = TrustAge::Recent;
        let trusted = Device::Trusted { session: true, authenticator: true, age };
        self.devices.insert((account, device), trusted);
        self.authenticators.insert((account, device), authenticator.to_owned());
    }

    /// Whose an operation is that names no account is known once its device proves who she is.
    pub(super) fn proves(&mut self, id: OperationId, offer: &Offer) {
        let Some(mut record) = self.operations.get(&id).cloned() else { return };
        let waits = matches!(record.state, Operation::Challenged { .. });
        let nobody = record.request.account.is_none() && record.person.is_none();
        if waits && nobody && offer.from_its_device && offer.identity.is_some() {
            record.person = offer.identity;
            record.account = self.runs_on(&record).0;
            self.operations.insert(id, record);
        }
    }

    /// The account that an operation has made has this id, which only the wallet could choose.
    pub fn name_account(&mut self, made_by: OperationId, account: AccountId) {
        let unnamed = AccountId::from_bytes(*made_by.as_bytes());
        let Some(record) = self.accounts.remove(&unnamed) else { return };
        self.accounts.insert(account, record);
        let named = |of: AccountId| if of == unnamed { account } else { of };
        let devices = std::mem::take(&mut self.devices);
        self.devices = devices.into_iter().map(|((of, key), it)| ((named(of), key), it)).collect();
        let keys = std::mem::take(&mut self.authenticators);
        self.authenticators =
            keys.into_iter().map(|((of, key), it)| ((named(of), key), it)).collect();
        for record in self.operations.values_mut() {
            record.account = record.account.map(named);
        }
    }
}
