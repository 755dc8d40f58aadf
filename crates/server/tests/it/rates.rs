//! One client alone cannot keep a server busy.

use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use bindproof_server::demo::Cast;
use bindproof_server::http::client::{Outgoing, WholeResponse, json_request};
use serde_json::Value;

use crate::folder::Folder;

/// What the bank's answers look like.
const DOCUMENT: &str = include_str!("../../../../docs/generated/openapi-bank.json");

/// More requests than anybody needs to meet the limit.
const MANY: usize = 100_000;

async fn asked(cast: &Cast, outgoing: &Outgoing, token: &str) -> WholeResponse {
    let path = "/v1/binding_query";
    let mut request = json_request(&cast.urls[0], path, None, b"{}".to_vec()).unwrap();
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    request.headers_mut().insert(AUTHORIZATION, bearer);
    outgoing.send(request).await.unwrap()
}

async fn token(cast: &Cast, outgoing: &Outgoing) -> String {
    let said = br#"{"person":"ada"}"#.to_vec();
    let request = json_request(&cast.urls[0], "/development/session", None, said).unwrap();
    let opened = outgoing.send(request).await.unwrap();
    let opened: serde_json::Value = serde_json::from_slice(&opened.body).unwrap();
    opened["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_too_much_is_told_to_wait_and_nobody_else_is() {
    let folder = Folder::new("rates");
    let cast = Cast::start(folder.path()).await.unwrap();
    let outgoing = Outgoing::new();
    let token = token(&cast, &outgoing).await;
    let first = asked(&cast, &outgoing, &token).await;
    assert_eq!(first.status, 400, "it cannot be read, and that is all");
    let mut last = first;
    for _ in 0..MANY {
        if last.status == 429 {
            break;
        }
        last = asked(&cast, &outgoing, &token).await;
    }
    assert_eq!(last.status, 429);
    assert_eq!(last.fields.get(RETRY_AFTER), Some(&HeaderValue::from_static("1")));
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let schema = jsonschema::validator_for(&document["components"]["schemas"]["too_many"]).unwrap();
    assert!(schema.is_valid(&serde_json::from_slice(&last.body).unwrap()), "as it is described");
    let stranger = asked(&cast, &outgoing, "nobody's").await;
    assert_eq!(stranger.status, 401, "who has no session is not counted as one who has");
    cast.stop().await;
}
