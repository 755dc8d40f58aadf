//! A wallet's records, and what they become.

mod ending;
mod facts;
mod link;
mod operation;
mod own;
mod proof;

use bindproof::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bindproof::control::AllOn;
use bindproof::message::LinkStatus;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::person::{Matched, matched};
use bindproof::wire::{
    AccountId, BindingId, ChallengeId, DeviceKey, Issuer, OperationId, OperationRequest, PersonRef,
};

use super::{Within, World};

pub use link::{Arrived, FromBank};
pub use proof::{Asserted, Offer};

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRecord {
    /// Whose namespace it lies in.
    pub bank: Issuer,
    /// The account that it hangs on.
    pub account: Option<AccountId>,
    /// Its state.
    pub state: Link,
    /// When its approval expires.
    pub deadline: Option<Within>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Whose it is.
    pub person: PersonRef,
    /// Its state.
    pub state: Account,
    /// The binding for which a bank had it made.
    pub created_for: Option<BindingId>,
    /// Which bank.
    pub bank: Option<Issuer>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRecord {
    /// What was asked for.
    pub request: OperationRequest,
    /// The request was signed by the device's key.
    pub signed: bool,
    /// The account on which it runs.
    pub account: Option<AccountId>,
    /// Who proved to be its person, where the request names no account.
    pub person: Option<PersonRef>,
    /// Its state.
    pub state: Operation,
    /// Its challenge, once the wallet has named it.
    pub challenge: Option<ChallengeId>,
    /// The authenticator that its answer brought.
    pub enrolment: Option<String>,
    /// When its state expires.
    pub deadline: Option<Within>,
    /// What the bank has answered the wallet's request for the debit.
    pub debit: Option<bool>,
}

/// Whose wrong answers are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// A trusted device's.
    Device(DeviceKey),
    /// Of those who present a binding's code.
    Code(BindingId),
    /// All others', of a person.
    Strangers(PersonRef),
    /// All others', of an account that is not there.
    Nobodys(AccountId),
}

/// The records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Under what it runs.
    pub rules: Arc<Settings>,
    /// Its links.
    pub links: BTreeMap<BindingId, LinkRecord>,
    /// Its accounts.
    pub accounts: BTreeMap<AccountId, AccountRecord>,
    /// Its devices.
    pub devices: BTreeMap<(AccountId, DeviceKey), Device>,
    /// The authenticator that was enrolled on a device.
    pub authenticators: BTreeMap<(AccountId, DeviceKey), String>,
    /// Its operations.
    pub operations: BTreeMap<OperationId, OperationRecord>,
    /// Its locks.
    pub locks: BTreeMap<Counted, Lock>,
    /// Every notice that came to be owed.
    pub notices: BTreeSet<(BindingId, LinkStatus)>,
}

impl Wallet {
    /// No records.
    pub fn new(rules: Arc<Settings>) -> Self {
        Self {
            rules,
            links: BTreeMap::new(),
            accounts: BTreeMap::new(),
            devices: BTreeMap::new(),
            authenticators: BTreeMap::new(),
            operations: BTreeMap::new(),
            locks: BTreeMap::new(),
            notices: BTreeSet::new(),
        }
    }

    /// Which account is the person's.
    pub fn matched(&self, person: PersonRef) -> Matched<AccountId> {
        let hers = self.accounts.iter().filter(|(_, record)| record.person == person);
        matched(AllOn, hers.map(|(id, record)| (*id, record.state)))
    }

    /// An account's state.
    pub fn account(&self, account: Option<AccountId>) -> Account {
        let record = account.and_then(|account| self.accounts.get(&account));
        record.map_or(Account::Absent, |record| record.state)
    }

    /// A link's state.
    pub fn link(&self, binding: BindingId) -> Link {
        self.links.get(&binding).map_or(Link::ABSENT, |record| record.state)
    }

    /// A device's state.
    pub fn device(&self, account: Option<AccountId>, device: DeviceKey) -> Device {
        let known = account.and_then(|account| self.devices.get(&(account, device)));
        known.copied().unwrap_or(Device::Unknown)
    }

    /// An operation's state.
    pub fn operation(&self, operation: OperationId) -> Operation {
        self.operations.get(&operation).map_or(Operation::Absent, |record| record.state)
    }
}

impl World for Wallet {
    fn moves(&self, now: Within) -> Vec<Self> {
        let mut moved = Vec::new();
        let may = |deadline: Option<Within>| deadline.is_some_and(|due| due.may_have_passed(now));
        for (id, record) in &self.operations {
            let mut after = self.clone();
            match record.state {
                Operation::Authenticated { .. } => {
                    after.execute(*id, now);
                    moved.push(after);
                }
                Operation::Debiting if record.debit.is_some() => {
                    after.debit_decided(*id, record.debit.unwrap_or_default());
                    moved.push(after);
                }
                _ => {}
            }
            if record.state.is_under_way() && may(record.deadline) {
                let mut after = self.clone();
                after.operation_expires(*id);
                moved.push(after);
            }
        }
        for (id, record) in &self.links {
            if may(record.deadline) {
                let mut after = self.clone();
                after.approval_expires(*id);
                moved.push(after);
            }
        }
        moved
    }

    fn is_overdue(&self, now: Within) -> bool {
        let has = |deadline: Option<Within>| deadline.is_some_and(|due| due.has_passed(now));
        self.links.values().any(|record| has(record.deadline))
            || self.operations.values().any(|record| has(record.deadline))
    }
}
