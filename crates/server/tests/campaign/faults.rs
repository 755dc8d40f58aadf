//! The network does to requests and answers whatever a network may do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::audit::{Audited, Finding};
use crate::campaign::{Campaign, Setup};
use crate::disturb::{Disturbance, Fault};
use crate::folder::Folder;
use crate::random::from_environment;
use crate::site::Stores;

const SEED: u64 = 7_310_420;
/// How many rounds are done at least, and how often each fault comes about on each side.
const ROUNDS: u64 = 100;
const OFTEN: u64 = 25;
/// How often is looked whether that is so.
const LOOKS: u32 = 3_000;

/// What came of it.
struct Disturbed {
    rounds: u64,
    /// The faults that did not come about often enough on either side.
    seldom: Vec<Fault>,
    audited: Audited,
}

async fn disturbed(name: &str, defects: &[&'static str]) -> Disturbed {
    let seed = from_environment("BINDPROOF_SEED", SEED);
    println!("{name}: seed {seed}");
    let folder = Folder::new(name);
    let setup = Setup { defects, ..Setup::on(Stores::in_files(folder.path()), 2_000) };
    let mut campaign = Campaign::begin(folder.path(), setup).await;
    let disturbances = [seed, seed + 1].map(|seed| Arc::new(Disturbance::new(seed)));
    let site = &campaign.site;
    for (proxy, disturbance) in [&site.bank, &site.wallet].into_iter().zip(&disturbances) {
        proxy.disturb(Some(Arc::clone(disturbance)));
    }
    let often = |fault: Fault| disturbances.iter().all(|harm| harm.done(fault) >= OFTEN);
    for _ in 0..LOOKS {
        let enough = campaign.load.done() >= ROUNDS && Fault::ALL.into_iter().all(often);
        if enough || campaign.load.is_stuck() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for fault in Fault::ALL {
        let [bank, wallet] = disturbances.each_ref().map(|harm| harm.done(fault));
        println!("  {fault:?}: {bank} before the bank, {wallet} before the wallet");
    }
    let rounds = campaign.load.done();
    let seldom = Fault::ALL.into_iter().filter(|fault| !often(*fault)).collect();
    let mut audited = campaign.end_traced().await;
    for harm in &disturbances {
        let twice = harm.carried_out_twice.load(Ordering::SeqCst);
        if twice > 0 {
            audited.findings.push(Finding::Doubled(format!("{twice} copies were carried out")));
        }
    }
    audited.print();
    Disturbed { rounds, seldom, audited }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_whatever_the_network_does() {
    let Disturbed { rounds, seldom, audited } = disturbed("faults", &[]).await;
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
    assert!(rounds >= ROUNDS, "the campaign is void: {rounds} rounds");
    assert_eq!(seldom, [], "the campaign is void: these did not come about often enough");
    assert!(audited.active > 0 && audited.debits > 0, "nothing to compare");
}

/// What the campaign is there to find: a request that is copied is carried out again.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_is_taken_twice_is_found() {
    let Disturbed { audited, .. } = disturbed("copied", &["nonce-forgotten"]).await;
    let doubled = |finding: &Finding| matches!(finding, Finding::Doubled(_));
    assert!(audited.findings.iter().any(doubled), "{:#?}", audited.findings);
}
