//! The whole way through both apps by clicks, and what the journals say of it.

use bindproof::journal::Decided;
use bindproof::rule::Rule;
use bindproof_server::journal::Line;
use bindproof_server::key::Person;
use bindproof_server::store::Store;
use serde_json::json;

use crate::apps::{Stage, add, binding, link, message, pay, picture, problem, said, stands};
use crate::chromium::{Tab, quoted};

/// Every rule by which a person's records moved at this server.
pub async fn moves(store: &dyn Store, person: &str) -> Vec<Rule> {
    let journal = store.journal(&Person::known(person.parse().unwrap())).await.unwrap();
    let lines = journal.iter().map(|row| serde_json::from_str::<Line>(&row.line).unwrap());
    let applied = lines.filter_map(|line| match line.entry?.decided {
        Decided::Applied(rule) => Some(rule),
        _ => None,
    });
    applied.collect()
}

pub fn count(moves: &[Rule], rule: Rule) -> usize {
    moves.iter().filter(|moved| **moved == rule).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_clicks_from_binding_to_the_end_and_the_journals_say_the_same() {
    let stage = Stage::new("clicks").await;
    let (bank, wallet) = bind_and_sign_in(&stage).await;
    pays(&wallet).await;
    approves_a_second_bank(&stage, &wallet).await;
    enrols(&wallet).await;
    is_suspended_and_resumed(&bank, &wallet).await;
    ends(&bank, &wallet).await;
    starts_afresh(&wallet).await;

    stage.quiet().await;
    let (of_wallet, of_bank) = (&stage.cast.wallet.node.store, &stage.cast.banks[0].node.store);
    let moves_of_wallet = moves(&**of_wallet, "ada").await;
    for (rule, times) in [
        (Rule::SignedIn, 1),
        (Rule::PaymentSent, 1),
        (Rule::PaymentExecuted, 1),
        (Rule::BindingApproved, 1),
        (Rule::AuthenticatorAdded, 1),
        (Rule::Recovered, 1),
    ] {
        assert_eq!(count(&moves_of_wallet, rule), times, "{rule}: {moves_of_wallet:?}");
    }
    let moves_of_bank = moves(&**of_bank, "ada").await;
    assert_eq!(count(&moves_of_bank, Rule::DebitAccepted), 1, "{moves_of_bank:?}");
    stage.cast.stop().await;
}

async fn bind_and_sign_in(stage: &Stage) -> (Tab, Tab) {
    let bank = stage.bank(0, "ada").await;
    picture(&bank, "bank-cards").await;
    add(&bank, "north-bank-card").await;
    stands(&bank, "north-bank-card", "active").await;
    said(&bank, "Debit card: In your wallet.").await;
    bank.click("#code-north-bank-card summary").await;
    picture(&bank, "bank-code").await;
    let wallet = stage.arrive(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    picture(&wallet, "wallet-arrive").await;
    wallet.click("#arrive-first").await;
    let code = message(&wallet).await;
    picture(&wallet, "wallet-sign-in").await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;
    said(&wallet, "You are signed in").await;
    let address = wallet.run("location.href").await;
    assert_eq!(
        address.as_str(),
        Some(format!("{}/", stage.cast.pages()[2]).as_str()),
        "no code stays"
    );
    (bank, wallet)
}

async fn pays(wallet: &Tab) {
    pay(wallet, "north-bank-card", "corner-shop", "25.00").await;
    let words = wallet.run("document.querySelector('#challenge-words').textContent").await;
    assert_eq!(words, "Pay 25.00 EUR to corner-shop");
    picture(wallet, "wallet-pay").await;
    wallet.click("#challenge-go").await;
    said(wallet, "Paid 25.00 EUR to corner-shop.").await;
    wallet.until("document.querySelector('main').innerText.includes('25.00 EUR')").await;
}

/// The wallet's app is open, so she pastes the link there.
async fn approves_a_second_bank(stage: &Stage, wallet: &Tab) {
    let south = stage.bank(1, "ada").await;
    add(&south, "south-bank-card").await;
    stands(&south, "south-bank-card", "awaiting_approval").await;
    picture(&south, "bank-waits").await;
    let link = link(&south, "south-bank-card").await;
    stands(wallet, "south-bank-card", "awaiting_approval").await;
    wallet.click("#add summary").await;
    wallet.enter("#link", &link).await;
    wallet.click("#link-go").await;
    wallet.until("document.querySelector('#link-go').getAttribute('aria-busy') === null").await;
    picture(wallet, "wallet-waits").await;
    let binding = binding(wallet, "south-bank-card").await;
    wallet.click(&format!("#approve-{binding}")).await;
    let code = message(wallet).await;
    let filled = wallet.run("document.querySelector('#code').value.length").await;
    assert_eq!(filled, 35, "the binding code came with the link");
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(wallet, "south-bank-card", "active").await;
    stands(&south, "south-bank-card", "active").await;
}

async fn enrols(wallet: &Tab) {
    wallet.click("#enrol").await;
    wallet.click("#challenge-go").await;
    said(wallet, "The new passkey is enrolled.").await;
}

async fn is_suspended_and_resumed(bank: &Tab, wallet: &Tab) {
    bank.click("#block-north-bank-card").await;
    stands(wallet, "north-bank-card", "suspended").await;
    picture(wallet, "wallet-suspended").await;
    bank.click("#block-north-bank-card").await;
    stands(wallet, "north-bank-card", "active").await;
}

/// One from each side: the second bank's in the wallet, the first bank's in the bank.
async fn ends(bank: &Tab, wallet: &Tab) {
    let binding = binding(wallet, "south-bank-card").await;
    wallet.click(&format!("#end-{binding}")).await;
    wallet.click("#challenge-other").await;
    said(wallet, "It is removed.").await;
    bank.click("#end-north-bank-card").await;
    picture(bank, "bank-remove").await;
    bank.click("#remove-back").await;
    stands(bank, "north-bank-card", "active").await;
    bank.click("#end-north-bank-card").await;
    bank.click("#remove-go").await;
    stands(bank, "north-bank-card", "closed").await;
    wallet.front().await;
    wallet.until("document.querySelector('#no-cards')").await;
    picture(wallet, "wallet-ended").await;
}

/// The browser has forgotten its key, and knows no account any more.
async fn starts_afresh(wallet: &Tab) {
    wallet.click("#forget").await;
    wallet.click("#recover").await;
    wallet.until("document.querySelector('#challenge').open").await;
    picture(wallet, "wallet-recover").await;
    wallet.enter("#identity", "Ada").await;
    wallet.click("#challenge-go").await;
    said(wallet, "You are back").await;
    wallet.until("document.querySelector('#passkey').textContent.startsWith('A passkey')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_authenticator_or_the_person_no_payment_goes_through() {
    let stage = Stage::new("no-authenticator").await;
    let bank = stage.bound().await;
    let wallet = stage.follow(&bank, "north-bank-card").await;
    let id = wallet.authenticator().await;
    let code = message(&wallet).await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;

    // The authenticator is there, and the person is not known to it.
    let unknown = json!({ "authenticatorId": id, "isUserVerified": false });
    wallet.tell("WebAuthn.setUserVerified", unknown).await;
    pay(&wallet, "north-bank-card", "thief", "1.00").await;
    wallet.click("#challenge-go").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.starts_with("The passkey was not used."), "{shown}");

    // It is not even there: the page waits for it until she leaves.
    wallet.tell("WebAuthn.removeVirtualAuthenticator", json!({ "authenticatorId": id })).await;
    wallet.click("#challenge-go").await;
    let busy = "document.querySelector('#challenge-go').getAttribute('aria-busy') === 'true'";
    wallet.until(busy).await;
    wallet.click("#challenge-back").await;
    let heard = "document.querySelector('#pay .said').textContent";
    wallet.until(&format!("{heard} === 'You have left it. Nothing was done.'")).await;
    assert_eq!(wallet.run("document.querySelector('#pay-problem').hidden").await, true);

    stage.quiet().await;
    let of_wallet = moves(&*stage.cast.wallet.node.store, "ada").await;
    assert_eq!(count(&of_wallet, Rule::Authenticated), 1, "signing in, and nothing else");
    assert_eq!(count(&of_wallet, Rule::PaymentSent), 0);
    let of_bank = moves(&*stage.cast.banks[0].node.store, "ada").await;
    assert_eq!(count(&of_bank, Rule::DebitAccepted), 0);
    let none = format!("!document.querySelector('main').innerText.includes({})", quoted("thief"));
    wallet.until(&none).await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sets_up_an_account_by_herself_and_proves_who_she_is() {
    let stage = Stage::new("by-herself").await;
    let wallet = stage.browser.tab(&stage.cast.pages()[2]).await;
    wallet.until("document.querySelector('#register')").await;
    wallet.authenticator().await;
    wallet.click("#register").await;
    said(&wallet, "You have an account.").await;
    picture(&wallet, "wallet-unverified").await;
    wallet.click("#verify").await;
    wallet.until("document.querySelector('#challenge').open").await;
    wallet.enter("#identity", "Ben").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "Your identity is verified.").await;
    wallet.until("!document.querySelector('#unverified')").await;

    let bank = stage.bank(0, "ben").await;
    add(&bank, "north-bank-card-ben").await;
    stands(&bank, "north-bank-card-ben", "awaiting_approval").await;
    stands(&wallet, "north-bank-card-ben", "awaiting_approval").await;
    let binding = binding(&wallet, "north-bank-card-ben").await;
    wallet.click(&format!("#decline-{binding}")).await;
    stands(&bank, "north-bank-card-ben", "closed").await;
    stage.quiet().await;
    stage.cast.stop().await;
}
