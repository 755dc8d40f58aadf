//! Which account is a person's, and whether she has one. Like all [`super::facts`] these are derived
//! here, once, and are generic over the key, so that no step ever sees a name.

use crate::control::{Control, Controls};
use crate::wallet::account::Account;

/// What the wallet finds for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched<K> {
    /// The key of the account that is the person's, if one is open.
    pub key: Option<K>,
    /// That account; otherwise `Closed` if the person once had one, and `Absent` if never.
    pub account: Account,
}

/// The person's account among `accounts`, which are all the accounts that claim to be hers.
pub fn matched<K: Copy>(
    controls: impl Controls,
    accounts: impl Iterator<Item = (K, Account)>,
) -> Matched<K> {
    let mut found = Matched { key: None, account: Account::Absent };
    for (key, account) in accounts {
        //= BIND-013 a self-asserted account neither blocks, nor captures, nor learns
        let counts = account.is_verified()
            || (account.is_open() && controls.off(Control::OnlyVerifiedCount));
        if counts && controls.on(Control::OneAccountPerPerson) {
            return Matched { key: Some(key), account };
        }
        if account == Account::Closed {
            found.account = Account::Closed;
        }
    }
    found
}

/// Whether the person is free to be claimed for `account`: no other one of hers is verified and
/// open. `accounts` are all of hers.
#[inline]
pub fn is_free<K: PartialEq>(
    account: Option<K>,
    mut accounts: impl Iterator<Item = (K, Account)>,
) -> bool {
    //= BIND-092 another verified account that is open keeps the person
    !accounts.any(|(key, other)| other.is_verified() && Some(&key) != account.as_ref())
}

/// Whether records with these accounts are a person's. They are from the first verified account on,
/// also when that has closed; until then they are nobody's.
#[inline]
pub fn is_claimed(mut accounts: impl Iterator<Item = Account>) -> bool {
    accounts.any(|account| account != Account::Absent && !account.is_nobodys())
}
