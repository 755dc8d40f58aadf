//! Signed requests to other servers.

use bindproof::refusal::Refusal;
use bindproof::wire::{self, Answer, Envelope, IssuedAt, ReceivedProblem, RequestId};
pub use bindproof_http::client::{
    Asking, CallError, Outgoing, WholeResponse, json_request, parts_of,
};
use serde_json::Value;

use super::answer::with_a_member_twice;
use super::observe::Trace;
use crate::defect::memory::kept_first;
use crate::defect::{Defect, planted};
use crate::node::Node;
use crate::signature::TAG_REQUEST;
use crate::signing::Peer;

/// What the other side said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replied<R> {
    /// Its answer.
    Answer(R),
    /// A problem: nothing was decided, or it is not for the asker to know.
    Problem(Refusal),
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
    let read = serde_json::from_slice(&response.body).or_else(|error| {
        let form: Value = serde_json::from_slice(&response.body)?;
        if planted(Defect::AnswersReadLeniently) {
            serde_json::from_value(form)
        } else {
            Err(error)
        }
    });
    let answer: Answer<R> = read.map_err(|error| CallError::Unreadable(error.to_string()))?;
    if answer.request_id != request {
        return Err(CallError::Unreadable("it answers another request".to_owned()));
    }
    if answer.issuer != peer.name {
        let (issuer, name) = (answer.issuer.as_str(), peer.name.as_str());
        let why = format!("it is of {issuer:?}, and the peer is {name:?}");
        return Err(CallError::Unreadable(why));
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

fn problem<R>(response: &WholeResponse) -> Result<Replied<R>, CallError> {
    let problem: ReceivedProblem =
        serde_json::from_slice(&response.body).map_err(|_| CallError::Status(response.status))?;
    Ok(Replied::Problem(problem.code))
}

/// The status of an answer that says no, and the code of its problem: `401 signature_invalid`.
pub fn problem_said(refusal: Refusal) -> String {
    format!("{} {refusal}", refusal.status())
}

/// What was answered, as far as there is an answer: its status, and the code of its problem if it
/// has one, by whomever it is said. None if nothing was answered, or nothing was asked.
pub fn answered(error: &CallError) -> Option<String> {
    match error {
        CallError::Untrusted { status, body, .. } => {
            let problem = serde_json::from_slice::<ReceivedProblem>(body).ok();
            let code = problem.filter(|problem| problem.code.status() == *status);
            let unsigned = || format!("{status}, not to be believed");
            Some(code.map_or_else(unsigned, |problem| problem_said(problem.code)))
        }
        CallError::Status(status) => Some(status.to_string()),
        CallError::Unreadable(_) => Some("what cannot be read".to_owned()),
        CallError::NoAnswer(_) | CallError::Unsigned(_) => None,
    }
}

async fn exchange<M: wire::Request>(
    node: &Node,
    peer: &Peer,
    idempotency_key: Option<wire::IdempotencyKey>,
    message: M,
) -> Result<(RequestId, WholeResponse), CallError> {
    let unreadable = |error: &dyn std::fmt::Display| CallError::Unreadable(error.to_string());
    let first = idempotency_key.as_ref().map_or("", wire::IdempotencyKey::as_str);
    let request_id = RequestId::from_bytes(node.world.uuid());
    let request_id = kept_first(Defect::RequestIdKept, first, request_id);
    let issued_ms = kept_first(Defect::TimeOfIssueKept, first, node.world.now_ms());
    let issued_at = IssuedAt::new(issued_ms).map_err(|e| unreadable(&e))?;
    let idempotency_key = match planted(Defect::KeyNotKept) && idempotency_key.is_some() {
        true => crate::hex::encode(&node.world.uuid()).parse().ok(),
        false => idempotency_key,
    };
    let protocol = wire::Version;
    let envelope = Envelope { protocol, request_id, idempotency_key, issued_at, message };
    let body = serde_json::to_string(&envelope).map_err(|e| unreadable(&e))?;
    let body = with_a_member_twice(body).into_bytes();
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
    if planted(Defect::AnswersNotVerified) {
        let (_, answer) = asking.exchange(&peer.url, &path, key, body).await?;
        return Ok((request_id, answer));
    }
    Ok((request_id, asking.post(&peer.url, &path, key, body, trusted).await?))
}
