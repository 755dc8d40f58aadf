//! Servers in production: a site's own service answers for what a server cannot know.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response};
use bindproof::refusal::Refusal;
use bindproof::wire::{Action, Amount, Consent, EndReason, Proof, Settled, Standing};
use bindproof::wire::{BindRequest, BindingId, Challenge, OperationOutcome};
use bindproof_server::client::{BankClient, ClientError, Told, WalletClient};
use bindproof_server::clock::World;
use bindproof_server::config::{Config, Role};
use bindproof_server::development::OpenInbox;
use bindproof_server::http::accept::{self, Connections, Door};
use bindproof_server::http::client::Outgoing;
use bindproof_server::http::edge::Received;
use bindproof_server::key::Person;
use bindproof_server::record::RecordKind;
use bindproof_server::service::ServiceError;
use bindproof_server::signature::{
    Parts, Profile, Signer, TAG_REQUEST, content_digest, sign_answer, verify,
};
use bindproof_server::site::TAG_HOOK;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Change, Head, Row, Saved, Store, suite};
use bindproof_server::{hex, service};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;
use webauthn_rs::prelude::Url;

use crate::folder::Folder;

const ORIGIN: &str = "https://wallet.example";
const KEYS: [(&str, u8); 3] = [("bank", 1), ("wallet", 2), ("site", 3)];

/// How a site answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// As it should.
    Well,
    /// With a key that nobody has been told of.
    Forged,
    /// With a signature over another question.
    Elsewhere,
}

/// A site's own service: who its customer is, what she holds, and what was sent to her.
struct Site {
    signer: Signer,
    manner: Mutex<Manner>,
    codes: Mutex<Vec<String>>,
    asked: Mutex<Vec<String>>,
    nonces: Mutex<BTreeSet<String>>,
}

fn key(name: &str) -> SigningKey {
    let number = KEYS.iter().find(|(known, _)| *known == name).map_or(9, |(_, number)| *number);
    SigningKey::from_bytes(&[number; 32])
}

fn public(name: &str) -> VerifyingKey {
    key(name).verifying_key()
}

/// What the site says to a question.
fn says(site: &Site, path: &str, asked: &Value) -> Value {
    let hers = asked["person"] == "ada" && asked["instrument"] == "card";
    match path {
        "/holding" if hers => {
            json!({ "holding": { "contact": "tel:1", "registration": "sealed:ada" } })
        }
        "/holds" => json!({ "instruments": [{ "reference": "card", "label": "Debit card" }] }),
        "/covers" if asked["operation"].is_string() => {
            json!({ "covers": asked["amount"]["minor"].as_u64() <= Some(5_000) })
        }
        "/session" if asked["token"] == "hers" => json!({ "person": "ada" }),
        "/authentication" if hers && asked["authentication"].as_str() != Some("stale") => {
            json!({ "until_ms": World::system().now_ms() + 60_000 })
        }
        "/delivery" => {
            site.codes.lock().unwrap().push(asked["code"].as_str().unwrap().to_owned());
            json!({ "delivered": true })
        }
        "/identity" if asked["evidence"] == "passport-of-ada" => json!({ "person": "ada" }),
        _ => json!({}),
    }
}

