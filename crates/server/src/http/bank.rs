//! The bank server's side of HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::routing::{get, post};
use bindproof::bank::binding::{self, Binding, Input};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, BindCancel, BindOutcome, BindRequest, BindingQuery, DebitRequest, Envelope,
    InstrumentRef, LinkNotice, PersonRef, UnbindRequest,
};
use serde::Deserialize;

use super::answer::Said;
use super::edge::{Barred, Received, digest_of};
use super::keyed::keyed;
use crate::bank::Bank;
use crate::codes::same;
use crate::drive::Step;
use crate::drive::bank::{BINDING, BankDrive, BindAsked, Heard, Which};
use crate::key::{Key, Person};
use crate::node::ROUTES;
use crate::received;
use crate::record::RecordKind;
use crate::store::StoreError;

type Server = State<Arc<Bank>>;

/// Everything that a bank server answers to. `development` adds what stands in for a bank's own
/// way of knowing its customers.
pub fn router(bank: Arc<Bank>, development: bool) -> Router {
    let mut router = Router::new()
        .route("/v1/bind_request", post(bind_request))
        .route("/v1/bind_cancel", post(bind_cancel))
        .route("/v1/unbind_request", post(unbind_request))
        .route("/v1/binding_query", post(binding_query))
        .route("/v1/link_notice", post(link_notice))
        .route("/v1/debit_request", post(debit_request))
        .route("/operator/block", post(block))
        .route("/healthz", get(health))
        .route("/readyz", get(ready));
    if development {
        router = router
            .route("/development/session", post(open_session))
            .route("/development/authentication", post(authenticate));
    }
    router.with_state(bank)
}

async fn health() -> &'static str {
    "ok"
}

async fn ready(State(bank): Server) -> Response<Body> {
    match bank.node.store.ping().await {
        Ok(()) => Response::new(Body::from("ok")),
        Err(_) => Said::fault().respond(),
    }
}

/// Answers a client: what was said, or why not.
fn to_client(received: &Received, said: Result<Said, Barred>) -> Response<Body> {
    barred(received, said).respond()
}

/// What is said of a request that was barred.
pub(super) fn barred(received: &Received, said: Result<Said, Barred>) -> Said {
    match said {
        Ok(said) => said,
        Err(Barred::Refused(refusal)) => Said::problem(refusal, received.request_id()),
        Err(Barred::Fault(error)) => {
            tracing::error!(%error, "a request could not be decided");
            Said::fault()
        }
    }
}

/// Whose session it is.
fn session(bank: &Bank, received: &Received) -> Result<PersonRef, Barred> {
    let token = received.bearer().ok_or(Refusal::SignatureInvalid)?;
    let person = bank.sessions.person(token, bank.node.world.now_ms());
    Ok(person.ok_or(Refusal::SignatureInvalid)?)
}

