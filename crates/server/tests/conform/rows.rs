//! Servers with one defect each for the cases that no other table turns red.
#![cfg(feature = "defects")]

use bindproof_kit::config::Role;

use crate::defects::{Planted, defect, each_fails};

/// Defects of a bank server.
pub const BANK: &[Planted] = &[
    defect("--defect approval-not-awaited", "bank.existing-account", "binding_query", "active"),
    defect("--defect holder-not-compared", "bank.holder", "bind_request", "pending"),
    defect(
        "--without holder-authenticated",
        "bank.strongest-refusal",
        "bind_request",
        "holder_mismatch",
    ),
    defect("--without instrument-bound-once", "bank.at-once", "bind_request", "pending"),
    defect("--defect cancel-forgotten", "bank.cancel-overtakes", "bind_request", "pending"),
    defect("--defect block-not-told", "bank.block", "suspension 1", "0"),
    defect("--without leave-from-any-state", "bank.block", "unbind_request", "invalid_state"),
    defect("--defect block-too-early", "bank.block-before-active", "binding_query", "pending"),
    defect("--defect deadlines-forgotten", "bank.setup-expires", "binding_query", "pending"),
    defect("--defect store-emptied", "bank.after-restart", "binding_query", "not_found"),
    defect("--defect link-ends-unheard", "bank.ended-by-wallet", "binding_query", "active"),
    defect("--defect link-ends-unheard", "bank.declined", "binding_query", "pending"),
    defect("--defect unknown-receipted", "bank.unknown-notice", "notifies", "a receipt"),
    defect("--defect debits-kept-apart", "bank.debit-of-another", "debit of 100", "accepted"),
    defect("--defect old-code-shown", "bank.new-account", "code that the holder", "another"),
    defect("--defect answered-as-text", "bank.new-account", "bind_request", "text/plain"),
    defect("--defect sending-not-stopped", "bank.settled-is-not-sent", "answered", "Link"),
    defect("--defect problems-not-signed", "bank.malformed", "half a body", "signature"),
    defect("--defect deadlines-early", "bank.setup-expires", "binding_query", "ended: expired"),
    defect("--defect deadlines-early", "bank.approval-expires", "binding_query", "ended: expired"),
    defect("--defect deadlines-forgotten", "bank.approval-expires", "binding_query", "pending"),
    defect("--defect early-debit-refused", "bank.debit-too-early", "debit", "debit refused"),
    defect("--defect session-made-up", "bank.session", "made up", "status 200"),
    defect("--defect unknown-members-accepted", "bank.malformed", "a member too many", "200"),
];

/// Defects of a wallet server.
pub const WALLET: &[Planted] = &[
    defect("--defect card-numbers-accepted", "wallet.card-number", "a card number", "status 200"),
    defect("--defect answered-as-text", "wallet.new-account", "account_query", "text/plain"),
    defect("--defect account-invented", "wallet.query-leaves-nothing", "account_query", "account"),
    defect("--defect links-forgotten", "wallet.repeated-registration", "registration", "was there"),
    defect("--defect links-forgotten", "wallet.late-registration", "registration", "created"),
    defect(
        "--defect suspension-never-too-early",
        "wallet.decision-too-early",
        "link_suspend",
        "suspended",
    ),
    defect("--defect approvals-unlimited", "wallet.approvals-limited", "link_request", "awaiting"),
    defect(
        "--without one-account-per-person",
        "wallet.self-asserted",
        "account_query",
        "no account",
    ),
    defect(
        "--without one-account-per-person",
        "wallet.self-verified",
        "account_query",
        "no account",
    ),
    defect(
        "--without recover-needs-no-old-factor",
        "wallet.hijacked-account",
        "answers",
        "challenge_invalid",
    ),
    defect(
        "--without recover-needs-no-old-factor",
        "wallet.recover-unnamed",
        "answers",
        "challenge_invalid",
    ),
    defect("--without recover-needs-no-old-factor", "wallet.recover", "answers", "challenge_inv"),
    defect(
        "--without closed-frees-person",
        "wallet.close-account",
        "account_registration",
        "not registered: account_unavailable",
    ),
    defect(
        "--without revoked-does-nothing",
        "wallet.revoked-device",
        "answers",
        "challenge_invalid",
    ),
    defect("--without revoked-untold", "wallet.revoked-device", "asks for", "device_unknown"),
    defect("--defect store-emptied", "wallet.restart", "link_query", "not_found"),
    defect("--without end-owes-notice", "wallet.approval-expires", "notice", "none"),
    defect(
        "--without proof-spent",
        "wallet.operation-again",
        "what becomes of sign_in",
        "idempotency_in_progress",
    ),
    defect("--defect date-not-checked", "wallet.stale-operation", "asks for pay", "a challenge"),
    defect("--defect tries-unlimited", "wallet.tries", "answers", "challenge_invalid"),
    defect("--defect sending-not-stopped", "wallet.settled-is-not-sent", "answered", "debit_req"),
    defect("--defect receipts-unheard", "wallet.settled-is-not-sent", "answered", "link_notice"),
    defect("--defect problems-not-signed", "wallet.malformed", "nothing for an end", "signature"),
    defect("--defect deadlines-early", "wallet.challenge-expires", "asks for add", "expired"),
    defect("--defect deadlines-early", "wallet.approval-expires", "link_query", "link ended"),
    defect("--defect refused-debit-paid", "wallet.bank-refuses", "pay", "executed"),
    defect(
        "--defect late-debit-refused",
        "wallet.debit-outlives-link",
        "pay",
        "instrument_unavailable",
    ),
];

/// Servers that read leniently.
pub const LENIENT_BANK: &[Planted] = &[
    defect(
        "--defect members-twice-accepted",
        "bank.wallet-read-strictly",
        "a member twice in the envelope, to /v1/link_notice",
        "status 200",
    ),
    defect("--defect nulls-accepted", "bank.wallet-read-strictly", "which is absent", "200"),
    defect("--defect fractions-accepted", "bank.wallet-read-strictly", "a fraction for", "200"),
    defect("--defect upper-case-accepted", "bank.wallet-read-strictly", "upper case for", "200"),
    defect(
        "--defect unknown-members-accepted",
        "bank.client-read-strictly",
        "a member too many in the envelope, to /v1/unbind_request",
        "status 200",
    ),
    defect("--defect media-type-not-read", "bank.client-read-strictly", "text/plain, to", "200"),
    defect("--defect answers-read-leniently", "bank.answers-read-strictly", "bank sends", "Link"),
    defect("--defect answers-not-verified", "bank.answers-read-strictly", "bank sends", "Link"),
];

/// Servers that read leniently.
pub const LENIENT_WALLET: &[Planted] = &[
    defect(
        "--defect members-twice-accepted",
        "wallet.bank-read-strictly",
        "a member twice in the envelope, to /v1/account_registration",
        "status 200",
    ),
    defect("--defect fractions-accepted", "wallet.bank-read-strictly", "a fraction for", "200"),
    defect("--defect upper-case-accepted", "wallet.client-read-strictly", "upper case for", "200"),
    defect("--defect media-type-not-read", "wallet.client-read-strictly", "text/plain, to", "200"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_server_fails_each_case_that_hunts_its_defect() {
    each_fails(Role::Bank, BANK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_server_fails_each_case_that_hunts_its_defect() {
    each_fails(Role::Wallet, WALLET).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_reads_leniently_fails() {
    each_fails(Role::Bank, LENIENT_BANK).await;
    each_fails(Role::Wallet, LENIENT_WALLET).await;
}
