//! A one-time code is brought to nobody if it is known that nothing waits for it any more, and to
//! everybody else.

use std::sync::Arc;
use std::time::Duration;

use bindproof::policy::Environment;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors};
use bindproof::wire::{
    AccountId, Action, ChallengeId, ContactRef, DeviceKey, OperationId, OperationRequest,
};
use bindproof_server::development::OpenInbox;
use bindproof_server::drive::wallet::CHALLENGE;
use bindproof_server::key::{Key, Person};
use bindproof_server::letter::Letter;
use bindproof_server::record::{OperationRefs, RecordKind};
use bindproof_server::service::run_wallet;
use bindproof_server::store::memory::MemoryStore;
use bindproof_server::store::{Change, DirectoryRow, Head, OwedRow, Row, Saved, Slot, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::lanes::{notice, parts, signer};

/// How long what is owed may take.
const PATIENCE: Duration = Duration::from_secs(60);

const OPEN: Operation =
    Operation::Challenged { demand: Demand::Factors(Factors::Two), tries_left: 5 };

fn contact(number: u8) -> ContactRef {
    format!("tel:+1-555-01{number:02}").parse().unwrap()
}

/// Person `number` is owed the code of a challenge whose operation stands at `state`, or of which
/// nothing is known. It was given up.
async fn owes(store: &dyn Store, number: u8, state: Option<Operation>) {
    let challenge = ChallengeId::from_bytes([number; 16]);
    let letter = Letter::OneTimeCode(challenge, contact(number));
    let owed = OwedRow {
        slot: Slot::Code,
        key: challenge.into(),
        lane: letter.lane(),
        letter: serde_json::to_string(&letter).unwrap(),
        forever: false,
        dead: true,
        ..notice("north", number, 0)
    };
    let (rows, directory) = state.map(|state| of_operation(number, state)).unzip();
    let after = Head { version: 1, ..Head::NEW };
    let person = Person::from_store(format!("person {number}"));
    let change = Change {
        owed: vec![owed],
        rows: rows.into_iter().collect(),
        directory: directory.into_iter().collect(),
        ..Change::nothing(person, Head::NEW, after)
    };
    assert_eq!(store.save(change).await.unwrap(), Saved::Done);
}

fn of_operation(number: u8, state: Operation) -> (Row, DirectoryRow) {
    let (operation, challenge) =
        (OperationId::from_bytes([number; 16]), ChallengeId::from_bytes([number; 16]));
    let account = Some(AccountId::from_bytes([number; 16]));
    let request = OperationRequest {
        operation,
        account,
        device: DeviceKey::from_bytes([number; 32]),
        environment: Environment::Normal,
        action: Action::SignIn,
    };
    let refs = OperationRefs {
        request,
        account,
        challenge: Some(challenge),
        signed: false,
        ceremony: None,
        enrolment: None,
        debited_ms: None,
    };
    let row = Row {
        kind: RecordKind::Operation,
        key: Key::from(operation),
        version: 1,
        state: serde_json::to_string(&state).unwrap(),
        refs: serde_json::to_string(&refs).unwrap(),
        live: true,
    };
    let id = challenge.to_string();
    (row, DirectoryRow { scope: CHALLENGE, id, value: operation.to_string() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_taken_up_again_is_brought_unless_nothing_waits_for_it_any_more() {
    let (stop, stopping) = watch::channel(false);
    let (mut running, store) = (JoinSet::new(), Arc::new(MemoryStore::new()));
    let cases = [(Some(OPEN), true), (Some(Operation::Expired), false), (None, true)];
    for (number, (state, _)) in (1..).zip(cases) {
        owes(&*store, number, state).await;
    }
    let inbox = Arc::new(OpenInbox::default());
    let wallet = parts("wallet", signer("wallet", 3), Vec::new(), store.clone());
    let wallet = Arc::new(wallet.wallet(Arc::clone(&inbox), None).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    run_wallet(&mut running, &wallet, listener, &stopping);
    assert_eq!(store.resume(0).await.unwrap(), 3);
    let settled = async {
        while store.owed().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, settled).await.expect("nothing is owed any more");
    for (number, (state, brought)) in (1..).zip(cases) {
        assert_eq!(inbox.take(contact(number)).is_some(), brought, "{state:?}");
    }
    let _ = stop.send(true);
    running.shutdown().await;
}
