//! The records of one person, as far as a replay of her journal has come.

use std::collections::BTreeMap;

use bindproof::bank::binding::Binding;
use bindproof::bank::debit::Debit;
use bindproof::journal;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;
use serde::Serialize;

use super::Owing;
use crate::key::Key;
use crate::record::RecordKind;

/// Records that a replay writes.
#[derive(Clone, Debug, Default)]
pub struct Records {
    bindings: BTreeMap<Key, Binding>,
    debits: BTreeMap<Key, Debit>,
    links: BTreeMap<Key, Link>,
    accounts: BTreeMap<Key, Account>,
    devices: BTreeMap<Key, Device>,
    operations: BTreeMap<Key, Operation>,
    locks: BTreeMap<Key, Lock>,
    /// What is to be sent.
    pub(super) owing: Owing,
}

impl Records {
    /// What the decisions so far say is to be sent.
    pub const fn owing(&self) -> &Owing {
        &self.owing
    }

    /// The state of a record in the form in which a store has it, if it was ever written; none for
    /// a kind that no step knows.
    pub fn state(&self, kind: RecordKind, key: Key) -> Option<Option<String>> {
        fn form<S: Serialize>(state: Option<&S>) -> Option<String> {
            state.and_then(|state| serde_json::to_string(state).ok())
        }
        Some(match kind {
            RecordKind::Binding => form(self.bindings.get(&key)),
            RecordKind::Debit => form(self.debits.get(&key)),
            RecordKind::Link => form(self.links.get(&key)),
            RecordKind::Account => form(self.accounts.get(&key)),
            RecordKind::Device => form(self.devices.get(&key)),
            RecordKind::Operation => form(self.operations.get(&key)),
            RecordKind::Lock => form(self.locks.get(&key)),
            RecordKind::Instrument | RecordKind::Authenticator | RecordKind::Answer => return None,
        })
    }
}

macro_rules! kept {
    ($($read:ident $write:ident $map:ident: $state:ty = $absent:expr;)+) => {
        impl journal::Records<Key> for Records { $(
            fn $read(&self, key: Key) -> $state {
                self.$map.get(&key).copied().unwrap_or($absent)
            }
            fn $write(&mut self, key: Key, state: $state) {
                self.$map.insert(key, state);
            }
        )+ }
    };
}
kept! {
    binding write_binding bindings: Binding = Binding::ABSENT;
    debit write_debit debits: Debit = Debit::Absent;
    link write_link links: Link = Link::ABSENT;
    account write_account accounts: Account = Account::Absent;
    device write_device devices: Device = Device::Unknown;
    operation write_operation operations: Operation = Operation::Absent;
    lock write_lock locks: Lock = Lock::OPEN;
}
