//! What an operator sees of a site, and how it is put right after a backup was restored.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use bindproof::wire::{BindingId, Standing};
use bindproof_server::client::BankClient;
use bindproof_server::clock::World;
use bindproof_server::service::open_store;

use crate::campaign::{Campaign, Side};
use crate::hostile::rested;
use crate::server::program;
use crate::site::{Customer, Stores};

fn command(arguments: &[&str], config: &Path) -> Output {
    program().args(arguments).arg("--config").arg(config).output().unwrap()
}

fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A binding that is active, and whose it is.
fn active(campaign: &Campaign) -> (BindingId, usize) {
    let bindings = campaign.load.said.bindings.lock().unwrap();
    let active = bindings.iter().find(|(_, b)| matches!(b.standing, Standing::Active { .. }));
    active.map(|(id, bound)| (*id, bound.customer)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_binding_is_listed_drawn_and_the_same_on_both_sides() {
    let (_folder, mut campaign) = rested("operator").await;
    let (binding, _) = active(&campaign);
    let key = bindproof_server::key::Key::from(binding).to_string();
    let (bank, wallet) = (campaign.site.bank_config.clone(), campaign.site.wallet_config.clone());
    let known = campaign.load.said.bindings.lock().unwrap().len();
    for config in [&bank, &wallet] {
        let listed = said(&command(&["bindings"], config));
        assert_eq!(listed.lines().count(), known + 1, "{listed}");
        let line = listed.lines().find(|line| line.starts_with(&key)).unwrap();
        assert!(line.contains("active"), "{line}");
    }
    let asked = said(&command(&["bindings", "--json"], &bank));
    let line = asked.lines().find(|line| line.contains(&key)).unwrap();
    let listed: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(listed["here"], "active");
    assert!(listed["there"]["link"].to_string().contains("active"), "{line}");
    let id = binding.to_string();
    let drawn = said(&command(&["journal", "show", "--binding", &id], &bank));
    assert!(drawn.contains("bank client -> bank"), "{drawn}");
    assert!(drawn.contains("bank -> wallet         send_link_request"), "{drawn}");
    let arguments = ["journal", "show", "--format", "mermaid", "--binding", &id];
    let drawn = said(&command(&arguments, &wallet));
    assert!(drawn.starts_with("sequenceDiagram\n    participant b as bank\n"), "{drawn}");
    assert!(drawn.contains("b->>w: link_asked"), "{drawn}");
    let nobody = command(&["journal", "show", "--binding", &"0".repeat(32)], &bank);
    assert!(!nobody.status.success());
    let reconciled = command(&["reconcile"], &bank);
    assert_eq!(said(&reconciled), "");
    let end = String::from_utf8(reconciled.stderr).unwrap();
    assert!(end.contains(&format!("{known} bindings compared; 0 differed")), "{end}");
    let refused = command(&["reconcile"], &wallet);
    assert!(!refused.status.success(), "only a bank has anybody to ask");
    let audited = campaign.end().await;
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
}

/// The traces in a log, of lines that say this.
fn traces(log: &str, what: &str) -> BTreeSet<String> {
    let lines = log.lines().filter(|line| line.contains(what));
    let lines = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.filter_map(|line| line["span"]["trace"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_letter_sets_going_on_the_other_side_is_one_trace_with_it() {
    let (folder, campaign) = rested("traces").await;
    let log = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let asked = traces(&log("wallet.a.log"), "/v1/link_request");
    let own = traces(&log("bank.a.log"), "/v1/bind_request");
    assert!(!asked.is_empty() && !own.is_empty());
    assert!(own.is_disjoint(&asked), "a client's request begins a trace of its own");
    // The trace of a letter is the key under which the bank sent it.
    let wallet = open_store(&Stores::in_files(folder.path()).wallet, 1).await.unwrap();
    for trace in &asked {
        let known = wallet.key("north link_request", trace).await.unwrap();
        assert!(known.is_some(), "{trace}");
    }
    drop(campaign);
}

/// A store's files as they are, beside it.
fn copied(store: &Path, to: &str) {
    for suffix in ["", "-wal", "-shm"] {
        let file = |stem: &str| store.with_file_name(format!("{}{stem}{suffix}", name_of(store)));
        let (from, to) =
            if to == "back" { (file(".kept"), file("")) } else { (file(""), file(".kept")) };
        // Not every one of them is always there.
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

fn name_of(store: &Path) -> String {
    store.file_name().unwrap().to_string_lossy().into_owned()
}

/// Stops a side, does something to its store, and starts it again.
fn while_stopped(campaign: &mut Campaign, bank: bool, doing: impl Fn()) {
    let Campaign { site, bank: banks, wallet, .. } = campaign;
    let (side, proxy): (&mut Side, _) = match bank {
        true => (banks, &site.bank),
        false => (wallet, &site.wallet),
    };
    assert!(side.servers[0].stop().success());
    doing();
    side.restart(0, proxy);
}

async fn ended(campaign: &Campaign, binding: BindingId, customer: usize) {
    let person = Customer::of(customer).person;
    let client = BankClient::open(&campaign.load.bank_url, person, World::system()).await.unwrap();
    let outcome = client.unbind(binding).await.unwrap();
    campaign.load.said.stands(binding, outcome.standing);
    assert!(campaign.rest_of_letters().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restored_backup_has_forgotten_is_heard_or_told_again() {
    for bank_is_restored in [true, false] {
        let (folder, mut campaign) = rested("restored").await;
        let (binding, customer) = active(&campaign);
        let config = campaign.site.bank_config.clone();
        let store = folder.path().join(if bank_is_restored { "bank.db" } else { "wallet.db" });
        while_stopped(&mut campaign, bank_is_restored, || copied(&store, "aside"));
        ended(&campaign, binding, customer).await;
        while_stopped(&mut campaign, bank_is_restored, || copied(&store, "back"));
        let looked = command(&["reconcile", "--look-only"], &config);
        assert_eq!(looked.status.code(), Some(1), "something is left to be looked at");
        let looked = String::from_utf8_lossy(&looked.stdout).into_owned();
        assert!(looked.contains("  DIFFERS: ") && looked.lines().count() == 1, "{looked}");
        let repaired = said(&command(&["reconcile"], &config));
        let how = match bank_is_restored {
            true => "here active, there ended  heard: now closed",
            false => {
                "there active: bank revision 0  told of the end once more, and heard: now closed"
            }
        };
        assert!(repaired.contains(how), "{repaired}");
        assert_eq!(repaired.lines().count(), 1, "{repaired}");
        assert_eq!(said(&command(&["reconcile"], &config)), "");
        // The holder was told that it was over before the backup was restored; how it ended is what
        // the restored side hears now.
        campaign.load.said.bindings.lock().unwrap().remove(&binding);
        let audited = campaign.end().await;
        assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
    }
}
