//! What happened last: enough to draw how a finding came about.

use std::collections::VecDeque;

use bindproof::journal::{Decided, Event};
use bindproof::message::{Message, Party};

use super::line::Role;
use crate::key::Key;

/// How much of a person's past is remembered at each server.
const KEPT: usize = 12;

/// One thing that happened, in the order in which it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its place in the order in which entries were looked at.
    pub order: u64,
    /// The number of the server.
    pub server: u16,
    /// What that server is.
    pub role: Role,
    /// The line of its file.
    pub line: u64,
    /// The record.
    pub about: Key,
    /// What kind of record.
    pub kind: &'static str,
    /// What happened to it.
    pub input: &'static str,
    /// The message that brought it.
    pub message: Option<Message>,
    /// What was decided.
    pub decided: Decided,
}

impl Mark {
    /// Where the message came from, if one did.
    pub fn from(&self) -> Option<Party> {
        self.message.map(Message::from)
    }
}

/// The last things that happened to one person at one server.
#[derive(Clone, Debug, Default)]
pub struct Trail(VecDeque<Mark>);

impl Trail {
    /// Remembers this.
    pub fn push(&mut self, mark: Mark) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(mark);
    }

    /// What is remembered, the oldest first.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.0.iter()
    }
}

/// The record that an event is about, its kind, and what happened to it.
pub const fn about(event: &Event<Key>) -> (Key, &'static str, &'static str) {
    match event {
        Event::Binding { id, input } => (*id, "binding", binding(input)),
        Event::Debit { operation, .. } => (*operation, "debit", "asked"),
        Event::Link { id, input, .. } => (*id, "link", link(input)),
        Event::Operation { id, input, .. } => (*id, "operation", operation(input)),
        Event::Device { id, input } => (*id, "device", device(input)),
        Event::Lock { path, input } => (*path, "lock", lock(input)),
    }
}

const fn binding(input: &bindproof::bank::binding::Input) -> &'static str {
    use bindproof::bank::binding::Input;
    match input {
        Input::Asked(_) => "asked",
        Input::LeaveAsked { .. } => "leave asked",
        Input::StatusAsked { .. } => "status asked",
        Input::AccountFound => "account found",
        Input::AccountMissing => "account missing",
        Input::AccountRegistered => "account registered",
        Input::RegistrationRefused(_) => "registration refused",
        Input::LinkHeard(_) => "link heard",
        Input::LinkNotFound => "link not found",
        Input::InstrumentBlocked => "instrument blocked",
        Input::InstrumentUnblocked => "instrument unblocked",
        Input::Expired(_) => "deadline passed",
    }
}

const fn link(input: &bindproof::wallet::link::Input) -> &'static str {
    use bindproof::wallet::link::Input;
    match input {
        Input::RegistrationAsked(_) => "registration asked",
        Input::LinkAsked(_) => "link asked",
        Input::SuspendAsked { .. } => "suspend asked",
        Input::ResumeAsked { .. } => "resume asked",
        Input::EndAsked { .. } => "end asked",
        Input::StatusAsked(_) => "status asked",
        Input::Approved => "approved",
        Input::Declined => "declined",
        Input::EndedByHolder => "ended by holder",
        Input::AccountLeft => "account left",
        Input::Expired { .. } => "deadline passed",
        Input::CodePresented => "code presented",
        Input::CodeRenewed => "code renewed",
    }
}

const fn operation(input: &bindproof::wallet::operation::Input) -> &'static str {
    use bindproof::wallet::operation::Input;
    match input {
        Input::Requested { .. } => "requested",
        Input::Answered { .. } => "answered",
        Input::Executing(_) => "executing",
        Input::DebitDecided { .. } => "debit decided",
        Input::TargetEnded(_) => "target ended",
        Input::Expired(_) => "deadline passed",
    }
}

const fn device(input: &bindproof::wallet::device::Input) -> &'static str {
    use bindproof::wallet::device::Input;
    match input {
        Input::Revoked => "revoked",
        Input::AccountClosed => "account closed",
        Input::SessionEnded => "session ended",
        Input::Aged => "aged",
    }
}

const fn lock(input: &bindproof::wallet::lock::Input) -> &'static str {
    use bindproof::wallet::lock::Input;
    match input {
        Input::LockEnded => "lock ended",
        Input::DayEnded => "day ended",
    }
}
