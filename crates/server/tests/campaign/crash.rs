//! Either server is killed at random moments, while it has requests in its hands.

use std::time::Duration;

use crate::audit::Audited;
#[cfg(feature = "defects")]
use crate::audit::Finding;
use crate::campaign::{Campaign, Setup, Side};
use crate::folder::Folder;
use crate::proxy::{Proxy, Seen};
use crate::random::{Random, from_environment};
use crate::site::Stores;

/// How many kills a campaign has that nobody asks for more.
const KILLS: u64 = 200;
const SEED: u64 = 20_260_731;

/// What came of it.
struct Killed {
    /// Kills that cut requests off.
    kills: u64,
    /// Requests that were cut off.
    cut: u64,
    rounds: u64,
    audited: Audited,
}

async fn kills(name: &str, wanted: u64, defects: &[&'static str]) -> Killed {
    let seed = from_environment("BINDPROOF_SEED", SEED);
    println!("{name}: seed {seed}, {wanted} kills");
    let mut random = Random::new(seed);
    let folder = Folder::new(name);
    let stores = Stores::in_files(folder.path());
    let customers = 100 + 10 * usize::try_from(wanted).unwrap();
    let setup = Setup { defects, ..Setup::on(stores, customers) };
    let mut campaign = Campaign::begin(folder.path(), setup).await;
    let (mut kills, mut idle) = (0, 0);
    while kills < wanted && idle < wanted && !campaign.load.is_stuck() {
        tokio::time::sleep(random.pause(20, 400)).await;
        let Campaign { site, bank, wallet, .. } = &mut campaign;
        let (side, proxy) = match random.below(2) {
            0 => (bank, &site.bank),
            _ => (wallet, &site.wallet),
        };
        match kill(side, 0, proxy).await {
            true => kills += 1,
            false => idle += 1,
        }
        side.restart(0, proxy);
    }
    let rounds = campaign.load.done();
    let audited = campaign.end_traced().await;
    let proxies = [&campaign.site.bank, &campaign.site.wallet];
    let cut = proxies.iter().map(|proxy| Seen::of(&proxy.seen.cut)).sum();
    println!("{kills} kills cut off {cut} requests, {idle} none; {rounds} rounds");
    audited.print();
    Killed { kills, cut, rounds, audited }
}

/// Kills an instance once its side has a request in its hands; whether one was cut off by that.
pub async fn kill(side: &mut Side, instance: usize, proxy: &Proxy) -> bool {
    const LOOKS: u32 = 2_000;
    const PAUSE: Duration = Duration::from_micros(500);
    let seen = &proxy.seen;
    for _ in 0..LOOKS {
        if Seen::of(&seen.under_way) > 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let before = Seen::of(&seen.cut);
    side.kill(instance);
    // What it had in its hands comes to its end now: there is nobody any more who could answer.
    for _ in 0..LOOKS {
        if Seen::of(&seen.cut) > before {
            return true;
        }
        if Seen::of(&seen.under_way) == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Seen::of(&seen.cut) > before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_however_often_servers_are_killed() {
    let wanted = from_environment("BINDPROOF_KILLS", KILLS);
    let Killed { kills, cut, rounds, audited } = kills("kills", wanted, &[]).await;
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
    assert_eq!(kills, wanted, "the campaign is void: too few kills cut anything off");
    assert!(cut >= wanted, "the campaign is void: {cut} requests were cut off");
    assert!(rounds >= wanted / 10, "the campaign is void: {rounds} rounds");
    assert!(audited.active > 0 && audited.debits > 0, "nothing to compare");
}

/// What the campaign is there to find: the embedded store answers before it commits. Who was
/// acknowledged something misses it, or a journal lacks what the other side was answered.
#[cfg(feature = "defects")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_answers_before_it_commits_is_found() {
    let Killed { audited, .. } = kills("early", 60, &["answer-before-commit"]).await;
    let lost = |finding: &Finding| match finding {
        Finding::Lost(_) => true,
        Finding::Journal(what) => what.contains("acknowledged-is-durable"),
        _ => false,
    };
    assert!(audited.findings.iter().any(lost), "{:#?}", audited.findings);
}
