//! What stands in, in development, for a site's own ways: how a bank knows its customers, how a
//! person gets a code that was sent to her, and how she proves who she is. None of it is there in
//! production.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use bindproof::refusal::Refusal;

use super::answer::Said;
use super::bank::{session, to_client};
use super::edge::{Barred, Received};
use super::endpoint::{Caller, Endpoint};
use super::own::{
    AboutBank, AboutWallet, Authenticated, AuthenticationAsked, BankNamed, Blocked, CustomerNamed,
    IdentityAsked, IdentityVouched, Inbox, OwnBlock, SessionAsked, SessionOpened,
};
use crate::bank::Bank;
use crate::development::Customer;
use crate::openapi::own;
use crate::pages;
use crate::wallet::Wallet;

/// What a bank server answers to in development, its app included.
pub fn of_bank() -> Vec<Endpoint<Arc<Bank>>> {
    let mut endpoints = vec![
        Endpoint::get("/development/about", "What the bank's app begins with.", about_bank)
            .answers(|| own::<AboutBank>("about")),
        Endpoint::post("/development/session", "Opens a customer's session.", open_session)
            .says(|| own::<SessionAsked>("session.request"))
            .answers(|| own::<SessionOpened>("session")),
        Endpoint::post(
            "/development/authentication",
            "The customer authenticates for binding an instrument.",
            authenticate,
        )
        .says(|| own::<AuthenticationAsked>("authentication.request"))
        .by(Caller::Customer)
        .answers(|| own::<Authenticated>("authentication")),
        Endpoint::post(
            "/development/block",
            "The customer has her instrument blocked, or the block lifted.",
            block,
        )
        .says(|| own::<OwnBlock>("own_block"))
        .by(Caller::Customer)
        .answers(|| own::<Blocked>("blocked")),
    ];
    endpoints.extend(pages::bank());
    endpoints.into_iter().map(|endpoint| endpoint.of("development")).collect()
}

/// What a wallet server answers to in development, its app included.
pub fn of_wallet() -> Vec<Endpoint<Arc<Wallet>>> {
    let mut endpoints = vec![
        Endpoint::get("/development/about", "What the wallet's app begins with.", about_wallet)
            .answers(|| own::<AboutWallet>("about")),
        Endpoint::get("/development/inbox", "Codes that were sent.", inbox)
            .answers(|| own::<Inbox>("inbox")),
        Endpoint::post("/development/identity", "Vouches for who a person is.", vouch)
            .says(|| own::<IdentityAsked>("identity.request"))
            .answers(|| own::<IdentityVouched>("identity")),
    ];
    endpoints.extend(pages::wallet());
    endpoints.into_iter().map(|endpoint| endpoint.of("development")).collect()
}

/// What the bank's app has to know before anybody has signed in.
async fn about_bank(State(bank): State<Arc<Bank>>) -> Response<Body> {
    let books = bank.development.iter().map(|development| &development.books);
    let customers = books.flat_map(|books| books.customers());
    let named = |customer: &Customer| CustomerNamed {
        person: customer.person,
        name: customer.name.clone().unwrap_or_else(|| customer.person.as_str().to_owned()),
    };
    let wallet = bank.node.registry.peer(bank.wallet);
    Said::json(&AboutBank {
        name: bank.node.name,
        wallet: wallet.map(|peer| pages::address_of(&peer.url)).unwrap_or_default(),
        customers: customers.map(named).collect(),
    })
    .respond()
}

/// What the wallet's app has to know before anybody has signed in.
async fn about_wallet(State(wallet): State<Arc<Wallet>>) -> Response<Body> {
    let banks = wallet.node.registry.peers().iter();
    let banks = banks.map(|bank| BankNamed { name: bank.name, url: pages::address_of(&bank.url) });
    let development = wallet.development.as_ref();
    Said::json(&AboutWallet {
        name: wallet.node.name,
        passkeys: development.and_then(|own| own.passkeys.clone()).unwrap_or_default(),
        banks: banks.collect(),
    })
    .respond()
}

async fn open_session(State(bank): State<Arc<Bank>>, received: Received) -> Response<Body> {
    let said = received.own::<SessionAsked>().and_then(|open| {
        let development = bank.development.as_ref().ok_or(Refusal::NotFound)?;
        if !development.books.knows(open.person) {
            return Err(Refusal::SignatureInvalid);
        }
        let token = development.sessions.open(open.person, bank.node.world.now_ms());
        Ok(Said::json(&SessionOpened { token }))
    });
    let said = said.map_err(Barred::from);
    to_client(&bank.node, &received, said)
}

async fn authenticate(State(bank): State<Arc<Bank>>, received: Received) -> Response<Body> {
    let said = async {
        let person = session(&bank, &received).await?;
        let asked: AuthenticationAsked = received.own()?;
        let development = bank.development.as_ref().ok_or(Refusal::NotFound)?;
        let world = &bank.node.world;
        let (now_ms, nonce) = (world.now_ms(), world.bytes());
        let sessions = &development.sessions;
        let authentication = sessions.authenticate(person, asked.instrument, now_ms, &nonce);
        Ok(Said::json(&Authenticated { authentication }))
    };
    let said: Result<Said, Barred> = said.await;
    to_client(&bank.node, &received, said)
}

/// The holder has the bank block one of her own instruments, or lift the block.
async fn block(State(bank): State<Arc<Bank>>, received: Received) -> Response<Body> {
    let said = async {
        let person = session(&bank, &received).await?;
        let block: OwnBlock = received.own()?;
        bank.block(person, block.instrument, block.blocked).await?;
        Ok(Said::json(&Blocked { blocked: block.blocked }))
    };
    let said: Result<Said, Barred> = said.await;
    to_client(&bank.node, &received, said)
}

/// The codes that were sent, the newest first.
async fn inbox(State(wallet): State<Arc<Wallet>>) -> Response<Body> {
    let messages = wallet.development.as_ref().map(|development| development.inbox.shown());
    Said::json(&Inbox { messages: messages.unwrap_or_default() }).respond()
}

/// Evidence that somebody is who she says she is.
async fn vouch(State(wallet): State<Arc<Wallet>>, received: Received) -> Response<Body> {
    let said = received.own::<IdentityAsked>().and_then(|asked| {
        let development = wallet.development.as_ref().ok_or(Refusal::NotFound)?;
        let evidence = development.identity.vouch(asked.person).parse();
        let evidence = evidence.map_err(|_| Refusal::RequestMalformed)?;
        Ok(Said::json(&IdentityVouched { evidence }))
    });
    to_client(&wallet.node, &received, said.map_err(Barred::from))
}
