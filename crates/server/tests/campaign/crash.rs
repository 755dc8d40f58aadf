//! Either server is killed at random moments, while it has requests in its hands.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::{Audited, Finding, audit, quiet};
use crate::folder::Folder;
use crate::load::Load;
use crate::proxy::{Proxy, Seen};
use crate::random::{Random, from_environment};
use crate::server::Server;
use crate::site::{Site, Stores};

/// How many kills a campaign has that nobody asks for more.
const KILLS: u64 = 200;
const SEED: u64 = 20_260_731;

/// What came of it.
struct Campaign {
    /// Kills that cut requests off.
    kills: u64,
    /// Kills that did not, and count for nothing.
    idle: u64,
    /// Requests that were cut off.
    cut: u64,
    rounds: u64,
    audited: Audited,
}

async fn campaign(name: &str, wanted: u64, defects: &[&'static str]) -> Campaign {
    let seed = from_environment("BINDPROOF_SEED", SEED);
    println!("{name}: seed {seed}, {wanted} kills");
    let mut random = Random::new(seed);
    let folder = Folder::new(name);
    let stores = Stores::in_files(folder.path());
    let site = Site::found(folder.path(), &stores).await;
    let mut servers = [site.bank_server("a", defects), site.wallet_server("a", defects)];
    let proxies = [&site.bank, &site.wallet];
    for (server, proxy) in servers.iter_mut().zip(proxies) {
        proxy.to(server.start());
    }
    let load = Load::of(&site);
    let running = load.start();
    let (mut kills, mut idle) = (0, 0);
    while kills < wanted && idle < wanted && !load.is_stuck() {
        tokio::time::sleep(random.pause(20, 250)).await;
        let which = usize::try_from(random.below(2)).unwrap();
        match kill(&mut servers[which], proxies[which]).await {
            true => kills += 1,
            false => idle += 1,
        }
        proxies[which].to(servers[which].start());
    }
    let mut stuck = load.finish(running).await;
    stuck.extend(load.ask_again().await);
    if !quiet(&stores).await {
        stuck.push("neither side comes to rest".to_owned());
    }
    for server in &mut servers {
        let status = server.stop();
        assert!(status.success(), "{}: {status}", server.log());
    }
    let mut audited = audit(&stores, &load.said).await;
    audited.findings.extend(stuck.into_iter().map(Finding::Stuck));
    let cut = proxies.iter().map(|proxy| Seen::of(&proxy.seen.cut)).sum();
    let campaign = Campaign { kills, idle, cut, rounds: load.done(), audited };
    campaign.print();
    campaign
}

/// Kills a server once it has a request in its hands; whether one was cut off by that.
async fn kill(server: &mut Server, proxy: &Proxy) -> bool {
    let seen: &Arc<Seen> = &proxy.seen;
    for _ in 0..2_000 {
        if Seen::of(&seen.under_way) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    let before = Seen::of(&seen.cut);
    server.kill();
    // What was under way has come to its end now: there is nobody any more who could answer.
    for _ in 0..2_000 {
        if Seen::of(&seen.under_way) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Seen::of(&seen.cut) > before
}

impl Campaign {
    fn print(&self) {
        let Audited { bindings, active, debits, decisions, findings } = &self.audited;
        println!(
            "{} kills that cut off {} requests ({} kills cut off none); {} rounds, {bindings} \
             bindings, {active} of them active, {debits} debits, {decisions} decisions",
            self.kills, self.cut, self.idle, self.rounds
        );
        for finding in findings.iter().take(20) {
            println!("  {finding:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_however_often_servers_are_killed() {
    let wanted = from_environment("BINDPROOF_KILLS", KILLS);
    let campaign = campaign("kills", wanted, &[]).await;
    assert_eq!(campaign.kills, wanted, "the campaign is void: too few kills cut anything off");
    assert!(campaign.cut >= wanted);
    assert!(campaign.rounds >= wanted / 10, "the campaign is void: {} rounds", campaign.rounds);
    assert!(campaign.audited.active > 0 && campaign.audited.debits > 0, "nothing to compare");
    assert!(campaign.audited.findings.is_empty(), "{:#?}", campaign.audited.findings);
}
