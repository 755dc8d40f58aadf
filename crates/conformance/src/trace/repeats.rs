//! What is set once and never again, and what comes again and moves nothing.

use bindproof::bank::binding::{self, Binding};
use bindproof::bank::debit::Debit;
use bindproof::journal::Event;
use bindproof::wallet::operation::{self, Operation};
use bindproof::wallet::{link, link::Link};

use super::finding::Wrong;
use super::line::Ordered;
use super::properties::{Seen, Step};
use crate::key::Key;

fn text(key: Option<Key>) -> String {
    key.map_or_else(|| "none".to_owned(), |key| key.to_string())
}

impl Step<'_> {
    /// The account of a binding, the account of a link and the binding for which an account was
    /// made stay.
    pub(super) fn identities(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        const NAME: &str = "identity-never-changes";
        let (what, set, now) = match (self.event, self.moved.orders) {
            (Event::Link { id, account, .. }, orders) => {
                let claims = matches!(orders, Ordered::Link(orders)
                    if orders.iter().any(|order| order == link::Order::ClaimPerson));
                let made = account.and_then(|account| self.records.accounts.get(&account));
                let made_for = made.and_then(|made| made.created_for).filter(|_| claims);
                match made_for {
                    Some(_) => (format!("account {} is made", text(*account)), made_for, Some(*id)),
                    None => {
                        let on = self.records.links.get(id).and_then(|refs| refs.account);
                        (format!("the account of link {id}"), on, *account)
                    }
                }
            }
            (Event::Binding { id, .. }, Ordered::Binding(orders))
                if orders.iter().any(|order| order == binding::Order::SendLinkRequest) =>
            {
                let set = self.records.bindings.get(id).and_then(|refs| refs.account);
                let now = self.line.received.as_ref().and_then(|received| received.account);
                // Set now, if it was not before: then it is what it is.
                (format!("the account of binding {id}"), set.or(now), now)
            }
            _ => return Ok(()),
        };
        let Some(set) = set else { return Ok(()) };
        seen(NAME);
        match now == Some(set) {
            true => Ok(()),
            false => Err(Wrong::property(NAME, what, set.to_string(), text(now))),
        }
    }

    /// What comes again under an id that is known changes nothing more.
    pub(super) fn repetitions(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        const NAME: &str = "same-key-same-answer";
        let again = match *self.event {
            Event::Binding { id, input: binding::Input::Asked(_) } => {
                self.records.binding(id) != Binding::ABSENT
            }
            Event::Debit { operation, .. } => self.records.debit(operation) != Debit::Absent,
            Event::Link { id, input: link::Input::RegistrationAsked(_), .. } => {
                self.records.link(id) != Link::ABSENT
            }
            Event::Operation { id, input: operation::Input::Requested { .. }, .. } => {
                self.records.operation(id) != Operation::Absent
            }
            _ => false,
        };
        if !again {
            return Ok(());
        }
        seen(NAME);
        match self.moved.applied() {
            false => Ok(()),
            true => {
                let (about, kind, input) = super::trail::about(self.event);
                let what = format!("{kind} {about}, {input} again");
                let found = self.moved.decided.to_string();
                Err(Wrong::property(NAME, what, "nothing moves", found))
            }
        }
    }
}
