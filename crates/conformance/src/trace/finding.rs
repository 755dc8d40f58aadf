//! What is wrong with a journal, where, and why.

use std::fmt;

use bindproof::control::Control;
use bindproof::journal::Decided;

use super::trail::Mark;
use crate::key::Key;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A line has not the shape of one.
    Unreadable,
    /// A line follows another version of the protocol.
    OtherProtocol,
    /// A line is not in its place: one is missing, doubled or moved.
    OutOfPlace,
    /// A line's hash does not follow from the line before.
    ChainBroken,
    /// A transaction is missing, doubled, torn or moved.
    Transaction,
    /// The clock of a server went back further than its instances may differ.
    TimeWentBack,
    /// The step decides otherwise on the records as they were.
    DecidesOtherwise,
    /// The step orders something else.
    OrdersOtherwise,
    /// What was written is not what the step writes.
    WritesOtherwise,
    /// A fact in the input is not what the records and the message say.
    OtherFact,
    /// The input is not what the message means.
    OtherMessage,
    /// What is owed to another server is not what was ordered.
    OwesOtherwise,
    /// A deadline passed too early, or was overdue and not stepped first.
    Deadline,
    /// What follows from an order in the same transaction is missing.
    OrderNotObeyed,
    /// A step follows from nothing.
    Uncaused,
    /// A message or an answer was received that its sender did not send.
    NeverSent,
    /// It was received otherwise than its sender sent it.
    SentOtherwise,
    /// The same request was taken twice.
    TakenTwice,
    /// The journal is not whole, and was said to be.
    NotWhole,
    /// A property of the whole run does not hold.
    Property,
}

impl Fault {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::OtherProtocol => "other-protocol",
            Self::OutOfPlace => "out-of-place",
            Self::ChainBroken => "chain-broken",
            Self::Transaction => "transaction",
            Self::TimeWentBack => "time-went-back",
            Self::DecidesOtherwise => "decides-otherwise",
            Self::OrdersOtherwise => "orders-otherwise",
            Self::WritesOtherwise => "writes-otherwise",
            Self::OtherFact => "other-fact",
            Self::OtherMessage => "other-message",
            Self::OwesOtherwise => "owes-otherwise",
            Self::Deadline => "deadline",
            Self::OrderNotObeyed => "order-not-obeyed",
            Self::Uncaused => "uncaused",
            Self::NeverSent => "never-sent",
            Self::SentOtherwise => "sent-otherwise",
            Self::TakenTwice => "taken-twice",
            Self::NotWhole => "not-whole",
            Self::Property => "property",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is wrong, before it is known where: what a look at one entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What kind of thing.
    pub fault: Fault,
    /// The requirement that is not met, by the number in its id.
    pub requirement: u16,
    /// The property that does not hold: here, or of servers that lack the guard.
    pub property: Option<&'static str>,
    /// The guard that the server lacks, if what it has done is what one without it does.
    pub guard: Option<Control>,
    /// What it is about: a fact, a record, a message.
    pub what: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Wrong {
    /// This is wrong, under this requirement.
    pub fn new(
        fault: Fault,
        requirement: u16,
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (what, expected, found) = (what.into(), expected.into(), found.into());
        Self { fault, requirement, property: None, guard: None, what, expected, found }
    }

    /// That property does not hold.
    pub fn property(
        property: &'static str,
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let requirement = super::report::requirement_of(property);
        let wrong = Self::new(Fault::Property, requirement, what, expected, found);
        Self { property: Some(property), ..wrong }
    }
}

/// Something is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line in it, counted from 1.
    pub line: u64,
    /// The server.
    pub server: String,
    /// Whose journal.
    pub person: Option<Key>,
    /// The place in that journal.
    pub sequence: Option<u64>,
    /// What the entry says was decided.
    pub decided: Option<Decided>,
    /// What is wrong.
    pub wrong: Wrong,
    /// What led to it, as far as it is remembered, on both sides.
    pub run: Vec<Mark>,
}

impl Finding {
    /// "BIND-096".
    pub fn requirement(&self) -> String {
        crate::requirements::id(self.wrong.requirement)
    }
}
