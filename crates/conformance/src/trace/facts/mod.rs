//! Whether the facts in an input are what the records and the message say. A step believes its
//! input; this is where a server that derives a fact wrongly is found.
//!
//! Facts that rest on what no journal holds (a proof, an authentication, a balance) are taken as
//! said; `docs/trace.md` lists them.

mod binding;
mod context;
mod link;
mod needs;
mod operation;

use needs::is_brought;
pub use needs::left_out;
pub use operation::begun;

use std::fmt::Debug;

use bindproof::journal::Event;
use bindproof::message::Message;
use bindproof::settings::Settings;
use bindproof::wallet::{device, lock};

use super::finding::{Fault, Wrong};
use super::line::{Line, Received};
use super::records::Records;
use crate::key::Key;

/// What is looked at with one entry.
pub struct Look<'a> {
    /// The rules of its server.
    pub rules: &'a Settings,
    /// The person's records before it.
    pub records: &'a Records,
    /// Its line.
    pub line: &'a Line<Key>,
    /// The number of the name of the server that sent what it received.
    pub from: Option<u16>,
    /// The device's record that it names.
    pub device: Option<Key>,
}

/// Whether a fact was looked at.
pub type Looked = Result<(), Wrong>;

impl<'a> Look<'a> {
    /// Looks at every fact in `event` that follows from records and message. Gives how many could
    /// not be looked at for want of what the line does not say.
    ///
    /// # Errors
    /// The first fact that is another.
    pub fn facts(&self, event: &Event<Key>) -> Result<u64, Wrong> {
        if is_brought(event) {
            self.not_overdue(self.records.first_due_ms())?;
        }
        match event {
            Event::Binding { id, input } => self.binding(*id, input),
            Event::Debit { operation, input } => self.debit(*operation, input),
            Event::Link { id, account, input } => self.link(*id, *account, input),
            Event::Operation { id, account, device, path, input } => {
                self.operation(*id, *account, *device, *path, input)
            }
            Event::Device { id, input } => {
                self.nothing_received()?;
                if *input == device::Input::Aged {
                    let age_ms = i64::try_from(self.rules.timing.device_age_ms).unwrap_or(i64::MAX);
                    let since_ms = self.records.devices.get(id).and_then(|refs| refs.trusted_ms);
                    self.has_passed(since_ms.map(|since_ms| since_ms.saturating_add(age_ms)))?;
                }
                Ok(0)
            }
            Event::Lock { path, input } => {
                self.nothing_received()?;
                if *input == lock::Input::LockEnded {
                    self.has_passed(self.records.locks.get(path).and_then(|refs| refs.due_ms))?;
                }
                Ok(0)
            }
        }
    }

    /// What was received, which has to be one of `messages`; none if the line does not say.
    fn received(&self, messages: &[Message]) -> Result<Option<&'a Received<Key>>, Wrong> {
        let Some(received) = &self.line.received else { return Ok(None) };
        if messages.contains(&received.message) {
            return Ok(Some(received));
        }
        let names: Vec<&str> = messages.iter().map(|message| message.name()).collect();
        let found = received.message.name();
        Err(Wrong::new(Fault::OtherMessage, 71, "message", names.join(" or "), found))
    }

    /// A deadline, an order or the server itself brought this.
    fn nothing_received(&self) -> Looked {
        match &self.line.received {
            None => Ok(()),
            Some(received) => {
                let found = received.message.name();
                Err(Wrong::new(Fault::OtherMessage, 71, "message", "none", found))
            }
        }
    }

    /// Whether a request was issued within the window.
    fn is_fresh(&self, received: &Received<Key>) -> Option<bool> {
        received.issued_ms.map(|issued_ms| self.rules.is_fresh(issued_ms, self.line.at_ms))
    }

    /// Whether a deadline has passed.
    fn has_passed(&self, due_ms: Option<i64>) -> Looked {
        let early = |due_ms: &i64| self.line.at_ms.saturating_add(self.rules.skew_ms) < *due_ms;
        match due_ms.filter(early) {
            None => Ok(()),
            Some(due_ms) => {
                let expected = format!("passes at {due_ms} ms");
                let found = format!("passed at {} ms", self.line.at_ms);
                Err(Wrong::new(Fault::Deadline, 25, "deadline", expected, found))
            }
        }
    }

    /// That no such deadline had passed before this: overdue inputs step first.
    fn not_overdue(&self, due_ms: Option<i64>) -> Looked {
        let late = |due_ms: &i64| self.line.at_ms > due_ms.saturating_add(self.rules.skew_ms);
        match due_ms.filter(late) {
            None => Ok(()),
            Some(due_ms) => {
                let expected = format!("the deadline of {due_ms} ms is stepped first");
                let found = format!("this, at {} ms", self.line.at_ms);
                Err(Wrong::new(Fault::Deadline, 25, "overdue", expected, found))
            }
        }
    }
}

/// That a fact is what it should be, if that is known. Counts what is not.
fn same<T: PartialEq + Debug>(
    name: &str,
    requirement: u16,
    expected: Option<T>,
    found: T,
    unlooked: &mut u64,
) -> Looked {
    match expected {
        None => {
            *unlooked += 1;
            Ok(())
        }
        Some(expected) if expected == found => Ok(()),
        Some(expected) => {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            Err(Wrong::new(Fault::OtherFact, requirement, name, expected, found))
        }
    }
}
