//! What an operator asks of a server, of its store and of the other side.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use bindproof::wire::Standing;
use bindproof_server::bank::Bank;
use bindproof_server::client::BankClient;
use bindproof_server::demo::Cast;
use bindproof_server::development::{OpenInbox, WrittenBooks};
use bindproof_server::http::client::Outgoing;
use bindproof_server::operator::{Found, Reconciled, Theirs, reconcile};
use bindproof_server::service::run_wallet;
use bindproof_server::signature::Signer;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{OwedRow, Postponed};
use bindproof_server::wallet::Wallet;
use ed25519_dalek::SigningKey;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::folder::Folder;
use crate::lanes::{issuer, notice, owe_row, parts, peer};
use crate::process::{OPERATOR, Running, configured, in_file, program, refused, said};
use crate::restart::awaited;

const NOBODY: (&str, &str, u8) = ("north", "http://127.0.0.1:1", 1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_and_what_was_given_up_is_listed_in_words() {
    let folder = Folder::new("owed-listed");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let store = SqliteStore::open(&folder.path().join("w.db")).await.unwrap();
    assert_eq!(said(&["outbox", "waiting"], &config), "Nothing is owed.\n");
    assert_eq!(said(&["outbox", "dead"], &config), "0 letters were given up.\n");
    assert_eq!(said(&["journal", "verify"], &config), "0 journals with 0 decisions verified.\n");
    let dead =
        OwedRow { dead: true, attempts: 200, since_ms: 1_785_499_445_678, ..notice("north", 7, 0) };
    owe_row(&store, 7, dead).await;
    let waiting = said(&["outbox", "waiting"], &config);
    let expected = "bank north: 0 letters wait, 1 was given up; the oldest is owed for ";
    assert!(waiting.starts_with(expected), "{waiting}");
    let listed = said(&["outbox", "dead"], &config);
    let (line, end) = listed.split_once('\n').unwrap();
    assert!(line.starts_with("link_notice 07070707070707070707070707070707 of "), "{line}");
    let place = ", lane bank north: since 2026-07-31 12:04:05.678 UTC (";
    assert!(line.contains(place) && line.ends_with("), sent 200 times"), "{line}");
    assert_eq!(end, "1 letter was given up. `outbox resume` has them sent again.\n");
    let told_json = |what| {
        let told = said(&["outbox", what, "--json"], &config);
        serde_json::from_str::<serde_json::Value>(told.trim_end()).unwrap()
    };
    let since_ms = 1_785_499_445_678_i64;
    let queue = json!({ "lane": "bank north", "waiting": 0, "dead": 1, "oldest_ms": since_ms });
    assert_eq!(told_json("waiting"), queue);
    let letter = told_json("dead");
    assert_eq!(letter["letter"], "link_notice");
    assert_eq!((&letter["lane"], &letter["attempts"]), (&json!("bank north"), &json!(200)));
    assert_eq!(letter["since_ms"], since_ms);
    assert_eq!(said(&["outbox", "resume"], &config), "1 letter is sent again.\n");
    let waiting = said(&["outbox", "waiting"], &config);
    assert!(waiting.starts_with("bank north: 1 letter waits, 0 were given up"), "{waiting}");
}

#[test]
fn what_is_there_already_is_neither_written_over_nor_taken_for_a_folder() {
    let folder = Folder::new("there-already");
    let file = folder.path().join("a.pem");
    std::fs::write(&file, "a key").unwrap();
    let told = |arguments: &[&str]| {
        let output = program().args(arguments).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let keygen = told(&["keygen"]);
    assert!(keygen.ends_with(" is there already, and no key is written over; name another\n"));
    let demo = told(&["demo", "--headless", "--data"]);
    assert!(demo.ends_with(" is no folder; name another one with --data\n"), "{demo}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_runs_on_a_file_and_whoever_looks_into_it_may_meanwhile() {
    let folder = Folder::new("alone");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let first = Running::start("wallet", &config, None);
    let second = refused(&["wallet"], &config);
    assert!(second.contains("cannot be opened: another server runs on it"), "{second}");
    assert_eq!(said(&["outbox", "waiting"], &config), "Nothing is owed.\n");
    assert_eq!(said(&["outbox", "resume"], &config), "0 letters are sent again.\n");
    // It is killed, and tidies nothing away.
    drop(first);
    drop(Running::start("wallet", &config, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_will_be_counted_is_there_before_anything_has_happened() {
    let folder = Folder::new("counted");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let wallet = Running::start("wallet", &config, None);
    let request = Request::builder().uri(format!("{}/metrics", wallet.url));
    let request = request.header("authorization", format!("Bearer {OPERATOR}"));
    let request = request.body(http_body_util::Full::default()).unwrap();
    let answer = Outgoing::new().send(request).await.unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for line in [
        "bindproof_decisions_total{written=\"lost\"} 0",
        "bindproof_letters_owed{lane=\"bank north\",given_up=\"yes\"} 0",
        "bindproof_letters_owed{lane=\"code\",given_up=\"no\"} 0",
        "bindproof_letters_sent_total{letter=\"link_notice\",result=\"failed\"} 0",
        "bindproof_requests_total{route=\"/v1/link_request\",status=\"503\"} 0",
        "bindproof_request_duration_seconds_count{route=\"/v1/link_request\"} 0",
        "bindproof_signatures_refused_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("letters_oldest_timestamp_seconds{"), "nothing is owed:\n{text}");
}

/// A bank that does not run, on the store of one that did: it asks a wallet.
fn bank(of: &Bank, signer: Signer, wallet: &Wallet, url: &str) -> Bank {
    let peers = vec![peer("wallet", url, &wallet.node.signer)];
    let parts = parts("north-bank", signer, peers, Arc::clone(&of.node.store));
    let form = "person = 'ada'\ncontact = 'tel:1'\nregistration = 'x'\n\
                [[instrument]]\nreference = 'north-bank-card'\ncovers_minor = 1\n";
    let books = WrittenBooks::new(vec![toml::from_str(form).unwrap()]);
    parts.bank(Arc::new(books), issuer("wallet"))
}

/// What it finds of its one binding.
async fn found(bank: &Bank) -> Reconciled {
    let found = reconcile(bank, true).await.unwrap();
    assert_eq!(found.len(), 1);
    found.into_iter().next().unwrap()
}

/// Gives up everything that is owed for the one whose binding it is.
async fn give_up(bank: &Bank) {
    let person = found(bank).await.listed.person;
    let store = &bank.node.store;
    let owed = store.letters(&person).await.unwrap();
    assert!(!owed.is_empty());
    for OwedRow { slot, key, idempotency_key, .. } in owed {
        let person = person.clone();
        let given_up = Postponed { person, slot, key, idempotency_key, next_ms: 0, dead: true };
        store.postpone(given_up).await.unwrap();
    }
}

/// Has the card of somebody bound, and waits until nothing is owed.
async fn bound(cast: &Cast) {
    let (ada, world) = ("ada".parse().unwrap(), cast.world.clone());
    let app = BankClient::open(&cast.urls[0], ada, world).await.unwrap();
    let asked = app.bind("north-bank-card".parse().unwrap(), app.new_key()).await.unwrap();
    awaited(&app, asked.binding, |standing| matches!(standing, Standing::Active { .. })).await;
    while !cast.is_quiet().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_and_what_the_other_side_refuses_is_said_of_a_binding() {
    let folder = Folder::new("given-up");
    let cast = Cast::start(folder.path()).await.unwrap();
    bound(&cast).await;
    let (ran, wallet) = (Arc::clone(&cast.banks[0]), Arc::clone(&cast.wallet));
    let (own, url) = (ran.node.signer.clone(), cast.urls[2].clone());
    assert_eq!(found(&bank(&ran, own.clone(), &wallet, &url)).await.found, Found::Same);
    let forged = Signer::new(own.key_id().to_owned(), SigningKey::from_bytes(&[9; 32]));
    let refused = found(&bank(&ran, forged, &wallet, &url)).await;
    let expected = Theirs::Answered("401 signature_invalid".to_owned());
    assert_eq!((&refused.listed.there, &refused.found), (&expected, &Found::NotKnown));
    assert!(refused.line().contains("there answered 401 signature_invalid"), "{refused:?}");

    // From here on nobody sends what the bank owes.
    cast.stop().await;
    let gone = found(&bank(&ran, own.clone(), &wallet, &url)).await.line();
    assert!(gone.contains("Connection refused"), "why, to the end: {gone}");
    let (stop, stopping) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let peers = vec![peer("north-bank", "http://127.0.0.1:1", &own)];
    let records = Arc::clone(&wallet.node.store);
    let again = parts("wallet", wallet.node.signer.clone(), peers, records);
    let again = Arc::new(again.wallet(Arc::new(OpenInbox::default()), None).unwrap());
    let mut running = JoinSet::new();
    run_wallet(&mut running, &again, listener, &stopping);
    let bank = bank(&ran, own, &wallet, &url);
    let (ada, card) = ("ada".parse().unwrap(), "north-bank-card".parse().unwrap());
    bank.block(ada, card, true).await.unwrap();
    assert_eq!(found(&bank).await.found, Found::UnderWay);
    give_up(&bank).await;
    let dead = found(&bank).await;
    assert!(dead.found == Found::GivenUp && dead.is_open(), "{dead:?}");
    let said = "GIVEN UP: link_suspend is in the way until `outbox resume`";
    assert!(dead.line().ends_with(said), "{}", dead.line());
    assert_eq!(bank.node.store.resume(0).await.unwrap(), 1);
    assert_eq!(found(&bank).await.found, Found::UnderWay);
    stop.send(true).unwrap();
    running.shutdown().await;
}
