//! What goes wrong is told, and can be mended.

use crate::apps::{Stage, add, message, problem, stands};

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
    let bank = stage.bank(0, "ada").await;
    add(&bank, "north-bank-card").await;
    stands(&bank, "north-bank-card", "active").await;
    let wallet = stage.follow(&bank, "north-bank-card").await;
    wallet.authenticator().await;
    let code = message(&wallet).await;
    wallet.click("#challenge-go").await;
    wallet.until("document.querySelector('#sent:invalid') !== null").await;
    let wrong: String =
        code.chars().rev().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
    wallet.enter("#sent", &wrong).await;
    wallet.click("#challenge-go").await;
    let shown = problem(&wallet, "#challenge-problem").await;
    assert!(shown.contains("challenge_invalid"), "{shown}");

    // The binding code is spent. The bank's app shows the next one within half a minute.
    let spent = wallet.run("document.querySelector('#code').value.replaceAll(' ', '')").await;
    let spent = spent.as_str().unwrap().to_owned();
    bank.front().await;
    bank.click("#code-north-bank-card summary").await;
    let shown = "document.querySelector('.digits').textContent.replaceAll(' ', '')";
    let next = bank.until(&format!("(code => code !== '{spent}' && code)({shown})")).await;
    wallet.enter("#code", next.as_str().unwrap()).await;
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
    assert!(shown.contains("does not answer"), "{shown}");
}
