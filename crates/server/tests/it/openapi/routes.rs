//! Every route is in the document, with its method, and the other way round.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use bindproof_server::demo::Cast;
use bindproof_server::http::{bank, wallet};
use bindproof_server::openapi;
use serde_json::Value;
use tower::ServiceExt;

use crate::folder::Folder;

/// The paths that a router knows, from what it shows of itself. Its own path for what is routed
/// nowhere is none of them.
fn paths_of(router: &Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let quoted = shown.split('"').skip(1).step_by(2);
    let paths = quoted.filter(|text| text.starts_with('/') && !text.contains("{*__private"));
    paths.map(str::to_owned).collect()
}

/// The paths in a document.
fn paths_in(document: &Value) -> BTreeSet<String> {
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

/// Paths that are on one side only.
fn differences(router: &Router, document: &Value) -> Vec<String> {
    let (routed, written) = (paths_of(router), paths_in(document));
    let only_routed = routed.difference(&written).map(|path| format!("{path} is not written down"));
    let only_written = written.difference(&routed).map(|path| format!("{path} is not routed"));
    only_routed.chain(only_written).collect()
}

/// Methods that are answered to and not in the document, or the other way round.
async fn other_methods(router: &Router, document: &Value, host: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let name = method.as_str().to_lowercase();
            let request = Request::builder().method(&method).uri(path).header(HOST, host);
            let request = request.body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            let routed = answer.status() != StatusCode::METHOD_NOT_ALLOWED;
            if routed != methods.get(&name).is_some() {
                found.push(format!("{name} {path}: routed {routed}"));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_written_down_and_every_path_is_routed() {
    let folder = Folder::new("routes");
    let cast = Cast::start(folder.path()).await.unwrap();
    let of_bank = (bank::router(Arc::clone(&cast.banks[0])), openapi::bank(), &cast.urls[0]);
    let of_wallet = (wallet::router(Arc::clone(&cast.wallet)), openapi::wallet(), &cast.urls[2]);
    for (router, document, url) in [of_bank, of_wallet] {
        assert!(paths_of(&router).len() > 10, "{router:?}");
        assert_eq!(differences(&router, &document), Vec::<String>::new());
        let host = url.trim_start_matches("http://");
        assert_eq!(other_methods(&router, &document, host).await, Vec::<String>::new());

        // What is forgotten on either side is found.
        let more = router.clone().route("/forgotten", get(|| async {}));
        assert_eq!(differences(&more, &document), ["/forgotten is not written down"]);
        let mut less = document.clone();
        less["paths"].as_object_mut().unwrap().remove("/healthz");
        assert_eq!(differences(&router, &less), ["/healthz is not written down"]);
        let mut other = document.clone();
        other["paths"]["/v1/gone"] = serde_json::json!({ "post": {} });
        assert_eq!(differences(&router, &other), ["/v1/gone is not routed"]);
        let mut moved = document.clone();
        let health = moved["paths"]["/healthz"].as_object_mut().unwrap().remove("get").unwrap();
        moved["paths"]["/healthz"]["post"] = health;
        let found = other_methods(&router, &moved, host).await;
        assert_eq!(found, ["get /healthz: routed true", "post /healthz: routed false"]);
    }
    cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_is_marked_and_not_routed_without_development() {
    for document in [openapi::bank(), openapi::wallet()] {
        for (path, methods) in document["paths"].as_object().unwrap() {
            for operation in methods.as_object().unwrap().values() {
                let stands_in = operation["tags"][0] == "development";
                let is_page = path == "/" || path.ends_with(".js") || path.ends_with(".css");
                let expected = path.starts_with("/development/") || is_page || path == "/icon.svg";
                assert_eq!(stands_in, expected, "{path}");
            }
        }
    }
}
