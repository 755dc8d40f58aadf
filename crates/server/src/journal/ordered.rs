//! What the steps order on the events of a journal, seen again.

use bindproof::bank::binding;
use bindproof::journal::{Event, Records as _};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::{self, Terms};

use super::Records;
use crate::key::Key;

/// An order of one of the steps that order anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// Of a binding's step.
    Binding(binding::Order),
    /// Of a link's.
    Link(link::Order),
    /// Of an operation's.
    Operation(operation::Order),
}

/// What is ordered on this event, on the records as they were before it.
pub fn ordered(terms: Terms<'_>, records: &Records, event: Event<Key>) -> Vec<Ordered> {
    match event {
        Event::Binding { id, input } => {
            let verdict = binding::step(records.binding(id), input);
            verdict.orders().map(Ordered::Binding).collect()
        }
        Event::Link { id, account, input } => {
            let account = account.map_or(Account::Absent, |account| records.account(account));
            let verdict = link::step(link::View { link: records.link(id), account }, input);
            verdict.orders().map(Ordered::Link).collect()
        }
        Event::Operation { id, account, device, path, input } => {
            let view = operation::View {
                operation: records.operation(id),
                account: account.map_or(Account::Absent, |account| records.account(account)),
                device: device.map_or(Device::Unknown, |device| records.device(device)),
                lock: path.map_or(Lock::OPEN, |path| records.lock(path)),
            };
            let verdict = operation::step(terms, view, input);
            verdict.orders().map(Ordered::Operation).collect()
        }
        Event::Debit { .. } | Event::Device { .. } | Event::Lock { .. } => Vec::new(),
    }
}
