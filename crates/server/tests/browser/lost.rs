//! What gets lost on its way, or comes late: nothing is done twice, and nothing untrue is said.

use std::time::Duration;

use bindproof::rule::Rule;
use serde_json::{Value, json};

use crate::apps::{
    Stage, asked, binding, fill_in, link, message, open_payment, pay, problem, said, stands,
};
use crate::chromium::{Browser, Tab, quoted};
use crate::everybody::faultless;
use crate::story::{count, moves};

/// What is between a page and its server. By `lose` a path is `down`, or asked for too often
/// (`busy`); or one request to it does not arrive (`before`), and nobody knows it until `release`
/// (`late`); or its answer does not (`after`), or is that to a copy of it (`copy`), or is held
/// until `release` (`hold`).
const BETWEEN: &str = "(() => {
    const real = window.fetch;
    window.lose ??= {};
    window.fetch = async (path, init) => {
        const how = window.lose[path];
        if (how === 'down') throw new TypeError('down');
        if (how === 'busy') return new Response('{}', { status: 429 });
        delete window.lose[path];
        if (how === 'late') await new Promise((go) => { window.release = go; });
        if (how === 'late') throw new TypeError('lost');
        if (how === 'before') throw new TypeError('lost');
        const answer = await real(path, init);
        if (how === 'hold') await new Promise((go) => { window.release = go; });
        if (how === 'after') throw new TypeError('lost');
        const refused = '{\"code\":\"signature_invalid\",\"retry\":\"never\"}';
        if (how === 'copy') return new Response(refused, { status: 401 });
        return answer;
    };
    return true;
})()";

const ANSWER: &str = "/v1/challenge_answer";
const REQUEST: &str = "/v1/operation_request";

async fn lose(tab: &Tab, path: &str, how: &str) {
    tab.run(&format!("window.lose[{}] = {}; true", quoted(path), quoted(how))).await;
}

/// Something is held, and goes on now.
async fn release(tab: &Tab) {
    tab.run("window.release(); true").await;
}

