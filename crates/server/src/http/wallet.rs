//! The wallet server's side of HTTP: what banks ask.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response};
use axum::routing::{get, post};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountQuery, AccountRegistration, BindingId, Envelope, Issuer, LinkEnd, LinkQuery,
    LinkRequest, LinkResume, LinkSuspend, PersonRef, RequestId,
};

use super::answer::Said;
use super::bank::barred;
use super::development;
use super::edge::{Barred, Received};
use super::keyed::keyed;
use super::observe::{observed, shown};
use super::person;
use crate::drive::Step;
use crate::drive::wallet::{BankAsked, LINK, WalletDrive};
use crate::key::Person;
use crate::node::ROUTES;
use crate::pages;
use crate::received;
use crate::wallet::Wallet;

pub(super) type Server = State<Arc<Wallet>>;

/// Everything that a wallet server answers to. In development that is also what stands in for a
/// site's own parts, and the page of the wallet's app.
pub fn router(wallet: Arc<Wallet>) -> Router {
    let mut router = Router::new()
        .route("/v1/account_query", post(account_query))
        .route("/v1/account_registration", post(account_registration))
        .route("/v1/link_request", post(link_request))
        .route("/v1/link_suspend", post(link_suspend))
        .route("/v1/link_resume", post(link_resume))
        .route("/v1/link_end", post(link_end))
        .route("/v1/link_query", post(link_query))
        .route("/v1/operation_request", post(person::operation_request))
        .route("/v1/challenge_answer", post(person::challenge_answer))
        .route("/v1/invitation", post(person::invitation))
        .route("/v1/account_of", post(person::account_of))
        .route("/v1/overview", post(person::overview))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    if wallet.development.is_some() {
        let authorities = wallet.node.authorities.clone();
        router = router.merge(pages::only_for(authorities, development::of_wallet()));
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
    request: Request<Body>,
    said: impl FnOnce(OfBank<M>) -> F,
) -> Response<Body>
where
    F: Future<Output = Result<Said, Barred>>,
{
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = async {
        let bank = received.server(&wallet.node).await?;
        let envelope = received.envelope::<M>()?;
        said(OfBank { bank, envelope }).await
    };
    let said = said.await;
    barred(&received, said).respond_signed(&wallet.node, &received.parts())
}

async fn account_query(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<AccountQuery>| {
        let (id, person) = (asked.envelope.request_id, asked.envelope.message.person);
        let wallet = &wallet;
        async move {
            let whose = Person::known(person);
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
    let keyed = keyed(&wallet.node, asked.bank.as_str(), &asked.envelope).await?;
    let id: RequestId = asked.envelope.request_id;
    let asked = BankAsked { bank: asked.bank, binding, issued_at: asked.envelope.issued_at };
    for _ in 0..ROUTES {
        let found = wallet.node.store.find(LINK, &binding.to_string()).await?;
        let whose = match (found, person) {
            (Some(found), _) => found.person,
            (None, Some(person)) => Person::known(person),
            (None, None) => Person::of_binding(binding),
        };
        let step = wallet.transact(&whose, &[], |drive| {
            drive.shard.receive(note.clone());
            let told = decide(drive, asked)?;
            if told.is_ok() {
                keyed.remember(drive.shard);
            }
            Ok(told)
        });
        if let Step::Done(told) = step.await? {
            return Ok(Said::answer(&wallet.node, id, told?));
        }
    }
    Err(Refusal::IdempotencyInProgress.into())
}

async fn account_registration(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<AccountRegistration>| {
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

async fn link_request(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<LinkRequest>| {
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

async fn link_suspend(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<LinkSuspend>| {
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

async fn link_resume(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<LinkResume>| {
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

async fn link_end(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<LinkEnd>| {
        let binding = asked.envelope.message.binding;
        let note = received::of_bank(&asked.envelope, asked.bank);
        let wallet = &wallet;
        async move {
            let end = |drive: &mut WalletDrive<'_>, asked| drive.end(asked);
            about_link(wallet, asked, note, binding, None, end).await
        }
    })
    .await
}

async fn link_query(State(wallet): Server, request: Request<Body>) -> Response<Body> {
    of_bank(&wallet, request, |asked: OfBank<LinkQuery>| {
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
