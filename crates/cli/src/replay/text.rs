//! A run to read from the beginning to the end, or one step of it.

use bindproof_models::replay::memory::{Mark, Marked};

use super::Played;
use super::blocks::{blocks, entry};
use crate::failure::Failure;
use crate::layout::{paragraph, width};
use crate::output::Output;
use crate::paint::{Paint, Tone};

/// What happened in a step: the sentence, what fired, and what is violated. Lines in `room` columns
/// are made by `fit`, which takes what comes before the first word.
pub fn happened(
    played: &Played,
    number: usize,
    fit: impl Fn(&str, &str) -> String,
    paint: Paint,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |text: String, tone: Tone| {
        lines.extend(text.lines().map(|line| paint.tone(tone, line)));
    };
    match played.step(number) {
        None => add(fit("  ", "before anything happens"), Tone::Strong),
        Some(step) => {
            add(fit("  ", &step.sentence), Tone::Strong);
            for fired in &step.fired {
                add(fit("    ", fired), Tone::Plain);
            }
            if step.fired.is_empty() {
                add(fit("    ", "no rule fires"), Tone::Faint);
            }
        }
    }
    for name in played.violated(number) {
        add(fit("    ", &format!("violates {name}")), Tone::Bad);
    }
    if played.replay.loop_from == Some(number) {
        add(fit("    ", "from here it goes round, for ever"), Tone::Doubtful);
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
        for line in happened(played, number, paragraph, out.paint) {
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
    for line in happened(played, number, paragraph, out.paint) {
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
