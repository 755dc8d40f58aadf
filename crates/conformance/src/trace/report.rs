//! What a check of journals found.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::line::Role;

/// What the check as a whole says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that journals can decide was decided, and is as it should be.
    Holds,
    /// Something is wrong.
    Violated,
    /// Nothing is wrong with what was looked at, but not everything could be.
    Undecided,
}

/// What could not be looked at, and why. None of it is said of journals that are whole and of both
/// sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undecided {
    /// The beginning of a person's journal is not there.
    BeginningMissing,
    /// Lines are missing in the middle.
    LinesMissing,
    /// A record is stepped of which nothing is known, so that the step cannot be run again.
    UnknownRecord,
    /// The line does not say what a fact rests on.
    UnknownFact,
    /// A line does not say what was received, or leaves out what that is compared by.
    MessageLeftOut,
    /// What was received came from a server whose journal is not there.
    OtherSideMissing,
    /// What was received was not sent within the journal of its sender.
    SenderCut,
    /// The last transaction is torn.
    Torn,
    /// Lines have no hashes: nobody can say whether one was changed later.
    NotChained,
    /// Lines have no version: nobody can say whether a transaction is missing.
    NoVersion,
    /// No line says what a transaction owes to other servers.
    NoCommit,
    /// A journal has no end.
    NoEnd,
}

impl Undecided {
    /// It in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::BeginningMissing => "the beginning of a person's journal is not there",
            Self::LinesMissing => "lines are missing in the middle of a person's journal",
            Self::UnknownRecord => "an entry steps a record of which nothing is known",
            Self::UnknownFact => "a line does not say what a fact rests on",
            Self::MessageLeftOut => "a line leaves out a message, or what it is compared by",
            Self::OtherSideMissing => "a message came from a server whose journal is not there",
            Self::SenderCut => "a message was not sent within the journal of its sender",
            Self::Torn => "the last transaction of a person is torn",
            Self::NotChained => "lines have no hash: none can be told that was changed later",
            Self::NoVersion => "lines have no version: a missing transaction cannot be told",
            Self::NoCommit => "lines do not say what was committed and is owed",
            Self::NoEnd => "a journal has no end",
        }
    }

    /// Its name for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeginningMissing => "beginning_missing",
            Self::LinesMissing => "lines_missing",
            Self::UnknownRecord => "unknown_record",
            Self::UnknownFact => "unknown_fact",
            Self::MessageLeftOut => "message_left_out",
            Self::OtherSideMissing => "other_side_missing",
            Self::SenderCut => "sender_cut",
            Self::Torn => "torn",
            Self::NotChained => "not_chained",
            Self::NoVersion => "no_version",
            Self::NoCommit => "no_commit",
            Self::NoEnd => "no_end",
        }
    }
}

/// How often, and where first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub times: u64,
    /// The file and line of the first time.
    pub first: (String, u64),
}

/// How much a journal decides of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Whole,
    /// Only what the servers wrote down, not what is true of persons and proofs.
    AsSaid,
    /// Nothing.
    Nothing,
}

/// The safety properties, with how much journals decide of each: number, name, reach.
pub const PROPERTIES: &[(u16, &str, Reach)] = &[
    (1, "never-bound-without-registered-account", Reach::Whole),
    (2, "always-authenticated-when-condition-met", Reach::AsSaid),
    (3, "one-account-per-person", Reach::Whole),
    (4, "same-person-on-both-sides", Reach::Nothing),
    (5, "every-binding-was-asked-for", Reach::AsSaid),
    (6, "link-and-binding-agree", Reach::AsSaid),
    (7, "existing-account-needs-approval", Reach::AsSaid),
    (8, "pre-registered-account-captures-nothing", Reach::AsSaid),
    (9, "proof-spent-once", Reach::Whole),
    (10, "proof-fits-its-operation", Reach::AsSaid),
    (11, "no-weaker-proof-accepted", Reach::AsSaid),
    (12, "tries-bounded", Reach::Whole),
    (13, "no-live-challenge-after-the-end", Reach::Whole),
    (14, "closed-account-and-locked-path-do-nothing", Reach::Whole),
    (15, "no-debit-unless-active-on-both-sides", Reach::Whole),
    (16, "running-total-counts", Reach::Whole),
    (17, "bank-touches-only-its-own", Reach::Whole),
    (18, "only-its-parties-see-or-end-it", Reach::AsSaid),
    (19, "acknowledged-is-durable", Reach::AsSaid),
    (20, "ended-stays-ended", Reach::Whole),
    (21, "identity-never-changes", Reach::Whole),
    (22, "refusal-changes-nothing", Reach::Whole),
    (23, "same-key-same-answer", Reach::AsSaid),
    (24, "order-cannot-be-skipped", Reach::Whole),
];

/// The property of journals that end at rest.
pub const REST: &str = "quiescent-agreement";

/// The number in the id of the requirement that a property establishes.
pub fn requirement_of(property: &str) -> u16 {
    let known = PROPERTIES.iter().find(|(_, name, _)| *name == property);
    known.map_or(147, |(number, _, _)| 100 + number)
}

/// How often a property was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// How often.
    pub looked: u64,
    /// How often it did not hold.
    pub violated: u64,
}

/// One journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The file.
    pub file: String,
    /// The server.
    pub server: String,
    /// What it is.
    pub role: Role,
    /// Its lines, without header and end.
    pub lines: u64,
    /// Persons in it.
    pub persons: u64,
}

/// What a check of journals found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The journals.
    pub journals: Vec<Journal>,
    /// The names of servers, in the order of their numbers.
    pub servers: Vec<String>,
    /// Entries whose step was run again.
    pub entries: u64,
    /// Entries that were not looked at any more, after a finding about the same person.
    pub skipped: u64,
    /// Bindings of which both halves are there.
    pub joined: u64,
    /// Messages between servers that were compared on both sides, answers included.
    pub messages: u64,
    /// Messages that are still owed at the end.
    pub owed: u64,
    /// What is wrong, in the order in which it was found; only the first hundred.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub found: u64,
    /// What could not be looked at.
    pub undecided: BTreeMap<Undecided, Count>,
    /// How often each property was looked at, by its place in [`PROPERTIES`]; the one of journals
    /// that end at rest is the last.
    pub properties: Vec<Looks>,
}

/// How many findings are kept in full.
pub const FINDINGS_KEPT: usize = 100;

impl Report {
    /// What the check as a whole says.
    pub fn verdict(&self) -> Verdict {
        if self.found > 0 {
            Verdict::Violated
        } else if !self.undecided.is_empty() || self.entries == 0 {
            Verdict::Undecided
        } else {
            Verdict::Holds
        }
    }

    /// Notes that something could not be looked at.
    pub fn undecided(&mut self, what: Undecided, times: u64, at: impl FnOnce() -> (String, u64)) {
        if times > 0 {
            let count = self.undecided.entry(what);
            count.or_insert_with(|| Count { times: 0, first: at() }).times += times;
        }
    }

    /// Notes a finding.
    pub fn find(&mut self, finding: Finding) {
        if let Some(name) = finding.wrong.property {
            let at = PROPERTIES.iter().position(|(_, known, _)| *known == name);
            let at = at.or((name == REST).then_some(PROPERTIES.len()));
            if let Some(looks) = at.and_then(|at| self.properties.get_mut(at)) {
                looks.violated += 1;
            }
        }
        self.found += 1;
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(finding);
        }
    }
}
