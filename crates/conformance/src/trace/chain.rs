//! The journal of one person at one server: that its lines are all there, in their places, and not
//! changed. What they say is looked at elsewhere.

use std::collections::VecDeque;

use super::Extent;
use super::finding::{Fault, Wrong};
use super::hash::hash_of;
use super::joint::Need;
use super::line::Line;
use super::records::Records;
use super::report::Undecided;
use super::trail::Trail;
use super::transaction::Transaction;
use crate::key::Key;

/// How many requests of clients are remembered, to tell one that comes twice.
const RECENT: usize = 32;

/// A line that was read, and where.
#[derive(Clone, Debug)]
pub struct Item {
    /// The number of its file.
    pub file: u16,
    /// The number of its line in that file, counted from 1.
    pub number: u64,
    /// The line.
    pub line: Line<Key>,
    /// Lines are missing before it.
    pub gap: bool,
}

/// The journal of one person at one server.
#[derive(Debug)]
pub struct Chain {
    /// The number of the server.
    pub server: u16,
    /// Whose.
    pub person: Key,
    /// The numbers of the files in which there are lines of it.
    pub files: Vec<u16>,
    /// Lines that were read and not looked at yet: the first one waits for something.
    pub queue: VecDeque<Item>,
    /// What the first one waits for.
    pub blocked: Option<Need>,
    /// Something is wrong with this journal; the rest of it is not looked at.
    pub broken: bool,
    /// The records as far as it was looked at.
    pub records: Records,
    /// The transaction that is not committed yet.
    pub transaction: Option<Transaction>,
    /// How many transactions were looked at.
    pub transactions: u64,
    /// What happened last.
    pub trail: Trail,
    recent: VecDeque<Key>,
    next: u64,
    hash: Option<String>,
    version: Option<u64>,
    open: bool,
    at_ms: i64,
}

/// What could not be told of a line.
pub type Doubts = Vec<Undecided>;

/// A line that begins or continues its journal as it should.
#[derive(Debug)]
pub struct Admitted {
    /// Lines are missing before it.
    pub gap: bool,
    /// What could not be told of it.
    pub doubts: Doubts,
}

impl Chain {
    /// The journal of this person, of which nothing was read yet.
    pub fn new(server: u16, person: Key, window_ms: i64) -> Self {
        Self {
            server,
            person,
            files: Vec::new(),
            queue: VecDeque::new(),
            blocked: None,
            broken: false,
            records: Records::new(window_ms),
            transaction: None,
            transactions: 0,
            trail: Trail::default(),
            recent: VecDeque::new(),
            next: 0,
            hash: None,
            version: None,
            open: false,
            at_ms: i64::MIN,
        }
    }

    /// Whether a line begins or continues this journal as it should: its place, its hash, its
    /// version, its time.
    ///
    /// # Errors
    /// The first of these that does not fit.
    pub fn admit(
        &mut self,
        line: &Line<Key>,
        text: &str,
        hash: Option<String>,
        skew_ms: i64,
        extent: Extent,
    ) -> Result<Admitted, Wrong> {
        let mut doubts = Doubts::new();
        let first = self.at_ms == i64::MIN;
        let gap = self.placed(line, first, extent, &mut doubts)?;
        self.chained(text, hash, first, &mut doubts)?;
        self.versioned(line, first, &mut doubts)?;
        if line.at_ms < self.at_ms.saturating_sub(skew_ms) {
            let (expected, found) = (format!("{} or later", self.at_ms), line.at_ms.to_string());
            return Err(Wrong::new(Fault::TimeWentBack, 96, "at_ms", expected, found));
        }
        self.at_ms = self.at_ms.max(line.at_ms);
        self.open = line.commit.is_none() && line.version.is_some();
        if line.commit.is_none() && line.version.is_none() {
            doubts.push(Undecided::NoCommit);
        }
        Ok(Admitted { gap, doubts })
    }

    /// What happened in lines that are missing nobody knows: nothing is known of the records, and
    /// nobody sees the end of the transaction that was open.
    pub fn forget(&mut self) {
        self.records = Records::new(self.records.window_ms);
        self.transaction = None;
    }

    /// Whether lines are missing before this one. Those before the gap may wait for the other side
    /// and not have been looked at.
    fn placed(
        &mut self,
        line: &Line<Key>,
        first: bool,
        extent: Extent,
        doubts: &mut Doubts,
    ) -> Result<bool, Wrong> {
        let wrong = |found: String| {
            let expected = self.next.to_string();
            Err(Wrong::new(Fault::OutOfPlace, 96, "sequence", expected, found))
        };
        let Some(place) = line.place() else { return wrong("none".into()) };
        if first {
            self.records.whole = place == 0;
        }
        if place < self.next || (place > self.next && extent == Extent::Whole) {
            return wrong(place.to_string());
        }
        let gap = place > self.next;
        if gap {
            doubts.push(if first { Undecided::BeginningMissing } else { Undecided::LinesMissing });
            (self.hash, self.version, self.open) = (None, None, false);
        }
        self.next = place + 1;
        Ok(gap)
    }

    fn chained(
        &mut self,
        text: &str,
        hash: Option<String>,
        first: bool,
        doubts: &mut Doubts,
    ) -> Result<(), Wrong> {
        let Some(hash) = hash else {
            if self.hash.is_some() {
                let expected = "one, as on the lines before";
                return Err(Wrong::new(Fault::ChainBroken, 96, "hash", expected, "none"));
            }
            doubts.push(Undecided::NotChained);
            return Ok(());
        };
        let before = match &self.hash {
            Some(before) => Some(before.as_str()),
            None => (first && self.next == 1).then_some(""),
        };
        if let Some(before) = before {
            let expected = hash_of(before, text);
            if expected != hash {
                return Err(Wrong::new(Fault::ChainBroken, 96, "hash", expected, hash));
            }
        }
        self.hash = Some(hash);
        Ok(())
    }

    fn versioned(
        &mut self,
        line: &Line<Key>,
        first: bool,
        doubts: &mut Doubts,
    ) -> Result<(), Wrong> {
        let Some(version) = line.version else {
            doubts.push(Undecided::NoVersion);
            return Ok(());
        };
        let expected = match (self.version, self.open) {
            (Some(before), true) => Some(before),
            (Some(before), false) => Some(before + 1),
            (None, _) => (first && self.records.whole).then_some(1),
        };
        if let Some(expected) = expected.filter(|expected| *expected != version) {
            let (expected, found) = (expected.to_string(), version.to_string());
            return Err(Wrong::new(Fault::Transaction, 96, "version", expected, found));
        }
        self.version = Some(version);
        Ok(())
    }

    /// Whether lines have not been read yet that stand before this one.
    pub fn is_early(&self, line: &Line<Key>) -> bool {
        line.place().is_some_and(|place| place > self.next)
    }

    /// Whether the last transaction that was read lacks its end.
    pub const fn is_torn(&self) -> bool {
        self.open
    }

    /// Notes that a client's request was taken.
    ///
    /// # Errors
    /// If it moves something, and was taken just before.
    pub fn take(&mut self, request: Option<Key>, moves: bool) -> Result<(), Wrong> {
        let Some(request) = request else { return Ok(()) };
        if self.recent.contains(&request) {
            if !moves {
                return Ok(());
            }
            let what = format!("request {request}");
            return Err(Wrong::new(Fault::TakenTwice, 123, what, "taken once", "taken twice"));
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(request);
        Ok(())
    }
}
