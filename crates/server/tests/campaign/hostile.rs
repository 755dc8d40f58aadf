//! Those who mean harm: each is told what the protocol says and nothing comes of it.

use axum::body::Bytes;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Method, Request};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountId, BindCancel, BindRequest, BindingId, BindingQuery, ChallengeAnswer,
    ChallengeId, Envelope, IssuedAt, LinkEnd, LinkNotice, LinkQuery, LinkReport, LinkRequest,
    Proof, RequestId, Secret, UnbindRequest, Version,
};
use bindproof_server::clock::World;
use bindproof_server::hex;
use bindproof_server::http::client::{json_request, parts_of};
use bindproof_server::signature::{Signer, TAG_DEVICE, TAG_REQUEST, sign_request};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use http_body_util::Full;
use rusqlite::{Connection, OpenFlags};

use crate::campaign::{Campaign, Setup};
use crate::folder::Folder;
use crate::random::Random;
use crate::raw::{Came, bytes_of, say};
use crate::site::{Customer, Stores};

type Sent = Request<Full<Bytes>>;

/// Somebody who knows everything but what is secret, and holds the keys that are given.
struct Hostile<'a> {
    campaign: &'a Campaign,
    world: World,
    north: Signer,
    wallet: Signer,
    stranger: Signer,
    /// A session of another customer than the one who is meant.
    token: String,
}

impl<'a> Hostile<'a> {
    async fn new(campaign: &'a Campaign, folder: &std::path::Path) -> Self {
        let world = World::system();
        let signer = |name: &str, id: &str| {
            let pem = std::fs::read_to_string(folder.join(format!("{name}.pem"))).unwrap();
            Signer::new(id.to_owned(), SigningKey::from_pkcs8_pem(&pem).unwrap())
        };
        let (north, wallet) = (signer("north", "north-1"), signer("wallet", "wallet-1"));
        let stranger = Signer::new("north-1".to_owned(), SigningKey::from_bytes(&world.bytes()));
        let mut hostile = Self { campaign, world, north, wallet, stranger, token: String::new() };
        let said = serde_json::json!({ "person": Customer::of(100).person });
        let opened = hostile.to_bank("/development/session", None, said.to_string());
        let opened = hostile.bank_says(opened).await;
        let opened: serde_json::Value = serde_json::from_str(&opened.body).unwrap();
        hostile.token = opened["token"].as_str().unwrap().to_owned();
        hostile
    }

    fn envelope<M: wire::Request>(&self, key: Option<&str>, message: M) -> String {
        let envelope = Envelope {
            protocol: Version,
            request_id: RequestId::from_bytes(self.world.uuid()),
            idempotency_key: key.map(|key| key.parse().unwrap()),
            issued_at: IssuedAt::new(self.world.now_ms()).unwrap(),
            message,
        };
        serde_json::to_string(&envelope).unwrap()
    }

    /// A request of a bank client, with the session of the other customer.
    fn to_bank(&self, path: &str, key: Option<&str>, body: String) -> Sent {
        let url = self.campaign.site.bank.url();
        let mut request = json_request(&url, path, key, body.into_bytes()).unwrap();
        if !self.token.is_empty() {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token)).unwrap();
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        request
    }

    fn about<M: wire::Request>(&self, key: Option<&str>, message: M) -> Sent {
        let path = format!("/v1/{}", M::NAME.name());
        self.to_bank(&path, key, self.envelope(key, message))
    }

    /// A request that a server or a device signs.
    fn signed(
        &self,
        url: &str,
        signer: &Signer,
        tag: &'static str,
        path: &str,
        key: Option<&str>,
        body: String,
    ) -> Sent {
        let mut request = json_request(url, path, key, body.into_bytes()).unwrap();
        let fields = request.headers().clone();
        let mut signed = fields.clone();
        let nonce = hex::encode(&self.world.bytes::<16>());
        let parts = parts_of(&request, &fields);
        let created = self.world.now_ms() / 1000;
        sign_request(&mut signed, parts, signer, tag, created, &nonce).unwrap();
        *request.headers_mut() = signed;
        request
    }

    fn by_north<M: wire::Request>(&self, key: Option<&str>, message: M) -> Sent {
        let (url, path) = (self.campaign.site.wallet.url(), format!("/v1/{}", M::NAME.name()));
        self.signed(&url, &self.north, TAG_REQUEST, &path, key, self.envelope(key, message))
    }

    fn notice(&self, signer: &Signer, binding: BindingId) -> Sent {
        let status = bindproof::message::LinkStatus::Ended;
        let notice = LinkNotice(LinkReport { binding, status });
        let url = self.campaign.site.bank.url();
        let body = self.envelope(Some("notice"), notice);
        self.signed(&url, signer, TAG_REQUEST, "/v1/link_notice", Some("notice"), body)
    }

    async fn bank_says(&self, request: Sent) -> Came {
        say(self.campaign.bank.address(0), &bytes_of(request).await).await
    }

    async fn wallet_says(&self, request: Sent) -> Came {
        say(self.campaign.wallet.address(0), &bytes_of(request).await).await
    }
}

