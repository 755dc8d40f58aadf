//! What every campaign does before and after what goes wrong.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::audit::{Audited, Finding, audit, quiet};
use crate::load::Load;
use crate::proxy::{Proxy, Seen};
use crate::server::{Server, counted};
use crate::site::{Site, Stores};
use crate::story::Stuck;
use crate::trace::traced;

/// The servers of one side.
pub struct Side {
    pub servers: Vec<Server>,
    /// Where each listens; nowhere while it does not run.
    addresses: Vec<Option<String>>,
}

impl Side {
    fn start(mut servers: Vec<Server>, proxy: &Proxy) -> Self {
        let addresses = servers.iter_mut().map(|server| Some(server.start())).collect();
        let side = Self { servers, addresses };
        side.tell(proxy);
        side
    }

    /// How often a decision was made again, as far as the instances that run remember.
    pub async fn lost(&self) -> u64 {
        let mut lost = 0;
        for address in self.addresses.iter().flatten() {
            lost += counted(address, "bindproof_decisions_total", "written=\"lost\"").await;
        }
        lost
    }

    /// How many requests were answered that they could not be decided because somebody else held
    /// for too long what they had to write, as the logs say: a lock was not to be had in its time
    /// (SQLSTATE 55P03). That is what a server has to say then, and whoever asked asks again.
    fn held(&self) -> u64 {
        let is_held = |line: &&str| line.contains(UNDECIDED) && line.contains("SQLSTATE 55P03");
        let logs = self.servers.iter().map(|server| std::fs::read_to_string(server.log()).unwrap());
        logs.map(|log| log.lines().filter(is_held).count() as u64).sum()
    }

    /// Kills an instance.
    pub fn kill(&mut self, instance: usize) {
        self.servers[instance].kill();
        self.addresses[instance] = None;
    }

    /// Where an instance listens that runs.
    pub fn address(&self, instance: usize) -> &str {
        self.addresses[instance].as_deref().unwrap()
    }

    fn tell(&self, proxy: &Proxy) {
        proxy.to(self.addresses.iter().flatten().cloned().collect());
    }

    /// Starts an instance again that does not run.
    pub fn restart(&mut self, instance: usize, proxy: &Proxy) {
        self.addresses[instance] = Some(self.servers[instance].start());
        self.tell(proxy);
    }
}

/// Of so many answers one may be that a lock was not to be had.
const HELD_ONE_OF: u64 = 50;

/// What a log says of a request that is answered with a 5xx.
const UNDECIDED: &str = "a request could not be decided";

/// What a campaign begins with.
pub struct Setup<'a> {
    pub stores: Stores,
    pub customers: usize,
    /// The names of the instances on either side.
    pub instances: &'a [&'a str],
    pub defects: &'a [&'static str],
    /// What the servers write into their logs.
    pub level: &'static str,
}

impl Setup<'_> {
    /// One instance on either side, with nothing planted in it.
    pub const fn on(stores: Stores, customers: usize) -> Self {
        Self { stores, customers, instances: &["a"], defects: &[], level: "warn" }
    }
}

/// A site under load.
pub struct Campaign {
    pub site: Site,
    pub bank: Side,
    pub wallet: Side,
    pub load: Arc<Load>,
    stores: Stores,
    running: JoinSet<Result<(), Stuck>>,
}

impl Campaign {
    /// Founds a site in `folder`, starts its instances, and lets the customers begin.
    pub async fn begin(folder: &Path, setup: Setup<'_>) -> Self {
        let Setup { stores, customers, instances, defects, level } = setup;
        // Several instances are there to get in each other's way.
        let impatient = instances.len() > 1;
        let site = Site::found(folder, &stores, customers).await;
        let servers = |role, config: &Path| {
            let named = |name: &&str| Server::new(role, config, name, defects, level);
            instances.iter().map(named).collect()
        };
        let bank = Side::start(servers("bank", &site.bank_config), &site.bank);
        let wallet = Side::start(servers("wallet", &site.wallet_config), &site.wallet);
        let load = Load::of(&site, impatient);
        let running = load.start();
        Self { site, bank, wallet, load, stores, running }
    }

    /// Lets everybody finish with nothing in the way, and waits until it is quiet; who could not
    /// finish.
    pub async fn rest(&mut self) -> Vec<String> {
        for proxy in [&self.site.bank, &self.site.wallet] {
            proxy.disturb(None);
        }
        let running = std::mem::take(&mut self.running);
        let mut stuck = self.load.finish(running).await;
        stuck.extend(self.load.ask_again().await);
        if !quiet(&self.stores).await {
            stuck.push("the two sides do not come to rest".to_owned());
        }
        stuck
    }

    /// Waits until neither side owes anything any more.
    pub async fn rest_of_letters(&self) -> bool {
        quiet(&self.stores).await
    }

    /// Ends as [`Self::end`] does, and checks both journals together, which nobody else may have
    /// written into.
    pub async fn end_traced(&mut self) -> Audited {
        let mut audited = self.end().await;
        audited.findings.extend(traced(&self.stores).await);
        audited
    }

    /// Comes to rest, stops the servers, and looks at everything.
    pub async fn end(&mut self) -> Audited {
        let stuck = self.rest().await;
        for server in self.bank.servers.iter_mut().chain(&mut self.wallet.servers) {
            let status = server.stop();
            assert!(status.success(), "{}: {status}", server.log());
        }
        let mut audited = audit(&self.stores, &self.load.said).await;
        let sides = [(&self.site.bank, &self.bank), (&self.site.wallet, &self.wallet)];
        for (proxy, side) in sides {
            let (faults, held) = (Seen::of(&proxy.seen.faults), side.held());
            let answered = Seen::of(&proxy.seen.answered);
            let why = format!("{faults} of {answered} answers with a 5xx, {held} for a lock");
            // A machine that stands still has a few of them wait for too long, and no more.
            if faults > held || faults * HELD_ONE_OF > answered {
                audited.findings.push(Finding::Fault(why));
            } else if faults > 0 {
                println!("{why}");
            }
        }
        audited.findings.extend(stuck.into_iter().map(Finding::Stuck));
        audited
    }
}
