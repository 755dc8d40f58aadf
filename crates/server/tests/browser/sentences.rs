//! What the pages say: a sentence for every code, sums that were typed, and what cards are called.

use std::collections::BTreeSet;
use std::path::Path;

use bindproof::message::Reason;
use bindproof::refusal::Refusal;
use serde_json::{Value, json};

use crate::apps::Stage;
use crate::chromium::Tab;

/// What a function of one of the page's modules gives for each of these.
async fn each(tab: &Tab, module: &str, function: &str, given: &Value) -> Vec<Value> {
    let script = format!(
        "import('/{module}').then((module) => {given}.map((one) => module.{function}(one) ?? null))"
    );
    tab.run(&script).await.as_array().unwrap().clone()
}

/// A sentence that a person can read: no code in it, nothing for programs.
fn is_plain(sentence: &Value) -> bool {
    let Some(text) = sentence.as_str() else { return false };
    let low = text.to_lowercase();
    let technical = ["_", "idempotency", "request", "signature", "malformed", "json"];
    text.len() > 8 && text.ends_with('.') && !technical.iter().any(|word| low.contains(word))
}

/// The codes that the pages' own scripts give a problem, or ask the sentences of.
fn named_in_scripts() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
    let found = ["payment_refused", "too_many_devices", "refused"].map(str::to_owned);
    let mut found = BTreeSet::from(found);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "js") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for mark in ["new Problem(\"", "told: \"", "not: \"", ".as(\""] {
            let named = text.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(named.map(str::to_owned));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_code_that_a_page_can_get_has_two_sentences() {
    let stage = Stage::new("sentences").await;
    let own = named_in_scripts();
    assert!(own.contains("no_key") && own.contains("codes_not_accepted"), "{own:?}");
    let codes = Refusal::ALL.iter().map(|refusal| refusal.name().to_owned()).chain(own);
    let codes: Vec<String> = codes.collect();
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    for page in stage.cast.pages() {
        let tab = stage.browser.tab(&page).await;
        tab.until("document.querySelector('main button')").await;
        let found = each(&tab, "problems.js", "sentencesOf", &json!(codes)).await;
        for (code, sentences) in codes.iter().zip(&found) {
            let sentences =
                sentences.as_array().unwrap_or_else(|| panic!("{code} has no sentence"));
            assert!(
                sentences.len() == 2 && sentences.iter().all(is_plain),
                "{code}: {sentences:?}"
            );
        }
        let found = each(&tab, "problems.js", "reasonOf", &json!(reasons)).await;
        for (reason, sentence) in reasons.iter().zip(&found) {
            assert!(is_plain(sentence), "{reason}: {sentence}");
        }
        let unknown = json!(["no_such_code", "toString"]);
        let found = each(&tab, "problems.js", "sentencesOf", &unknown).await;
        assert_eq!(found, [Value::Null, Value::Null], "nothing is made up");
    }
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_code_has_sentences_too() {
    let stage = Stage::new("no-code").await;
    let tab = stage.browser.tab(&stage.cast.pages()[0]).await;
    tab.until("document.querySelector('main button')").await;
    for (status, code, retry) in [
        (429, "too_many_requests", "same_key"),
        (503, "no_decision", "same_key"),
        (404, "no_decision", "never"),
    ] {
        let script = format!(
            "import('/problems.js').then(({{ Problem, sentencesOf }}) => {{
                const problem = Problem.of({status}, {{}});
                const [what, next] = sentencesOf(problem.code);
                const same = problem.message === what && problem.next === next;
                return [problem.code, problem.retry, same];
            }})"
        );
        assert_eq!(tab.run(&script).await, json!([code, retry, true]), "{status}");
    }
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_is_told_by_what_was_asked_for() {
    let stage = Stage::new("outcomes").await;
    let tab = stage.browser.tab(&stage.cast.pages()[2]).await;
    tab.until("document.querySelector('main button')").await;
    let script = "import('/challenge.js').then(({ refused }) => {
        const told = (reason, kind) => {
            const { message, next } = refused({ outcome: 'refused', reason }, kind);
            return `${message} ${next}`;
        };
        return [
            told('account_unavailable', 'pay'), told('limit_exceeded', 'sign_in'),
            told('limit_exceeded', 'pay'), told('instrument_unavailable', 'pay'),
            refused({ challenge: 'one' }, 'pay').message, refused(null, 'pay').message,
        ];
    })";
    let said = tab.run(script).await;
    for (place, words) in [
        "This cannot be done with this account.",
        "Sign out a device",
        "more than is allowed",
        "The bank has not taken this payment.",
        "It is not known yet",
        "has not answered yet",
    ]
    .into_iter()
    .enumerate()
    {
        let said = said[place].as_str().unwrap();
        assert!(said.contains(words) && !said.contains("wallet’s app"), "{said}");
    }
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amount_is_read_as_it_is_written_and_nothing_else_is() {
    let stage = Stage::new("sums").await;
    let tab = stage.browser.tab(&stage.cast.pages()[2]).await;
    tab.until("document.querySelector('main button')").await;
    let good =
        json!(["1", "12.50", "12,5", " 12. ", "€ 12.50", "12.50 EUR", "0.01", "999999999.99"]);
    let found = each(&tab, "sums.js", "euros", &good).await;
    let minor: Vec<_> = found.iter().map(|read| read["amount"]["minor"].as_u64()).collect();
    let wanted = [100, 1_250, 1_250, 1_200, 1_250, 1_250, 1, 99_999_999_999].map(Some);
    assert_eq!(minor, wanted, "{found:?}");
    let bad = json!([
        "",
        " ",
        "0",
        "0.00",
        "-1",
        "−1",
        "1.234",
        "1,000.00",
        "1 000",
        "1e3",
        "NaN",
        "Infinity",
        "1000000000",
        "99999999999999999999",
        ".",
        "0x10",
        "12€50",
        "1eur2",
        "€",
    ]);
    for (typed, read) in
        bad.as_array().unwrap().iter().zip(each(&tab, "sums.js", "euros", &bad).await)
    {
        assert!(read["amount"].is_null() && is_plain(&read["wrong"]), "{typed}: {read}");
    }
    let typed = json!(["corner-shop", " corner  shop ", "café", "", "x".repeat(65)]);
    let found = each(&tab, "sums.js", "payee", &typed).await;
    let read: Vec<_> = found.iter().map(|read| read["payee"].as_str()).collect();
    assert_eq!(read, [Some("corner-shop"), Some("corner-shop"), None, None, None]);
    assert!(found[2..].iter().all(|read| is_plain(&read["wrong"])), "{found:?}");
    stage.cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_called_by_its_bank_and_what_tells_it_from_others() {
    let stage = Stage::new("names").await;
    let tab = stage.browser.tab(&stage.cast.pages()[2]).await;
    tab.until("document.querySelector('main button')").await;
    let script = "import('/names.js').then(({ cardOf }) => [
        cardOf('north-bank', 'north-bank-card'),
        cardOf('north-bank', 'north-bank-card-ben'),
        cardOf('north-bank', 'DE89370400440532013000'),
        cardOf('north-bank', 'north-bank-7f3a91c2'),
        cardOf('north-bank', 'south-bank-card'),
        cardOf('north-bank', undefined),
    ])";
    let names = json!([
        "North Bank card",
        "North Bank card ben",
        "Card from North Bank, ending 3000",
        "Card from North Bank, ending 91c2",
        "Card from North Bank, ending card",
        "Card from North Bank",
    ]);
    assert_eq!(tab.run(script).await, names);
    stage.cast.stop().await;
}
