//! The reference servers pass.

use bindproof_kit::config::Role;
use bindproof_kit::report::{Report, text};

use crate::bench::Bench;
use crate::postgres::Postgres;

/// Everything passed, and something was run.
fn all_passed(report: &Report) {
    assert_eq!(report.exit_code(), 0, "{}", text(report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_on_sqlite_passes() {
    all_passed(&Bench::start(Role::Wallet, None, &[]).await.conform(&[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_server_on_postgresql_passes() {
    let postgres = Postgres::start("conform-wallet", &[]);
    let store = postgres.cluster.database("wallet").unwrap();
    all_passed(&Bench::start(Role::Wallet, Some(&store), &[]).await.conform(&[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_server_on_sqlite_passes() {
    all_passed(&Bench::start(Role::Bank, None, &[]).await.conform(&[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_server_on_postgresql_passes() {
    let postgres = Postgres::start("conform-bank", &[]);
    let store = postgres.cluster.database("bank").unwrap();
    all_passed(&Bench::start(Role::Bank, Some(&store), &[]).await.conform(&[]).await);
}
