//! What stands in, in development, for a site's own ways: how a bank knows its customers, how a
//! person gets a code that was sent to her, and how she proves who she is. None of it is there in
//! production.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::routing::{get, post};
use bindproof::refusal::Refusal;
use bindproof::wire::{InstrumentRef, PersonRef};
use serde::Deserialize;
use serde_json::json;

use super::answer::Said;
use super::bank::{session, to_client};
use super::edge::{Barred, Received};
use crate::bank::Bank;
use crate::pages;
use crate::wallet::Wallet;

/// What a bank server answers to in development, its app included.
pub(super) fn of_bank() -> Router<Arc<Bank>> {
    Router::new()
        .route("/development/about", get(about_bank))
        .route("/development/session", post(open_session))
        .route("/development/authentication", post(authenticate))
        .route("/development/block", post(block))
        .merge(pages::bank())
}

/// What a wallet server answers to in development, its app included.
pub(super) fn of_wallet() -> Router<Arc<Wallet>> {
    Router::new()
        .route("/development/about", get(about_wallet))
        .route("/development/inbox", get(inbox))
        .merge(pages::wallet())
}

/// What the bank's app has to know before anybody has signed in.
async fn about_bank(State(bank): State<Arc<Bank>>) -> Response<Body> {
    let customers = bank.development.iter().flat_map(|books| books.customers());
    let customers: Vec<_> = customers
        .map(|customer| {
            let person = customer.person.as_str();
            json!({ "person": person, "name": customer.name.as_deref().unwrap_or(person) })
        })
        .collect();
    let wallet = bank.node.registry.peer(bank.wallet).map(|peer| pages::address_of(&peer.url));
    let name = bank.node.name;
    Said::json(&json!({ "name": name, "wallet": wallet, "customers": customers })).respond()
}

/// What the wallet's app has to know before anybody has signed in.
async fn about_wallet(State(wallet): State<Arc<Wallet>>) -> Response<Body> {
    let banks = wallet.node.registry.peers().iter();
    let banks: Vec<_> = banks
        .map(|bank| json!({ "name": bank.name, "url": pages::address_of(&bank.url) }))
        .collect();
    Said::json(&json!({ "name": wallet.node.name, "banks": banks })).respond()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenSession {
    person: PersonRef,
}

async fn open_session(State(bank): State<Arc<Bank>>, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = match received.own::<OpenSession>() {
        Ok(open) if bank.books.knows(open.person) => {
            let token = bank.sessions.open(open.person, bank.node.world.now_ms());
            Ok(Said::json(&json!({ "development": true, "token": token })))
        }
        Ok(_) => Err(Refusal::SignatureInvalid.into()),
        Err(refusal) => Err(refusal.into()),
    };
    to_client(&received, said)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authenticate {
    instrument: InstrumentRef,
}

async fn authenticate(State(bank): State<Arc<Bank>>, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = session(&bank, &received).and_then(|person| {
        let asked: Authenticate = received.own()?;
        let world = &bank.node.world;
        let (now_ms, nonce) = (world.now_ms(), world.bytes());
        let said = bank.sessions.authenticate(person, asked.instrument, now_ms, &nonce);
        Ok(Said::json(&json!({ "development": true, "authentication": said })))
    });
    to_client(&received, said)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    instrument: InstrumentRef,
    blocked: bool,
}

/// The holder has the bank block one of her own instruments, or lift the block.
async fn block(State(bank): State<Arc<Bank>>, request: Request<Body>) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return Said::problem(refusal, None).respond(),
    };
    let said = async {
        let person = session(&bank, &received)?;
        let block: Block = received.own()?;
        bank.block(person, block.instrument, block.blocked).await??;
        Ok(Said::json(&json!({ "development": true, "blocked": block.blocked })))
    };
    let said: Result<Said, Barred> = said.await;
    to_client(&received, said)
}

/// The codes that were sent, the newest first.
async fn inbox(State(wallet): State<Arc<Wallet>>) -> Response<Body> {
    let messages = wallet.development.as_ref().map(|development| development.inbox.shown());
    Said::json(&json!({ "development": true, "messages": messages.unwrap_or_default() })).respond()
}
