//! The wallet server's side of HTTP: what banks ask.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountAnswer, AccountQuery, AccountRegistration, BindingId, Challenge, ChallengeAnswer,
    Envelope, Issuer, LinkAnswer, LinkEnd, LinkQuery, LinkRequest, LinkResume, LinkSuspend,
    OperationOutcome, OperationRequest, PersonRef, RegistrationAnswer, RequestId,
};

use super::answer::Said;
use super::bank::{PLAIN, barred};
use super::development;
use super::edge::{Barred, Received};
use super::endpoint::{Caller, Endpoint, routed};
use super::keyed::Taken;
use super::observe::{observed, shown};
use super::own::{
    AccountNamed, AccountOf, InvitationAsked, OverviewAsked, RecoveryAsked, RegistrationAsked,
    RegistrationInvitation, RegistrationInvitationAsked,
};
use super::{person, register};
use crate::defect::{Defect, planted};
use crate::drive::Step;
use crate::drive::wallet::{BankAsked, LINK, PERSON, WalletDrive, WalletOverview};
use crate::key::Person;
use crate::letter::{CODES, OF_WALLET, lane_to};
use crate::metrics::MEDIA_TYPE;
use crate::node::ROUTES;
use crate::openapi::{other, own};
use crate::pages;
use crate::received;
use crate::store::Asked;
use crate::wallet::{Wallet, shard_of};

pub(super) type Server = State<Arc<Wallet>>;

/// Everything that a wallet server answers to in any mode.
pub fn endpoints() -> Vec<Endpoint<Arc<Wallet>>> {
    let mut endpoints = asked_by_banks();
    endpoints.extend(asked_by_persons());
    endpoints.extend([
        Endpoint::get("/healthz", "Whether the server runs.", || async { "ok" })
            .of("operator")
            .text(PLAIN),
        Endpoint::get("/readyz", "Whether its store answers.", ready).of("operator").text(PLAIN),
        Endpoint::get("/metrics", "What the instance has counted.", metrics)
            .of("operator")
            .by(Caller::Operator)
            .text(MEDIA_TYPE),
    ]);
    endpoints
}

fn asked_by_banks() -> Vec<Endpoint<Arc<Wallet>>> {
    let asked = [
        Endpoint::post("/v1/account_query", "Whether a person has an account.", account_query)
            .message::<AccountQuery>()
            .answer::<AccountAnswer>(),
        Endpoint::post(
            "/v1/account_registration",
            "A bank has an account registered for a binding.",
            account_registration,
        )
        .message::<AccountRegistration>()
        .answer::<RegistrationAnswer>(),
        Endpoint::post("/v1/link_request", "A bank asks for its binding's link.", link_request)
            .message::<LinkRequest>()
            .answer::<LinkAnswer>(),
        Endpoint::post("/v1/link_suspend", "A bank suspends a link.", link_suspend)
            .message::<LinkSuspend>()
            .answer::<LinkAnswer>(),
        Endpoint::post("/v1/link_resume", "A bank resumes a link.", link_resume)
            .message::<LinkResume>()
            .answer::<LinkAnswer>(),
        Endpoint::post("/v1/link_end", "A bank ends a link.", link_end)
            .message::<LinkEnd>()
            .answer::<LinkAnswer>(),
        Endpoint::post("/v1/link_query", "Where a link stands.", link_query)
            .message::<LinkQuery>()
            .answer::<LinkAnswer>(),
    ];
    asked.into_iter().map(|endpoint| endpoint.by(Caller::Server)).collect()
}

