//! What numbers and names a journal may hold. What is outside is a finding at its line, so that
//! nothing that is counted on from a number of a file can ever be too much to count.

use bindproof::settings::SKEW_MS;

use super::line::{End, Header, Line, Touched};
use crate::key::Key;

/// The largest number in a journal: what every language that reads JSON counts exactly.
pub const COUNT_MAX: u64 = (1 << 53) - 1;
/// The largest time in a journal, in milliseconds since 1970.
pub const TIME_MAX_MS: i64 = (1 << 53) - 1;
/// The most by which the clocks of a server's instances may differ, in milliseconds: what the
/// specification lets a time of issue lie ahead.
pub const SKEW_MAX_MS: i64 = SKEW_MS;
/// How long the name of a server may be, and an idempotency key, in bytes.
pub const NAME_MAX: usize = 64;
/// How long a line of a file may be, with its end, in bytes.
pub const LINE_MAX: u64 = 1 << 20;
/// How many servers journals may name, all together.
pub const NAMES_MAX: usize = u16::MAX as usize;
/// How many journals are checked together.
pub const JOURNALS_MAX: usize = 4096;

/// Whether a header keeps to them, and to the bounds of limits and times.
///
/// # Errors
/// What is outside, and how it has to be.
pub fn header(header: &Header) -> Result<(), String> {
    header.limits.check().map_err(|error| error.to_string())?;
    header.timing.check().map_err(|error| error.to_string())?;
    named("server", &header.server)?;
    if !(0..=SKEW_MAX_MS).contains(&header.skew_ms) {
        let found = header.skew_ms;
        return Err(format!("skew_ms is {found} and must be from 0 to {SKEW_MAX_MS}"));
    }
    Ok(())
}

/// Whether a line keeps to them.
///
/// # Errors
/// What is outside, and how it has to be.
pub fn line(line: &Line<Key>) -> Result<(), String> {
    counted("sequence", line.place())?;
    counted("version", line.version)?;
    at("at_ms", Some(line.at_ms))?;
    counted("commit.lines", line.commit.as_ref().map(|commit| commit.lines))?;
    for letter in line.commit.iter().flat_map(|commit| &commit.owed) {
        named("commit.owed.key", &letter.key)?;
    }
    line.after.iter().try_for_each(|touched| counted("after.version", Some(version(touched))))?;
    let Some(received) = &line.received else { return Ok(()) };
    at("received.issued_ms", received.issued_ms)?;
    at("received.until_ms", received.until_ms)?;
    counted("received.amount_minor", received.amount_minor)?;
    received.from.as_deref().map_or(Ok(()), |from| named("received.from", from))?;
    received.key.as_deref().map_or(Ok(()), |key| named("received.key", key))
}

/// Whether an end keeps to them.
///
/// # Errors
/// What is outside, and how it has to be.
pub fn end(end: End) -> Result<(), String> {
    counted("end.lines", Some(end.lines))?;
    counted("end.persons", Some(end.persons))
}

const fn version(touched: &Touched<Key>) -> u64 {
    match touched {
        Touched::Binding(touch) => touch.version,
        Touched::Debit(touch) => touch.version,
        Touched::Link(touch) => touch.version,
        Touched::Account(touch) => touch.version,
        Touched::Device(touch) => touch.version,
        Touched::Operation(touch) => touch.version,
        Touched::Lock(touch) => touch.version,
        Touched::Instrument(touch) => touch.version,
    }
}

fn counted(member: &str, number: Option<u64>) -> Result<(), String> {
    match number.filter(|number| *number > COUNT_MAX) {
        None => Ok(()),
        Some(found) => Err(format!("{member} is {found} and must be {COUNT_MAX} at most")),
    }
}

fn at(member: &str, ms: Option<i64>) -> Result<(), String> {
    match ms.filter(|ms| !(0..=TIME_MAX_MS).contains(ms)) {
        None => Ok(()),
        Some(found) => Err(format!(
            "{member} is {found} and must be milliseconds since 1970, from 0 to {TIME_MAX_MS}"
        )),
    }
}

fn named(member: &str, name: &str) -> Result<(), String> {
    match (1..=NAME_MAX).contains(&name.len()) {
        true => Ok(()),
        false => Err(format!("{member} is {} bytes long and must be 1 to {NAME_MAX}", name.len())),
    }
}
