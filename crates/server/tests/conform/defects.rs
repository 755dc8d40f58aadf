//! Servers with a defect fail, each for that defect: the case that hunts it, and the words in which
//! it does.
#![cfg(feature = "defects")]

use bindproof_kit::config::Role;
use bindproof_kit::report::{Outcome, Report, text};
use bindproof_kit::trouble::Trouble;
use tokio::task::JoinSet;

use crate::postgres::Postgres;
use crate::trial::Trial;

/// A defect, the case that finds it, and what that case names as the step and as what it found.
pub struct Planted {
    /// What the server is started with.
    pub option: &'static str,
    /// The case.
    pub case: &'static str,
    /// A part of the step; where it hangs on who is faster, one ` or ` the other.
    pub step: &'static str,
    /// A part of what was found there; where it hangs on who is faster, one ` or ` the other.
    pub found: &'static str,
}

/// A row.
pub const fn defect(
    option: &'static str,
    case: &'static str,
    step: &'static str,
    found: &'static str,
) -> Planted {
    Planted { option, case, step, found }
}

/// Defects of a wallet server.
pub const OF_WALLET: &[Planted] = &[
    // The edge.
    defect("--defect signature-not-verified", "wallet.signature-wrong", "in another's name", "200"),
    defect("--defect digest-not-compared", "wallet.signature-wrong", "body was exchanged", "200"),
    defect("--defect expired-signature-accepted", "wallet.signature-old", "two minutes ago", "200"),
    defect("--defect nonce-forgotten", "wallet.signature-replayed", "same bytes", "200"),
    defect("--defect nonce-only-in-memory", "wallet.replay-after-restart", "same bytes", "200"),
    defect("--defect unknown-members-accepted", "wallet.malformed", "a member too many", "200"),
    defect("--defect same-key-other-body", "wallet.same-key-other-body", "link_end", "ended"),
    defect("--defect answer-not-signed", "wallet.new-account", "account_query", "signatures"),
    defect(
        "--defect answer-to-another-request",
        "wallet.new-account",
        "account_query",
        "another request",
    ),
    // Links.
    defect("--defect date-not-checked", "wallet.stale-begins-nothing", "too long ago", "created"),
    defect("--defect end-not-acknowledged", "wallet.end-acknowledged", "link_end", "invalid_state"),
    defect(
        "--defect existence-disclosed",
        "wallet.foreign-bank",
        "link_query",
        "origin_not_allowed",
    ),
    defect("--without bank-namespace", "wallet.foreign-bank", "link_query", "active"),
    defect("--without unknown-end-remembered", "wallet.end-overtakes", "link_query", "not_found"),
    defect(
        "--without existing-account-waits",
        "wallet.existing-account-waits",
        "link_request",
        "active",
    ),
    defect("--without created-for-one-binding", "wallet.same-bank-waits", "link_request", "active"),
    defect("--without consent-required", "wallet.consent", "account_registration", "created"),
    defect("--without refusal-remembered", "wallet.consent", "account_registration", "created"),
    defect(
        "--without account-open-at-activation",
        "wallet.wrong-account",
        "link_request",
        "active",
    ),
    defect("--without account-fixed", "wallet.wrong-account", "link_request", "active"),
    defect("--without revision-ordered", "wallet.revisions", "link_resume", "active at revision 2"),
    defect(
        "--without ends-exempt-from-window",
        "wallet.end-whatever-age",
        "link_end",
        "request_stale",
    ),
    defect(
        "--without lookup-before-age",
        "wallet.stale-known",
        "account_registration",
        "not registered",
    ),
    defect(
        "--without last-link-closes",
        "wallet.unused-account-closes",
        "account_query",
        "account",
    ),
    // What a person is asked, and what counts as proof.
    defect("--without challenge-required", "wallet.first-authentication", "sign_in", "executed"),
    defect(
        "--without first-authentication-first",
        "wallet.before-first-authentication",
        "answers its challenge",
        "idempotency_in_progress",
    ),
    defect("--defect wrong-code-accepted", "wallet.wrong-code", "answers", "executed"),
    defect("--defect contact-not-compared", "wallet.wrong-contact", "answers", "executed"),
    defect("--without code-of-created-for", "wallet.other-bindings-code", "answers", "executed"),
    defect("--defect spent-code-accepted", "wallet.wrong-code", "answers", "executed"),
    defect("--without approval-takes-code", "wallet.approval-needs-all", "answers", "executed"),
    defect(
        "--without approval-takes-own-factors",
        "wallet.approval-needs-all",
        "answers",
        "executed",
    ),
    defect(
        "--without challenge-expires",
        "wallet.challenge-expires",
        "answers",
        "challenge_invalid",
    ),
    defect(
        "--without answer-from-its-device",
        "wallet.answer-from-another-device",
        "answers",
        "idempotency_in_progress",
    ),
    defect(
        "--defect proof-not-bound-to-amount",
        "wallet.proof-of-another-challenge",
        "answers",
        "idempotency_in_progress",
    ),
    defect(
        "--without proof-class-compared",
        "wallet.weaker-factor",
        "answers",
        "idempotency_in_progress",
    ),
    defect("--without wrong-answers-counted", "wallet.run", "answers", "idempotency_in_progress"),
    defect(
        "--without new-challenge-keeps-count",
        "wallet.run",
        "answers",
        "idempotency_in_progress",
    ),
    defect("--without lock-at-answer", "wallet.run", "answers", "outcome refused: step_up_locked"),
    defect("--without device-path-apart", "wallet.lock-at-execution", "answers", "step_up_locked"),
    defect(
        "--defect repeated-answer-counted",
        "wallet.repeated-answer",
        "answers",
        "challenge_expired",
    ),
    defect(
        "--without decoy-challenges",
        "wallet.no-such-account",
        "sign_in",
        "account_unavailable",
    ),
    defect(
        "--without decoy-shown-alike",
        "wallet.no-such-account",
        "verify_identity",
        "two_factor",
    ),
    defect("--without decoy-counted", "wallet.no-such-account", "answers", "challenge_invalid"),
    defect("--without unsigned-is-unknown", "wallet.unsigned-is-unknown", "decline", "executed"),
    // What strangers are told, and what their guesses close.
    defect("--without link-untold", "wallet.link-untold", "asks for", "not_found"),
    defect(
        "--without ended-becomes-decoy",
        "wallet.end-untold",
        "asks for pay",
        "account_unavailable",
    ),
    defect("--defect devices-told", "wallet.room-for-devices-untold", "asks for", "limit_exceeded"),
    defect("--defect limit-together", "wallet.strangers-leave-room", "asks for", "limit_exceeded"),
    defect(
        "--defect recoveries-counted",
        "wallet.strangers-leave-room",
        "asks for",
        "limit_exceeded",
    ),
    defect("--without code-path-apart", "wallet.code-path", "answers", "step_up_locked"),
    defect("--without strangers-keep-run", "wallet.strangers-run", "answers", "executed"),
    defect(
        "--without success-keeps-day",
        "wallet.run-and-day",
        "answers",
        "idempotency_in_progress",
    ),
    defect(
        "--without recover-passes-locks",
        "wallet.identity-passes-locks",
        "answers",
        "step_up_locked",
    ),
    // What comes twice, and what a person's identity does.
    defect(
        "--without condition-at-execution",
        "wallet.first-authentication-twice",
        "answers",
        "executed",
    ),
    defect(
        "--without condition-at-execution",
        "wallet.condition-at-execution",
        "what becomes of pay",
        "idempotency_in_progress",
    ),
    defect(
        "--without in-flight-counts",
        "wallet.condition-at-execution",
        "what becomes of pay",
        "idempotency_in_progress",
    ),
    defect("--defect session-not-asked", "wallet.identity-in-session", "answers", "executed"),
    defect(
        "--without one-account-per-person",
        "wallet.registered-at-once",
        "account_registration",
        "created",
    ),
    defect("--without end-owes-notice", "wallet.declined", "notice", "none"),
    // Payments.
    defect(
        "--without link-active-at-debit",
        "wallet.suspended-pays-not",
        "asks for pay",
        "executed",
    ),
    defect(
        "--defect end-refuses-nothing",
        "wallet.end-ends-operations",
        "answers",
        "outcome refused: invalid_state",
    ),
    defect(
        "--defect debit-of-another-amount",
        "wallet.first-authentication",
        "asks north for the debit",
        "minor: 1 }",
    ),
    defect("--defect notice-not-repeated", "wallet.notice-repeated", "notice", "1"),
];