fn asked_by_persons() -> Vec<Endpoint<Arc<Wallet>>> {
    vec![
        Endpoint::post(
            "/v1/operation_request",
            "A person wants to do something: a challenge, or what became of it.",
            person::operation_request,
        )
        .message::<OperationRequest>()
        .by(Caller::Device)
        .answer::<Challenge>()
        .answer::<OperationOutcome>(),
        Endpoint::post(
            "/v1/challenge_answer",
            "A person answers a challenge.",
            person::challenge_answer,
        )
        .message::<ChallengeAnswer>()
        .by(Caller::Device)
        .answer::<OperationOutcome>(),
        Endpoint::post(
            "/v1/invitation",
            "What is needed in order to answer a challenge with an authenticator.",
            person::invitation,
        )
        .says(|| own::<InvitationAsked>("invitation.request"))
        .by(Caller::Device)
        .answers(|| other("invitation", INVITATION)),
        Endpoint::post("/v1/account_of", "The account of a binding.", person::account_of)
            .says(|| own::<AccountOf>("account_of.request"))
            .answers(|| own::<AccountNamed>("account_of")),
        Endpoint::post(
            "/v1/registration_invitation",
            "A person begins to set up an account by herself.",
            register::invited,
        )
        .says(|| own::<RegistrationInvitationAsked>("registration_invitation.request"))
        .by(Caller::Device)
        .answers(|| own::<RegistrationInvitation>("registration_invitation")),
        Endpoint::post(
            "/v1/registration",
            "A person sets up an account by herself, with the authenticator that she has made.",
            register::set_up,
        )
        .says(|| own::<RegistrationAsked>("registration.request"))
        .by(Caller::Device)
        .answers(|| own::<AccountNamed>("registration")),
        Endpoint::post(
            "/v1/account_recovered",
            "The account on which a recovery ran that named none.",
            person::account_recovered,
        )
        .says(|| own::<RecoveryAsked>("account_recovered.request"))
        .by(Caller::Device)
        .answers(|| own::<AccountNamed>("account_recovered")),
        Endpoint::post("/v1/overview", "What an account holds.", person::overview)
            .says(|| own::<OverviewAsked>("overview.request"))
            .by(Caller::Device)
            .answers(|| own::<WalletOverview>("overview")),
    ]
}

const INVITATION: &str = "With passkeys: `create` and `get`, the options of WebAuthn as JSON. In \
    development without an origin: `ceremony`, which a key in memory signs.";

/// Everything that this wallet server answers to. In development that is also what stands in for a
/// site's own parts, and the page of the wallet's app.
pub fn router(wallet: Arc<Wallet>) -> Router {
    let own = endpoints();
    let routes: Vec<&str> = own.iter().map(Endpoint::path).collect();
    let banks = wallet.node.registry.peers().iter().map(|bank| lane_to(bank.name));
    let lanes = banks.chain([CODES.to_owned()]).collect();
    wallet.node.metrics.begin(&routes, &OF_WALLET, lanes);
    let mut router = routed(own);
    if wallet.development.is_some() {
        let authorities = wallet.node.authorities.clone();
        router = router.merge(pages::only_for(authorities, routed(development::of_wallet())));
    }
    observed(router.with_state(Arc::clone(&wallet)), wallet)
}

async fn metrics(State(wallet): Server, fields: HeaderMap) -> Response<Body> {
    shown(&wallet.node, &fields).await
}

async fn ready(State(wallet): Server) -> Response<Body> {
    match wallet.node.store.ping().await {
        Ok(()) => Response::new(Body::from("ok")),
        Err(_) => Said::fault().respond(),
    }
}

/// A bank's message, with who signed it.
struct OfBank<M> {
    bank: Issuer,
    envelope: Envelope<M>,
}

/// Answers a bank's message: reads and verifies it, lets `said` decide, and signs the answer.
async fn of_bank<M: wire::Request, F>(
    wallet: &Wallet,
    received: Received,
    said: impl FnOnce(OfBank<M>) -> F,
) -> Response<Body>
where
    F: Future<Output = Result<Said, Barred>>,
{
    let said = async {
        let bank = received.server(&wallet.node).await?;
        let envelope = received.envelope::<M>()?;
        said(OfBank { bank, envelope }).await
    };
    let said = said.await;
    barred(&wallet.node, &received, said).respond_signed(&wallet.node, &received.parts())
}

async fn account_query(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<AccountQuery>| {
        let (id, person) = (asked.envelope.request_id, asked.envelope.message.person);
        let wallet = &wallet;
        async move {
            let whose = wallet.shard_of(person).await?;
            match wallet.transact(&whose, &[], |drive| drive.account_query()).await? {
                Step::Done(answer) => Ok(Said::answer(&wallet.node, id, answer)),
                Step::Elsewhere => Err(Refusal::IdempotencyInProgress.into()),
            }
        }
    })
    .await
}

