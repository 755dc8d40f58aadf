//! How the servers name records: by sixteen bytes that say nothing about anybody.

use std::fmt;

use bindproof::wire::{
    AccountId, BindingId, ChallengeId, DeviceKey, OperationId, PersonRef, RequestId,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The key of a record in a store and in a journal: an id as it is, or a digest of what names the
/// record. Written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key of what `parts` name together; `label` keeps kinds of records apart.
    pub fn derived(label: &str, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        digest.update(label.as_bytes());
        for part in parts {
            // The length goes first, so that no two lists of parts run together.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Self(bytes)
    }

    /// The record of a device on an account.
    pub fn of_device(account: Self, device: &DeviceKey) -> Self {
        Self::derived("device", &[&account.0, device.as_bytes()])
    }

    /// The path of a device's key, whatever account it runs on.
    pub fn of_device_path(device: &DeviceKey) -> Self {
        Self::derived("path", &[device.as_bytes()])
    }

    /// The path of all strangers together. It is one of many of the same key: each person has one.
    pub fn of_strangers() -> Self {
        Self::derived("strangers", &[])
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::hex::encode(&self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 lower-case hexadecimal digits")]
pub struct KeyError;

impl std::str::FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        crate::hex::decode(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(KeyError)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! same_bytes {
    ($($id:ident)+) => { $(
        impl From<$id> for Key {
            fn from(id: $id) -> Self {
                Self(*id.as_bytes())
            }
        }
        impl From<Key> for $id {
            fn from(key: Key) -> Self {
                Self::from_bytes(key.0)
            }
        }
    )+ };
}
same_bytes!(AccountId BindingId ChallengeId OperationId RequestId);

/// Whose records they are: the shard key of every table.
///
/// A person, as bank and wallet name her. What nobody has named a person for yet is a shard of its
/// own: an end for a binding never seen, an operation on an account that is not there, a recovery
/// that names no account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(String);

impl Person {
    /// A person under the reference that bank and wallet share.
    pub fn known(person: PersonRef) -> Self {
        Self(format!("person:{}", person.as_str()))
    }

    /// The shard of a binding that came up before its person did.
    pub fn of_binding(binding: BindingId) -> Self {
        Self(format!("binding:{binding}"))
    }

    /// The shard of what is asked of an account that is not there.
    pub fn of_account(account: AccountId) -> Self {
        Self(format!("account:{account}"))
    }

    /// The shard of an operation that names nobody.
    pub fn of_operation(operation: OperationId) -> Self {
        Self(format!("operation:{operation}"))
    }

    /// Whether this is the shard of an account, whether it is there or not.
    pub fn is_accounts(&self) -> bool {
        self.0.starts_with("account:")
    }

    /// The person under whose reference this shard is kept, if it is kept under one.
    pub fn reference(&self) -> Option<PersonRef> {
        self.0.strip_prefix("person:")?.parse().ok()
    }

    /// Whether this is the shard of an operation that names nobody.
    pub fn is_nobody(&self) -> bool {
        self.0.starts_with("operation:")
    }

    /// The shard key as a store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shard key with this text, as a store gives it back.
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// The person in journals: nothing that says who she is.
    pub fn journal_key(&self) -> Key {
        Key::derived("person", &[self.0.as_bytes()])
    }

    /// Whether this is the person with that reference, and not a shard of its own.
    pub fn is(&self, person: PersonRef) -> bool {
        self.0.strip_prefix("person:") == Some(person.as_str())
    }
}
