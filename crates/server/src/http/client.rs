//! Signed requests to other servers.

use bindproof::wire::{self, Answer, Envelope, IssuedAt, ReceivedProblem, RequestId};
pub use bindproof_http::client::{
    Asking, CallError, Outgoing, Response200, json_request, parts_of,
};

use super::observe::Trace;
use crate::keys::Peer;
use crate::node::Node;
use crate::signature::TAG_REQUEST;

/// What the other side said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replied<R> {
    /// Its answer.
    Answer(R),
    /// A problem: nothing was decided, or it is not for the asker to know.
    Problem(bindproof::refusal::Refusal),
}

/// Sends a message to another server and reads its answer: signed afresh, under the same key. Gives
/// the id of the request, too.
///
/// # Errors
/// If there is no answer that can be believed. Nothing is known then.
pub async fn call<M: wire::Request, R: wire::Reply>(
    node: &Node,
    peer: &Peer,
    idempotency_key: Option<wire::IdempotencyKey>,
    message: M,
) -> Result<(RequestId, Replied<R>), CallError> {
    let (request, response) = exchange(node, peer, idempotency_key, message).await?;
    if response.status != 200 {
        return Ok((request, problem(&response)?));
    }
    let answer: Answer<R> = serde_json::from_slice(&response.body)
        .map_err(|error| CallError::Unreadable(error.to_string()))?;
    if answer.request_id != request || answer.issuer != peer.name {
        return Err(CallError::Unreadable("it answers another request".to_owned()));
    }
    Ok((request, Replied::Answer(answer.message)))
}

/// Sends a message to another server that only receipts it.
///
/// # Errors
/// If there is no answer that can be believed. Nothing is known then.
pub async fn notify<M: wire::Request>(
    node: &Node,
    peer: &Peer,
    idempotency_key: Option<wire::IdempotencyKey>,
    message: M,
) -> Result<Replied<()>, CallError> {
    let (_, response) = exchange(node, peer, idempotency_key, message).await?;
    if response.status == 200 { Ok(Replied::Answer(())) } else { problem(&response) }
}

fn problem<R>(response: &Response200) -> Result<Replied<R>, CallError> {
    let problem: ReceivedProblem = serde_json::from_slice(&response.body)
        .map_err(|error| CallError::Unreadable(format!("{}: {error}", response.status)))?;
    Ok(Replied::Problem(problem.code))
}

async fn exchange<M: wire::Request>(
    node: &Node,
    peer: &Peer,
    idempotency_key: Option<wire::IdempotencyKey>,
    message: M,
) -> Result<(RequestId, Response200), CallError> {
    let request_id = RequestId::from_bytes(node.world.uuid());
    let now_ms = node.world.now_ms();
    let unreadable = |error: &dyn std::fmt::Display| CallError::Unreadable(error.to_string());
    let issued_at = IssuedAt::new(now_ms).map_err(|e| unreadable(&e))?;
    let protocol = wire::Version;
    let envelope = Envelope { protocol, request_id, idempotency_key, issued_at, message };
    let body = serde_json::to_vec(&envelope).map_err(|e| unreadable(&e))?;
    let path = format!("/v1/{}", M::NAME.name());
    let key = idempotency_key.as_ref().map(wire::IdempotencyKey::as_str);
    let asking = Asking {
        outgoing: &node.outgoing,
        world: &node.world,
        signer: &node.signer,
        tag: TAG_REQUEST,
        trace: Trace::field(&node.world),
    };
    let trusted = |key_id: &str| {
        let (signer, key) = node.registry.key(key_id, node.world.now_ms())?;
        (signer.name == peer.name).then_some(key)
    };
    Ok((request_id, asking.post(&peer.url, &path, key, body, trusted).await?))
}
