//! A second card, opened on a device that the wallet does not know: whoever she is to the wallet,
//! there is a way on.

use crate::apps::{Stage, add, binding, link, message, next_link, said, stands};
use crate::chromium::Tab;
use crate::everybody::faultless;

/// Two cards of one bank that are both asked for; the first made the account, the second waits.
async fn two_cards(stage: &Stage) -> Tab {
    let bank = stage.bound().await;
    add(&bank, "north-bank-account").await;
    stands(&bank, "north-bank-account", "awaiting_approval").await;
    bank
}

/// The link of the second card as it was with this code.
async fn link_with(bank: &Tab, code: &str) -> String {
    let link = link(bank, "north-bank-account").await;
    let (before, _) = link.split_once("code=").unwrap();
    format!("{before}code={code}")
}

/// She pastes a link, and is led to the card that waits.
async fn pastes(wallet: &Tab, link: &str) {
    wallet.click("#add summary").await;
    wallet.enter("#link", link).await;
    wallet.click("#link-go").await;
    wallet.until("document.activeElement.id.startsWith('approve-')").await;
}

/// She pastes the link that the bank's app shows for an instrument, which need not wait for her.
async fn pastes_what(wallet: &Tab, bank: &Tab, instrument: &str) {
    let link = link(bank, instrument).await;
    wallet.click("#add summary").await;
    wallet.enter("#link", &link).await;
    wallet.click("#link-go").await;
}

/// She signs in for the first time, by the code that came with the link and the message.
async fn signs_in_first(wallet: &Tab) {
    wallet.click("#arrive-first").await;
    let code = message(wallet).await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    said(wallet, "You are signed in").await;
}

