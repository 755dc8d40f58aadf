//! What the servers answer over HTTP to what is not as it should be, each beside a request that is.

use axum::body::Bytes;
use axum::http::Request;
use bindproof::policy::Environment;
use bindproof::wire::{
    AccountId, Action, BindingId, DeviceKey, Envelope, IssuedAt, LinkEnd, LinkQuery, LinkRequest,
    OperationId, OperationRequest, RequestId, Secret, Version,
};
use bindproof_server::clock::World;
use bindproof_server::demo::Cast;
use bindproof_server::http::client::{Outgoing, WholeResponse, json_request, parts_of};
use bindproof_server::signature::{Signer, TAG_DEVICE, TAG_REQUEST, sign_request};
use bindproof_server::{hex, signature};
use http_body_util::Full;
use serde_json::Value;

use crate::folder::Folder;

/// A bank that says what it likes to the wallet.
struct Bank {
    cast: Cast,
    outgoing: Outgoing,
    world: World,
    _folder: Folder,
}

impl Bank {
    async fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let cast = Cast::start(folder.path()).await.unwrap();
        Self { cast, outgoing: Outgoing::new(), world: World::system(), _folder: folder }
    }

    /// Whatever was said to them, each server's journal is one of the protocol.
    async fn finish(self) {
        self.cast.check_each().await.unwrap_or_else(|error| panic!("{error}"));
        self.cast.stop().await;
    }

    fn north(&self) -> &Signer {
        &self.cast.banks[0].node.signer
    }

    fn south(&self) -> &Signer {
        &self.cast.banks[1].node.signer
    }

    fn envelope<M: bindproof::wire::Request>(&self, key: Option<&str>, message: M) -> Vec<u8> {
        let envelope = Envelope {
            protocol: Version,
            request_id: RequestId::from_bytes(self.world.uuid()),
            idempotency_key: key.map(|key| key.parse().unwrap()),
            issued_at: IssuedAt::new(self.world.now_ms()).unwrap(),
            message,
        };
        serde_json::to_vec(&envelope).unwrap()
    }

    fn request(
        &self,
        signer: &Signer,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Request<Full<Bytes>> {
        self.signed(signer, TAG_REQUEST, path, key, body)
    }

    fn signed(
        &self,
        signer: &Signer,
        tag: &str,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Request<Full<Bytes>> {
        let mut request = json_request(&self.cast.urls[2], path, key, body).unwrap();
        let fields = request.headers().clone();
        let mut signed = fields.clone();
        let nonce = hex::encode(&self.world.bytes::<16>());
        let created = self.world.now_ms() / 1000;
        let parts = parts_of(&request, &fields);
        sign_request(&mut signed, parts, signer, tag, created, &nonce).unwrap();
        *request.headers_mut() = signed;
        request
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> (u16, Value) {
        let response: WholeResponse = self.outgoing.send(request).await.unwrap();
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    async fn ends(&self, signer: &Signer, key: &str, binding: BindingId) -> (u16, Value) {
        let body = self.envelope(Some(key), LinkEnd { binding });
        self.send(self.request(signer, "/v1/link_end", Some(key), body)).await
    }

    async fn queries(&self, signer: &Signer, binding: BindingId) -> (u16, Value) {
        let body = self.envelope(None, LinkQuery { binding });
        self.send(self.request(signer, "/v1/link_query", None, body)).await
    }
}

fn binding(number: u8) -> BindingId {
    BindingId::from_bytes([number; 16])
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_twice_are_a_replay_and_signed_afresh_they_are_a_repetition() {
    let bank = Bank::new("replay").await;
    let body = bank.envelope(Some("k"), LinkEnd { binding: binding(1) });
    let request = bank.request(bank.north(), "/v1/link_end", Some("k"), body);
    let first = bank.send(request.clone()).await;
    assert_eq!((first.0, first.1["message"]["status"].as_str()), (200, Some("ended")));
    assert_eq!(code(&bank.send(request).await), (401, "signature_invalid"));
    let again = bank.ends(bank.north(), "k", binding(1)).await;
    assert_eq!((again.0, &again.1["message"]), (200, &first.1["message"]));
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_stands_for_one_body_and_for_one_caller() {
    let bank = Bank::new("keys").await;
    assert_eq!(bank.ends(bank.north(), "k", binding(1)).await.0, 200);
    let other = bank.ends(bank.north(), "k", binding(2)).await;
    assert_eq!(code(&other), (422, "idempotency_conflict"));
    assert_eq!(code(&bank.queries(bank.north(), binding(2)).await), (404, "not_found"));
    assert_eq!(bank.ends(bank.south(), "k", binding(3)).await.0, 200);
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_names_a_device_takes_up_none_of_its_keys() {
    let bank = Bank::new("named").await;
    let (device, key) = (Signer::new(device(9).to_string(), key(9)), Some("guessed"));
    let request = |operation: u8| OperationRequest {
        operation: OperationId::from_bytes([operation; 16]),
        account: Some(AccountId::from_bytes([3; 16])),
        device: self::device(9),
        environment: Environment::Normal,
        action: Action::SignIn,
    };
    let signed = |operation| {
        let body = bank.envelope(key, request(operation));
        bank.signed(&device, TAG_DEVICE, "/v1/operation_request", key, body)
    };
    let url = &bank.cast.urls[2];
    let guessed = bank.envelope(key, request(1));
    let guessed = json_request(url, "/v1/operation_request", key, guessed).unwrap();
    assert_eq!(bank.send(guessed).await.0, 200);
    assert_eq!(bank.send(signed(2)).await.0, 200);
    // Among its own, one stands for one body.
    assert_eq!(code(&bank.send(signed(3)).await), (422, "idempotency_conflict"));
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_neither_sees_nor_touches_what_is_another_banks() {
    let bank = Bank::new("namespaces").await;
    assert_eq!(bank.ends(bank.north(), "a", binding(1)).await.0, 200);
    assert_eq!(code(&bank.queries(bank.south(), binding(1)).await), (404, "not_found"));
    assert_eq!(code(&bank.ends(bank.south(), "b", binding(1)).await), (404, "not_found"));
    assert_eq!(bank.queries(bank.north(), binding(1)).await.0, 200);
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_after_an_end_finds_the_door_shut() {
    let bank = Bank::new("late").await;
    assert_eq!(bank.ends(bank.north(), "a", binding(1)).await.0, 200);
    let link = LinkRequest {
        binding: binding(1),
        account: AccountId::from_bytes([9; 16]),
        instrument: "card".parse().unwrap(),
        person: "ada".parse().unwrap(),
        contact: "tel:1".parse().unwrap(),
        secret: Secret::from_bytes([1; 32]),
    };
    let body = bank.envelope(Some("b"), link);
    let late = bank.send(bank.request(bank.north(), "/v1/link_request", Some("b"), body)).await;
    assert_eq!((late.0, late.1["message"]["status"].as_str()), (200, Some("ended")));
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_signature_has_one_and_the_same_answer() {
    let bank = Bank::new("faults").await;
    let body = || bank.envelope(None, LinkQuery { binding: binding(1) });
    let good = || bank.request(bank.north(), "/v1/link_query", None, body());
    let mut answers = Vec::new();
    let mut unsigned = good();
    unsigned.headers_mut().remove("signature-input");
    answers.push(bank.send(unsigned).await);
    let mut other_body = good();
    *other_body.body_mut() = Full::new(Bytes::from(body()));
    answers.push(bank.send(other_body).await);
    let stranger = Signer::new("north-bank-1".to_owned(), key(1));
    answers.push(bank.send(bank.request(&stranger, "/v1/link_query", None, body())).await);
    let unknown = Signer::new("nobody".to_owned(), key(1));
    answers.push(bank.send(bank.request(&unknown, "/v1/link_query", None, body())).await);
    let mut elsewhere = bank.request(bank.north(), "/v1/link_end", None, body());
    *elsewhere.uri_mut() = good().uri().clone();
    answers.push(bank.send(elsewhere).await);
    for answer in &mut answers {
        assert_eq!(code(answer), (401, "signature_invalid"));
        answer.1.as_object_mut().unwrap().remove("instance");
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(code(&bank.send(good()).await), (404, "not_found"), "the positive control");
    bank.finish().await;
}

fn device(number: u8) -> DeviceKey {
    DeviceKey::from_bytes(key(number).verifying_key().to_bytes())
}

fn key(number: u8) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[number; 32])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_malformed_and_changes_nothing() {
    let bank = Bank::new("malformed").await;
    let good = bank.envelope(Some("k"), LinkEnd { binding: binding(1) });
    let text = String::from_utf8(good).unwrap();
    let bad = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        text.replacen('{', "{\"more\":1,", 1),
        text.replacen("bindproof/1", "bindproof/2", 1),
        text.replacen("link_end", "link_query", 1),
        text.replacen("\"k\"", "\"another\"", 1),
        text.replacen("\"issued_at\":", "\"issued_at\":-", 1),
        "x".repeat(70_000),
    ];
    for body in bad {
        let shown: String = body.chars().take(60).collect();
        let sent = bank.request(bank.north(), "/v1/link_end", Some("k"), body.into_bytes());
        assert_eq!(code(&bank.send(sent).await), (400, "request_malformed"), "{shown}");
    }
    assert_eq!(code(&bank.queries(bank.north(), binding(1)).await), (404, "not_found"));
    assert_eq!(bank.ends(bank.north(), "k", binding(1)).await.0, 200, "the positive control");
    bank.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_signed_for_its_request_and_for_no_other() {
    let bank = Bank::new("answers").await;
    let body = || bank.envelope(None, LinkQuery { binding: binding(1) });
    let request = bank.request(bank.north(), "/v1/link_query", None, body());
    let other = bank.request(bank.north(), "/v1/link_query", None, body());
    let response = bank.outgoing.send(request.clone()).await.unwrap();
    let wallet = &bank.cast.wallet.node.signer.public();
    let wallet = ed25519_dalek::VerifyingKey::from_bytes(wallet).unwrap();
    let verified = |request: &Request<Full<Bytes>>| {
        let fields = request.headers().clone();
        let asked = parts_of(request, &fields);
        let parts = signature::Parts {
            status: Some(response.status),
            fields: &response.fields,
            request: Some(&asked),
            ..asked
        };
        let now_ms = bank.world.now_ms();
        let answer = signature::Profile::ANSWER;
        signature::verify(answer, &parts, &response.body, now_ms, |_| Some(wallet))
    };
    assert!(verified(&request).is_ok());
    assert_eq!(verified(&other), Err(signature::SignatureError::Mismatch));
    bank.finish().await;
}