/// Defects of a wallet server that takes one thing for another: persons, devices, proofs.
pub const OF_PROOFS: &[Planted] = &[
    // What a client claims, and what it reads.
    defect(
        "--defect environment-ignored",
        "wallet.environment",
        "asks for decline_binding",
        "executed",
    ),
    defect(
        "--defect words-of-another-amount",
        "wallet.words",
        "what a payment's challenge says",
        "0.01 EUR",
    ),
    defect(
        "--defect decoy-words-differ",
        "wallet.words",
        "what is to be approved where there is no account",
        "Close your account",
    ),
    // What a device did not sign.
    defect(
        "--defect signature-not-verified",
        "wallet.device-signature-wrong",
        "a request signed in the device's name",
        "200",
    ),
    defect(
        "--defect digest-not-compared",
        "wallet.device-signature-wrong",
        "a request whose body was exchanged",
        "200",
    ),
    defect(
        "--defect expired-signature-accepted",
        "wallet.device-signature-old",
        "a request signed two minutes ago",
        "200",
    ),
    defect(
        "--defect nonce-forgotten",
        "wallet.device-signature-replayed",
        "the same bytes of a request again",
        "200",
    ),
    // What was made for something else.
    defect(
        "--defect contact-not-compared",
        "wallet.one-time-code-of-another",
        "answers",
        "executed",
    ),
    defect(
        "--defect one-time-code-of-any-challenge",
        "wallet.one-time-code-of-another",
        "answers",
        "executed",
    ),
    defect(
        "--defect enrolment-of-any-ceremony",
        "wallet.enrolment-of-another",
        "answers",
        "executed",
    ),
    defect(
        "--defect proof-not-bound-to-amount",
        "wallet.assertion-forged",
        "answers",
        "idempotency_in_progress",
    ),
    defect("--defect old-code-accepted", "wallet.code-of-another-period", "answers", "executed"),
    defect("--defect spent-code-accepted", "wallet.code-spent-for-good", "answers", "executed"),
    defect("--defect spent-code-renewed", "wallet.code-spent-for-good", "answers", "executed"),
    defect(
        "--defect revoked-authenticator-counts",
        "wallet.revoked-authenticator",
        "answers",
        "idempotency_in_progress",
    ),
    // Two persons.
    defect("--defect link-of-any-account", "wallet.anothers-link", "asks for pay", "two_factor"),
    defect(
        "--defect authenticator-of-any-account",
        "wallet.anothers-authenticator",
        "answers",
        "executed",
    ),
    defect("--defect identity-of-anybody", "wallet.anothers-identity", "answers", "executed"),
    defect(
        "--defect identity-counted",
        "wallet.identity-counts-nothing",
        "answers",
        "step_up_locked",
    ),
    defect(
        "--defect device-of-any-account",
        "wallet.anothers-device",
        "asks for decline_binding",
        "executed",
    ),
];

