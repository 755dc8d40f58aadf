//! The two apps, as pages that a person can click through in development: the bank's and the
//! wallet's. Each speaks with its own server, by the same requests as any other client, and decides
//! nothing about the protocol.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn};

use crate::http::endpoint::Endpoint;
use crate::http::host::is_among;

/// What a page may do: load what its own server serves, speak with it, and nothing else.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// A file of a page.
struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SHARED: [File; 6] = [
    File { path: "/app.css", kind: STYLE, text: include_str!("app.css") },
    File { path: "/controls.css", kind: STYLE, text: include_str!("controls.css") },
    File { path: "/common.js", kind: SCRIPT, text: include_str!("common.js") },
    File { path: "/names.js", kind: SCRIPT, text: include_str!("names.js") },
    File { path: "/problems.js", kind: SCRIPT, text: include_str!("problems.js") },
    File { path: "/icon.svg", kind: "image/svg+xml", text: include_str!("icon.svg") },
];
const BANK: [File; 2] = [
    File { path: "/", kind: PAGE, text: include_str!("bank.html") },
    File { path: "/bank.js", kind: SCRIPT, text: include_str!("bank.js") },
];
const WALLET: [File; 7] = [
    File { path: "/", kind: PAGE, text: include_str!("wallet.html") },
    File { path: "/wallet.js", kind: SCRIPT, text: include_str!("wallet.js") },
    File { path: "/challenge.js", kind: SCRIPT, text: include_str!("challenge.js") },
    File { path: "/device.js", kind: SCRIPT, text: include_str!("device.js") },
    File { path: "/links.js", kind: SCRIPT, text: include_str!("links.js") },
    File { path: "/outside.js", kind: SCRIPT, text: include_str!("outside.js") },
    File { path: "/sums.js", kind: SCRIPT, text: include_str!("sums.js") },
];
const PAGE: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The bank's app.
pub fn bank<S: Clone + Send + Sync + 'static>() -> Vec<Endpoint<S>> {
    with(&BANK)
}

/// The wallet's app.
pub fn wallet<S: Clone + Send + Sync + 'static>() -> Vec<Endpoint<S>> {
    with(&WALLET)
}

fn with<S: Clone + Send + Sync + 'static>(own: &'static [File]) -> Vec<Endpoint<S>> {
    let files = own.iter().chain(&SHARED);
    let endpoint = |file: &'static File| {
        let handler = move || std::future::ready(respond(file));
        Endpoint::get(file.path, "A file of the app's page.", handler).text(file.kind)
    };
    files.map(endpoint).collect()
}

fn respond(file: &File) -> Response<Body> {
    let mut response = Response::new(Body::from(file.text));
    let fields = [
        (CONTENT_TYPE, file.kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Answers only who asks for one of these hosts: a name that somebody else has pointed at the
/// loopback is none of them.
pub fn only_for<S>(authorities: Vec<String>, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.layer(from_fn(move |request: Request, next: Next| {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let own = host.is_some_and(|host| is_among(&authorities, host));
        let misdirected = (!own).then(|| misdirected(&authorities));
        async move {
            match misdirected {
                None => next.run(request).await,
                Some(response) => response,
            }
        }
    }))
}

/// Tells a person where she finds the page.
fn misdirected(authorities: &[String]) -> Response<Body> {
    let mut urls: Vec<String> =
        authorities.iter().map(|host| address_of(&format!("http://{host}/"))).collect();
    urls.sort();
    urls.dedup();
    let text = format!("This page is not here. Open {}\n", urls.join(" or "));
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Where a person opens the page of the server at `url`: passkeys need a name, and the loopback's
/// is `localhost`.
pub fn address_of(url: &str) -> String {
    url.replacen("://127.0.0.1", "://localhost", 1)
}

/// The hosts under which a server that listens on `address` is asked for: the address itself, and
/// the loopback's name in its place.
pub fn authorities(address: &str) -> Vec<String> {
    let named = address.replacen("127.0.0.1", "localhost", 1);
    let mut hosts = vec![address.to_owned(), named];
    hosts.dedup();
    hosts
}
