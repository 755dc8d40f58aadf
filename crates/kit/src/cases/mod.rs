//! Every case.

mod bank_binding;
mod bank_settled;
mod bank_strict;
mod bank_wallet;
mod wallet_claims;
mod wallet_edge;
mod wallet_link;
mod wallet_locks;
mod wallet_once;
mod wallet_others;
mod wallet_own;
mod wallet_pay;
mod wallet_proofs;
mod wallet_race;
mod wallet_settled;
mod wallet_signed;
mod wallet_step_up;
mod wallet_strict;
mod wallet_told;

use crate::case::Case;
use crate::config::Role;

/// The cases about servers of this role, in the order in which they are played.
pub fn of(role: Role) -> Vec<Case> {
    match role {
        Role::Bank => {
            let said = [bank_wallet::CASES, bank_settled::CASES, bank_strict::CASES].concat();
            [bank_binding::CASES.to_vec(), said].concat()
        }
        Role::Wallet => {
            let asked = [wallet_step_up::CASES, wallet_told::CASES, wallet_locks::CASES].concat();
            let done =
                [wallet_pay::CASES, wallet_settled::CASES, wallet_once::CASES, wallet_own::CASES]
                    .concat();
            let misused = [
                wallet_signed::CASES,
                wallet_proofs::CASES,
                wallet_others::CASES,
                wallet_race::CASES,
                wallet_claims::CASES,
            ]
            .concat();
            let edge = [wallet_edge::CASES, wallet_strict::CASES, wallet_link::CASES].concat();
            [edge, asked, done, misused].concat()
        }
    }
}
