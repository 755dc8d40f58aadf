//! What is sent after a store has failed.

use super::hands::{Handed, Hands, Hold, Saving};
use super::*;
use crate::store::memory::MemoryStore;
use crate::store::suite::letter;
use crate::store::{Change, Head, Saved};

/// What comes back of a decision if the store fails before it has written it, or afterwards.
async fn doubtful(store: &Arc<MemoryStore>, hands: &Hands, number: u8, is_written: bool) {
    let (person, owed) = (Person::from_store(format!("person {number}")), vec![letter(number, 0)]);
    let hold: Hold = hands.take(&person, owed.clone()).unwrap();
    let after = Head { version: 1, ..Head::NEW };
    let change = Change { owed, ..Change::nothing(person, Head::NEW, after) };
    let store = Arc::clone(store);
    let failing = Box::pin(async move {
        if is_written {
            assert_eq!(store.save(change).await?, Saved::Done);
        }
        Err(StoreError::Closed)
    });
    assert!(Saving::new(failing, hold).await.is_err());
}

#[tokio::test]
async fn of_letters_that_a_store_wrote_before_it_failed_those_that_are_there_are_sent() {
    let (store, hands) = (Arc::new(MemoryStore::new()), Hands::default());
    let mut handed = hands.open();
    hands.fall_behind(false);
    doubtful(&store, &hands, 1, true).await;
    doubtful(&store, &hands, 2, false).await;
    hands.close();
    let mut sent = Vec::new();
    while let Some(handed) = handed.recv().await {
        match handed {
            Handed::Doubtful(hold) => send_written(&*store, hold, |_| {}).await,
            Handed::Letter(letter) => sent.push(letter.due.owed.idempotency_key),
            Handed::Saving(_) => panic!("whoever decided has waited"),
        }
    }
    assert_eq!(sent, ["key 1"]);
}
