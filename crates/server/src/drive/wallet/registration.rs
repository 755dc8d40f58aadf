//! Accounts that their holders set up by themselves. The protocol begins with them as they are: who
//! their holder is nobody has verified, so that no bank finds them and they are nobody's.

use bindproof::wallet::account::Account;
use bindproof::wire::{AccountId, DeviceKey, Opaque};

use super::{ACCOUNT, WalletDrive};
use crate::journal::SELF_REGISTERED;
use crate::key::Key;
use crate::record::{
    AccountRefs, Accounts, Authenticators, DeviceRefs, Devices, Kept, RegistrationRefs,
    Registrations,
};
use crate::store::StoreError;
use crate::verifier::Needs;

impl WalletDrive<'_> {
    /// A device begins to set up an account; what its client needs in order to make the
    /// authenticator.
    ///
    /// # Errors
    /// If a record has no form.
    pub fn invite(&mut self, account: AccountId, device: DeviceKey) -> Result<String, StoreError> {
        let ceremony = self.verifier.begin(Needs {
            account: Some(account),
            authenticators: &[],
            of_known_device: false,
        });
        let invitation = self.verifier.invitation(&ceremony);
        let for_ms = i64::try_from(self.rules.timing.challenge_ms).unwrap_or(i64::MAX);
        let until_ms = self.shard.now_ms().saturating_add(for_ms);
        let refs = RegistrationRefs { device, ceremony, until_ms };
        self.shard.put::<Registrations>(account.into(), &Kept { state: (), refs })?;
        Ok(invitation)
    }

    /// The device sets the account up, with the authenticator that was made for it. Whether it is
    /// set up now; it stays what it is if it was before.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn set_up(
        &mut self,
        account: AccountId,
        device: DeviceKey,
        made: &Opaque,
    ) -> Result<bool, StoreError> {
        let Some(begun) = self.shard.find::<Registrations>(account.into())? else {
            return Ok(false);
        };
        if begun.refs.device != device {
            return Ok(false);
        }
        if self.account(Some(account))? != Account::Absent {
            return Ok(true);
        }
        let in_time = self.shard.now_ms() < begun.refs.until_ms;
        let credential = self.verifier.enrolment(&begun.refs.ceremony, made);
        let (true, Some(state)) = (in_time, credential) else { return Ok(false) };
        let place = Key::of_device(account.into(), &device);
        let refs = AccountRefs { created_for: None, bank: None };
        let state_of_account = Kept { state: SELF_REGISTERED.0, refs };
        self.shard.put::<Accounts>(account.into(), &state_of_account)?;
        let refs = DeviceRefs { account, device };
        let state_of_device = Kept { state: SELF_REGISTERED.1, refs: refs.clone() };
        self.shard.put::<Devices>(place, &state_of_device)?;
        self.shard.put::<Authenticators>(place, &Kept { state, refs })?;
        self.shard.claim(ACCOUNT, account.to_string(), String::new());
        self.time_device(place, bindproof::wallet::device::Device::Unknown)?;
        Ok(true)
    }
}