/// Verifies the question, and answers it in the site's manner.
async fn answer(State(site): State<Arc<Site>>, request: Request<Body>) -> Response<Body> {
    let received = Received::read(request).await.unwrap();
    let parts = received.parts();
    let now_ms = World::system().now_ms();
    let profile = Profile { tag: TAG_HOOK, ..Profile::REQUEST };
    let verified = verify(profile, &parts, &received.body, now_ms, |id| match id {
        "bank-1" => Some(public("bank")),
        "wallet-1" => Some(public("wallet")),
        _ => None,
    });
    let verified = verified.unwrap_or_else(|error| panic!("a question is not signed: {error}"));
    assert!(site.nonces.lock().unwrap().insert(verified.nonce), "a question is a replay");
    let path = parts.path.to_owned();
    site.asked.lock().unwrap().push(path.clone());
    let asked: Value = serde_json::from_slice(&received.body).unwrap();
    let body = says(&site, &path, &asked).to_string();

    let manner = *site.manner.lock().unwrap();
    let forged = Signer::new("site-1".to_owned(), SigningKey::from_bytes(&[8; 32]));
    let signer = if manner == Manner::Forged { &forged } else { &site.signer };
    let elsewhere = received.fields().clone();
    let mut elsewhere_fields = elsewhere.clone();
    elsewhere_fields.insert("signature", "bindproof=:AAAA:".parse().unwrap());
    let other = Parts { fields: &elsewhere_fields, ..parts };
    let of = if manner == Manner::Elsewhere { &other } else { &parts };
    signed(body, of, signer)
}

/// An answer to what was asked, signed.
pub fn signed(body: String, asked: &Parts<'_>, by: &Signer) -> Response<Body> {
    let mut fields = HeaderMap::new();
    fields.insert("content-type", "application/json".parse().unwrap());
    fields.insert("content-digest", content_digest(body.as_bytes()).parse().unwrap());
    let none = HeaderMap::new();
    let own = Parts {
        method: "",
        scheme: "",
        authority: "",
        path: "",
        query: None,
        status: Some(200),
        fields: &none,
        request: Some(asked),
    };
    sign_answer(&mut fields, own, by, World::system().now_ms() / 1000).unwrap();
    let mut response = Response::new(Body::from(body));
    *response.headers_mut() = fields;
    response
}

/// A bank, a wallet and their site, all of them running.
struct Production {
    site: Arc<Site>,
    bank: BankClient,
    bank_url: String,
    wallet_url: String,
    phone: WalletClient,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    folder: Folder,
}

/// A port of the loopback that nobody else can have before this is dropped.
struct Kept {
    port: u16,
    _listener: std::net::TcpListener,
}

impl Kept {
    fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self { port: listener.local_addr().unwrap().port(), _listener: listener }
    }
}

fn configured(folder: &Path, name: &str, own: u16, peer: (&str, u16), site: u16) -> Config {
    let pem = folder.join(format!("{name}.pem"));
    std::fs::write(&pem, key(name).to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let hexed = |name: &str| hex::encode(public(name).as_bytes());
    let (other, port) = peer;
    let is_bank = name == "bank";
    let origin = if is_bank { String::new() } else { format!("passkey_origin = '{ORIGIN}'\n") };
    let text = format!(
        "name = '{name}'\nlisten = '127.0.0.1:{own}'\nstore = 'sqlite:{}'\n\
         {origin}key = {{ id = '{name}-1', file = '{}' }}\n\
         [[peer]]\nname = '{other}'\nurl = 'http://127.0.0.1:{port}'\n\
         key = [{{ id = '{other}-1', public = '{}' }}]\n\
         [site]\nurl = 'http://127.0.0.1:{site}'\nkey = [{{ id = 'site-1', public = '{}' }}]\n",
        folder.join(format!("{name}.db")).display(),
        pem.display(),
        hexed(other),
        hexed("site"),
    );
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).unwrap();
    let role = if is_bank { Role::Bank } else { Role::Wallet };
    Config::read(&file, role).unwrap_or_else(|error| panic!("{error}"))
}

impl Production {
    /// Starts all of them. A port that somebody else took just before its server listened is no
    /// fault of the server's: all begin anew on others.
    async fn start(name: &str) -> Self {
        for _ in 0..10 {
            if let Some(started) = Self::start_on(name, [Kept::new(), Kept::new()]).await {
                return started;
            }
        }
        panic!("no port is to be had");
    }

