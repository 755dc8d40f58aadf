//! What is remembered, as blocks: a place a block, the bank's side at the left and the wallet's at
//! the right where there is room for both.

use bindproof_models::replay::memory::{Mark, Marked, Place};

use crate::layout::wrapped;
use crate::paint::{Paint, Tone};

/// With fewer columns than this the blocks stand one below the other.
const TWO_COLUMNS: usize = 76;
/// Blanks between two columns.
const GAP: usize = 2;

/// A line of a block: what it says, and how it is meant.
type Cell = (String, Tone);

/// A line across the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line, painted.
    pub text: String,
    /// Something in it is new, has changed, or is gone.
    pub changed: bool,
}

impl Row {
    /// A line of which nothing can change.
    pub const fn still(text: String) -> Self {
        Self { text, changed: false }
    }
}

/// Whether a line begins with the mark of something that is not the same as before.
fn is_marked(text: &str) -> bool {
    text.starts_with(['+', '*', '-'])
}

/// Which blocks stand side by side.
const ROWS: [(Place, Option<Place>); 4] = [
    (Place::BankClient, Some(Place::WalletClient)),
    (Place::BankServer, Some(Place::WalletServer)),
    (Place::InFlight, Some(Place::Observer)),
    (Place::Hands, Some(Place::Stranger)),
];

/// The lines of all blocks in `room` columns. The parties are always there, the rest only if there
/// is something to tell.
pub fn blocks(marked: &[Marked], room: usize, paint: Paint) -> Vec<Row> {
    let mut lines = Vec::new();
    for (left, right) in ROWS {
        let places = [Some(left), right].into_iter().flatten();
        if room < TWO_COLUMNS || right.is_none() {
            for place in places {
                let cells = block(place, marked, room);
                lines.extend(side_by_side(&cells, &[], room, paint));
                if !cells.is_empty() {
                    lines.push(Row::still(String::new()));
                }
            }
            continue;
        }
        let each = (room - GAP) / 2;
        let mut columns = places.map(|place| block(place, marked, each));
        let (left, right) =
            (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        lines.extend(side_by_side(&left, &right, each, paint));
        if !left.is_empty() || !right.is_empty() {
            lines.push(Row::still(String::new()));
        }
    }
    lines.pop();
    lines
}

fn side_by_side(left: &[Cell], right: &[Cell], each: usize, paint: Paint) -> Vec<Row> {
    let line = |row: usize| {
        let (text, tone) = left.get(row).map_or(("", Tone::Plain), |(text, tone)| (text, *tone));
        let mut line = paint.tone(tone, text);
        if let Some((other, tone)) = right.get(row) {
            let used = text.chars().count();
            line.push_str(&" ".repeat((each + GAP).saturating_sub(used)));
            line.push_str(&paint.tone(*tone, other));
        }
        let marked = |cells: &[Cell]| cells.get(row).is_some_and(|(text, _)| is_marked(text));
        Row { text: line, changed: marked(left) || marked(right) }
    };
    (0..left.len().max(right.len())).map(line).collect()
}

/// The lines of one block: a heading, and what is remembered.
fn block(place: Place, marked: &[Marked], room: usize) -> Vec<Cell> {
    let here: Vec<&Marked> = marked.iter().filter(|marked| marked.line.place == place).collect();
    let is_party = place <= Place::WalletClient;
    if here.is_empty() && !is_party {
        return Vec::new();
    }
    let name = place.name();
    let rule = "─".repeat(room.saturating_sub(name.chars().count() + 4));
    let mut cells = vec![(format!("── {name} {rule}"), Tone::Faint)];
    if here.is_empty() {
        cells.push(("  nothing".into(), Tone::Faint));
    }
    for marked in here {
        cells.extend(entry(marked, room));
    }
    cells
}

/// One thing that is remembered, with its mark before it, in as many lines as it takes.
pub fn entry(marked: &Marked, room: usize) -> Vec<Cell> {
    let (sign, tone) = match marked.mark {
        Mark::Same => (' ', Tone::Plain),
        Mark::New => ('+', Tone::Good),
        Mark::Changed => ('*', Tone::Doubtful),
        Mark::Gone => ('-', Tone::Faint),
    };
    let mut cells = Vec::new();
    let mut add = |first: &str, text: &str, tone: Tone| {
        let lines = wrapped(first, text, room);
        cells.extend(lines.lines().map(|line| (line.to_owned(), tone)));
    };
    add(&format!("{sign} "), &marked.line.text(), tone);
    if let Some(was) = &marked.was {
        let was = if was.is_empty() { "otherwise" } else { was };
        add("    ", &format!("was: {was}"), Tone::Faint);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use bindproof_models::replay::memory::Line;

    fn marked(mark: Mark, place: Place, was: Option<&str>) -> Marked {
        let is = "word ".repeat(12).trim_end().to_owned();
        let line = Line { place, what: "binding 0".into(), is };
        Marked { mark, line, was: was.map(str::to_owned) }
    }

    #[test]
    fn blocks_stand_side_by_side_where_there_is_room_and_never_tear() {
        let all = [
            marked(Mark::Same, Place::BankServer, None),
            marked(Mark::Changed, Place::WalletServer, Some("Absent")),
            marked(Mark::Gone, Place::Hands, None),
        ];
        for (room, columns) in [(60, 1), (75, 1), (76, 2), (80, 2), (120, 2)] {
            let rows = blocks(&all, room, Paint::none());
            assert_eq!(rows.iter().filter(|row| row.changed).count(), 2);
            let lines: Vec<String> = rows.into_iter().map(|row| row.text).collect();
            for line in &lines {
                assert!(line.chars().count() <= room, "{room}: {line}");
                assert_eq!(line.trim_end(), line);
            }
            let heading =
                lines.iter().find(|line| line.contains("── bank server ")).expect("there");
            assert_eq!(heading.matches("── wallet server ").count() + 1, columns, "{heading}");
            assert!(lines.iter().any(|line| line.contains("    was: Absent")), "{lines:?}");
            assert!(!lines.iter().any(|line| line.contains("observer")), "{lines:?}");
        }
    }

    #[test]
    fn a_party_that_remembers_nothing_is_there_all_the_same() {
        let lines = blocks(&[], 80, Paint::none());
        assert_eq!(lines.iter().map(|row| row.text.matches("nothing").count()).sum::<usize>(), 4);
        assert!(lines.last().is_some_and(|row| !row.text.is_empty() && !row.changed));
    }
}
