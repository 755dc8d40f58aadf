//! What was answered is there after a crash, and what was owed is sent.

use std::time::Duration;

use bindproof::wire::{BindOutcome, BindingId, EndReason, Standing};
use bindproof_server::client::BankClient;
use bindproof_server::demo::Cast;

use crate::folder::Folder;

/// How often is looked, with a pause of a twentieth of a second.
const LOOKS: u32 = 1_200;

async fn app(cast: &Cast) -> BankClient {
    let ada = "ada".parse().unwrap();
    BankClient::open(&cast.urls[0], ada, cast.world.clone()).await.unwrap()
}

/// Where a binding stands once `there` is true of it; a bounded number of looks.
pub async fn awaited(
    app: &BankClient,
    binding: BindingId,
    there: impl Fn(&Standing) -> bool,
) -> BindOutcome {
    for _ in 0..LOOKS {
        let outcome = app.query(binding).await.unwrap();
        if there(&outcome.standing) {
            return outcome;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain; it is {:?}", app.query(binding).await.unwrap());
}

const fn is_active(standing: &Standing) -> bool {
    matches!(standing, Standing::Active { .. })
}

async fn quiet(cast: &Cast) {
    for _ in 0..LOOKS {
        if cast.is_quiet().await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("something is still owed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_binding_that_was_begun_before_a_crash_comes_about_after_it() {
    let folder = Folder::new("crash");
    let cast = Cast::start(folder.path()).await.unwrap();
    let before = app(&cast).await;
    let key = before.new_key();
    let card = "north-bank-card".parse().unwrap();
    let request = before.prepare(card).await.unwrap();
    let asked = before.ask(key, request).await.unwrap();
    // Nothing is finished and nobody is told: every task ends where it is.
    drop(cast);

    let cast = Cast::start(folder.path()).await.unwrap();
    let after = app(&cast).await;
    awaited(&after, asked.binding, is_active).await;
    let again = after.ask(key, request).await.unwrap();
    assert_eq!(again.binding, asked.binding, "the same request began the same binding");
    assert!(is_active(&again.standing));
    quiet(&cast).await;
    cast.verify().await.unwrap_or_else(|error| panic!("{error}"));
    cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_was_owed_before_a_crash_is_heard_after_it() {
    let folder = Folder::new("owed");
    let cast = Cast::start(folder.path()).await.unwrap();
    let before = app(&cast).await;
    let card = "north-bank-card".parse().unwrap();
    let asked = before.bind(card, before.new_key()).await.unwrap();
    awaited(&before, asked.binding, is_active).await;
    let ended = before.unbind(asked.binding).await.unwrap();
    assert_eq!(ended.standing, Standing::Ended(EndReason::EndedByHolder));
    drop(cast);

    let cast = Cast::start(folder.path()).await.unwrap();
    quiet(&cast).await;
    let again = app(&cast).await;
    let other = again.bind(card, again.new_key()).await.unwrap();
    assert_ne!(other.binding, asked.binding, "binding again is a new binding");
    awaited(&again, other.binding, is_active).await;
    quiet(&cast).await;
    cast.verify().await.unwrap_or_else(|error| panic!("{error}"));
    cast.stop().await;
}
