//! Servers that say what is not so to the other side, hear whom they should not, or do twice what
//! comes twice, each with the case that finds it.
#![cfg(feature = "defects")]

use bindproof_kit::config::Role;

use crate::defects::{Planted, defect, each_fails};

/// What a bank server sends the wallet.
const SENDS: &str = "what the bank sends the wallet";

/// A bank server that says what is not so.
pub const SAID: &[Planted] = &[
    defect("--defect contact-not-verified", "bank.says-what-is-so", SENDS, "tel:+1-555-9999"),
    defect(
        "--defect instrument-exchanged",
        "bank.says-what-is-so",
        SENDS,
        "card-b-0, and card-a-0 was asked for",
    ),
    defect("--defect holder-exchanged", "bank.says-what-is-so", SENDS, "it is about person-00"),
    defect("--defect consent-not-passed-on", "bank.says-what-is-so", SENDS, "register false"),
];

/// Whichever is seen first: what the client is told, or the end that the bank sends.
const ONE_KEY: &str = "one key of two or what the bank sends";

/// A bank server that hears whom it should not.
pub const HEARD: &[Planted] = &[
    defect("--defect anybody-asks", "bank.foreign-client", "binding_query", "active"),
    defect("--defect anybody-cancels", "bank.foreign-cancel", "bind_cancel", "ended: cancelled"),
    defect("--defect keys-shared", "bank.foreign-cancel", ONE_KEY, "one binding or End"),
    defect("--defect requests-raced", "bank.at-once", "twice at once", "two"),
];

/// A bank server that repeats what it sends otherwise than it should.
pub const REPEATED_BY_BANK: &[Planted] = &[
    defect("--defect key-not-kept", "bank.unbind", SENDS, "another key than before"),
    defect("--defect time-of-issue-kept", "bank.unbind", SENDS, "the time of issue of before"),
    defect("--defect request-id-kept", "bank.unbind", SENDS, "comes twice"),
    defect("--defect member-sent-twice", "bank.says-what-is-so", "bind_request", "duplicate field"),
];

/// What a wallet server sends a bank.
const SENDS_BANK: &str = "what the wallet sends north";

/// A wallet server that does.
pub const REPEATED_BY_WALLET: &[Planted] = &[
    defect("--defect key-not-kept", "wallet.notice-repeated", SENDS_BANK, "link_notice: what"),
    defect("--defect key-not-kept", "wallet.debit-repeated", SENDS_BANK, "debit_request: what"),
    defect(
        "--defect time-of-issue-kept",
        "wallet.debit-repeated",
        SENDS_BANK,
        "the time of issue of before",
    ),
    defect("--defect request-id-kept", "wallet.notice-repeated", SENDS_BANK, "comes twice"),
    defect("--defect notices-to-everybody", "wallet.approval", "arrives at north", "link_notice"),
    defect("--defect member-sent-twice", "wallet.new-account", "account_query", "duplicate field"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_server_that_says_what_is_not_so_fails() {
    each_fails(Role::Bank, SAID).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_server_that_hears_whom_it_should_not_fails() {
    each_fails(Role::Bank, HEARD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_repeats_otherwise_than_it_should_fails() {
    each_fails(Role::Bank, REPEATED_BY_BANK).await;
    each_fails(Role::Wallet, REPEATED_BY_WALLET).await;
}
