//! The bank server's side of HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use bindproof::bank::binding::{Binding, Input};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, BindCancel, BindOutcome, BindRequest, BindingId, BindingQuery, DebitAnswer, DebitRequest,
    Envelope, LinkNotice, PersonRef, UnbindRequest,
};

use super::answer::Said;
use super::development;
use super::edge::{Barred, Received, digest_of};
use super::endpoint::{Caller, Endpoint, routed};
use super::keyed::keyed;
use super::observe::{observed, shown};
use super::own::{Block, Blocked, Nothing};
use crate::bank::Bank;
use crate::defect::memory::kept_first;
use crate::defect::{Defect, planted, steps};
use crate::drive::Step;
use crate::drive::bank::{BINDING, BankDrive, BankOverview, BindAsked, DEBIT, Heard, Which};
use crate::key::{Key, Person};
use crate::letter::{OF_BANK, TO_WALLET};
use crate::metrics::MEDIA_TYPE;
use crate::node::{Node, ROUTES};
use crate::openapi::own;
use crate::pages;
use crate::received;
use crate::record::RecordKind;
use crate::store::{Asked, KeyRow, StoreError};

type Server = State<Arc<Bank>>;

/// The scope of authentications that were used, each for the request under one key.
const AUTHENTICATION: &str = "authentication";

/// Everything that a bank server answers to in any mode.
pub fn endpoints() -> Vec<Endpoint<Arc<Bank>>> {
    let customer = Caller::Customer;
    vec![
        Endpoint::post("/v1/bind_request", "The holder asks to bind an instrument.", bind_request)
            .message::<BindRequest>()
            .by(customer)
            .answer::<BindOutcome>(),
        Endpoint::post("/v1/bind_cancel", "The holder gives up what she has asked.", bind_cancel)
            .message::<BindCancel>()
            .by(customer)
            .answer::<BindOutcome>(),
        Endpoint::post("/v1/unbind_request", "The holder ends a binding.", unbind_request)
            .message::<UnbindRequest>()
            .by(customer)
            .answer::<BindOutcome>(),
        Endpoint::post("/v1/binding_query", "Where a binding stands.", binding_query)
            .message::<BindingQuery>()
            .by(customer)
            .answer::<BindOutcome>(),
        Endpoint::post("/v1/link_notice", "The wallet says where a link stands.", link_notice)
            .message::<LinkNotice>()
            .by(Caller::Server)
            .answers(|| own::<Nothing>("receipt")),
        Endpoint::post("/v1/debit_request", "The wallet asks for a debit.", debit_request)
            .message::<DebitRequest>()
            .by(Caller::Server)
            .answer::<DebitAnswer>(),
        Endpoint::post("/v1/overview", "What a customer holds and where it is bound.", overview)
            .says(|| own::<Nothing>("overview.request"))
            .by(customer)
            .answers(|| own::<BankOverview>("overview")),
        Endpoint::post("/operator/block", "Blocks an instrument, or lifts the block.", block)
            .of("operator")
            .says(|| own::<Block>("block"))
            .by(Caller::Operator)
            .answers(|| own::<Blocked>("blocked")),
        Endpoint::get("/metrics", "What the instance has counted.", metrics)
            .of("operator")
            .by(Caller::Operator)
            .text(MEDIA_TYPE),
        Endpoint::get("/healthz", "Whether the server runs.", health).of("operator").text(PLAIN),
        Endpoint::get("/readyz", "Whether its store answers.", ready).of("operator").text(PLAIN),
    ]
}