/// A decision of the drive about one person, as an answer.
async fn decide<M: wire::Request>(
    bank: &Bank,
    person: PersonRef,
    envelope: &Envelope<M>,
    mut decide: impl FnMut(&mut BankDrive<'_>) -> crate::drive::Said<BindOutcome>,
) -> Result<Said, Barred> {
    let keyed = keyed(&bank.node, person.as_str(), envelope).await?;
    let whose = Person::known(person);
    for _ in 0..ROUTES {
        let step = bank.transact(&whose, &[], |drive| {
            drive.shard.receive(received::of_client(envelope));
            let said = decide(drive)?;
            if said.is_ok() {
                keyed.remember(drive.shard);
            }
            Ok(said)
        });
        if let Step::Done(said) = step.await? {
            return Ok(Said::answer(&bank.node, envelope.request_id, said?));
        }
    }
    Err(Refusal::IdempotencyInProgress.into())
}

async fn bind_request(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = ask(&bank, &received).await;
    to_client(&received, said)
}

async fn ask(bank: &Bank, received: &Received) -> Result<Said, Barred> {
    let person = session(bank, received)?;
    let envelope: Envelope<BindRequest> = received.envelope()?;
    let asked = envelope.message;
    let note = received::bind_request(&envelope, &digest_of(&asked));
    let key = envelope.idempotency_key.ok_or(Refusal::RequestMalformed)?;
    let asked = BindAsked {
        key,
        digest: digest_of(&asked),
        issued_at: envelope.issued_at,
        person,
        instrument: asked.instrument,
        consent: asked.consent,
        authenticated: authenticated(bank, person, &asked).await?,
        holding: bank.books.holding(person, asked.instrument),
    };
    // Same key, other body: that is for the step to say, which knows the binding of this key.
    let scope = format!("{} bind_request", person.as_str());
    let held = bank.node.in_hand.take(&scope, key.as_str());
    let _held = held.ok_or(Refusal::IdempotencyInProgress)?;
    let whose = Person::known(person);
    for _ in 0..ROUTES {
        let step = bank.transact(&whose, &[], |drive| {
            drive.shard.receive(note.clone());
            drive.ask(&asked)
        });
        if let Step::Done(told) = step.await? {
            return Ok(Said::answer(&bank.node, envelope.request_id, told?));
        }
    }
    Err(Refusal::IdempotencyInProgress.into())
}

/// Whether the holder has authenticated for this very binding, just now, and only for it.
async fn authenticated(
    bank: &Bank,
    person: PersonRef,
    asked: &BindRequest,
) -> Result<bool, StoreError> {
    let (said, now_ms) = (&asked.authentication, bank.node.world.now_ms());
    match bank.sessions.is_fresh(person, asked.instrument, said, now_ms) {
        Some(until_ms) => bank.node.store.spend("authentication", said.as_str(), until_ms).await,
        None => Ok(false),
    }
}

async fn bind_cancel(State(bank): Server, request: Request<Body>) -> Response<Body> {
    about(&bank, request, |drive, cancel: &BindCancel| {
        drive.leave(match *cancel {
            BindCancel::Binding(id) => Which::Id(id),
            BindCancel::Request(key) => Which::Request(key),
        })
    })
    .await
}

async fn unbind_request(State(bank): Server, request: Request<Body>) -> Response<Body> {
    about(&bank, request, |drive, unbind: &UnbindRequest| drive.leave(Which::Id(unbind.binding)))
        .await
}

async fn binding_query(State(bank): Server, request: Request<Body>) -> Response<Body> {
    about(&bank, request, |drive, query: &BindingQuery| drive.ask_status(query.binding)).await
}

/// A client's message about a binding.
async fn about<M: wire::Request>(
    bank: &Bank,
    request: Request<Body>,
    mut decided: impl FnMut(&mut BankDrive<'_>, &M) -> crate::drive::Said<BindOutcome>,
) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = async {
        let person = session(bank, &received)?;
        let envelope: Envelope<M> = received.envelope()?;
        let message = envelope.message;
        decide(bank, person, &envelope, |drive| decided(drive, &message)).await
    };
    let said = said.await;
    to_client(&received, said)
}

async fn link_notice(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = notice(&bank, &received).await;
    barred(&received, said).respond_signed(&bank.node, &received.parts())
}

async fn notice(bank: &Bank, received: &Received) -> Result<Said, Barred> {
    let caller = received.server(&bank.node).await?;
    let envelope: Envelope<LinkNotice> = received.envelope()?;
    if caller != bank.wallet {
        return Err(Refusal::OriginNotAllowed.into());
    }
    let LinkNotice(report) = envelope.message;
    let keyed = keyed(&bank.node, caller.as_str(), &envelope).await?;
    let found = bank.node.store.find(BINDING, &report.binding.to_string()).await?;
    let Some(found) = found else {
        let verdict = binding::step(Binding::ABSENT, Input::LinkHeard(report.status));
        return Err(verdict.refusal().unwrap_or(Refusal::NotFound).into());
    };
    let step = bank.transact(&found.person, &[], |drive| {
        drive.shard.receive(received::of_server(&envelope, caller));
        let said = drive.hear(report.binding, Heard::Link(report.status))?;
        if said.is_ok() {
            keyed.remember(drive.shard);
        }
        Ok(said)
    });
    match step.await? {
        Step::Done(said) => said?,
        Step::Elsewhere => return Err(Refusal::IdempotencyInProgress.into()),
    }
    Ok(Said::json(&serde_json::json!({})))
}

async fn debit_request(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = debit(&bank, &received).await;
    barred(&received, said).respond_signed(&bank.node, &received.parts())
}

async fn debit(bank: &Bank, received: &Received) -> Result<Said, Barred> {
    let caller = received.server(&bank.node).await?;
    let envelope: Envelope<DebitRequest> = received.envelope()?;
    if caller != bank.wallet {
        return Err(Refusal::OriginNotAllowed.into());
    }
    let debit = envelope.message;
    let keyed = keyed(&bank.node, caller.as_str(), &envelope).await?;
    let found = bank.node.store.find(BINDING, &debit.binding.to_string()).await?;
    let Some(found) = found else { return Err(BankDrive::foreign_debit().into()) };
    let names = [(RecordKind::Debit, Key::from(debit.operation))];
    let step = bank.transact(&found.person, &names, |drive| {
        drive.shard.receive(received::debit_request(&envelope, caller));
        let covers = |instrument| bank.books.covers(instrument, debit.amount);
        let said = drive.debit(debit, covers)?;
        if said.is_ok() {
            keyed.remember(drive.shard);
        }
        Ok(said)
    });
    match step.await? {
        Step::Done(said) => Ok(Said::answer(&bank.node, envelope.request_id, said?)),
        Step::Elsewhere => Err(Refusal::IdempotencyInProgress.into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    person: PersonRef,
    instrument: InstrumentRef,
    blocked: bool,
}

async fn block(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = async {
        let allowed = match (&bank.operator, received.bearer()) {
            (Some(own), Some(token)) => same(own, token),
            _ => false,
        };
        if !allowed {
            return Err(Barred::from(Refusal::NotFound));
        }
        let block: Block =
            serde_json::from_slice(&received.body).map_err(|_| Refusal::RequestMalformed)?;
        bank.block(block.person, block.instrument, block.blocked).await??;
        Ok(Said::json(&serde_json::json!({ "blocked": block.blocked })))
    };
    let said = said.await;
    to_client(&received, said)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenSession {
    person: PersonRef,
}

async fn open_session(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let open: Result<OpenSession, _> = serde_json::from_slice(&received.body);
    let said = match open {
        Ok(open) if bank.books.knows(open.person) => {
            let token = bank.sessions.open(open.person, bank.node.world.now_ms());
            Ok(Said::json(&serde_json::json!({ "development": true, "token": token })))
        }
        Ok(_) => Err(Refusal::SignatureInvalid.into()),
        Err(_) => Err(Refusal::RequestMalformed.into()),
    };
    to_client(&received, said)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authenticate {
    instrument: InstrumentRef,
}

async fn authenticate(State(bank): Server, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = session(&bank, &received).and_then(|person| {
        let asked: Authenticate =
            serde_json::from_slice(&received.body).map_err(|_| Refusal::RequestMalformed)?;
        let world = &bank.node.world;
        let (now_ms, nonce) = (world.now_ms(), world.bytes());
        let said = bank.sessions.authenticate(person, asked.instrument, now_ms, &nonce);
        Ok(Said::json(&serde_json::json!({ "development": true, "authentication": said })))
    });
    to_client(&received, said)
}