/// A moment in which what must not happen would.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_answer_is_lost_on_either_way_is_made_once() {
    let stage = Stage::new("lost-answer").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.run(BETWEEN).await;
    for (amount, how) in [("1.00", "after"), ("1.50", "copy")] {
        pay(&wallet, "north-bank-card", "corner-shop", amount).await;
        lose(&wallet, ANSWER, how).await;
        wallet.click("#challenge-go").await;
        said(&wallet, &format!("Paid {amount} EUR")).await;
    }

    pay(&wallet, "north-bank-card", "corner-shop", "2.00").await;
    lose(&wallet, ANSWER, "before").await;
    wallet.click("#challenge-go").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.contains("Your answer has not arrived."), "{shown}");
    // Who leaves now may not be told that nothing was done; who asks for the same goes on with it.
    wallet.click("#challenge-back").await;
    let heard = "document.querySelector('#pay .said').textContent";
    let heard = wallet.until(heard).await;
    let heard = heard.as_str().unwrap();
    assert!(heard.contains("If your first answer arrives after all"), "{heard}");
    faultless(&wallet, "a payment that was left").await;
    wallet.click("#pay-go").await;
    wallet.until("document.querySelector('#challenge').open").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "Paid 2.00 EUR").await;

    // Nothing can be asked for a while: asked for again, the payment goes on, and is no second one.
    for (amount, how) in [("3.00", "down"), ("3.50", "busy")] {
        pay(&wallet, "north-bank-card", "corner-shop", amount).await;
        lose(&wallet, ANSWER, "after").await;
        lose(&wallet, REQUEST, how).await;
        wallet.click("#challenge-go").await;
        let shown = problem(&wallet, "#pay-problem").await;
        assert!(shown.contains("It is not known yet"), "{shown}");
        wallet.run("delete window.lose['/v1/operation_request']; true").await;
        wallet.click("#pay-go").await;
        wallet.until("!document.querySelector('#pay').open").await;
        said(&wallet, "nothing was paid now.").await;
    }

    // It takes its time: a word is said of it.
    pay(&wallet, "north-bank-card", "corner-shop", "4.00").await;
    lose(&wallet, ANSWER, "after").await;
    lose(&wallet, REQUEST, "hold").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "This takes longer than usual.").await;
    release(&wallet).await;
    said(&wallet, "Paid 4.00 EUR").await;

    stage.quiet().await;
    let of_wallet = moves(&*stage.cast.wallet.node.store, "ada").await;
    assert_eq!(count(&of_wallet, Rule::PaymentSent), 6, "{of_wallet:?}");
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_was_found_to_be_made_is_another_one_than_the_next() {
    let stage = Stage::new("lost-listed").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.run(BETWEEN).await;
    pay(&wallet, "north-bank-card", "corner-shop", "1.00").await;
    lose(&wallet, ANSWER, "after").await;
    lose(&wallet, REQUEST, "down").await;
    wallet.click("#challenge-go").await;
    problem(&wallet, "#pay-problem").await;
    // Loaded anew, the page still knows of it, and sees it executed.
    wallet.tell("Page.reload", json!({})).await;
    let listed = "text.includes('1.00 EUR') && text.includes('North Bank card, ') && \
        !text.includes('waits for the bank')";
    let text = "document.querySelector('main').innerText";
    wallet.until(&format!("!window.lose && (text => {listed})({text})")).await;
    open_payment(&wallet, "north-bank-card").await;
    said(&wallet, "The payment that you asked for before has been made.").await;
    fill_in(&wallet, "corner-shop", "1.00").await;
    wallet.until("document.querySelector('#challenge').open").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "Paid 1.00 EUR").await;
    stage.quiet().await;
    let of_wallet = moves(&*stage.cast.wallet.node.store, "ada").await;
    assert_eq!(count(&of_wallet, Rule::PaymentSent), 2, "{of_wallet:?}");
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_left_is_not_disturbed_by_what_comes_back_late() {
    let stage = Stage::new("left-alone").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.run(BETWEEN).await;
    for (amount, how, told) in [
        ("1.00", "late", "If your first answer arrives after all"),
        ("2.00", "hold", "Paid 2.00 EUR"),
    ] {
        pay(&wallet, "north-bank-card", "corner-shop", amount).await;
        wallet.run("window.release = null; true").await;
        lose(&wallet, ANSWER, how).await;
        wallet.click("#challenge-go").await;
        wallet.until("window.release").await;
        wallet.click("#challenge-back").await;
        wallet.until("!document.querySelector('#challenge').open").await;
        wallet.click("#pay-back").await;
        open_payment(&wallet, "north-bank-card").await;
        wallet.enter("#payee", "book-shop").await;
        release(&wallet).await;
        said(&wallet, told).await;
        a_moment().await;
        assert_eq!(wallet.run("document.querySelector('#challenge').open").await, false);
        assert_eq!(wallet.run("document.querySelector('#pay').open").await, true);
        assert_eq!(wallet.run("document.querySelector('#payee').value").await, "book-shop");
        wallet.click("#pay-back").await;
    }
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_told_what_becomes_of_an_answer_that_was_on_its_way() {
    let stage = Stage::new("left-late").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.run(BETWEEN).await;
    pay(&wallet, "north-bank-card", "corner-shop", "4.00").await;
    lose(&wallet, ANSWER, "hold").await;
    wallet.click("#challenge-go").await;
    wallet.until("window.release").await;
    wallet.click("#challenge-back").await;
    wallet.until("!document.querySelector('#challenge').open").await;
    assert_eq!(wallet.run("document.querySelector('#pay .said').textContent").await, "");
    release(&wallet).await;
    said(&wallet, "Paid 4.00 EUR").await;

    // Who leaves before anything was sent has left it.
    let ends = binding(&wallet, "north-bank-card").await;
    wallet.click(&format!("#end-{ends}")).await;
    let code = message(&wallet).await;
    wallet.enter("#sent", &code).await;
    let before = asked(&stage, ANSWER);
    wallet.run("window.release = null; true").await;
    lose(&wallet, "/v1/invitation", "hold").await;
    wallet.click("#challenge-go").await;
    wallet.until("window.release").await;
    wallet.click("#challenge-back").await;
    said(&wallet, "Nothing was done.").await;
    release(&wallet).await;
    a_moment().await;
    assert_eq!(asked(&stage, ANSWER), before, "no answer is sent any more");
    stands(&wallet, "north-bank-card", "active").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_thing_is_done_at_a_time() {
    let stage = Stage::new("one-at-a-time").await;
    let (_, wallet) = stage.signed_in().await;
    let ends = binding(&wallet, "north-bank-card").await;
    let both = format!(
        "for (const id of ['enrol', 'end-{ends}']) document.getElementById(id).click(); true"
    );
    wallet.run(&both).await;
    let shown = problem(&wallet, "#problem").await;
    assert!(shown.contains("Something else is being done"), "{shown}");
    wallet.click("#challenge-go").await;
    said(&wallet, "The new passkey is enrolled.").await;
    wallet.click(&format!("#end-{ends}")).await;
    wallet.until("document.querySelector('#challenge').open").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_could_not_begin_begins_again_with_the_link_that_was_read() {
    let stage = Stage::new("begin-again").await;
    let bank = stage.bound().await;
    let link = link(&bank, "north-bank-card").await;
    let wallet = stage.browser.tab("about:blank").await;
    let down = "window.lose = { '/development/about': 'down', '/v1/account_of': 'before' };";
    let source = json!({ "source": format!("{down} {BETWEEN}") });
    wallet.tell("Page.addScriptToEvaluateOnNewDocument", source).await;
    wallet.go(&link).await;
    let shown = problem(&wallet, "#problem").await;
    assert!(shown.contains("does not answer") && shown.contains("then try again"), "{shown}");
    assert!(!shown.contains("by itself"), "{shown}");
    assert_eq!(wallet.run("location.hash").await, "", "no code stays");
    faultless(&wallet, "a page that could not begin").await;
    wallet.run("delete window.lose['/development/about']; true").await;
    wallet.click("#begin-again").await;
    wallet.until("document.querySelector('#arriving')").await;
    assert_eq!(wallet.run("document.querySelector('#begin-again')").await, Value::Null);
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_comes_back_late_shows_nothing_to_who_comes_next() {
    let stage = Stage::new("late-look").await;
    let bank = stage.bank(0, "ada").await;
    bank.run(BETWEEN).await;
    lose(&bank, "/v1/overview", "hold").await;
    bank.until("window.release").await;
    bank.click("#leave").await;
    bank.until("document.querySelector('#as-ben')").await;
    release(&bank).await;
    a_moment().await;
    assert_eq!(bank.run("document.querySelector('.cards')").await, Value::Null);
    bank.click("#as-ben").await;
    bank.until("document.querySelector('#add-north-bank-card-ben')").await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_signed_out_from_elsewhere_begins_anew() {
    let stage = Stage::new("signed-out").await;
    let (_, wallet) = stage.signed_in().await;
    let elsewhere = Browser::start().await;
    let other = elsewhere.tab(&stage.cast.pages()[2]).await;
    other.authenticator().await;
    gets_back_in(&other).await;
    said(&other, "You are back").await;

    wallet.front().await;
    wallet.until("document.querySelector('#anew')").await;
    let shown = wallet.run("document.querySelector('main').innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("You are not signed in on this device."), "{shown}");
    faultless(&wallet, "who is not signed in any more").await;
    gets_back_in(&wallet).await;
    let told = "document.body.innerText.includes('This device was signed out for good.')";
    wallet.until(told).await;
    if wallet.run("document.querySelector('#challenge').open").await == true {
        wallet.click("#challenge-back").await;
    }
    wallet.click("#anew").await;
    said(&wallet, "This is a new device now.").await;
    gets_back_in(&wallet).await;
    said(&wallet, "You are back").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

async fn gets_back_in(wallet: &Tab) {
    wallet.click("#recover").await;
    wallet.until("document.querySelector('#challenge').open").await;
    wallet.enter("#identity", "Ada").await;
    wallet.click("#challenge-go").await;
}

/// The code that is shown of what came to her phone.
const SHOWN: &str = "document.querySelector('#message')?.textContent ?? null";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_shown_is_of_the_challenge_that_is_open() {
    let stage = Stage::new("lost-message").await;
    let (_, wallet) = stage.signed_in().await;
    wallet.run(BETWEEN).await;
    let remove = format!("#end-{}", binding(&wallet, "north-bank-card").await);

    // The message by which she signed in is not shown for another challenge.
    assert!(!wallet.run(SHOWN).await.is_null(), "it stands in the dialog that is closed");
    lose(&wallet, "/development/inbox", "hold").await;
    wallet.click(&remove).await;
    wallet.until("document.querySelector('#challenge').open && window.release").await;
    assert!(wallet.run(SHOWN).await.is_null(), "no message has been seen yet");

    // She leaves, and what is seen late of that challenge's message is not shown for the next.
    wallet.click("#challenge-back").await;
    wallet.click(&remove).await;
    let code = message(&wallet).await;
    release(&wallet).await;
    a_moment().await;
    assert_eq!(wallet.run(SHOWN).await, code);
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    said(&wallet, "It is removed.").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_of_an_account_whose_answer_is_lost_stays() {
    let stage = Stage::new("lost-account").await;
    let wallet = stage.browser.tab(&stage.cast.pages()[2]).await;
    let authenticator = wallet.authenticator().await;
    wallet.until("document.querySelector('#register')").await;
    wallet.run(BETWEEN).await;
    lose(&wallet, "/v1/registration", "copy").await;
    wallet.click("#register").await;
    problem(&wallet, "#problem").await;
    assert_eq!(wallet.passkeys(&authenticator).await, 1, "the account has been set up");
    // It names its account, and lets her in.
    wallet.click("#sign-in").await;
    wallet.click("#challenge-go").await;
    said(&wallet, "You are signed in on this device.").await;
    stage.quiet().await;
    stage.cast.stop().await;
}