/// What both health checks answer.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Everything that this bank server answers to. In development that is also what stands in for a
/// bank's own way of knowing its customers, and the page of its app.
pub fn router(bank: Arc<Bank>) -> Router {
    let own = endpoints();
    let routes: Vec<&str> = own.iter().map(Endpoint::path).collect();
    bank.node.metrics.begin(&routes, &OF_BANK, vec![TO_WALLET.to_owned()]);
    let mut router = routed(own);
    if bank.development.is_some() {
        let authorities = bank.node.authorities.clone();
        router = router.merge(pages::only_for(authorities, routed(development::of_bank())));
    }
    observed(router.with_state(Arc::clone(&bank)), bank)
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

async fn metrics(State(bank): Server, fields: HeaderMap) -> Response<Body> {
    shown(&bank.node, &fields).await
}

/// Answers a client: what was said, or why not.
pub(super) fn to_client(
    node: &Node,
    received: &Received,
    said: Result<Said, Barred>,
) -> Response<Body> {
    barred(node, received, said).respond()
}

/// What is said of a request that was barred.
pub(super) fn barred(node: &Node, received: &Received, said: Result<Said, Barred>) -> Said {
    match said {
        Ok(said) => said,
        Err(Barred::Refused(refusal)) => Said::problem(refusal, received.request_id()),
        Err(Barred::Fault(error)) => {
            node.store_failed(&error, "a request could not be decided");
            Said::fault()
        }
        Err(Barred::Unanswered(error)) => {
            tracing::error!(%error, "a request could not be decided");
            Said::fault()
        }
        Err(Barred::TooMany) => Said::too_many(),
    }
}

/// Whose session it is.
pub(super) async fn session(bank: &Bank, received: &Received) -> Result<PersonRef, Barred> {
    let token = received.bearer().ok_or(Refusal::SignatureInvalid)?;
    let now_ms = bank.node.world.now_ms();
    let person = bank.customers.person(token, now_ms).await?.ok_or(Refusal::SignatureInvalid)?;
    if bank.node.meter.admits(person.as_str(), now_ms) { Ok(person) } else { Err(Barred::TooMany) }
}

/// A decision of the drive about one person, as an answer.
async fn decide<M: wire::Request>(
    bank: &Bank,
    (person, whose): (PersonRef, Person),
    envelope: &Envelope<M>,
    mut decide: impl FnMut(&mut BankDrive<'_>) -> crate::drive::Said<BindOutcome>,
) -> Result<Said, Barred> {
    let keyed = keyed(&bank.node, person.as_str(), envelope).await?;
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

async fn bind_request(State(bank): Server, received: Received) -> Response<Body> {
    let said = ask(&bank, &received).await;
    to_client(&bank.node, &received, said)
}

async fn ask(bank: &Bank, received: &Received) -> Result<Said, Barred> {
    let person = session(bank, received).await?;
    let envelope: Envelope<BindRequest> = received.envelope()?;
    let asked = envelope.message;
    let note = received::bind_request(&envelope, &digest_of(&asked));
    let key = envelope.idempotency_key.ok_or(Refusal::RequestMalformed)?;
    // Same key, other body: a server may refuse that here, too.
    let said = format!("{} {}", person.as_str(), key.as_str());
    if kept_first(Defect::BodiesRemembered, &said, asked) != asked {
        return Err(Refusal::IdempotencyConflict.into());
    }
    let authentication = asked.authentication;
    let now_ms = bank.node.world.now_ms();
    let fresh_until_ms =
        bank.customers.is_fresh(person, asked.instrument, &authentication, now_ms).await?;
    let mut asked = BindAsked {
        key,
        digest: digest_of(&asked),
        issued_at: envelope.issued_at,
        person,
        instrument: asked.instrument,
        consent: asked.consent,
        authenticated: false,
        holding: bank.books.holding(person, asked.instrument).await?,
    };
    // Same key, other body: that is for the step to say, which knows the binding of this key.
    let scope = format!("{} bind_request", person.as_str());
    let held = bank.node.in_hand.take(&scope, key.as_str());
    if held.is_none() && !planted(Defect::RequestsRaced) {
        return Err(Refusal::IdempotencyInProgress.into());
    }
    let whose = Person::known(kept_first(Defect::KeysShared, key.as_str(), person));
    for _ in 0..ROUTES {
        // The holder has authenticated for this very binding, just now, and for no other. It is
        // noted with the binding, so that neither is ever there without the other.
        let used = bank.node.store.key(AUTHENTICATION, authentication.as_str()).await?;
        let unused = used.is_none();
        let reused = planted(Defect::AuthenticationReused);
        asked.authenticated =
            reused || fresh_until_ms.is_some() && used.is_none_or(|used| used == key.as_str());
        let step = bank.transact(&whose, &[], |drive| {
            drive.shard.receive(note.clone());
            let said = drive.ask(&asked)?;
            if let (true, Ok(_), Some(until_ms)) = (unused, &said, fresh_until_ms) {
                let (scope, id) = (AUTHENTICATION.to_owned(), authentication.as_str().to_owned());
                let digest = key.as_str().to_owned();
                drive.shard.remember(KeyRow { scope, id, digest, until_ms });
            }
            Ok(said)
        });
        if let Step::Done(said) = step.await? {
            return Ok(Said::answer(&bank.node, envelope.request_id, said?));
        }
    }
    Err(Refusal::IdempotencyInProgress.into())
}

async fn bind_cancel(State(bank): Server, received: Received) -> Response<Body> {
    let said = async {
        let person = session(&bank, &received).await?;
        let envelope: Envelope<BindCancel> = received.envelope()?;
        let whose = (person, cancelled_of(&bank, person, envelope.message).await?);
        decide(&bank, whose, &envelope, |drive| {
            drive.leave(match envelope.message {
                BindCancel::Binding(id) => Which::Id(id),
                BindCancel::Request(key) => Which::Request(key),
            })
        })
        .await
    };
    let said = said.await;
    to_client(&bank.node, &received, said)
}

/// Whose a binding is, whoever asks: with a defect.
async fn holder_of(bank: &Bank, id: BindingId) -> Result<Option<Person>, StoreError> {
    Ok(bank.node.store.find(BINDING, &id.to_string()).await?.map(|found| found.person))
}

/// Among whose records a cancel is decided: those of her whose session it is, but with a defect.
async fn cancelled_of(
    bank: &Bank,
    person: PersonRef,
    cancel: BindCancel,
) -> Result<Person, StoreError> {
    match cancel {
        BindCancel::Binding(id) if planted(Defect::AnybodyCancels) => {
            Ok(holder_of(bank, id).await?.unwrap_or_else(|| Person::known(person)))
        }
        BindCancel::Binding(_) => Ok(Person::known(person)),
        BindCancel::Request(key) => {
            Ok(Person::known(kept_first(Defect::KeysShared, key.as_str(), person)))
        }
    }
}

async fn unbind_request(State(bank): Server, received: Received) -> Response<Body> {
    let named = |unbind: &UnbindRequest| unbind.binding;
    about(&bank, received, named, |drive, id| drive.leave(Which::Id(id))).await
}

async fn binding_query(State(bank): Server, received: Received) -> Response<Body> {
    let named = |query: &BindingQuery| query.binding;
    about(&bank, received, named, |drive, id| drive.ask_status(id)).await
}

/// Her instruments and where each of her bindings stands: what the bank's app shows.
async fn overview(State(bank): Server, received: Received) -> Response<Body> {
    let said = async {
        let person = session(&bank, &received).await?;
        let Nothing {} = received.own()?;
        let held = bank.books.holds(person).await?;
        let whose = Person::known(person);
        let step = bank.transact(&whose, &[], |drive| drive.overview(&held));
        match step.await? {
            Step::Done(overview) => Ok(Said::json(&overview)),
            Step::Elsewhere => Err(Refusal::IdempotencyInProgress.into()),
        }
    };
    let said = said.await;
    to_client(&bank.node, &received, said)
}

/// A client's message about a binding.
async fn about<M: wire::Request>(
    bank: &Bank,
    received: Received,
    named: impl FnOnce(&M) -> BindingId,
    mut decided: impl FnMut(&mut BankDrive<'_>, BindingId) -> crate::drive::Said<BindOutcome>,
) -> Response<Body> {
    let said = async {
        let person = session(bank, &received).await?;
        let envelope: Envelope<M> = received.envelope()?;
        let id = named(&envelope.message);
        let whose = match planted(Defect::AnybodyAsks) {
            true => holder_of(bank, id).await?,
            false => None,
        };
        let whose = (person, whose.unwrap_or_else(|| Person::known(person)));
        decide(bank, whose, &envelope, |drive| decided(drive, id)).await
    };
    let said = said.await;
    to_client(&bank.node, &received, said)
}

async fn link_notice(State(bank): Server, received: Received) -> Response<Body> {
    let said = notice(&bank, &received).await;
    barred(&bank.node, &received, said).respond_signed(&bank.node, &received.parts())
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
        if planted(Defect::UnknownReceipted) {
            return Ok(Said::json(&Nothing {}));
        }
        let verdict = steps::binding(Binding::ABSENT, Input::LinkHeard(report.status));
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
    Ok(Said::json(&Nothing {}))
}

async fn debit_request(State(bank): Server, received: Received) -> Response<Body> {
    let said = debit(&bank, &received).await;
    barred(&bank.node, &received, said).respond_signed(&bank.node, &received.parts())
}

async fn debit(bank: &Bank, received: &Received) -> Result<Said, Barred> {
    let caller = received.server(&bank.node).await?;
    let envelope: Envelope<DebitRequest> = received.envelope()?;
    if caller != bank.wallet {
        return Err(Refusal::OriginNotAllowed.into());
    }
    let debit = envelope.message;
    let keyed = keyed(&bank.node, caller.as_str(), &envelope).await?;
    let (binding, operation) = (debit.binding.to_string(), debit.operation.to_string());
    let ids = [(BINDING, binding.as_str()), (DEBIT, operation.as_str())];
    let known = bank.node.store.look(Asked { ids: &ids, key: None }).await?;
    let mut found = known.found.into_iter();
    let (found, known) = (found.next().flatten(), found.next().flatten());
    let Some(found) = found else { return Err(BankDrive::foreign_debit().into()) };
    if known.is_some_and(|known| known.person != found.person) {
        return Err(BankDrive::debit_of_another().into());
    }
    let instrument = bank.transact(&found.person, &[], |drive| drive.instrument(debit.binding));
    let covered = match instrument.await? {
        Step::Done(Some(instrument)) => {
            bank.books.covers(instrument, debit.amount, debit.operation).await?
        }
        Step::Done(None) | Step::Elsewhere => false,
    };
    let covered = covered || planted(Defect::CoverNotAsked);
    let names = [(RecordKind::Debit, Key::from(debit.operation))];
    let step = bank.transact(&found.person, &names, |drive| {
        drive.shard.receive(received::debit_request(&envelope, caller));
        let said = drive.debit(debit, covered)?;
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

async fn block(State(bank): Server, received: Received) -> Response<Body> {
    let said = async {
        if !bank.node.is_operator(received.bearer()) {
            return Err(Barred::from(Refusal::NotFound));
        }
        let block: Block = received.own()?;
        bank.block(block.person, block.instrument, block.blocked).await?;
        Ok(Said::json(&Blocked { blocked: block.blocked }))
    };
    let said = said.await;
    to_client(&bank.node, &received, said)
}