/// Defects of a bank server.
pub const OF_BANK: &[Planted] = &[
    defect("--without holder-authenticated", "bank.authentication", "bind_request", "pending"),
    defect("--defect authentication-reused", "bank.authentication", "bind_request", "pending"),
    defect("--without consent-required", "bank.consent", "bind_request", "pending"),
    defect("--without instrument-bound-once", "bank.already-bound", "bind_request", "pending"),
    defect(
        "--without body-compared",
        "bank.same-request-again",
        "bind_request",
        "pending or active",
    ),
    defect("--without waits-for-account", "bank.new-account", "binding_query", "active"),
    defect("--without exits-through-ending", "bank.cancel-under-way", "the end", "0"),
    defect("--without ending-hears-only-ends", "bank.late-notice", "binding_query", "active"),
    defect("--without own-decision", "bank.own-decision", "debit", "accepted"),
    defect(
        "--defect problem-ends-binding",
        "bank.not-found-ends-nothing",
        "the bank sends suspension 1",
        "1",
    ),
    defect(
        "--without notice-always-receipted",
        "bank.late-notice",
        "the wallet notifies",
        "not_found",
    ),
    defect("--without debit-only-while-active", "bank.debit-not-active", "debit", "accepted"),
    defect(
        "--without debit-decided-once",
        "bank.debit-once",
        "debit of 100",
        "debit refused: binding_not_active",
    ),
    defect("--defect cover-not-asked", "bank.debit-once", "debit", "accepted"),
    defect("--defect date-not-checked", "bank.stale", "bind_request", "pending"),
    defect("--defect signature-not-verified", "bank.signature", "in another's name", "status 200"),
    defect("--defect digest-not-compared", "bank.signature", "body was exchanged", "not_found"),
    defect(
        "--defect expired-signature-accepted",
        "bank.signature",
        "two minutes ago",
        "status 200",
    ),
    defect("--defect nonce-forgotten", "bank.signature", "same bytes", "not_found"),
];

