//! Stdout. A reader who has seen enough is no error.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;
use crate::paint::{Paint, Tone};

/// Stdout, and how it is painted.
pub struct Output {
    /// How it is painted.
    pub paint: Paint,
    closed: bool,
}

impl Output {
    /// The stdout of this process.
    pub fn new() -> Self {
        Self { paint: Paint::for_stdout(), closed: false }
    }

    /// Whether nobody reads any more.
    pub const fn closed(&self) -> bool {
        self.closed
    }

    /// Writes `text` and a line's end.
    ///
    /// # Errors
    /// If stdout cannot be written; not if its reader has left.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(&format!("{text}\n"))
    }

    /// Writes `text` in a tone, and a line's end.
    ///
    /// # Errors
    /// As for [`Output::line`].
    pub fn toned(&mut self, tone: Tone, text: &str) -> Result<(), Failure> {
        let painted: Vec<String> = text.lines().map(|line| self.paint.tone(tone, line)).collect();
        self.line(&painted.join("\n"))
    }

    /// Writes `text` as it is.
    ///
    /// # Errors
    /// As for [`Output::line`].
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written.map_err(Failure::Unwritable),
        }
    }
}