/// A decision about a link: on the person whose it is, or, if nobody's is known, on `person`, or on
/// a shard of its own.
async fn about_link<M: wire::Request, R: wire::Reply>(
    wallet: &Wallet,
    asked: OfBank<M>,
    note: received::Note,
    binding: BindingId,
    person: Option<PersonRef>,
    mut decide: impl FnMut(&mut WalletDrive<'_>, BankAsked) -> crate::drive::Said<R>,
) -> Result<Said, Barred> {
    let taken = Taken::of(&wallet.node, asked.bank.as_str(), &asked.envelope)?;
    let id: RequestId = asked.envelope.request_id;
    let asked = BankAsked { bank: asked.bank, binding, issued_at: asked.envelope.issued_at };
    let link = binding.to_string();
    let mut ids = vec![(LINK, link.as_str())];
    ids.extend(person.as_ref().map(|person| (PERSON, person.as_str())));
    let mut known = wallet.node.store.look(Asked { ids: &ids, key: taken.place() }).await?;
    let keyed = taken.stands_for(known.body.take())?;
    for _ in 0..ROUTES {
        let mut found = known.found.into_iter();
        let (found, hers) = (found.next().flatten(), found.next().flatten());
        let foreign = found.as_ref().is_some_and(|found| found.value != asked.bank.as_str());
        if foreign && planted(Defect::ExistenceDisclosed) {
            return Err(Refusal::OriginNotAllowed.into());
        }
        let hers = person.map(|person| shard_of(person, hers));
        let whose = match (found, &hers) {
            (Some(found), _) => found.person,
            (None, Some(hers)) => hers.clone(),
            (None, None) => Person::of_binding(binding),
        };
        let step = wallet.transact(&whose, &[], |drive| {
            let mut note = note.clone();
            if hers.as_ref() == Some(&whose) {
                drive.person = person;
                note.person = person.map(|_| whose.journal_key());
            }
            drive.shard.receive(note);
            let told = decide(drive, asked)?;
            if told.is_ok() {
                keyed.remember(drive.shard);
            }
            Ok(told)
        });
        if let Step::Done(told) = step.await? {
            return Ok(Said::answer(&wallet.node, id, told?));
        }
        known = wallet.node.store.look(Asked { ids: &ids, key: None }).await?;
    }
    Err(Refusal::IdempotencyInProgress.into())
}

async fn account_registration(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<AccountRegistration>| {
        let message = asked.envelope.message;
        let (binding, person) = (message.binding, Some(message.person));
        let note = received::registration(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            about_link(wallet, asked, note, binding, person, |drive, asked| {
                drive.register(asked, &message)
            })
            .await
        }
    })
    .await
}

async fn link_request(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<LinkRequest>| {
        let message = asked.envelope.message;
        let (binding, person) = (message.binding, Some(message.person));
        let note = received::link_request(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            about_link(wallet, asked, note, binding, person, |drive, asked| {
                drive.link(asked, &message)
            })
            .await
        }
    })
    .await
}

async fn link_suspend(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<LinkSuspend>| {
        let LinkSuspend { binding, bank_revision } = asked.envelope.message;
        let note = received::of_bank(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            about_link(wallet, asked, note, binding, None, |drive, asked| {
                drive.decide(asked, bank_revision, true)
            })
            .await
        }
    })
    .await
}

async fn link_resume(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<LinkResume>| {
        let LinkResume { binding, bank_revision } = asked.envelope.message;
        let note = received::of_bank(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            about_link(wallet, asked, note, binding, None, |drive, asked| {
                drive.decide(asked, bank_revision, false)
            })
            .await
        }
    })
    .await
}

async fn link_end(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<LinkEnd>| {
        let binding = asked.envelope.message.binding;
        let note = received::of_bank(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            let end = |drive: &mut WalletDrive<'_>, asked| drive.end(asked);
            let said = about_link(wallet, asked, note, binding, None, end).await;
            match planted(Defect::EndNotAcknowledged) {
                true => said.and(Err(Refusal::InvalidState.into())),
                false => said,
            }
        }
    })
    .await
}

async fn link_query(State(wallet): Server, received: Received) -> Response<Body> {
    of_bank(&wallet, received, |asked: OfBank<LinkQuery>| {
        let binding = asked.envelope.message.binding;
        let note = received::of_bank(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            about_link(wallet, asked, note, binding, None, |drive, asked| drive.link_status(asked))
                .await
        }
    })
    .await
}
