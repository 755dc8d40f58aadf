//! What an operator reads in the log of a server: JSON throughout, with the trace of each piece of
//! work, and what lasts said when it begins and when it is over.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use bindproof_server::http::accept::{Connections, Door, serve};
use bindproof_server::http::client::{Outgoing, WholeResponse, json_request};
use bindproof_server::http::edge::Received;
use bindproof_server::store::sqlite::SqliteStore;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::folder::Folder;
use crate::lanes::{owe, signer};
use crate::postgres::Postgres;
use crate::process::{Running, configured, in_file, lines, program};
use crate::production::signed;
use crate::silent::Way;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// A peer that is not there.
const NOBODY: (&str, &str, u8) = ("north", "http://127.0.0.1:1", 1);

async fn post(url: &str, path: &str, body: &Value) -> WholeResponse {
    let mut request = json_request(url, path, None, body.to_string().into_bytes()).unwrap();
    let fields = request.headers_mut();
    fields.insert("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap());
    Outgoing::new().send(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_level_that_is_usual_every_line_is_json_and_has_the_trace_of_its_request() {
    let folder = Folder::new("log");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let wallet = Running::start("wallet", &config, None);
    let answer = post(&wallet.url, "/v1/link_query", &json!({})).await;
    assert_eq!(answer.status, 401);
    let said = wallet.says("a signature is not accepted").await;
    assert_eq!((&said["level"], &said["span"]["trace"]), (&json!("WARN"), &json!(TRACE)));
    assert_eq!(said["span"]["route"], "/v1/link_query");
    let first = wallet.lines().into_iter().next().unwrap();
    assert!(first["fields"]["message"].as_str().unwrap().starts_with("development: "), "{first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_said_by_its_code_to_who_wants_every_line() {
    let folder = Folder::new("log-answered");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let wallet = Running::start("wallet", &config, Some("info"));
    post(&wallet.url, "/v1/link_query", &json!({})).await;
    let said = wallet.says("answered").await;
    let fields = (&said["fields"]["status"], &said["fields"]["problem"], &said["span"]["trace"]);
    assert_eq!(fields, (&json!(401), &json!("signature_invalid"), &json!(TRACE)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unsafe_or_can_make_no_passkeys_is_said_at_the_start() {
    let folder = Folder::new("log-warned");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let text = std::fs::read_to_string(&config).unwrap();
    let origin = "passkey_origin = 'http://localhost:1'";
    std::fs::write(&config, format!("{origin}\n{text}")).unwrap();
    let store = folder.path().join("w.db");
    std::fs::write(&store, "").unwrap();
    std::fs::set_permissions(&store, Permissions::from_mode(0o640)).unwrap();
    let wallet = Running::start("wallet", &config, None);
    let said = wallet.says("others than its owner have access to the store").await;
    assert_eq!((&said["level"], &said["fields"]["mode"]), (&json!("WARN"), &json!("640")));
    let other = "the wallet's page makes passkeys at passkey_origin only, and this is another port";
    let said = wallet.says(other).await;
    assert_eq!(said["fields"]["passkey_origin"], "http://localhost:1");
}

#[test]
fn why_a_server_does_not_start_stands_in_its_log_and_in_one_line() {
    let folder = Folder::new("no-start");
    let config = configured(folder.path(), "wallet", 2, &in_file(folder.path(), "w"), NOBODY);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let text = std::fs::read_to_string(&config).unwrap();
    let misspelt = format!("lisden = '{listen}'\n{text}");
    let place = format!("{}:1:1: ", config.display());
    for (text, expected) in [
        (format!("listen = '{listen}'\n{text}"), format!("cannot listen on {listen}: ")),
        (misspelt, format!("{place}there is no setting lisden; listen may be meant")),
    ] {
        std::fs::write(&config, text).unwrap();
        let ran = program().args(["wallet", "--config"]).arg(&config).output().unwrap();
        assert_eq!(ran.status.code(), Some(1));
        let last = lines(&String::from_utf8(ran.stderr).unwrap()).pop().unwrap();
        assert_eq!(last["level"], "ERROR");
        let error = last["fields"]["error"].as_str().unwrap();
        assert!(error.starts_with(&expected), "{error}");
    }
}

/// A bank that refuses whoever asks, and takes what it is sent once it is told to.
#[derive(Default)]
struct Bank {
    takes: AtomicBool,
    asked: AtomicUsize,
}

async fn answer(State(bank): State<Arc<Bank>>, request: Request<Body>) -> Response<Body> {
    let takes = bank.takes.load(Ordering::SeqCst);
    bank.asked.fetch_add(1, Ordering::SeqCst);
    let received = Received::read(request).await.unwrap();
    if !takes {
        // As one does that knows another key: nothing ties its answer to this signature.
        let problem = bindproof::wire::Problem::new(bindproof::refusal::Refusal::SignatureInvalid);
        let mut response = Response::new(Body::from(serde_json::to_string(&problem).unwrap()));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return response;
    }
    signed("{}".to_owned(), &received.parts(), &signer("north", 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_peer_that_refuses_is_said_once_with_what_waits_and_once_that_it_takes_letters() {
    /// How often it refuses.
    const REFUSED: usize = 4;
    let folder = Folder::new("refusing");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (bank, (stop, stopping)) = (Arc::new(Bank::default()), watch::channel(false));
    let router = Router::new().fallback(answer).with_state(Arc::clone(&bank));
    let door = Door::new(Connections::default(), Arc::default());
    let serving = tokio::spawn(serve(listener, router, door, stopping));

    let store = SqliteStore::open(&folder.path().join("w.db")).await.unwrap();
    owe(&store, "north", 7, 0).await;
    drop(store);
    let at = in_file(folder.path(), "w");
    let config = configured(folder.path(), "wallet", 2, &at, ("north", &url, 1));
    let wallet = Running::start("wallet", &config, Some("info"));
    let refused = wallet.says("a peer takes no letters").await;
    let fields = &refused["fields"];
    assert_eq!(refused["level"], "WARN");
    assert_eq!((&fields["peer"], &fields["waiting"]), (&json!("north"), &json!(1)));
    assert_eq!(fields["problem"], "401 signature_invalid");
    assert_eq!(refused["span"]["trace"], format!("{:032}", 7), "that of the letter");
    while bank.asked.load(Ordering::SeqCst) < REFUSED {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bank.takes.store(true, Ordering::SeqCst);
    let taken = wallet.says("a peer takes letters again").await;
    assert_eq!((&taken["level"], &taken["fields"]["peer"]), (&json!("WARN"), &json!("north")));
    assert_eq!(wallet.saying("a peer takes no letters").len(), 1, "not one for each try");
    assert_eq!(wallet.saying("a peer takes letters again").len(), 1);
    assert!(wallet.saying("not delivered").len() >= REFUSED, "who wants every line has it");
    drop(wallet);
    stop.send(true).unwrap();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_database_that_is_down_is_said_that_it_is_and_that_it_is_back() {
    let folder = Folder::new("outage");
    let postgres = Postgres::start("outage-pg", &[]);
    let mut way = Way::to(&postgres.cluster.url("postgres"));
    let config = configured(folder.path(), "wallet", 2, &way.url(), NOBODY);
    let wallet = Running::start("wallet", &config, None);
    way.close();
    let down = wallet.says("the store fails").await;
    assert_eq!(down["level"], "ERROR");
    let binding = json!({ "binding": "00000000-0000-4000-8000-000000000000" });
    for _ in 0..20 {
        let answer = post(&wallet.url, "/v1/account_of", &binding).await;
        assert_eq!(answer.status, 503);
    }
    assert_eq!(wallet.saying("the store fails").len(), 1);
    way.open();
    let back = wallet.says("the store answers again").await;
    assert_eq!(back["level"], "WARN");
    assert!(back["fields"]["times"].as_u64() >= Some(20), "{back}");
    assert_eq!(post(&wallet.url, "/v1/account_of", &binding).await.status, 200);
    let others = wallet.lines().into_iter().filter(|line| {
        // What a library says of itself, such as that something was slow, is not meant.
        let target = line["target"].as_str().unwrap();
        let said = line["fields"]["message"].as_str().unwrap();
        let known = ["development: ", "the store "].iter().any(|known| said.starts_with(known));
        target.starts_with("bindproof") && !known
    });
    assert_eq!(others.collect::<Vec<Value>>(), Vec::<Value>::new(), "and nothing else");
}
