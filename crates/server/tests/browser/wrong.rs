//! What goes wrong is told, and can be mended.

use crate::apps::{
    Stage, asked, fill_in, message, next_link, open_payment, picture, problem, stands,
};
use crate::chromium::{Tab, quoted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_that_is_missing_is_told_and_can_be_given() {
    let stage = Stage::new("consent").await;
    let bank = stage.bank(0, "ada").await;
    bank.click("#add-north-bank-card").await;
    bank.click("#consent-bind").await;
    bank.click("#consent-go").await;
    let shown = problem(&bank, "#consent-problem").await;
    assert!(shown.contains("consent_missing") && shown.contains("Tick both boxes"), "{shown}");
    bank.click("#consent-register").await;
    bank.click("#consent-go").await;
    stands(&bank, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_code_is_told_and_the_right_one_counts_after_it() {
    let stage = Stage::new("wrong-code").await;
    let bank = stage.bound().await;
    let wallet = stage.follow(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    let code = message(&wallet).await;
    wallet.click("#challenge-go").await;
    wallet.until("document.querySelector('#sent:invalid') !== null").await;
    let wrong: String =
        code.chars().rev().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
    let filled = wallet.run("document.querySelector('#code').value.length").await;
    assert_eq!(filled, 35, "the code came with the link");
    wallet.enter("#sent", &wrong).await;
    wallet.click("#challenge-go").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.contains("challenge_invalid"), "{shown}");

    // The binding code is spent, and taken away. The bank's app shows one that counts within half
    // a minute.
    assert_eq!(wallet.run("document.querySelector('#code').value").await, "");
    bank.run("window.before = document.querySelector('#open-north-bank-card'); true").await;
    next_link(&bank, "north-bank-card").await;
    let same = "window.before === document.querySelector('#open-north-bank-card')";
    assert_eq!(bank.run(same).await, true, "a new code draws no card anew");
    bank.click("#code-north-bank-card summary").await;
    let next = bank.run("document.querySelector('.digits').textContent").await;
    wallet.enter("#code", next.as_str().unwrap()).await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_waited_too_long_is_not_presented() {
    let stage = Stage::new("old-code").await;
    let bank = stage.bound().await;
    let wallet = stage.arrive(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    // What is to be in most of a minute is at once.
    let soon = "(later => { window.setTimeout = (what, ms) => later(what, ms > 20000 ? 0 : ms); })
        (window.setTimeout); true";
    wallet.run(soon).await;
    wallet.click("#arrive-first").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.contains("The binding code is too old by now."), "{shown}");
    assert_eq!(wallet.run("document.querySelector('#code').value").await, "");
    let code = message(&wallet).await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    assert_eq!(asked(&stage, "/v1/challenge_answer"), 0, "it would cost a try");
    next_link(&bank, "north-bank-card").await;
    let digits = bank.run("document.querySelector('.digits').textContent").await;
    wallet.enter("#code", digits.as_str().unwrap()).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_that_is_not_accepted_leaves_the_binding_code_that_it_did_not_present() {
    let stage = Stage::new("wrong-passkey").await;
    let bank = stage.bound().await;
    let wallet = stage.follow(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    let code = message(&wallet).await;
    let other = "navigator.credentials.get = async () =>
        ({ id: 'AAAA', rawId: new ArrayBuffer(3), type: 'public-key', response: {} }); true";
    wallet.run(other).await;
    wallet.click("#challenge-other").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.contains("challenge_invalid"), "{shown}");
    assert_eq!(wallet.run("document.querySelector('#code').value.length").await, 35);
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_told() {
    let stage = Stage::new("gone").await;
    let bank = stage.bank(0, "ada").await;
    stage.cast.stop().await;
    let shown = problem(&bank, "#connection").await;
    assert!(shown.contains("does not answer") && shown.contains("by itself"), "{shown}");
}

/// What a person reads in a place; what is folded away is not read.
async fn read(tab: &Tab, place: &str) -> String {
    let text = tab.run(&format!("document.querySelector({}).innerText", quoted(place))).await;
    text.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_paid_is_told_beside_its_field_and_nothing_is_sent() {
    let stage = Stage::new("amounts").await;
    let (_, wallet) = stage.signed_in().await;
    open_payment(&wallet, "north-bank-card").await;
    let sent = "/v1/operation_request";
    let before = asked(&stage, sent);
    assert!(before > 0, "what is asked is counted");
    for (payee, amount, field, word) in [
        ("corner-shop", "0", "amount", "more than 0"),
        ("corner-shop", "0,00", "amount", "more than 0"),
        ("corner-shop", "-5", "amount", "not negative"),
        ("corner-shop", "ten", "amount", "in digits"),
        ("corner-shop", "1.234", "amount", "two digits"),
        ("corner-shop", "1000000000", "amount", "Enter less: 999999999.99 EUR"),
        ("café", "5", "payee", "without accents"),
        ("", "5", "payee", "who is to get"),
    ] {
        fill_in(&wallet, payee, amount).await;
        let place = format!("#{field}-wrong");
        wallet.until(&format!("!document.querySelector('{place}').hidden")).await;
        let shown = read(&wallet, &place).await;
        assert!(shown.contains(word), "{payee:?}, {amount:?}: {shown}");
        let focused = wallet.run("document.activeElement.id").await;
        assert_eq!(focused, field, "{payee:?}, {amount:?}");
    }
    fill_in(&wallet, "corner-shop", "0").await;
    picture(&wallet, "wallet-amount").await;
    assert_eq!(asked(&stage, sent), before, "nothing is asked of the wallet");
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_the_bank_does_not_cover_is_told_in_sentences() {
    let stage = Stage::new("not-covered").await;
    let (_, wallet) = stage.signed_in().await;
    open_payment(&wallet, "north-bank-card").await;
    fill_in(&wallet, "corner shop", "600").await;
    wallet.until("document.querySelector('#challenge').open").await;
    assert_eq!(read(&wallet, "#challenge-words").await, "Pay 600.00 EUR to corner-shop");
    wallet.click("#challenge-go").await;
    let all = problem(&wallet, "#pay-problem").await;
    assert!(all.contains("instrument_unavailable"), "support reads the code: {all}");
    let shown = read(&wallet, "#pay-problem").await;
    assert!(shown.starts_with("The bank has not taken this payment."), "{shown}");
    assert!(shown.contains("Nothing was paid. Try with less"), "{shown}");
    assert!(!shown.contains('_'), "a code is shown: {shown}");
    stage.quiet().await;
    stage.cast.stop().await;
}