/// A store, to be read beside its server.
fn opened(address: &str) -> Connection {
    let file = address.strip_prefix("sqlite:").unwrap();
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Waits until no link is to have another code by itself: the customers have presented theirs, and
/// a link takes its next code with the next period, whoever else does what.
async fn codes_renewed(wallet: &str) {
    let on = opened(wallet);
    for _ in 0..1_200 {
        let count = "SELECT count(*) FROM timers WHERE what = 'code'";
        let spent: i64 = on.query_row(count, [], |row| row.get(0)).unwrap();
        if spent == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a code is not renewed");
}

/// What is written down about everybody, but for the journals: they say who was refused.
fn state(address: &str) -> Vec<String> {
    let on = opened(address);
    let mut all = Vec::new();
    for table in [
        "SELECT person || kind || id || version || state || refs FROM records ORDER BY 1",
        "SELECT person || kind || id || what FROM timers ORDER BY 1",
        "SELECT person || slot || id || letter FROM owed ORDER BY 1",
        "SELECT scope || id || person || value FROM directory ORDER BY 1",
    ] {
        let mut rows = on.prepare(table).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        all.extend(rows.map(Result::unwrap));
    }
    all
}

fn is_refused(what: &str, came: &Came, refusal: Refusal) {
    let expected = (refusal.status(), refusal.name());
    assert_eq!((came.status, came.code.as_str()), expected, "{what}: {came:?}");
}

/// A binding of somebody else, and the account that it hangs on.
async fn victim(campaign: &Campaign) -> (BindingId, AccountId) {
    let bindings = campaign.load.said.bindings.lock().unwrap().clone();
    let active = |bound: &crate::acknowledged::Bound| {
        matches!(bound.standing, wire::Standing::Active { .. })
    };
    let (binding, _) = bindings.into_iter().find(|(_, bound)| active(bound)).unwrap();
    let world = World::system();
    let key = SigningKey::from_bytes(&world.bytes());
    let url = campaign.site.wallet.url();
    let client = bindproof_server::client::WalletClient::new(&url, key, world);
    (binding, client.account_of(binding).await.unwrap())
}

/// A site that was lived in for a while and is at rest.
pub async fn rested(name: &str) -> (Folder, Campaign) {
    let folder = Folder::new(name);
    let setup = Setup { level: "info", ..Setup::on(Stores::in_files(folder.path()), 200) };
    let mut campaign = Campaign::begin(folder.path(), setup).await;
    for _ in 0..600 {
        if campaign.load.done() >= 5 || campaign.load.is_stuck() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let stuck = campaign.rest().await;
    assert!(stuck.is_empty(), "{stuck:#?}");
    (folder, campaign)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_entitled_is_refused_and_changes_nothing() {
    let (folder, mut campaign) = rested("hostile").await;
    let stores = Stores::in_files(folder.path());
    codes_renewed(&stores.wallet).await;
    let before = (state(&stores.bank), state(&stores.wallet));
    assert!(!before.0.is_empty() && !before.1.is_empty());
    let (binding, account) = victim(&campaign).await;
    let hostile = Hostile::new(&campaign, folder.path()).await;
    other_peoples_bindings(&hostile, binding).await;
    without_a_session(&hostile, binding).await;
    between_servers(&hostile, binding, account).await;
    devices(&hostile).await;
    unreadable(&hostile).await;
    bits_flipped(&hostile, binding).await;
    drop(hostile);
    let after = (state(&stores.bank), state(&stores.wallet));
    assert_eq!(before, after, "something has changed");
    let audited = campaign.end().await;
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
}

async fn other_peoples_bindings(hostile: &Hostile<'_>, binding: BindingId) {
    let came = hostile.bank_says(hostile.about(None, BindingQuery { binding })).await;
    is_refused("a look at another's binding", &came, Refusal::NotFound);
    let came = hostile.bank_says(hostile.about(Some("u"), UnbindRequest { binding })).await;
    is_refused("an end of another's binding", &came, Refusal::NotFound);
    let cancel = BindCancel::Binding(binding);
    let came = hostile.bank_says(hostile.about(Some("c"), cancel)).await;
    is_refused("a cancel of another's binding", &came, Refusal::NotFound);
    let instrument = Customer::of(0).cards[0];
    let said = serde_json::json!({ "instrument": instrument }).to_string();
    let made = hostile.to_bank("/development/authentication", None, said);
    let made: serde_json::Value =
        serde_json::from_str(&hostile.bank_says(made).await.body).unwrap();
    let authentication = made["authentication"].as_str().unwrap().parse().unwrap();
    let consent = wire::Consent { bind: true, register: true };
    let bind = BindRequest { instrument, consent, authentication };
    let came = hostile.bank_says(hostile.about(Some("b"), bind)).await;
    is_refused("another's card", &came, Refusal::HolderMismatch);
    let authentication = "1.2.3".parse().unwrap();
    let bind = BindRequest { instrument: Customer::of(100).cards[0], consent, authentication };
    let came = hostile.bank_says(hostile.about(Some("d"), bind)).await;
    is_refused("an authentication made up", &came, Refusal::HolderNotAuthenticated);
}

async fn without_a_session(hostile: &Hostile<'_>, binding: BindingId) {
    let mut request = hostile.about(None, BindingQuery { binding });
    request.headers_mut().remove(AUTHORIZATION);
    is_refused("no session", &hostile.bank_says(request).await, Refusal::SignatureInvalid);
    for token in ["", "a.b.c", &hostile.token.replacen('.', ".9", 1)] {
        let mut request = hostile.about(None, BindingQuery { binding });
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let came = hostile.bank_says(request).await;
        is_refused("a token made up", &came, Refusal::SignatureInvalid);
    }
    for path in ["/operator/block", "/metrics"] {
        let mut request = hostile.to_bank(path, None, "{}".to_owned());
        if path == "/metrics" {
            *request.method_mut() = Method::GET;
        }
        is_refused(path, &hostile.bank_says(request).await, Refusal::NotFound);
    }
    let mut other = hostile.to_bank("/v1/bind_request", None, String::new());
    *other.method_mut() = Method::GET;
    assert_eq!(hostile.bank_says(other).await.status, 405);
    let nowhere = hostile.to_bank("/v1/../v1/nothing", None, String::new());
    assert_eq!(hostile.bank_says(nowhere).await.status, 404);
}

async fn between_servers(hostile: &Hostile<'_>, binding: BindingId, account: AccountId) {
    let unknown = BindingId::from_bytes([0xee; 16]);
    let came = hostile.bank_says(hostile.notice(&hostile.stranger, binding)).await;
    is_refused("a notice by a stranger", &came, Refusal::SignatureInvalid);
    let came = hostile.bank_says(hostile.notice(&hostile.north, binding)).await;
    is_refused("a notice by the bank itself", &came, Refusal::SignatureInvalid);
    let came = hostile.bank_says(hostile.notice(&hostile.wallet, unknown)).await;
    is_refused("a notice about nothing", &came, Refusal::NotFound);
    let query = hostile.by_north(None, LinkQuery { binding });
    let once = hostile.wallet_says(query.clone()).await;
    assert_eq!(once.status, 200, "the positive control");
    let came = hostile.wallet_says(query).await;
    is_refused("a replay", &came, Refusal::SignatureInvalid);
    let came = hostile.wallet_says(hostile.by_north(None, LinkQuery { binding: unknown })).await;
    is_refused("a look at nothing", &came, Refusal::NotFound);
    let mut other = *account.as_bytes();
    other[0] ^= 1;
    let link = LinkRequest {
        binding,
        account: AccountId::from_bytes(other),
        instrument: "card".parse().unwrap(),
        person: Customer::of(0).person,
        contact: Customer::of(0).contact,
        secret: Secret::from_bytes([1; 32]),
    };
    let came = hostile.wallet_says(hostile.by_north(Some("l"), link)).await;
    is_refused("a link that changes its account", &came, Refusal::IdempotencyConflict);
    let body = hostile.envelope(Some("e"), LinkEnd { binding });
    let (url, path) = (hostile.campaign.site.wallet.url(), "/v1/link_end");
    let end = hostile.signed(&url, &hostile.stranger, TAG_REQUEST, path, Some("e"), body);
    let came = hostile.wallet_says(end).await;
    is_refused("an end by a stranger", &came, Refusal::SignatureInvalid);
}

async fn devices(hostile: &Hostile<'_>) {
    let key = SigningKey::from_bytes(&hostile.world.bytes());
    let device = wire::DeviceKey::from_bytes(key.verifying_key().to_bytes());
    let own = Signer::new(device.to_string(), key);
    let challenge = ChallengeId::from_bytes([0xdd; 16]);
    let proof = Proof { assertion: "said".parse().ok(), ..Proof::default() };
    let answer = ChallengeAnswer { challenge, device, proof };
    let (url, path) = (hostile.campaign.site.wallet.url(), "/v1/challenge_answer");
    let body = hostile.envelope(Some("a"), answer);
    let sent = hostile.signed(&url, &own, TAG_DEVICE, path, Some("a"), body.clone());
    is_refused("a challenge made up", &hostile.wallet_says(sent).await, Refusal::NotFound);
    let sent = hostile.signed(&url, &hostile.stranger, TAG_DEVICE, path, Some("a"), body);
    let came = hostile.wallet_says(sent).await;
    is_refused("an answer by another key", &came, Refusal::SignatureInvalid);
    let asked = serde_json::json!({ "challenge": challenge, "device": device }).to_string();
    let unsigned = json_request(&url, "/v1/invitation", None, asked.into_bytes()).unwrap();
    let came = hostile.wallet_says(unsigned).await;
    is_refused("an invitation for whoever asks", &came, Refusal::SignatureInvalid);
}

async fn unreadable(hostile: &Hostile<'_>) {
    let torture = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\u{feff}{}".to_owned(),
        "{\"protocol\":\"bindproof/1\"}".to_owned(),
        "[".repeat(60_000),
        format!("{{\"protocol\":{}}}", "9".repeat(60_000)),
        "\"".repeat(1_000),
        "x".repeat(64 * 1024 + 1),
    ];
    let to_bank = ["bind_request", "bind_cancel", "unbind_request", "binding_query"];
    for name in to_bank {
        for body in &torture {
            let request = hostile.to_bank(&format!("/v1/{name}"), None, body.clone());
            let came = hostile.bank_says(request).await;
            is_refused(&body.chars().take(20).collect::<String>(), &came, REQUEST);
        }
    }
    let to_wallet = ["account_query", "account_registration", "link_request", "link_end"];
    let url = hostile.campaign.site.wallet.url();
    for path in to_wallet.map(|name| format!("/v1/{name}")) {
        for body in &torture {
            let (signer, body) = (&hostile.north, body.clone());
            let request = hostile.signed(&url, signer, TAG_REQUEST, &path, None, body);
            is_refused(&path, &hostile.wallet_says(request).await, REQUEST);
        }
    }
    let mut plain = hostile.about(None, BindingQuery { binding: BindingId::from_bytes([1; 16]) });
    plain.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    is_refused("plain text", &hostile.bank_says(plain).await, REQUEST);
}

const REQUEST: Refusal = Refusal::RequestMalformed;

/// One bit in what is signed, or the end of it cut off: nothing of that is accepted.
async fn bits_flipped(hostile: &Hostile<'_>, binding: BindingId) {
    const FLIPS: u64 = 300;
    let mut random = Random::new(4_242);
    let mut refused = 0;
    for round in 0..FLIPS {
        let whole = bytes_of(hostile.by_north(None, LinkQuery { binding })).await;
        let text = String::from_utf8(whole.clone()).unwrap();
        let parts = ["signature: ", "content-digest: ", "signature-input: ", "\r\n\r\n"];
        let part = parts[usize::try_from(random.below(4)).unwrap()];
        let begin = text.find(part).unwrap() + part.len();
        let length = text[begin..].find("\r\n").unwrap_or(text.len() - begin);
        let place = begin + usize::try_from(random.below(length as u64)).unwrap();
        let mut bytes = whole;
        let address = hostile.campaign.wallet.address(0);
        let came = if round % 3 == 0 {
            bytes.truncate(place.max(1));
            cut_off(address, &bytes).await
        } else {
            // It comes to its end, and is answered: whoever hangs up may not be.
            bytes[place] ^= 1 << random.below(8);
            say(address, &bytes).await
        };
        assert!(matches!(came.status, 0 | 400 | 401), "{came:?}\n{text}");
        refused += u64::from(came.status == 401);
    }
    assert!(refused > FLIPS / 3, "{refused} signatures were looked at");
}

/// Says something and no more: the other side sees the end of it.
async fn cut_off(address: &str, bytes: &[u8]) -> Came {
    use tokio::io::AsyncWriteExt;
    let mut stream = crate::raw::connect(address, 1).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    crate::raw::heard(&mut stream).await
}
