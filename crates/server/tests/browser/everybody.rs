//! The pages can be read and used by everybody, and keep to their own server.

use axum::http::header::{CONTENT_SECURITY_POLICY, HOST};
use axum::http::{HeaderValue, Request};
use bindproof_server::http::client::Outgoing;
use bindproof_server::pages::POLICY;
use serde_json::{Value, json};

use crate::apps::{Stage, add, binding, fill_in, message, open_payment, stands};
use crate::chromium::Tab;

const AUDIT: &str = include_str!("audit.js");

/// What is wrong with what this tab shows, in light and in dark, on a small phone, a usual one and
/// a desk.
async fn faults(tab: &Tab) -> Vec<String> {
    tab.front().await;
    let mut faults = Vec::new();
    for scheme in ["light", "dark"] {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        tab.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        for width in [320, 390, 1280] {
            tab.resize(width).await;
            let found = tab.run(AUDIT).await;
            let found = found.as_array().unwrap().iter();
            faults.extend(
                found.map(|fault| format!("{scheme}, {width}: {}", fault.as_str().unwrap())),
            );
        }
    }
    faults
}

pub async fn faultless(tab: &Tab, what: &str) {
    assert_eq!(faults(tab).await, Vec::<String>::new(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_has_a_name_a_contrast_and_a_place_on_a_small_phone() {
    let stage = Stage::new("audit").await;
    let outside = stage.browser.tab(&stage.cast.pages()[0]).await;
    outside.until("document.querySelector('#as-ada')").await;
    faultless(&outside, "the bank's sign-in").await;
    let welcome = stage.browser.tab(&stage.cast.pages()[2]).await;
    welcome.click("#add summary").await;
    faultless(&welcome, "the wallet's welcome").await;
    welcome.click("#recover").await;
    welcome.until("document.querySelector('#challenge').open").await;
    faultless(&welcome, "the wallet's way back in").await;

    let bank = stage.bank(0, "ada").await;
    bank.click("#add-north-bank-card").await;
    bank.click("#consent-go").await;
    bank.until("!document.querySelector('#consent-problem').hidden").await;
    faultless(&bank, "the bank's question").await;
    bank.click("#consent-back").await;
    bank.click("#block-north-bank-account").await;
    bank.until("document.querySelector('.pill.bad')").await;
    add(&bank, "north-bank-card").await;
    stands(&bank, "north-bank-card", "active").await;
    bank.click("#code-north-bank-card summary").await;
    faultless(&bank, "the bank's cards").await;

    let wallet = stage.arrive(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    faultless(&wallet, "who comes from a bank's app").await;
    wallet.click("#arrive-first").await;
    let code = message(&wallet).await;
    wallet.click("#stuck summary").await;
    faultless(&wallet, "the wallet's question").await;
    wallet.enter("#sent", &code).await;
    wallet.click("#challenge-go").await;
    stands(&wallet, "north-bank-card", "active").await;
    faultless(&wallet, "the wallet's cards").await;
    open_payment(&wallet, "north-bank-card").await;
    fill_in(&wallet, "", "0").await;
    wallet.until("!document.querySelector('#amount-wrong').hidden").await;
    faultless(&wallet, "a payment that cannot be").await;
    fill_in(&wallet, "corner-shop", "600").await;
    wallet.until("document.querySelector('#challenge').open").await;
    faultless(&wallet, "a payment").await;
    wallet.click("#challenge-go").await;
    wallet.until("!document.querySelector('#pay-problem').hidden").await;
    faultless(&wallet, "a payment that was refused").await;
    wallet.click("#pay-back").await;
    let ends = binding(&wallet, "north-bank-card").await;
    wallet.click(&format!("#end-{ends}")).await;
    wallet.until("document.querySelector('#challenge').open").await;
    faultless(&wallet, "a removal").await;
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_spoilt_on_purpose_is_found() {
    let stage = Stage::new("spoilt").await;
    let tab = stage.browser.tab(&stage.cast.pages()[0]).await;
    tab.until("document.querySelector('#as-ada')").await;
    let spoil = "
        const add = (tag, change) => {
            const made = document.createElement(tag);
            change(made);
            document.querySelector('main').append(made);
        };
        add('input', () => {});
        add('button', () => {});
        add('button', (made) => { made.textContent = 'x'; made.style.minHeight = '5px';
            made.style.height = '5px'; });
        add('p', (made) => { made.textContent = 'grey'; made.style.color = '#999';
            made.style.backgroundColor = '#888'; });
        add('p', (made) => { made.id = 'main'; });
        add('p', (made) => { made.style.width = '900px';
            made.style.height = '9px'; });
        add('h1', (made) => { made.textContent = 'Two'; });
        add('button', (made) => { made.textContent = 'y'; made.style.borderColor = '#ccc'; });
        add('a', (made) => { made.textContent = 'z'; made.href = '/';
            made.style.color = 'rgb(0, 0, 238)'; });
        add('p', (made) => { made.textContent = 'It is request_malformed.'; });
        add('p', (made) => { made.textContent = '1ccefca5-205b-4b45-a923-04f29f1a4abc'; });
        document.documentElement.lang = '';
        true";
    tab.run(spoil).await;
    let found = faults(&tab).await.join("\n");
    for fault in [
        "no label",
        "no name",
        "too small",
        "contrast 1.",
        "the id main twice",
        "it scrolls sideways",
        "not one h1",
        "no language",
        "a border of ",
        "a link as browsers colour it",
        "a code or an id is shown: request_malformed",
        "a code or an id is shown: 1ccefca5-205b",
    ] {
        assert!(found.contains(fault), "{fault:?} is not among\n{found}");
    }
    // Nobody has asked anything of a server: there are no journals to check.
    stage.cast.stop().await;
}

/// Goes on with the key Tab until the element with this id has the focus.
async fn tab_to(tab: &Tab, id: &str) {
    for _ in 0..40 {
        tab.press("Tab").await;
        if tab.run("document.activeElement.id").await == id {
            return;
        }
    }
    panic!("the keyboard does not reach {id}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_added_with_the_keyboard_alone_and_the_focus_is_not_lost() {
    let stage = Stage::new("keyboard").await;
    let bank = stage.browser.tab(&stage.cast.pages()[0]).await;
    bank.until("document.querySelector('#as-ada')").await;
    tab_to(&bank, "as-ada").await;
    bank.press("Enter").await;
    bank.until("document.activeElement.id === 'main'").await;
    tab_to(&bank, "add-north-bank-card").await;
    bank.press("Enter").await;
    bank.until("document.querySelector('#consent').open").await;
    bank.press("Escape").await;
    bank.until("document.activeElement.id === 'add-north-bank-card'").await;
    bank.press("Enter").await;
    bank.until("document.querySelector('#consent').open").await;
    for id in ["consent-bind", "consent-register"] {
        if bank.run("document.activeElement.id").await != id {
            tab_to(&bank, id).await;
        }
        bank.press(" ").await;
    }
    tab_to(&bank, "consent-go").await;
    bank.press("Enter").await;
    stands(&bank, "north-bank-card", "active").await;
    bank.until("document.activeElement !== document.body").await;
    tab_to(&bank, "open-north-bank-card").await;
    // Something else changes, and all is drawn anew: she is where she was.
    bank.run("document.querySelector('#block-north-bank-account').click(); true").await;
    bank.until("document.querySelector('.pill.bad')").await;
    assert_eq!(bank.run("document.activeElement.id").await, "open-north-bank-card");
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_speaks_with_its_own_server_only_and_runs_no_other_script() {
    let stage = Stage::new("policy").await;
    let (_, wallet) = stage.signed_in().await;
    for event in stage.browser.events("Network.requestWillBeSent") {
        let url = event["params"]["request"]["url"].as_str().unwrap().to_owned();
        let own = stage.cast.pages().iter().any(|page| url.starts_with(page.as_str()));
        assert!(own || url == "about:blank", "{url}");
    }
    assert_eq!(stage.browser.events("Runtime.exceptionThrown"), Vec::<Value>::new());

    let script = "(() => {
        try {
            const made = document.createElement('script');
            made.textContent = 'window.ran = true';
            document.body.append(made);
        } catch {}
        return window.ran ?? 'did not run';
    })()";
    assert_eq!(wallet.run(script).await, "did not run");
    let elsewhere = "new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));
        new Image().src = 'http://127.0.0.1:9/x.png';
    })";
    assert_eq!(wallet.run(elsewhere).await, "img-src");
    stage.quiet().await;
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_can_make_no_passkeys_says_where_they_are_made() {
    let stage = Stage::new("elsewhere-made").await;
    let here = &stage.cast.pages()[2];
    let there = stage.browser.tab(&here.replacen("localhost", "127.0.0.1", 1)).await;
    let shown = there.until("document.querySelector('#elsewhere-made:not([hidden])').innerText");
    let shown = shown.await;
    assert!(shown.as_str().unwrap().contains(&format!("Go on there: {here}.")), "{shown}");
    faultless(&there, "a page that can make no passkeys").await;
    let wallet = stage.browser.tab(here).await;
    wallet.until("document.querySelector('#register')").await;
    assert_eq!(wallet.run("document.querySelector('#elsewhere-made').hidden").await, true);
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_there_for_who_asks_for_the_loopback_and_for_no_other_name() {
    let folder = crate::folder::Folder::new("host");
    let cast = bindproof_server::demo::Cast::start(folder.path()).await.unwrap();
    for url in &cast.urls {
        let port = url.rsplit(':').next().unwrap();
        for (host, status) in [("localhost", 200), ("127.0.0.1", 200), ("evil.example", 421)] {
            for path in ["/", "/development/about"] {
                let mut request = Request::new(http_body_util::Full::default());
                *request.uri_mut() = format!("{url}{path}").parse().unwrap();
                let host = HeaderValue::from_str(&format!("{host}:{port}")).unwrap();
                request.headers_mut().insert(HOST, host.clone());
                let answer = Outgoing::new().send(request).await.unwrap();
                assert_eq!(answer.status, status, "{host:?} {path}");
                if status == 421 {
                    let told = String::from_utf8(answer.body.to_vec()).unwrap();
                    // Passkeys need the name.
                    let where_it_is = format!("Open http://localhost:{port}/\n");
                    assert_eq!(told, format!("This page is not here. {where_it_is}"));
                }
                if (status, path) == (200, "/") {
                    let policy = answer.fields.get(CONTENT_SECURITY_POLICY).unwrap();
                    assert_eq!(policy, POLICY);
                }
            }
        }
    }
    cast.stop().await;
}
