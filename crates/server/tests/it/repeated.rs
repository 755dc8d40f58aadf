//! What a client repeats under its key is answered, and done once.

use bindproof::wire::{Action, Amount, Proof, Settled, Standing};
use bindproof_server::client::{BankClient, Told, WalletClient};
use bindproof_server::demo::Cast;
use bindproof_server::development::SoftKey;
use ed25519_dalek::SigningKey;

use crate::folder::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_set_a_payment_going_is_told_again_how_the_payment_stands() {
    let folder = Folder::new("repeated");
    let cast = Cast::start(folder.path()).await.unwrap();
    let bank = BankClient::open(&cast.urls[0], "ada".parse().unwrap(), cast.world.clone());
    let bank = bank.await.unwrap();
    let asked = bank.bind("north-bank-card".parse().unwrap(), bank.new_key()).await.unwrap();
    let binding = asked.binding;
    let code = loop {
        if let Standing::Active { code } = bank.query(binding).await.unwrap().standing {
            break code;
        }
    };
    let device = SigningKey::from_bytes(&cast.world.bytes());
    let phone = WalletClient::new(&cast.urls[2], device, cast.world.clone());
    let key = SoftKey::new(cast.world.bytes());
    let account = phone.account_of(binding).await.unwrap();
    let Told::Challenge(challenge) = phone.request(account, Action::SignIn).await.unwrap() else {
        panic!("the account is hers only once she has shown who she is");
    };
    let sent = loop {
        if let Some(sent) = cast.inbox.take("tel:+1-555-0100".parse().unwrap()) {
            break sent;
        }
        tokio::task::yield_now().await;
    };
    let ceremony = phone.ceremony(&challenge).await.unwrap();
    let proof = Proof {
        binding_code: code,
        one_time_code: sent.parse().ok(),
        authenticator: key.enrol(&ceremony).parse().ok(),
        ..Proof::default()
    };
    let told = phone.answer(&challenge, proof).await.unwrap();
    assert_eq!(told.unwrap().settled, Settled::Executed);

    let amount = Amount::new(100, "EUR".parse().unwrap()).unwrap();
    let pay = Action::Pay { binding, amount, payee: "shop".parse().unwrap() };
    let Told::Challenge(challenge) = phone.request(account, pay).await.unwrap() else {
        panic!("a first payment takes two factors");
    };
    let ceremony = phone.ceremony(&challenge).await.unwrap();
    let assertion = key.assert(&ceremony, true).parse().ok();
    let (proof, under) = (Proof { assertion, ..Proof::default() }, phone.new_key());
    let first = phone.answer_under(under, &challenge, proof).await.unwrap();
    assert_eq!(first, None, "the bank is asked first");
    let outcome = phone.outcome(challenge.operation, account, pay).await.unwrap();
    assert_eq!(outcome.settled, Settled::Executed);
    let again = phone.answer_under(under, &challenge, proof).await.unwrap();
    assert_eq!(again, Some(outcome));
    let other = phone.answer(&challenge, proof).await.unwrap_err().to_string();
    assert!(other.starts_with("refused: challenge_expired"), "another answer: {other}");
    while !cast.is_quiet().await.unwrap() {
        tokio::task::yield_now().await;
    }
    cast.verify().await.unwrap_or_else(|error| panic!("{error}"));
    cast.stop().await;
}
