//! How a server under test is spoken to: signed requests as the kit makes them, to the server's
//! router in this process or to a socket.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use bindproof::refusal::Refusal;
use bindproof::wire::{self, IdempotencyKey};
use bindproof_kit::call::{By, Line, Reply, Stamp, Within, problem, read, shown};
use bindproof_server::clock::World;
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;

use crate::seen::Seen;
use crate::servers::{public, signer};

/// How requests reach a server.
pub struct Wire {
    line: Line,
    /// The server's router, if it is in this process.
    inside: Option<Router>,
}

/// An answer as it is read: the message, or the refusal.
pub type Answered<T> = Seen<Result<T, Refusal>>;

impl Wire {
    /// To the router of the server with this name.
    pub fn inside(name: &str, router: Router, world: &World) -> Self {
        let line = line(name, &format!("http://{name}.test"), world);
        Self { line, inside: Some(router) }
    }

    /// To the server with this name at `url`.
    pub fn to(name: &str, url: &str, world: &World) -> Self {
        Self { line: line(name, url, world), inside: None }
    }

    /// A new idempotency key.
    pub fn key(&self) -> IdempotencyKey {
        self.line.key()
    }

    /// Now.
    pub fn now_ms(&self) -> i64 {
        self.line.world.now_ms()
    }

    /// Posts a message, issued `ago_ms` ago.
    pub async fn post<M: wire::Request>(
        &self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        ago_ms: i64,
        message: M,
    ) -> Seen<(Reply, wire::RequestId)> {
        let told = |trouble| format!("{trouble:?}");
        let (id, body) = self.line.envelope(key, ago_ms, message).map_err(told)?;
        let path = format!("/v1/{}", M::NAME.name());
        let key = key.as_ref().map(IdempotencyKey::as_str);
        let request = self.line.prepare(by, &Stamp::default(), &path, key, body).map_err(told)?;
        let Some(router) = &self.inside else {
            let reply = self.line.deliver(request).await.map_err(told)?;
            if let (By::Server(_), Err(error)) = (by, &reply.signature) {
                return Err(format!("{path}: the answer's signature: {error}"));
            }
            return Ok((reply, id));
        };
        Ok((within(router, request, self.now_ms()).await?, id))
    }

    /// Asks, and reads the answer.
    pub async fn ask<M: wire::Request, R: wire::Reply>(
        &self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Answered<R> {
        let (reply, id) = self.post(by, key, 0, message).await?;
        if reply.status == 200 {
            return read(&reply, id, self.line.name).map(Ok);
        }
        problem(&reply).map(Err)
    }

    /// Asks what has one of two answers.
    pub async fn ask_either<M: wire::Request, A: wire::Reply, B: wire::Reply>(
        &self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Answered<(Option<A>, Option<B>)> {
        let (reply, id) = self.post(by, key, 0, message).await?;
        if reply.status != 200 {
            return problem(&reply).map(Err);
        }
        let name = self.line.name;
        match (read::<A>(&reply, id, name), read::<B>(&reply, id, name)) {
            (Err(_), Err(error)) => Err(error),
            (one, other) => Ok(Ok((one.ok(), other.ok()))),
        }
    }

    /// Says what is only receipted.
    pub async fn say<M: wire::Request>(
        &self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Answered<()> {
        let (reply, _) = self.post(by, key, 0, message).await?;
        match (reply.status, reply.body == serde_json::json!({})) {
            (200, true) => Ok(Ok(())),
            (200, false) => Err(format!("no receipt: {}", shown(&reply))),
            _ => problem(&reply).map(Err),
        }
    }
}

fn line(name: &str, url: &str, world: &World) -> Line {
    let own = signer(name);
    let keys = vec![(own.key_id().to_owned(), public(own))];
    let mut line = Line::new(url, name.parse().unwrap(), keys, 0, None);
    line.world = world.clone();
    line
}

/// Has a router answer a request.
async fn within(
    router: &Router,
    request: Request<Full<hyper::body::Bytes>>,
    at: i64,
) -> Seen<Reply> {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, Body::new(body));
    let Ok(answer) = router.clone().oneshot(request).await;
    let status = answer.status().as_u16();
    let media = answer.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let media = media.unwrap_or_default().to_owned();
    let bytes = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    if status >= 500 {
        return Err(format!("the server answered {status}"));
    }
    let body = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let at = Within { from_ms: at, to_ms: at };
    Ok(Reply { status, media, bytes, body, signature: Ok(()), at, again: false })
}
