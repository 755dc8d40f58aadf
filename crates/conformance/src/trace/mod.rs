//! Journals of running servers, checked.
//!
//! A journal is a file of one JSON object a line (see [`mod@line`]). The journals of both sides go
//! in together. What happened is put into an order in
//! which nothing is received before it was sent; then, for every entry,
//!
//! * its place, its hash and its transaction are looked at,
//! * the facts in its input are derived again from the message and the records, as far as a journal
//!   holds what they rest on,
//! * the specification's own step is run again, and verdict, orders and records are compared,
//! * what was received is compared with what the other side sent, what was owed with what was
//!   ordered,
//! * and the safety properties are read on the run of the person, and on both halves of her
//!   bindings.
//!
//! Memory grows with the records, with what servers have asked of each other, and with what waits
//! for the other side. Lines that were looked at are not held, and no line is too long to be.

mod apply;
pub mod bounds;
mod chain;
mod engine;
mod facts;
pub mod finding;
pub mod guards;
pub mod hash;
mod joint;
pub mod line;
mod pairs;
mod payments;
mod properties;
mod read;
mod records;
mod repeats;
mod replay;
pub mod report;
pub mod tell;
pub mod trail;
mod transaction;

use std::io::BufRead;

pub use finding::{Fault, Finding};
pub use read::TraceError;
pub use report::{Report, Undecided, Verdict};

/// A journal: the name of its file, and what is in it.
pub struct Source<R> {
    /// The name, for reports.
    pub file: String,
    /// The lines.
    pub lines: R,
}

/// How much of what happened stands in journals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All there is, from the beginning to the end: nothing may be missing.
    Whole,
    /// What is there: anything may be missing, and is not decided then.
    Partial,
}

/// Checks journals together, which are of this extent.
///
/// # Errors
/// If a file cannot be read, or does not begin as a journal does.
pub fn check<R: BufRead>(sources: Vec<Source<R>>, extent: Extent) -> Result<Report, TraceError> {
    read::check(sources, extent)
}
