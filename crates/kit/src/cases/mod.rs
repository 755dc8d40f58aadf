//! Every case.

mod bank_binding;
mod bank_wallet;
mod wallet_edge;
mod wallet_link;
mod wallet_pay;
mod wallet_step_up;

use crate::case::Case;
use crate::config::Role;

/// The cases about servers of this role, in the order in which they are played.
pub fn of(role: Role) -> Vec<Case> {
    match role {
        Role::Bank => [bank_binding::CASES, bank_wallet::CASES].concat(),
        Role::Wallet => {
            let step_up = [wallet_step_up::CASES, wallet_pay::CASES].concat();
            [wallet_edge::CASES, wallet_link::CASES, &step_up].concat()
        }
    }
}
