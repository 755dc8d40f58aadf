//! Strangers to a person, however many, do not keep her from her own records, and learn nothing by
//! being kept out.

use bindproof::policy::Environment;
use bindproof::wire::{
    AccountId, Action, DeviceKey, Envelope, IssuedAt, OperationId, OperationRequest, RequestId,
    Version,
};
use bindproof_server::client::WalletClient;
use bindproof_server::clock::World;
use bindproof_server::demo::Cast;
use bindproof_server::development::SoftKey;
use bindproof_server::hex;
use bindproof_server::http::client::{Outgoing, json_request};
use bindproof_server::http::rate::Rates;
use ed25519_dalek::SigningKey;
use tokio::task::JoinSet;

use crate::folder::Folder;

/// More requests than anybody needs to meet the limit.
const MANY: u32 = 100_000;
/// How many strangers ask at once: one after the other might be no quicker than is allowed.
const AT_ONCE: u32 = 8;
const PATH: &str = "/v1/operation_request";

/// What a stranger asks by.
#[derive(Clone)]
struct Stranger {
    url: String,
    world: World,
    outgoing: Outgoing,
}

/// A stranger asks to sign in to an account, without a signature; whether he is told that there
/// were too many of late, and nothing of the protocol's.
async fn asks(stranger: Stranger, account: AccountId) -> bool {
    let Stranger { url, world, outgoing } = stranger;
    let key = hex::encode(&world.uuid());
    let message = OperationRequest {
        operation: OperationId::from_bytes(world.uuid()),
        account: Some(account),
        device: DeviceKey::from_bytes(world.bytes()),
        environment: Environment::Normal,
        action: Action::SignIn,
    };
    let envelope = Envelope {
        protocol: Version,
        request_id: RequestId::from_bytes(world.uuid()),
        idempotency_key: key.parse().ok(),
        issued_at: IssuedAt::new(world.now_ms()).unwrap(),
        message,
    };
    let body = serde_json::to_vec(&envelope).unwrap();
    let request = json_request(&url, PATH, Some(&key), body).unwrap();
    let answer = outgoing.send(request).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    answer.status == 429 && said.get("code").is_none()
}

/// How many strangers are let through until one is kept out.
async fn let_through(stranger: &Stranger, account: AccountId) -> u32 {
    let mut through = 0;
    while through < MANY {
        let mut asking = JoinSet::new();
        for _ in 0..AT_ONCE {
            asking.spawn(asks(stranger.clone(), account));
        }
        let kept_out = asking.join_all().await.into_iter().filter(|kept_out| *kept_out).count();
        through += AT_ONCE - kept_out as u32;
        if kept_out > 0 {
            return through;
        }
    }
    panic!("nobody was kept out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_about_too_often_by_strangers_is_served_and_they_are_not() {
    let folder = Folder::new("strangers");
    let cast = Cast::start(folder.path()).await.unwrap();
    let (url, world) = (cast.urls[2].clone(), cast.world.clone());
    let stranger = Stranger { url, world: world.clone(), outgoing: Outgoing::new() };
    let device = SigningKey::from_bytes(&world.bytes());
    let phone = WalletClient::new(&cast.urls[2], device, world.clone());
    let begun = phone.registration().await.unwrap();
    let ceremony = begun.invitation["ceremony"].as_str().unwrap();
    let made = SoftKey::new(world.bytes()).enrol(ceremony).parse().unwrap();
    let account = phone.register(begun.account, made).await.unwrap();
    let nobodys = AccountId::from_bytes(world.uuid());
    // What she does herself takes none of their places, and so tells them nothing.
    let operation = phone.new_operation();
    for _ in 0..50 {
        phone.ask(operation, account, Action::VerifyIdentity).await.unwrap();
    }
    let burst = Rates::default().strangers_burst;
    for of in [account, nobodys] {
        assert!(let_through(&stranger, of).await >= burst);
    }
    for _ in 0..10 {
        phone.request(account, Action::VerifyIdentity).await.unwrap();
        let_through(&stranger, account).await;
    }
    let other = AccountId::from_bytes(world.uuid());
    assert!(!asks(stranger, other).await, "of each account by itself");
    cast.stop().await;
}