/// The case fails, for what was planted, and with the code of a failure; what is wrong otherwise.
fn fails_for(planted: &Planted, report: &Report) -> Result<(), String> {
    let told = |why: &str| Err(format!("{}: {why}\n{}", planted.option, text(report)));
    let result = report.results.iter().find(|result| result.case.id == planted.case);
    let Some(Outcome::Failed(Trouble::Wrong { step, found, .. })) = result.map(|r| &r.outcome)
    else {
        return told("the case did not fail");
    };
    let one_of = |parts: &str, text: &str| parts.split(" or ").any(|part| text.contains(part));
    if !one_of(planted.step, step) || !one_of(planted.found, found) {
        return told(&format!("expected {:?} and {:?} in it", planted.step, planted.found));
    }
    if result.is_some_and(|result| result.exchanges.is_empty()) {
        return told("nothing shows what was said over HTTP");
    }
    if report.exit_code() == 1 { Ok(()) } else { told("and the run did not") }
}

/// How many servers are tried at once: they and the kit mostly wait.
const AT_ONCE: usize = 4;

/// Each of these servers fails for what was planted in it.
pub async fn each_fails(role: Role, planted: &'static [Planted]) {
    let mut wrong = Vec::new();
    let mut trying: JoinSet<Result<(), String>> = JoinSet::new();
    for planted in planted {
        if trying.len() == AT_ONCE {
            wrong.extend(trying.join_next().await.and_then(|tried| tried.unwrap().err()));
        }
        trying.spawn(async move {
            let trial = Trial { planted: &[planted.option], ..Trial::of(role) };
            fails_for(planted, &trial.conform(&[planted.case]).await)
        });
    }
    wrong.extend(trying.join_all().await.into_iter().filter_map(Result::err));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), planted.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_server_with_a_defect_fails_for_it() {
    each_fails(Role::Wallet, OF_WALLET).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_server_that_takes_one_thing_for_another_fails_for_it() {
    each_fails(Role::Wallet, OF_PROOFS).await;
}

/// What a server has whose writers overtake each other.
const RACED: &str = "--defect unguarded-update --defect journal-overwritten";

/// Defects of a wallet server on PostgreSQL, where writers do not wait in line.
pub const OF_RACES: &[Planted] = &[
    defect(RACED, "wallet.tries-at-once", "a client answers", "challenge_invalid"),
    defect(RACED, "wallet.run-at-once", "a client answers", "challenge_invalid"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_server_that_loses_counts_in_a_race_fails_for_it() {
    let postgres = Postgres::start("conform-race", &[]);
    for planted in OF_RACES {
        let cluster = Some(&postgres.cluster);
        let trial = Trial { cluster, planted: &[planted.option], ..Trial::of(Role::Wallet) };
        fails_for(planted, &trial.conform(&[planted.case]).await).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_server_with_a_defect_fails_for_it() {
    each_fails(Role::Bank, OF_BANK).await;
}