    /// Starts all of them, the servers on these ports, if they are still to be had.
    async fn start_on(name: &str, [of_bank, of_wallet]: [Kept; 2]) -> Option<Self> {
        let folder = Folder::new(name);
        let (own, other) = (of_bank.port, of_wallet.port);
        let site = Arc::new(Site {
            signer: Signer::new("site-1".to_owned(), key("site")),
            manner: Mutex::new(Manner::Well),
            codes: Mutex::default(),
            asked: Mutex::default(),
            nonces: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap().port();
        let (stop, stopping) = watch::channel(false);
        let mut running = JoinSet::new();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&site));
        let door = Door::new(Connections::default(), Arc::default());
        running.spawn(accept::serve(listener, router, door, stopping.clone()));
        for (name, role, kept, peer) in [
            ("bank", Role::Bank, of_bank, ("wallet", other)),
            ("wallet", Role::Wallet, of_wallet, ("bank", own)),
        ] {
            let config = configured(folder.path(), name, kept.port, peer, at);
            let (tell, told) = tokio::sync::oneshot::channel();
            let stopping = stopping.clone();
            running.spawn(async move {
                let inbox = Arc::new(OpenInbox::default());
                let listening = |address: &str| tell.send(address.to_owned()).unwrap();
                drop(kept);
                match service::run(config, role, inbox, listening, stopping).await {
                    Ok(()) | Err(ServiceError::Listen { .. }) => {}
                    Err(error) => panic!("{name}: {error}"),
                }
            });
            if told.await.is_err() {
                // It is this server that has ended. If it panicked, that was not for its port.
                running.join_next().await.unwrap().unwrap();
                running.shutdown().await;
                return None;
            }
        }
        let world = World::system();
        let (bank_url, wallet_url) =
            (format!("http://127.0.0.1:{own}"), format!("http://127.0.0.1:{other}"));
        let bank = BankClient::in_session(&bank_url, "hers".to_owned(), world.clone());
        let phone = WalletClient::new(&wallet_url, SigningKey::from_bytes(&world.bytes()), world);
        Some(Self { site, bank, bank_url, wallet_url, phone, stop, running, folder })
    }

    async fn end(mut self) {
        self.stop.send(true).unwrap();
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
        drop(self.folder);
    }

    fn manner(&self, manner: Manner) {
        *self.site.manner.lock().unwrap() = manner;
    }

    async fn asks(&self, authentication: &str) -> Result<BindingId, ClientError> {
        let consent = Consent { bind: true, register: true };
        let instrument = "card".parse().unwrap();
        let authentication = authentication.parse().unwrap();
        let request = BindRequest { instrument, consent, authentication };
        Ok(self.bank.ask(self.bank.new_key(), request).await?.binding)
    }

