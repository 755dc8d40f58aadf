//! The reference servers pass.

use bindproof::limits::{Limits, Timing};
use bindproof::policy::{Bands, FLOOR, Policy};
use bindproof_kit::config::Role;
use bindproof_kit::report::{Outcome, Report, text};

use crate::bench::Under;
use crate::postgres::Postgres;
use crate::trial::Trial;

/// Cases that count wrong answers, operations under way, or what waits.
const ROOM: [&str; 20] = [
    "wallet.same-bank-waits",
    "wallet.unused-account-closes",
    "wallet.approvals-limited",
    "wallet.wrong-code",
    "wallet.approval",
    "wallet.approval-needs-all",
    "wallet.weaker-factor",
    "wallet.tries",
    "wallet.run",
    "wallet.no-such-account",
    "wallet.link-untold",
    "wallet.code-path",
    "wallet.strangers-run",
    "wallet.run-and-day",
    "wallet.revoked-device",
    "wallet.anothers-authenticator",
    "wallet.one-time-code-of-another",
    "wallet.code-of-another-period",
    "wallet.tries-at-once",
    "wallet.run-at-once",
];

/// Everything passed, and something was run.
fn all_passed(report: &Report) {
    assert_eq!(report.exit_code(), 0, "{}", text(report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_on_sqlite_passes() {
    all_passed(&Trial::of(Role::Wallet).conform(&[]).await);
}

/// Counts that a server may run under, and that leave some cases no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_under_other_counts_fails_nothing() {
    let least = Limits { tries: 1, run: 1, day: 1, operations_open_max: 1, ..Limits::DEFAULT };
    let odd = Limits { tries: 4, run: 3, day: 20, operations_open_max: 6, ..Limits::DEFAULT };
    for limits in [least, Limits { approvals_waiting: 1, links_per_account_max: 2, ..odd }] {
        let under = Under { limits, ..Under::default() };
        let report = Trial { under, ..Trial::of(Role::Wallet) }.conform(&ROOM).await;
        let passed = report.count(|outcome| matches!(outcome, Outcome::Passed));
        let skipped = report.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        assert_eq!((passed + skipped, report.exit_code()), (ROOM.len(), 2), "{}", text(&report));
        assert!(passed > 0 && skipped > 0, "{}", text(&report));
    }
}

/// The least that a policy may ask: some cases have nothing to try under it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_under_another_policy_fails_nothing() {
    let policy = Some(Policy::new(FLOOR, Bands::DEFAULT).unwrap());
    let under = Under { policy, ..Under::default() };
    let report = Trial { under, ..Trial::of(Role::Wallet) }.conform(&[]).await;
    let passed = report.count(|outcome| matches!(outcome, Outcome::Passed));
    let skipped = report.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    assert_eq!(
        (passed + skipped, report.exit_code()),
        (report.results.len(), 2),
        "{}",
        text(&report)
    );
    assert!(skipped > 0 && passed > 5 * skipped, "{}", text(&report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_on_postgresql_passes() {
    let postgres = Postgres::start("conform-wallet", &[]);
    let trial = Trial { cluster: Some(&postgres.cluster), ..Trial::of(Role::Wallet) };
    all_passed(&trial.conform(&[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_server_on_sqlite_passes() {
    all_passed(&Trial::of(Role::Bank).conform(&[]).await);
}

/// What a right bank may do that ours does not: hear an answer a while after it was given, and
/// compare what comes under the key of a bind request with what came under it first.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_server_that_is_right_in_its_own_way_passes() {
    let slow = [
        "bank.authentication",
        "bank.already-bound",
        "bank.cancel-under-way",
        "bank.unbind",
        "bank.block",
        "bank.setup-expires",
        "bank.declined",
        "bank.late-notice",
    ];
    let late = Trial { planted: &["--defect answers-heard-late"], ..Trial::of(Role::Bank) };
    all_passed(&late.conform(&slow).await);
    let keys = ["bank.same-request-again", "bank.cancel-overtakes", "bank.foreign-cancel"];
    let remembers = Trial { planted: &["--defect bodies-remembered"], ..Trial::of(Role::Bank) };
    all_passed(&remembers.conform(&keys).await);
}

/// A server may say of anything that it could not decide it, and be asked again.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_asked_again_what_it_could_not_decide_passes() {
    let bank = ["bank.at-once", "bank.new-account", "bank.debit-once", "bank.cancel-overtakes"];
    let wallet = [
        "wallet.registered-at-once",
        "wallet.new-account",
        "wallet.repeated-answer",
        "wallet.operation-again",
        "wallet.tries-at-once",
        "wallet.self-verified",
    ];
    for (role, cases) in [(Role::Bank, &bank[..]), (Role::Wallet, &wallet[..])] {
        let trial = Trial { planted: &["--defect answers-lost"], ..Trial::of(role) };
        all_passed(&trial.conform(cases).await);
    }
}

/// Pauses between two sendings that may be longer than the kit waits are no fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_pauses_longer_than_the_kit_waits_is_not_failed() {
    let under = Under { timing: Timing::DEFAULT, ..Under::default() };
    let bank = [
        "bank.unbind",
        "bank.late-notice",
        "bank.not-found-ends-nothing",
        "bank.answers-read-strictly",
        "bank.already-bound",
        "bank.after-restart",
    ];
    let wallet = [
        "wallet.notice-repeated",
        "wallet.debit-repeated",
        "wallet.debit-outlives-link",
        "wallet.condition-at-execution",
    ];
    for (role, cases) in [(Role::Bank, &bank[..]), (Role::Wallet, &wallet[..])] {
        let report = Trial { under: under.clone(), ..Trial::of(role) }.conform(cases).await;
        let skipped = report.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        assert_eq!(skipped, cases.len(), "{}", text(&report));
    }
}

/// Nor are those that a server may make, and always makes: the kit waits for them.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_pauses_longer_than_it_has_to_passes() {
    let under = Under::default();
    let timing = Timing { longest_retry_ms: 3_000, approval_bank_ms: 12_000, ..under.timing };
    let under = Under { timing, ..under };
    let wallet = ["wallet.notice-repeated", "wallet.debit-repeated"];
    for (role, cases) in [(Role::Bank, &["bank.late-notice"][..]), (Role::Wallet, &wallet[..])] {
        let (planted, under) = (&["--defect pauses-long"][..], under.clone());
        let slow = Trial { planted, under, ..Trial::of(role) };
        all_passed(&slow.conform(cases).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_server_on_postgresql_passes() {
    let postgres = Postgres::start("conform-bank", &[]);
    let trial = Trial { cluster: Some(&postgres.cluster), ..Trial::of(Role::Bank) };
    all_passed(&trial.conform(&[]).await);
}
