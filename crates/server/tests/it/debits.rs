//! What a bank answers to a debit whose operation id stands for another one.

use axum::body::Bytes;
use axum::http::Request;
use bindproof::wire::{
    Amount, BindingId, DebitRequest, Envelope, IssuedAt, OperationId, RequestId, Standing, Version,
};
use bindproof_server::client::BankClient;
use bindproof_server::demo::Cast;
use bindproof_server::hex;
use bindproof_server::http::client::{Outgoing, json_request, parts_of};
use bindproof_server::signature::{TAG_REQUEST, sign_request};
use http_body_util::Full;
use serde_json::Value;

use crate::folder::Folder;
use crate::restart::awaited;

/// A binding that is active.
async fn bound(cast: &Cast, person: &str, card: &str) -> BindingId {
    let bank = BankClient::open(&cast.urls[0], person.parse().unwrap(), cast.world.clone());
    let bank = bank.await.unwrap();
    let asked = bank.bind(card.parse().unwrap(), bank.new_key()).await.unwrap();
    let active = |standing: &Standing| match standing {
        Standing::Active { .. } => true,
        Standing::Pending { .. } => false,
        Standing::Refused(_) | Standing::Ended(_) => panic!("{person}'s is {standing:?}"),
    };
    awaited(&bank, asked.binding, active).await.binding
}

/// The wallet asks the bank for a debit under this key.
fn asks(cast: &Cast, key: &str, message: DebitRequest) -> Request<Full<Bytes>> {
    let envelope = Envelope {
        protocol: Version,
        request_id: RequestId::from_bytes(cast.world.uuid()),
        idempotency_key: Some(key.parse().unwrap()),
        issued_at: IssuedAt::new(cast.world.now_ms()).unwrap(),
        message,
    };
    let body = serde_json::to_vec(&envelope).unwrap();
    let path = "/v1/debit_request";
    let mut request = json_request(&cast.urls[0], path, Some(key), body).unwrap();
    let fields = request.headers().clone();
    let mut signed = fields.clone();
    let (created, nonce) = (cast.world.now_ms() / 1000, hex::encode(&cast.world.bytes::<16>()));
    let (parts, signer) = (parts_of(&request, &fields), &cast.wallet.node.signer);
    sign_request(&mut signed, parts, signer, TAG_REQUEST, created, &nonce).unwrap();
    *request.headers_mut() = signed;
    request
}

//= BIND-098 whoever's binding the id comes with
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_stands_for_one_debit_whoever_s_binding_it_comes_with() {
    let folder = Folder::new("debits");
    let cast = Cast::start(folder.path()).await.unwrap();
    let ada = bound(&cast, "ada", "north-bank-card").await;
    let ben = bound(&cast, "ben", "north-bank-card-ben").await;
    let outgoing = Outgoing::new();
    let mut answers = Vec::new();
    for (key, binding, operation) in [("a", ada, 1), ("b", ben, 1), ("c", ben, 2), ("d", ada, 1)] {
        let operation = OperationId::from_bytes([operation; 16]);
        let amount = Amount::new(100, "EUR".parse().unwrap()).unwrap();
        let asked = DebitRequest { binding, operation, amount };
        let answer = outgoing.send(asks(&cast, key, asked)).await.unwrap();
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        answers.push((answer.status, body["code"].as_str().map(str::to_owned)));
    }
    let conflict = (422, Some("idempotency_conflict".to_owned()));
    assert_eq!(answers, [(200, None), conflict, (200, None), (200, None)]);
    cast.stop().await;
}
