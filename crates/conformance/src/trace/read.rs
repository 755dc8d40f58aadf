//! Reads journals line by line, the earliest first.

use std::io::{self, BufRead, Read as _};

use thiserror::Error;

use super::bounds::{self, JOURNALS_MAX, LINE_MAX};
use super::engine::Checker;
use super::hash::take_hash;
use super::line::{End, Ending, FORMAT, Header, Line};
use super::report::{Report, Undecided};
use super::{Extent, Source};
use crate::key::Key;

/// Why files cannot be checked at all.
#[derive(Debug, Error)]
pub enum TraceError {
    /// One cannot be read.
    #[error("{file}: cannot be read: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// One is no journal.
    #[error("{file}: line 1: {message}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong with its header.
        message: String,
    },
}

/// A file that is being read.
struct Reading<R> {
    source: Source<R>,
    number: u64,
    buffer: String,
    /// The line that comes next.
    next: Option<Next>,
    ended: Option<(u64, End)>,
}

/// A line that was read and not taken yet.
struct Next {
    line: Line<Key>,
    hash: Option<String>,
}

/// What a line of a file is.
enum Read {
    Line,
    Unreadable(String),
    Nothing,
}

impl<R: BufRead> Reading<R> {
    fn begin(source: Source<R>) -> Result<(Self, Header), TraceError> {
        let mut reading =
            Self { source, number: 0, buffer: String::new(), next: None, ended: None };
        let malformed =
            |file: &str, message: String| TraceError::Malformed { file: file.to_owned(), message };
        match reading.read()? {
            Read::Line => {}
            Read::Unreadable(why) => return Err(malformed(&reading.source.file, why)),
            Read::Nothing => {
                return Err(malformed(&reading.source.file, "the file is empty".into()));
            }
        }
        let header: Header = serde_json::from_str(&reading.buffer)
            .map_err(|error| malformed(&reading.source.file, error.to_string()))?;
        if header.trace != FORMAT {
            let message = format!("`{}` is not known; this is {FORMAT}", header.trace);
            return Err(malformed(&reading.source.file, message));
        }
        bounds::header(&header).map_err(|message| malformed(&reading.source.file, message))?;
        Ok((reading, header))
    }

    /// Reads the next line into the buffer, without its end.
    fn read(&mut self) -> Result<Read, TraceError> {
        let mut bytes = std::mem::take(&mut self.buffer).into_bytes();
        bytes.clear();
        let long = self.read_bytes(&mut bytes);
        let file = || self.source.file.clone();
        let long = long.map_err(|error| TraceError::Unreadable { file: file(), error })?;
        self.number += 1;
        if bytes.is_empty() {
            return Ok(Read::Nothing);
        }
        if long {
            return Ok(Read::Unreadable(format!("longer than {LINE_MAX} bytes")));
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.buffer = text,
            Err(error) => return Ok(Read::Unreadable(error.utf8_error().to_string())),
        }
        self.buffer.truncate(self.buffer.trim_end_matches(['\n', '\r']).len());
        Ok(Read::Line)
    }

    /// Reads the next line with its end; whether it is longer than a line may be, and its rest was
    /// passed over.
    fn read_bytes(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let lines = &mut self.source.lines;
        lines.by_ref().take(LINE_MAX + 1).read_until(b'\n', bytes)?;
        let long = bytes.len() as u64 > LINE_MAX;
        if long && bytes.last() != Some(&b'\n') {
            lines.skip_until(b'\n')?;
        }
        Ok(long)
    }

    fn advance(&mut self) -> Result<Read, TraceError> {
        self.next = None;
        match self.read()? {
            Read::Line => {}
            other => return Ok(other),
        }
        let hash = take_hash(&mut self.buffer);
        match serde_json::from_str::<Line<Key>>(&self.buffer) {
            Ok(_) if self.ended.is_some() => {
                Ok(Read::Unreadable("nothing stands behind the end".into()))
            }
            Ok(line) => match bounds::line(&line) {
                Ok(()) => {
                    self.next = Some(Next { line, hash });
                    Ok(Read::Line)
                }
                Err(outside) => Ok(Read::Unreadable(outside)),
            },
            Err(error) => match serde_json::from_str::<Ending>(&self.buffer) {
                Ok(ending) if self.ended.is_none() => {
                    self.ended = Some((self.number, ending.end));
                    bounds::end(ending.end)
                        .map_or_else(|e| Ok(Read::Unreadable(e)), |()| self.advance())
                }
                _ => Ok(Read::Unreadable(error.to_string())),
            },
        }
    }
}

pub(super) fn check<R: BufRead>(
    sources: Vec<Source<R>>,
    extent: Extent,
) -> Result<Report, TraceError> {
    let mut checker = Checker::new(extent);
    let mut readings = Vec::new();
    for source in sources {
        let (reading, header) = Reading::begin(source)?;
        let malformed =
            |message| TraceError::Malformed { file: reading.source.file.clone(), message };
        if readings.len() == JOURNALS_MAX {
            return Err(malformed(format!("more than {JOURNALS_MAX} journals at once")));
        }
        let file = checker.begin(&reading.source.file, &header).map_err(malformed)?;
        readings.push((file, reading));
    }
    for (file, reading) in &mut readings {
        forward(&mut checker, *file, reading)?;
    }
    // The earliest comes first, so that little has to wait for the other side; but what stands
    // further on in a journal of several files comes behind what stands before it.
    let earliest = |checker: &Checker, readings: &[(u16, Reading<R>)]| {
        let next = readings.iter().enumerate().filter_map(|(at, (file, reading))| {
            let line = &reading.next.as_ref()?.line;
            Some((checker.is_early(*file, line), line.at_ms, at))
        });
        next.min().map(|(.., at)| at)
    };
    while let Some(at) = earliest(&checker, &readings) {
        let (file, reading) = &mut readings[at];
        if let Some(Next { line, hash }) = reading.next.take() {
            checker.line(*file, reading.number, line, &reading.buffer, hash);
        }
        forward(&mut checker, *file, reading)?;
    }
    for (file, reading) in &readings {
        match reading.ended {
            Some((number, end)) => checker.ended(*file, number, (end.lines, end.persons)),
            None => checker.doubt(*file, reading.number, Undecided::NoEnd),
        }
    }
    Ok(checker.finish())
}

/// Reads on to the next line that can be read.
fn forward<R: BufRead>(
    checker: &mut Checker,
    file: u16,
    reading: &mut Reading<R>,
) -> Result<(), TraceError> {
    while let Read::Unreadable(why) = reading.advance()? {
        checker.unreadable(file, reading.number, why);
    }
    Ok(())
}
