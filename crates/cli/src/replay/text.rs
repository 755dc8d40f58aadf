//! A run to read from the beginning to the end, or one step of it.

use bindproof_models::replay::memory::{Mark, Marked};

use super::Played;
use super::blocks::{blocks, entry};
use crate::failure::Failure;
use crate::layout::{columns, heads, paragraph, width, wrapped};
use crate::output::Output;
use crate::paint::{Paint, Tone};

/// What happened in a step, in lines of `room` columns: the sentence, what fired, and what is
/// violated. Of two worlds, a column for each.
pub fn happened(played: &Played, number: usize, room: usize, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |text: String, tone: Tone| {
        lines.extend(text.lines().map(|line| paint.tone(tone, line)));
    };
    match played.step(number) {
        None => add(wrapped("  ", "before anything happens", room), Tone::Strong),
        Some(step) => {
            add(wrapped("  ", &step.sentence, room), Tone::Strong);
            match &step.beside {
                Some(beside) => {
                    add(columns(4, &heads(), room), Tone::Faint);
                    add(columns(4, &[step.fired.clone(), beside.fired.clone()], room), Tone::Plain);
                }
                None if step.fired.is_empty() => {
                    add(wrapped("    ", "no rule fires", room), Tone::Faint);
                }
                None => {
                    step.fired.iter().for_each(|f| add(wrapped("    ", f, room), Tone::Plain));
                }
            }
        }
    }
    for name in played.violated(number) {
        add(wrapped("    ", &format!("violates {name}"), room), Tone::Bad);
    }
    if played.replay.loop_from == Some(number) {
        add(wrapped("    ", "from here it goes round, for ever", room), Tone::Doubtful);
    }
    lines
}

/// Prints every step with what it changed, and what the end shows.
///
/// # Errors
/// If it cannot be written.
pub fn all(played: &Played, out: &mut Output) -> Result<(), Failure> {
    let room = width();
    beginning(played, out)?;
    for number in 0..=played.last() {
        out.toned(Tone::Faint, &played.number(number))?;
        for line in happened(played, number, width(), out.paint) {
            out.line(&line)?;
        }
        let marked = played.marked(number);
        let told: Vec<&Marked> = if number == 0 {
            marked.iter().collect()
        } else {
            marked.iter().filter(|marked| marked.mark != Mark::Same).collect()
        };
        let mut place = None;
        for marked in told {
            if place.replace(marked.line.place) != Some(marked.line.place) {
                out.toned(Tone::Faint, &format!("      {}", marked.line.place.name()))?;
            }
            for (text, tone) in entry(marked, room.saturating_sub(8)) {
                out.toned(tone, &format!("        {text}"))?;
            }
        }
        out.line("")?;
    }
    end(played, out)
}

/// Prints what the end shows, and what that means.
///
/// # Errors
/// If it cannot be written.
pub fn end(played: &Played, out: &mut Output) -> Result<(), Failure> {
    let (tone, text) = played.ending();
    out.toned(tone, &paragraph("", &text))?;
    for meaning in played.meaning() {
        out.line(&paragraph("  ", &meaning))?;
    }
    Ok(())
}

fn beginning(played: &Played, out: &mut Output) -> Result<(), Failure> {
    out.line(&paragraph("", &played.claim()))?;
    let legend = "+ is new, * has changed, - is gone; --step N shows all that is remembered";
    out.toned(Tone::Faint, &paragraph("", legend))?;
    out.line("")
}

/// Prints one step with all that is remembered after it, and at the last what the end shows.
///
/// # Errors
/// If it cannot be written.
pub fn step(played: &Played, number: usize, out: &mut Output) -> Result<(), Failure> {
    let heading = format!("{}, {}", played.number(number), played.place());
    out.toned(Tone::Faint, &paragraph("", &heading))?;
    for line in happened(played, number, width(), out.paint) {
        out.line(&line)?;
    }
    out.line("")?;
    for row in blocks(&played.marked(number), width(), out.paint) {
        out.line(&row.text)?;
    }
    if number == played.last() {
        out.line("")?;
        end(played, out)?;
    }
    Ok(())
}