    /// Where the binding stands once it does; a bounded number of looks.
    async fn stands(&self, binding: BindingId, there: impl Fn(&Standing) -> bool) -> Standing {
        for _ in 0..1_200 {
            let standing = self.bank.query(binding).await.unwrap().standing;
            if there(&standing) {
                return standing;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("waited in vain");
    }

    /// The last code that the site was given to bring.
    async fn code(&self) -> String {
        for _ in 0..1_200 {
            if let Some(code) = self.site.codes.lock().unwrap().pop() {
                return code;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no code was brought");
    }
}

const fn is_active(standing: &Standing) -> bool {
    matches!(standing, Standing::Active { .. })
}

fn challenged(told: Told) -> Challenge {
    match told {
        Told::Challenge(challenge) => *challenge,
        Told::Outcome(outcome) => panic!("{outcome:?}"),
    }
}

fn is_executed(told: Option<OperationOutcome>) -> bool {
    told.is_some_and(|outcome| outcome.settled == Settled::Executed)
}

fn made(key: &mut SoftPasskey, invitation: &Value) -> Option<bindproof::wire::Opaque> {
    let options = serde_json::from_value(invitation["create"].clone()).unwrap();
    let made = key.do_registration(Url::parse(ORIGIN).unwrap(), options).unwrap();
    serde_json::to_string(&made).unwrap().parse().ok()
}

fn asserted(key: &mut SoftPasskey, invitation: &Value) -> Option<bindproof::wire::Opaque> {
    let options = serde_json::from_value(invitation["get"].clone()).unwrap();
    let said = key.do_authentication(Url::parse(ORIGIN).unwrap(), options).unwrap();
    serde_json::to_string(&said).unwrap().parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_site_that_answers_a_card_is_bound_paid_with_recovered_from_and_ended() {
    let stage = Production::start("production").await;
    let (phone, mut key) = (&stage.phone, SoftPasskey::new(true));
    let binding = stage.asks("fresh-1").await.unwrap();
    let standing = stage.stands(binding, is_active).await;
    let Standing::Active { code } = standing else { panic!("{standing:?}") };

    let account = phone.account_of(binding).await.unwrap();
    let challenge = challenged(phone.request(account, Action::SignIn).await.unwrap());
    let invitation = phone.invitation(&challenge).await.unwrap();
    let proof = Proof {
        binding_code: code,
        one_time_code: stage.code().await.parse().ok(),
        authenticator: made(&mut key, &invitation),
        ..Proof::default()
    };
    assert!(is_executed(phone.answer(&challenge, proof).await.unwrap()));

    for (minor, settled) in [(5_000, Settled::Executed), (5_001, unavailable())] {
        let amount = Amount::new(minor, "EUR".parse().unwrap()).unwrap();
        let pay = Action::Pay { binding, amount, payee: "corner-shop".parse().unwrap() };
        let challenge = challenged(phone.request(account, pay).await.unwrap());
        let invitation = phone.invitation(&challenge).await.unwrap();
        let assertion = asserted(&mut key, &invitation);
        let told = phone.answer(&challenge, Proof { assertion, ..Proof::default() }).await.unwrap();
        let outcome = match told {
            Some(outcome) => outcome,
            None => phone.outcome(challenge.operation, account, pay).await.unwrap(),
        };
        assert_eq!(outcome.settled, settled, "what the books say of {minor}");
    }

    let operation = phone.new_operation();
    let challenge = challenged(phone.recover(operation).await.unwrap());
    let invitation = phone.invitation(&challenge).await.unwrap();
    let identity = "passport-of-ada".parse().ok();
    let proof = Proof { identity, authenticator: made(&mut key, &invitation), ..Proof::default() };
    let stranger = WalletClient::new(&stage.wallet_url, self::key("stranger"), World::system());
    assert!(stranger.answer(&challenge, proof).await.is_err());
    assert!(!stage.site.asked.lock().unwrap().contains(&"/identity".to_owned()));
    assert!(is_executed(phone.answer(&challenge, proof).await.unwrap()));
    assert!(phone.answer(&challenge, proof).await.is_err(), "it is over");
    assert_eq!(phone.account_recovered(operation).await.unwrap(), account);
    let ended = |standing: &Standing| *standing == Standing::Ended(EndReason::EndedByWallet);
    stage.stands(binding, ended).await;
    let asked = stage.site.asked.lock().unwrap().clone();
    assert_eq!(asked.iter().filter(|path| *path == "/identity").count(), 1, "{asked:?}");
    for path in ["/authentication", "/covers", "/delivery", "/holding", "/identity", "/session"] {
        assert!(asked.iter().any(|asked| asked == path), "{path} was not asked: {asked:?}");
    }
    stage.end().await;
}

fn unavailable() -> Settled {
    Settled::Refused(Refusal::InstrumentUnavailable)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_site_says_no_to_is_refused() {
    let stage = Production::start("production-no").await;
    let stale = stage.asks("stale").await;
    let refused = ClientError::Refused(Refusal::HolderNotAuthenticated).to_string();
    assert_eq!(stale.unwrap_err().to_string(), refused);
    assert!(stage.asks("once").await.is_ok());
    let twice = stage.asks("once").await;
    assert_eq!(twice.unwrap_err().to_string(), refused, "an authentication is used once");
    let world = World::system();
    let other = BankClient::in_session(&stage.bank_url, "theirs".to_owned(), world);
    let told = other.query(BindingId::from_bytes([1; 16])).await.unwrap_err().to_string();
    assert_eq!(told, ClientError::Refused(Refusal::SignatureInvalid).to_string());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_the_sites_own_decides_nothing() {
    let stage = Production::start("production-forged").await;
    for manner in [Manner::Forged, Manner::Elsewhere] {
        stage.manner(manner);
        let session = json!({}).to_string().into_bytes();
        let mut request = bindproof_server::http::client::json_request(
            &stage.bank_url,
            "/v1/overview",
            None,
            session,
        )
        .unwrap();
        request.headers_mut().insert("authorization", "Bearer hers".parse().unwrap());
        let answer = Outgoing::new().send(request).await.unwrap();
        assert_eq!(answer.status, 503, "{manner:?}");
    }
    stage.manner(Manner::Well);
    assert!(stage.asks("fresh").await.is_ok(), "the positive control");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_stands_in_is_there() {
    let stage = Production::start("production-bare").await;
    for (url, path) in [
        (&stage.bank_url, "/"),
        (&stage.bank_url, "/development/about"),
        (&stage.bank_url, "/development/session"),
        (&stage.wallet_url, "/"),
        (&stage.wallet_url, "/development/inbox"),
        (&stage.wallet_url, "/development/identity"),
    ] {
        for method in ["GET", "POST"] {
            let request = Request::builder().method(method).uri(format!("{url}{path}"));
            let request = request.body(http_body_util::Full::default()).unwrap();
            let answer = Outgoing::new().send(request).await.unwrap();
            assert_eq!(answer.status, 404, "{method} {url}{path}");
        }
    }
    // A question to the site is no request to the wallet, though the bank has signed it.
    assert_ne!(TAG_HOOK, TAG_REQUEST);
    stage.end().await;
}

/// Why a server does not run on its store, once that has one record.
async fn refused(record: RecordKind, config: &Config, role: Role) -> Option<String> {
    let file = config.store.strip_prefix("sqlite:").unwrap();
    let store = SqliteStore::open(Path::new(file)).await.unwrap();
    let after = Head { version: 1, ..Head::NEW };
    let mut change = Change::nothing(Person::from_store("ada".to_owned()), Head::NEW, after);
    change.rows = vec![Row { kind: record, ..suite::row(1, "1", true) }];
    assert_eq!(store.save(change).await.unwrap(), Saved::Done);
    drop(store);
    let (stop, stopping) = watch::channel(false);
    let listening = |_: &str| stop.send(true).unwrap();
    let inbox = Arc::new(OpenInbox::default());
    let ran = service::run(config.clone(), role, inbox, listening, stopping).await;
    ran.err().map(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_runs_on_the_store_of_a_server_of_the_other_kind() {
    let own = |record, role, name| async move {
        let folder = Folder::new("other-side");
        let other = if name == "bank" { "wallet" } else { "bank" };
        let config = configured(folder.path(), name, 0, (other, 1), 2);
        refused(record, &config, role).await
    };
    assert_eq!(own(RecordKind::Binding, Role::Bank, "bank").await, None);
    assert_eq!(own(RecordKind::Link, Role::Wallet, "wallet").await, None);
    let said = own(RecordKind::Binding, Role::Wallet, "wallet").await;
    let expected = "store is that of a bank, and this is a wallet: give each server one of its own";
    assert_eq!(said.as_deref(), Some(expected));
    let said = own(RecordKind::Link, Role::Bank, "bank").await;
    let expected = "store is that of a wallet, and this is a bank: give each server one of its own";
    assert_eq!(said.as_deref(), Some(expected));
}
