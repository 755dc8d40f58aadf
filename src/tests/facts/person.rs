//! Of accounts and whose they are, and of the locks that guard them.

use crate::policy::Origin;
use crate::wallet::account::Account;
use crate::wallet::lock::{Path, PathOf};
use crate::wallet::person::{is_claimed, is_free};

/// An account that its holder has set up, and nobody has verified.
const SET_UP: Account =
    Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
const HERS: Account = Account::REGISTERED_BY_BANK;

//= BIND-092 no other account that is verified and open
#[test]
fn a_person_is_free_unless_another_account_of_hers_is_verified_and_open() {
    let cases = [
        (Some(1), (1, HERS), true),
        (Some(1), (2, HERS), false),
        (Some(1), (2, SET_UP), true),
        (Some(1), (2, Account::Closed), true),
        (None, (2, HERS), false),
    ];
    for (account, other, free) in cases {
        let accounts = [(3, Account::Closed), other].into_iter();
        assert_eq!(is_free(account, accounts), free, "{account:?}, {other:?}");
    }
}

//= BIND-013 what nobody has verified is nobody's
#[test]
fn records_are_a_persons_from_the_first_verified_account_on() {
    let cases: [(&[Account], bool); 6] = [
        (&[], false),
        (&[Account::Absent], false),
        (&[SET_UP], false),
        (&[SET_UP, HERS], true),
        // Once she was known she stays known.
        (&[Account::Closed], true),
        (&[SET_UP, Account::Closed], true),
    ];
    for (accounts, claimed) in cases {
        assert_eq!(is_claimed(accounts.iter().copied()), claimed, "{accounts:?}");
    }
}

//= BIND-038 a code's own path
//= BIND-039 a device's own path
#[test]
fn wrong_answers_are_counted_by_path_and_on_nobodys_account_not_at_all() {
    let (phone, code) = ('p', 7);
    let cases = [
        (HERS, Path::Device, None, Some(PathOf::Device(phone))),
        (HERS, Path::Device, Some(code), Some(PathOf::Device(phone))),
        (HERS, Path::Code, Some(code), Some(PathOf::Code(code))),
        (HERS, Path::Code, None, Some(PathOf::Strangers)),
        (HERS, Path::Strangers, None, Some(PathOf::Strangers)),
        (HERS, Path::Strangers, Some(code), Some(PathOf::Strangers)),
        // What is not there is guarded like what is.
        (Account::Absent, Path::Strangers, None, Some(PathOf::Strangers)),
        (Account::Closed, Path::Device, None, Some(PathOf::Device(phone))),
        (SET_UP, Path::Device, None, None),
        (SET_UP, Path::Code, Some(code), None),
        (SET_UP, Path::Strangers, None, None),
    ];
    for (account, path, code_of, counted) in cases {
        let found = PathOf::counted(account, path, phone, code_of);
        assert_eq!(found, counted, "{account:?}, {path:?}, {code_of:?}");
    }
}
