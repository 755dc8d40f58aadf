//! Two instances of each server on one database, which decide about the same persons at once.

use crate::audit::Audited;
#[cfg(feature = "defects")]
use crate::audit::Finding;
use crate::campaign::{Campaign, Setup, Side};
use crate::crash::kill;
use crate::folder::Folder;
use crate::postgres::Postgres;
use crate::random::{Random, from_environment};
use crate::site::Stores;

const SEED: u64 = 51_515;
/// How many instances are killed, one after the other.
const KILLS: u64 = 24;
/// How many decisions at least were made on a view that was no longer true.
const LOST: u64 = 100;

/// What came of it.
struct Together {
    kills: u64,
    /// Decisions that were made on a view that was no longer true, and were made again.
    lost: u64,
    rounds: u64,
    audited: Audited,
}

async fn together(name: &str, wanted: u64, defects: &[&'static str]) -> Together {
    let seed = from_environment("BINDPROOF_SEED", SEED);
    println!("{name}: seed {seed}, {wanted} kills");
    let mut random = Random::new(seed);
    let folder = Folder::new(name);
    let postgres = Postgres::start(&format!("{name}-pg"), &["max_connections=200"]);
    let stores = Stores::in_databases(&postgres);
    let setup = Setup { instances: &["a", "b"], defects, ..Setup::on(stores, 2_000) };
    let mut campaign = Campaign::begin(folder.path(), setup).await;
    let (mut kills, mut lost, mut idle) = (0, 0, 0);
    while kills < wanted && idle < wanted && !campaign.load.is_stuck() {
        tokio::time::sleep(random.pause(100, 600)).await;
        let Campaign { site, bank, wallet, .. } = &mut campaign;
        let (side, proxy) = match random.below(2) {
            0 => (bank, &site.bank),
            _ => (wallet, &site.wallet),
        };
        let side: &mut Side = side;
        let before = side.lost().await;
        let instance = usize::try_from(random.below(2)).unwrap();
        match kill(side, instance, proxy).await {
            true => kills += 1,
            false => idle += 1,
        }
        // What the one that is gone had counted is gone with it.
        lost += before.saturating_sub(side.lost().await);
        side.restart(instance, proxy);
    }
    lost += campaign.bank.lost().await + campaign.wallet.lost().await;
    let rounds = campaign.load.done();
    let audited = campaign.end_traced().await;
    println!("{kills} kills; {lost} decisions were made again; {rounds} rounds");
    audited.print();
    Together { kills, lost, rounds, audited }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_of_each_server_do_what_one_does() {
    let Together { kills, lost, rounds, audited } = together("instances", KILLS, &[]).await;
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
    assert_eq!(kills, KILLS, "the campaign is void: too few kills cut anything off");
    assert!(lost >= LOST, "the campaign is void: {lost} decisions met a stale view");
    assert!(rounds >= 20, "the campaign is void: {rounds} rounds");
    assert!(audited.active > 0 && audited.debits > 0, "nothing to compare");
}

/// One guard stands behind the other: without the first, servers fail that are well.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_without_its_guard_is_found() {
    let Together { audited, .. } = together("unguarded", 6, &["unguarded-update"]).await;
    let fault = |finding: &Finding| matches!(finding, Finding::Fault(_));
    assert!(audited.findings.iter().any(fault), "{:#?}", audited.findings);
}

/// Without both, decisions are lost.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_without_any_guard_is_found() {
    let defects = ["unguarded-update", "journal-overwritten"];
    let Together { audited, .. } = together("overwritten", 6, &defects).await;
    let wrong = |finding: &Finding| {
        matches!(finding, Finding::Lost(_) | Finding::Journal(_) | Finding::Disagree(_))
    };
    assert!(audited.findings.iter().any(wrong), "{:#?}", audited.findings);
}