/// The code of the card that waits came with its link, and is filled in.
async fn approves(wallet: &Tab, instrument: &str) {
    let waits = binding(wallet, instrument).await;
    let focused = wallet.run("document.activeElement.id").await;
    assert_eq!(focused, format!("approve-{waits}"), "she is led to what waits");
    wallet.click(&format!("#approve-{waits}")).await;
    let code = message(wallet).await;
    let filled = wallet.run("document.querySelector('#code').value.length").await;
    assert_eq!(filled, 35, "the binding code came with the link");
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(wallet, instrument, "active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_signed_in_is_led_to_her_first_card_and_then_approves_the_second() {
    let stage = Stage::new("second-first").await;
    let bank = two_cards(&stage).await;
    let advice = bank.run("document.querySelector('main').innerText").await;
    let advice = advice.as_str().unwrap().to_owned();
    assert!(advice.contains("Open “Debit card” in the wallet before this one."), "{advice}");

    // The second card's code signs nobody in; what to do instead unfolds.
    let wallet = stage.arrive(&bank, "north-bank-account").await;
    let authenticator = wallet.authenticator().await;
    wallet.click("#arrive-first").await;
    let code = message(&wallet).await;
    let spent = wallet.run("document.querySelector('#code').value.replaceAll(' ', '')").await;
    let spent = link_with(&bank, spent.as_str().unwrap()).await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    wallet.until("document.querySelector('#stuck').open").await;
    let shown = wallet.run("document.querySelector('#challenge').innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("open the one that you added first"), "{shown}");
    assert_eq!(wallet.passkeys(&authenticator).await, 0, "what was not taken is not kept");
    wallet.click("#challenge-back").await;
    wallet.until("!document.querySelector('#challenge').open").await;

    // The address differs in nothing but its fragment: the page stays, and is drawn anew.
    let first = link(&bank, "north-bank-card").await;
    wallet.front().await;
    wallet.run("document.querySelector('#arriving').dataset.before = 'here'").await;
    wallet.go(&first).await;
    wallet.until("document.querySelector('#arriving:not([data-before])')").await;
    assert_eq!(wallet.run("location.hash").await, "", "no code stays");
    signs_in_first(&wallet).await;
    assert_eq!(wallet.passkeys(&authenticator).await, 1);

    // The code that was presented in vain is spent, and not filled in again.
    pastes(&wallet, &spent).await;
    let waits = binding(&wallet, "north-bank-account").await;
    wallet.click(&format!("#approve-{waits}")).await;
    wallet.until("document.querySelector('#challenge').open").await;
    assert_eq!(wallet.run("document.querySelector('#code').value").await, "");
    wallet.click("#challenge-back").await;
    let next = next_link(&bank, "north-bank-account").await;
    pastes(&wallet, &next).await;
    approves(&wallet, "north-bank-account").await;
    stands(&bank, "north-bank-account", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signed_in_elsewhere_signs_in_by_her_passkey_and_approves() {
    let stage = Stage::new("second-passkey").await;
    let (bank, wallet) = stage.signed_in().await;
    wallet.click("#forget").await;
    wallet.until("document.querySelector('#register')").await;
    add(&bank, "north-bank-account").await;
    stands(&bank, "north-bank-account", "awaiting_approval").await;
    pastes_what(&wallet, &bank, "north-bank-account").await;
    wallet.click("#arrive-passkey").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "Approve your card now.").await;
    approves(&wallet, "north-bank-account").await;
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_forgot_the_device_signs_in_by_the_passkey_alone() {
    let stage = Stage::new("passkey-alone").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.click("#forget").await;
    wallet.click("#sign-in").await;
    wallet.until("document.querySelector('#challenge').open").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "You are signed in").await;
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_her_passkey_gets_back_in_from_a_second_cards_link() {
    let stage = Stage::new("second-lost").await;
    let (bank, wallet) = stage.signed_in().await;
    wallet.click("#forget").await;
    wallet.until("document.querySelector('#register')").await;
    add(&bank, "north-bank-account").await;
    stands(&bank, "north-bank-account", "awaiting_approval").await;
    let other = stage.arrive(&bank, "north-bank-account").await;
    other.authenticator().await;
    other.click("#arrive-recover").await;
    other.until("document.querySelector('#challenge').open").await;
    other.enter("#identity", "Ada").await;
    other.click("#challenge-go").await;
    said(&other, "You are back").await;
    other.until("document.querySelector('#no-cards')").await;
    stands(&bank, "north-bank-account", "closed").await;

    // Added again, it waits in the account that she has got back into.
    add(&bank, "north-bank-account").await;
    stands(&bank, "north-bank-account", "awaiting_approval").await;
    stands(&other, "north-bank-account", "awaiting_approval").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_leads_elsewhere_or_nowhere_says_so_and_is_forgotten_with_the_device() {
    let stage = Stage::new("second-elsewhere").await;
    let (bank, wallet) = stage.signed_in().await;
    let ben = stage.bank(0, "ben").await;
    add(&ben, "north-bank-card-ben").await;
    stands(&ben, "north-bank-card-ben", "active").await;
    pastes_what(&wallet, &ben, "north-bank-card-ben").await;
    let shown = wallet.until("document.querySelector('#elsewhere').textContent").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("changes to the card’s account"), "{shown}");
    faultless(&wallet, "another account's link").await;
    wallet.click("#arrive-leave").await;
    stands(&wallet, "north-bank-card", "active").await;

    pastes_what(&wallet, &bank, "north-bank-card").await;
    said(&wallet, "Nothing waits for you behind this link.").await;
    assert_eq!(wallet.run("document.querySelector('#link').value").await, "", "no code stays");

    // What she has begun to type stays when the page has something new to show.
    wallet.click("#add summary").await;
    wallet.enter("#link", "half a link").await;
    add(&bank, "north-bank-account").await;
    stands(&bank, "north-bank-account", "awaiting_approval").await;
    let waits = link(&bank, "north-bank-account").await;
    stands(&wallet, "north-bank-account", "awaiting_approval").await;
    assert_eq!(wallet.run("document.querySelector('#link').value").await, "half a link");
    wallet.click("#add summary").await;
    pastes(&wallet, &waits).await;
    wallet.click("#add summary").await;
    wallet.enter("#link", &waits).await;
    wallet.click("#forget").await;
    wallet.until("document.querySelector('#register')").await;
    let left = "[...document.querySelectorAll('input')].map(({ value }) => value).join('')";
    assert_eq!(wallet.run(left).await, "", "no code stays");
    assert_eq!(wallet.run("document.querySelector('#arriving')").await, serde_json::Value::Null);
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_signed_in_any_more_can_begin_anew_at_once() {
    let stage = Stage::new("begin-anew").await;
    let (_, wallet) = stage.signed_in().await;
    let without_key = "new Promise((done) => {
        indexedDB.open('bindproof-wallet', 1).onsuccess = ({ target }) => {
            const kept = target.result.transaction('kept', 'readwrite').objectStore('kept');
            kept.delete('key').onsuccess = () => done(true);
        };
    })";
    wallet.run(without_key).await;
    wallet.tell("Page.reload", serde_json::json!({})).await;
    wallet.until("document.querySelector('#anew')").await;
    assert_eq!(wallet.run("document.querySelector('#register')").await, serde_json::Value::Null);
    wallet.click("#anew").await;
    said(&wallet, "This is a new device now.").await;
    wallet.until("document.querySelector('#register') && !document.querySelector('#anew')").await;
    stage.quiet().await;
    stage.cast.stop().await;
}
