//! What is on the screen at one step.

use std::ops::Range;

use super::Played;
use super::blocks::{Row, blocks};
use super::keys::{HELP, Wish};
use super::text::happened;
use crate::layout::wrapped;
use crate::paint::{Paint, Tone};

/// The fewest and the most columns that are used.
const COLUMNS: (usize, usize) = (40, 140);
/// The keys that are always told.
const FOOT: &str = "→ on  ← back  g first  G last  ? keys  q quit";

/// Where somebody is who walks along a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The step; 0 is the beginning.
    pub step: usize,
    /// So many lines are above the screen.
    pub above: usize,
    /// The keys are shown.
    pub help: bool,
}

impl Position {
    /// Where a wish leads, in a run of so many steps.
    pub fn after(self, wish: Wish, last: usize) -> Self {
        let at = |step: usize| Self { step, above: 0, help: false };
        match wish {
            Wish::Forward if self.step < last => at(self.step + 1),
            Wish::Back if self.step > 0 => at(self.step - 1),
            Wish::First => at(0),
            Wish::Last => at(last),
            Wish::Up(lines) => Self { above: self.above.saturating_sub(lines), ..self },
            Wish::Down(lines) => Self { above: self.above + lines, ..self },
            Wish::Help => Self { help: !self.help, ..self },
            _ => Self { help: false, ..self },
        }
    }
}

/// The lines of the screen, at most `rows`, each of at most `columns`; the last tells the keys.
/// Corrects `position` if it is below the end.
pub fn screen(
    played: &Played,
    position: &mut Position,
    (rows, columns): (usize, usize),
    paint: Paint,
) -> Vec<String> {
    let room = columns.clamp(COLUMNS.0, COLUMNS.1);
    let body = if position.help { help(paint) } else { step(played, position.step, room, paint) };
    let visible = rows.saturating_sub(2).max(1);
    let most = body.len().saturating_sub(visible);
    position.above = position.above.min(most);
    let shown = position.above..(position.above + visible).min(body.len());
    let more = more(&body, &shown);
    let mut lines: Vec<String> =
        body.into_iter().skip(shown.start).take(visible).map(|row| row.text).collect();
    lines.resize(visible, String::new());
    lines.push(String::new());
    let foot: String = format!("{FOOT}{more}").chars().take(columns).collect();
    lines.push(paint.tone(Tone::Faint, &foot));
    lines
}

/// How many lines are above and below those that are shown; a star if something in them changed.
fn more(body: &[Row], shown: &Range<usize>) -> String {
    let told = |arrow: &str, hidden: &[Row]| {
        let star = if hidden.iter().any(|row| row.changed) { "*" } else { "" };
        if hidden.is_empty() { String::new() } else { format!("  {arrow} {}{star}", hidden.len()) }
    };
    let above = body.get(..shown.start).unwrap_or_default();
    let below = body.get(shown.end..).unwrap_or_default();
    told("↑", above) + &told("↓", below)
}

fn help(paint: Paint) -> Vec<Row> {
    let mut lines = vec![paint.tone(Tone::Strong, "Keys"), String::new()];
    lines.extend(HELP.iter().map(|(keys, what)| format!("  {keys:<20}{what}")));
    lines.push(String::new());
    lines.push("  + is new, * has changed, - is gone;".into());
    lines.push("  ↓ 9* at the foot: 9 lines are below, and something in them changed".into());
    lines.into_iter().map(Row::still).collect()
}

fn step(played: &Played, number: usize, room: usize, paint: Paint) -> Vec<Row> {
    let mut lines = vec![title(played, number, room, paint), String::new()];
    lines.extend(happened(played, number, room, paint));
    if number == played.last() {
        let (tone, text) = played.ending();
        lines.push(String::new());
        lines.extend(wrapped("  ", &text, room).lines().map(|line| paint.tone(tone, line)));
        for meaning in played.meaning() {
            lines.extend(wrapped("    ", &meaning, room).lines().map(str::to_owned));
        }
    }
    lines.push(String::new());
    let mut rows: Vec<Row> = lines.into_iter().map(Row::still).collect();
    rows.extend(blocks(&played.marked(number), room, paint));
    rows
}

/// The step at the left, a dot a step, and the scope at the right as far as there is room.
fn title(played: &Played, number: usize, room: usize, paint: Paint) -> String {
    let left = played.number(number);
    let mut used = left.chars().count();
    let mut line = paint.tone(Tone::Strong, &left);
    let planned = played.retold.planned;
    if used + 2 + planned <= room && planned > 0 {
        line.push_str(&format!("  {}", "●".repeat(number)));
        line.push_str(&paint.tone(Tone::Faint, &"○".repeat(planned - number)));
        used += 2 + planned;
    }
    let place = played.place();
    let length = place.chars().count();
    if used + 2 + length <= room {
        line.push_str(&" ".repeat(room - used - length));
        line.push_str(&paint.tone(Tone::Faint, &place));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest() -> Played {
        let file = "registration-answer-kept+account-fixed--never-bound-without-registered-account";
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/replays");
        let path = std::path::PathBuf::from(format!("{folder}/{file}.json"));
        super::super::played(&path).unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn a_screen_is_as_large_as_the_terminal_and_no_line_is_torn() {
        let played = longest();
        for (rows, columns) in [(24, 80), (40, 120), (24, 60), (5, 80), (60, 200)] {
            for step in 0..=played.last() {
                let mut position = Position { step, ..Position::default() };
                let lines = screen(&played, &mut position, (rows, columns), Paint::none());
                assert_eq!(lines.len(), rows);
                for line in &lines {
                    assert!(line.chars().count() <= columns, "{columns} columns: {line}");
                }
                assert!(lines[rows - 1].starts_with(FOOT), "{}", lines[rows - 1]);
                assert!(lines[0].starts_with(&format!("Step {step} of 16")), "{}", lines[0]);
            }
        }
    }

    #[test]
    fn what_is_below_the_screen_can_be_reached_and_is_counted() {
        let played = longest();
        let mut position = Position { step: played.last(), ..Position::default() };
        let lines = screen(&played, &mut position, (20, 80), Paint::none());
        let foot = lines.last().expect("there");
        let below = foot.rsplit_once("↓ ").map(|(_, below)| below).expect("more is below");
        let hidden = below.strip_suffix('*').expect("something below has changed");
        position = position.after(Wish::Down(1_000), played.last());
        let lines = screen(&played, &mut position, (20, 80), Paint::none());
        assert_eq!(position.above.to_string(), hidden);
        assert!(!lines.last().expect("there").contains('↓'));
        assert_eq!(position.after(Wish::Back, played.last()).above, 0);
    }

    #[test]
    fn keys_lead_along_the_run_and_not_beyond_its_ends() {
        let at = |step| Position { step, ..Position::default() };
        for (from, wish, to) in [
            (0, Wish::Forward, 1),
            (3, Wish::Forward, 3),
            (3, Wish::Back, 2),
            (0, Wish::Back, 0),
            (1, Wish::Last, 3),
            (2, Wish::First, 0),
            (2, Wish::Nothing, 2),
        ] {
            assert_eq!(at(from).after(wish, 3), at(to), "{wish:?}");
        }
        let help = at(2).after(Wish::Help, 3);
        assert_eq!((help.help, help.after(Wish::Quit, 3)), (true, at(2)));
        let lines = screen(&longest(), &mut help.clone(), (24, 80), Paint::none());
        assert!(HELP.iter().all(|(keys, _)| lines.iter().any(|line| line.contains(keys))));
    }
}
