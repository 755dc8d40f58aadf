//! Every case has been seen to fail, or there is a reason why it cannot be.
#![cfg(feature = "defects")]

use std::collections::BTreeSet;

use bindproof_kit::cases;
use bindproof_kit::config::Role;

use crate::defects::{OF_BANK, OF_PROOFS, OF_RACES, OF_WALLET, Planted};
use crate::{rows, words};

/// Cases that no defect turns red, and why.
const NEVER_RED: &[(&str, &str)] = &[];

/// Every table of servers that have to fail, and whose they are.
const TABLES: &[(Role, &[Planted])] = &[
    (Role::Bank, OF_BANK),
    (Role::Bank, rows::BANK),
    (Role::Bank, rows::LENIENT_BANK),
    (Role::Bank, words::SAID),
    (Role::Bank, words::HEARD),
    (Role::Bank, words::REPEATED_BY_BANK),
    (Role::Wallet, OF_WALLET),
    (Role::Wallet, OF_PROOFS),
    (Role::Wallet, OF_RACES),
    (Role::Wallet, rows::WALLET),
    (Role::Wallet, rows::LENIENT_WALLET),
    (Role::Wallet, words::REPEATED_BY_WALLET),
];

fn rows() -> impl Iterator<Item = (Role, &'static Planted)> {
    TABLES.iter().flat_map(|(role, table)| table.iter().map(|row| (*role, row)))
}

#[test]
fn every_row_names_a_case_a_step_and_what_is_found_there() {
    for (role, row) in rows() {
        let named = [row.option, row.step, row.found];
        assert!(named.iter().all(|text| !text.trim().is_empty()), "{} {}", row.option, row.case);
        let of_role = cases::of(role);
        assert!(of_role.iter().any(|case| case.id == row.case), "there is no {}", row.case);
    }
}

#[test]
fn every_case_has_been_seen_to_fail_or_there_is_a_reason() {
    let seen: BTreeSet<&str> = rows().map(|(_, row)| row.case).collect();
    let excused: BTreeSet<&str> = NEVER_RED.iter().map(|(case, _)| *case).collect();
    let all = [cases::of(Role::Bank), cases::of(Role::Wallet)].concat();
    let all: BTreeSet<&str> = all.iter().map(|case| case.id).collect();
    let missing: Vec<_> =
        all.iter().filter(|c| !seen.contains(*c) && !excused.contains(*c)).collect();
    assert!(missing.is_empty(), "nothing turns these red: {missing:?}");
    let needless: Vec<_> =
        excused.iter().filter(|c| seen.contains(*c) || !all.contains(*c)).collect();
    assert!(needless.is_empty(), "these need no reason: {needless:?}");
    assert!(NEVER_RED.iter().all(|(_, why)| !why.trim().is_empty()));
}
