//! A client for each server, with repetition done right: a new request id and time each time, the
//! same idempotency key, and never for what is not to be repeated.

mod bank;
mod wallet;

use std::time::Duration;

use bindproof::refusal::{Refusal, Retry};
use bindproof::wire::{self, Envelope, IdempotencyKey, IssuedAt, ReceivedProblem, RequestId};
use thiserror::Error;

pub use bank::BankClient;
pub use wallet::{Told, WalletClient};

use crate::clock::World;
use crate::http::client::{CallError, WholeResponse};

/// How many times a request is sent.
const ATTEMPTS: u32 = 8;
/// The first pause between two sends; each one after that is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The server refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The server did not answer, each time it was asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What came is no answer to this.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// It did not come about in the time that was given.
    #[error("waited in vain for {0}")]
    InVain(&'static str),
}

/// A request of a client; each sending is a request of its own.
fn envelope<M: wire::Request>(
    world: &World,
    key: Option<IdempotencyKey>,
    message: M,
) -> Result<Envelope<M>, ClientError> {
    let issued_at = IssuedAt::new(world.now_ms());
    let issued_at = issued_at.map_err(|error| ClientError::Unreadable(error.to_string()))?;
    let request_id = RequestId::from_bytes(world.uuid());
    Ok(Envelope { protocol: wire::Version, request_id, idempotency_key: key, issued_at, message })
}

/// A new idempotency key.
fn new_key(world: &World) -> IdempotencyKey {
    // Thirty-two digits are a key.
    crate::hex::encode(&world.uuid()).parse().expect("digits are a key")
}

/// Sends until there is an answer that is not to be repeated. `send` makes each sending anew.
async fn repeated<F>(send: impl FnMut() -> F) -> Result<WholeResponse, ClientError>
where
    F: Future<Output = Result<WholeResponse, ClientError>>,
{
    until(is_to_be_repeated, send).await
}

/// Sends until the server has answered, whatever it answers, and is in order.
async fn answered<F>(send: impl FnMut() -> F) -> Result<WholeResponse, ClientError>
where
    F: Future<Output = Result<WholeResponse, ClientError>>,
{
    until(is_not_decided, send).await
}

async fn until<F>(
    is_to_be_repeated: impl Fn(&WholeResponse) -> bool,
    mut send: impl FnMut() -> F,
) -> Result<WholeResponse, ClientError>
where
    F: Future<Output = Result<WholeResponse, ClientError>>,
{
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match send().await {
            Ok(response) if !is_to_be_repeated(&response) => return Ok(response),
            Ok(_) | Err(ClientError::Call(CallError::NoAnswer(_))) => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    send().await
}

fn is_to_be_repeated(response: &WholeResponse) -> bool {
    is_not_decided(response)
        || refusal(response).is_some_and(|refusal| refusal.retry() == Retry::SameKey)
}

/// The server could not decide, or would not yet.
fn is_not_decided(response: &WholeResponse) -> bool {
    let too_many = response.status == 429 && refusal(response).is_none();
    response.status >= 500 || too_many
}

fn refusal(response: &WholeResponse) -> Option<Refusal> {
    let problem: ReceivedProblem = serde_json::from_slice(&response.body).ok()?;
    (response.status >= 400).then_some(problem.code)
}

/// The body of an answer, or the refusal.
fn body(response: &WholeResponse) -> Result<&[u8], ClientError> {
    match refusal(response) {
        Some(refusal) => Err(ClientError::Refused(refusal)),
        None if response.status == 200 => Ok(&response.body),
        None => Err(ClientError::Unreadable(format!("status {}", response.status))),
    }
}
