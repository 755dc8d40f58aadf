//! Which account is a person's. Facts about many records are derived here, once, for the model and
//! the servers alike; they are generic over the key, so that no step ever sees a name.

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
