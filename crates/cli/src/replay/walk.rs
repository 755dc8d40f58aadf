//! Walks along a run in a terminal, forward and back, one key a step.

use console::Term;

use super::Played;
use super::keys::{Wish, wish};
use super::screen::{Position, screen};
use super::text::end;
use crate::failure::Failure;
use crate::layout::paragraph;
use crate::output::Output;
use crate::paint::Tone;

/// Another screen without a cursor, so that what was there before comes back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Shows the run until somebody has seen enough; then says in a line what its end shows.
///
/// # Errors
/// If the terminal cannot be written.
pub fn walk(played: &Played, out: &mut Output) -> Result<(), Failure> {
    out.write(ENTER)?;
    let shown = show(played, out);
    out.write(LEAVE)?;
    shown?;
    out.toned(Tone::Faint, &paragraph("", &played.claim()))?;
    end(played, out)
}

fn show(played: &Played, out: &mut Output) -> Result<(), Failure> {
    let terminal = Term::stdout();
    let mut position = Position::default();
    loop {
        // The terminal may have another size at every key.
        let (rows, columns) = terminal.size();
        let size = (usize::from(rows), usize::from(columns));
        let lines = screen(played, &mut position, size, out.paint);
        // Each line is cleared to its end, and what is below the last is cleared too: nothing
        // flickers, and nothing of another step stays.
        let drawn = lines.join("\x1b[K\r\n");
        out.write(&format!("\x1b[H{drawn}\x1b[K\x1b[J"))?;
        // A terminal that is gone has seen enough.
        let Ok(key) = terminal.read_key_raw() else { return Ok(()) };
        match wish(&key) {
            Wish::Quit if !position.help => return Ok(()),
            asked => position = position.after(asked, played.last()),
        }
        if out.closed() {
            return Ok(());
        }
    }
}
