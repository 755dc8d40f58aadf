//! Every case.

mod bank_binding;
mod bank_strict;
mod bank_wallet;
mod wallet_edge;
mod wallet_link;
mod wallet_locks;
mod wallet_once;
mod wallet_own;
mod wallet_pay;
mod wallet_step_up;
mod wallet_strict;
mod wallet_told;

use crate::case::Case;
use crate::config::Role;

/// The cases about servers of this role, in the order in which they are played.
pub fn of(role: Role) -> Vec<Case> {
    match role {
        Role::Bank => [bank_binding::CASES, bank_wallet::CASES, bank_strict::CASES].concat(),
        Role::Wallet => {
            let asked = [wallet_step_up::CASES, wallet_told::CASES, wallet_locks::CASES].concat();
            let done = [wallet_pay::CASES, wallet_once::CASES, wallet_own::CASES].concat();
            let read = [wallet_edge::CASES, wallet_strict::CASES].concat();
            [&read, wallet_link::CASES, &asked, &done].concat()
        }
    }
}
