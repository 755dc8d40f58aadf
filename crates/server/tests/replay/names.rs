//! What the small numbers of the model are called at a server. This is half of the mapping; the
//! other half, from a server's records to the model's, is `seen.rs`.
//!
//! | in the model | at a server |
//! |---|---|
//! | the person | `person`; her contact and instrument are named after her |
//! | a stranger's bank client | the session of `stranger` |
//! | binding 0 | the id that the bank made; before, one that is not there |
//! | account `a` | the `a`th account that came to be |
//! | whatever account is the person's, if none is | `nowhere`, an account that is not there |
//! | operation `o` | an id of its own; the ids are in the order of the numbers |
//! | device `d` | a key of its own, the same for everybody |

use std::sync::LazyLock;

use bindproof::wire::{
    AccountId, BindingId, Consent, ContactRef, DeviceKey, IdempotencyKey, InstrumentRef, Opaque,
    OperationId, PersonRef, Secret,
};
use bindproof_models::drive::Key as Number;
use bindproof_models::world::NONE;
use bindproof_server::development::SoftKey;
use bindproof_server::hex;
use bindproof_server::key::{Key, Person};
use bindproof_server::signature::Signer;
use ed25519_dalek::SigningKey;

use crate::view::MOST;

/// The names of one run.
#[derive(Clone, Debug)]
pub struct Names {
    /// The person.
    pub person: PersonRef,
    /// Another customer of the bank.
    pub stranger: PersonRef,
    /// The key of her request to bind.
    pub request: IdempotencyKey,
    /// When the run begins, in milliseconds since 1970.
    pub started_ms: i64,
    /// The binding.
    pub binding: BindingId,
    /// What the binding's codes are derived from.
    pub secret: Secret,
    /// The accounts, by number.
    pub accounts: Vec<AccountId>,
    /// An account that is not there.
    pub nowhere: AccountId,
    /// The operations, by number.
    pub operations: [OperationId; MOST],
}

/// What she consents to.
pub const CONSENT: Consent = Consent { bind: true, register: true };

/// What a person holds.
pub fn instrument(person: PersonRef) -> InstrumentRef {
    format!("card-{}", person.as_str()).parse().unwrap()
}

/// How a person is reached.
pub fn contact(person: PersonRef) -> ContactRef {
    format!("tel:{}", person.as_str()).parse().unwrap()
}

/// What a wallet has to know of anybody.
pub fn registration() -> Opaque {
    "sealed".parse().unwrap()
}

/// The form of a random uuid.
const fn uuid(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

impl Names {
    /// The names of a run with this number, which have nothing in common with another's.
    pub fn new(run: u64, started_ms: i64) -> Self {
        let id = |label: &str| {
            let key = Key::derived(label, &[&run.to_be_bytes()]);
            uuid(*key.as_bytes())
        };
        let operation = |number: u8| {
            let mut bytes = id("operation");
            bytes[0] = number;
            OperationId::from_bytes(bytes)
        };
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(&id("secret"));
        Self {
            person: format!("ada-{run}").parse().unwrap(),
            stranger: format!("eve-{run}").parse().unwrap(),
            request: hex::encode(&id("request")).parse().unwrap(),
            started_ms,
            binding: BindingId::from_bytes(id("binding")),
            secret: Secret::from_bytes(secret),
            accounts: Vec::new(),
            nowhere: AccountId::from_bytes(id("nowhere")),
            operations: [operation(1), operation(2)],
        }
    }

    /// The shards in which the person's records can be, hers first.
    pub fn shards(&self) -> [Person; 3] {
        let (nowhere, binding) =
            (Person::of_account(self.nowhere), Person::of_binding(self.binding));
        [Person::known(self.person), nowhere, binding]
    }

    /// The number of an account.
    pub fn account(&self, account: AccountId) -> Option<u8> {
        let place = self.accounts.iter().position(|known| *known == account);
        place.and_then(|place| u8::try_from(place).ok())
    }

    /// The number of the account that is named, if any is that is there.
    ///
    /// # Errors
    /// If it is one that nobody has heard of.
    pub fn numbered(&self, account: Option<AccountId>) -> Result<u8, String> {
        match account {
            None => Ok(NONE),
            Some(account) if account == self.nowhere => Ok(NONE),
            Some(account) => {
                self.account(account).ok_or_else(|| format!("account {account} is not known"))
            }
        }
    }

    /// The number of the record with this key.
    pub fn number(&self, key: Key) -> Option<Number> {
        let mut all = vec![(Key::from(self.binding), Number::Binding(0))];
        for o in 0..MOST {
            all.push((self.operations[o].into(), Number::Operation(o as u8)));
        }
        for (a, account) in self.accounts.iter().enumerate() {
            all.push(((*account).into(), Number::Account(a as u8)));
            for d in 0..MOST {
                let key = Key::of_device((*account).into(), &device_key(d));
                all.push((key, Number::Device(a as u8, d as u8)));
            }
        }
        all.into_iter().find(|(known, _)| *known == key).map(|(_, number)| number)
    }
}

/// The devices: those of the model, and one that is somebody else's.
static DEVICES: LazyLock<[Signer; MOST + 1]> = LazyLock::new(|| {
    std::array::from_fn(|number| {
        let secret = SigningKey::from_bytes(&[100 + number as u8; 32]);
        let id = DeviceKey::from_bytes(secret.verifying_key().to_bytes()).to_string();
        Signer::new(id, secret)
    })
});

/// The keys of the devices.
static DEVICE_KEYS: LazyLock<[DeviceKey; MOST + 1]> =
    LazyLock::new(|| DEVICES.each_ref().map(|signer| DeviceKey::from_bytes(signer.public())));

/// The signer of a device; its key's id is the key.
pub fn device(number: usize) -> &'static Signer {
    &DEVICES[number]
}

/// The key of a device.
pub fn device_key(number: usize) -> DeviceKey {
    DEVICE_KEYS[number]
}

/// The authenticator on the holder's device.
pub fn authenticator() -> SoftKey {
    SoftKey::new([200; 32])
}
