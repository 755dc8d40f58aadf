//! Tables and paragraphs that fit the terminal.

use std::sync::OnceLock;

use crate::paint::{Paint, Tone};

/// The most columns of a line, and those of one that is not for a terminal: longer ones are hard to
/// read.
const WIDEST: usize = 100;
/// The fewest columns of a line: fewer would tear every sentence.
const NARROWEST: usize = 60;
/// With fewer columns than this, tables go without what can be spared.
const ROOMY: usize = 88;

/// The columns of a line: those of the terminal that is stdout, else those that `COLUMNS` names,
/// within what can be read.
pub fn width() -> usize {
    static WIDTH: OnceLock<usize> = OnceLock::new();
    *WIDTH.get_or_init(|| {
        let terminal = terminal_size::terminal_size_of(std::io::stdout())
            .map(|(terminal_size::Width(columns), _)| usize::from(columns));
        let named = || std::env::var("COLUMNS").ok()?.trim().parse().ok();
        within(terminal.filter(|columns| *columns > 0).or_else(named))
    })
}

/// The columns of a line where there is room for this many.
fn within(room: Option<usize>) -> usize {
    room.unwrap_or(WIDEST).clamp(NARROWEST, WIDEST)
}

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A cell: what it says and how it is meant.
pub type Cell = (String, Tone);

/// A cell in the plain tone.
pub fn plain(text: impl Into<String>) -> Cell {
    (text.into(), Tone::Plain)
}

/// A table with a heading row and a rule below it.
pub struct Table {
    heads: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
    spared: &'static [&'static str],
}

impl Table {
    /// A table with these columns.
    pub fn new(heads: &[(&'static str, Align)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), spared: &[] }
    }

    /// Names the columns that are left out where there is not room for all.
    pub const fn sparing(mut self, heads: &'static [&'static str]) -> Self {
        self.spared = heads;
        self
    }

    /// Adds a row. Cells that are missing are empty; cells too many are left out.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each with a line's end and none with blanks before it.
    pub fn render(&self, paint: Paint) -> String {
        self.rendered(paint, width())
    }

    fn rendered(&self, paint: Paint, room: usize) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|(text, _)| text.chars().count()).max().unwrap_or(0);
            self.heads.get(column).map_or(0, |(head, _)| head.len()).max(widest)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if !self.spared.is_empty() && (room < ROOMY || room < whole) {
            return self.without_spared().rendered(paint, room);
        }
        let heads: Vec<Cell> =
            self.heads.iter().map(|(head, _)| ((*head).to_owned(), Tone::Faint)).collect();
        let rule: Vec<Cell> =
            widths.iter().map(|width| ("─".repeat(*width), Tone::Faint)).collect();
        let mut text = String::new();
        for row in [&heads, &rule].into_iter().chain(&self.rows) {
            text.push_str(&self.line(row, &widths, paint));
            text.push('\n');
        }
        text
    }

    fn without_spared(&self) -> Self {
        let is_kept = |column: usize| {
            self.heads.get(column).is_some_and(|(head, _)| !self.spared.contains(head))
        };
        let kept = |row: &Vec<Cell>| {
            let cells = row.iter().enumerate().filter(|(column, _)| is_kept(*column));
            cells.map(|(_, cell)| cell.clone()).collect()
        };
        Self {
            heads: self
                .heads
                .iter()
                .filter(|(head, _)| !self.spared.contains(head))
                .copied()
                .collect(),
            rows: self.rows.iter().map(kept).collect(),
            spared: &[],
        }
    }

    fn line(&self, row: &[Cell], widths: &[usize], paint: Paint) -> String {
        let last = row.iter().rposition(|(text, _)| !text.is_empty()).unwrap_or(0);
        let mut line = String::new();
        for (column, ((text, tone), width)) in row.iter().zip(widths).enumerate() {
            if column > last {
                break;
            }
            let room = " ".repeat(width.saturating_sub(text.chars().count()));
            let painted = paint.tone(*tone, text);
            let gap = if column == 0 { "" } else { "  " };
            line.push_str(gap);
            match self.heads.get(column) {
                Some((_, Align::Right)) => line.push_str(&format!("{room}{painted}")),
                _ if column == last => line.push_str(&painted),
                _ => line.push_str(&format!("{painted}{room}")),
            }
        }
        line
    }
}

/// `text` in lines that fit the terminal, the first after `first` and the others after as
/// many blanks. A word that is too long stays whole.
pub fn paragraph(first: &str, text: &str) -> String {
    wrapped(first, text, width())
}

/// The same in lines of `room` columns.
pub fn wrapped(first: &str, text: &str, room: usize) -> String {
    let indent = first.chars().count();
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > room {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            used = indent;
        }
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines.join("\n")
}

/// What stands between two columns.
const BAR: &str = " │ ";

/// Texts beside each other, in lines of `room` columns after so many blanks: each text of the left
/// column begins on the line of the one with the same place in the right column.
pub fn columns(indent: usize, sides: &[Vec<String>; 2], room: usize) -> String {
    let each = room.saturating_sub(indent + BAR.chars().count()) / 2;
    let blanks = " ".repeat(indent);
    let [left, right] = sides;
    let cell = |side: &[String], row: usize| {
        let text = side.get(row).map(|text| wrapped("", &torn(text, each), each));
        let text = text.unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    for row in 0..left.len().max(right.len()) {
        let (left, right) = (cell(left, row), cell(right, row));
        for line in 0..left.len().max(right.len()) {
            let text = |side: &[String]| side.get(line).cloned().unwrap_or_default();
            let both = format!("{blanks}{:each$}{BAR}{}", text(&left), text(&right));
            lines.push(both.trim_end().to_owned());
        }
    }
    lines.join("\n")
}

/// The text with words that are wider than so many columns torn, after a hyphen or dot if there is
/// one: beside another column there is no room for them.
fn torn(text: &str, room: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        while letters.len() > room {
            let ends = letters[..room].iter().rposition(|letter| matches!(letter, '-' | '.'));
            let rest = letters.split_off(ends.map_or(room, |end| end + 1));
            words.push(letters.into_iter().collect());
            letters = rest;
        }
        words.push(letters.into_iter().collect());
    }
    words.join(" ")
}

/// What stands above the columns of two worlds.
pub fn heads() -> [Vec<String>; 2] {
    ["with the account", "without"].map(|head| vec![head.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let mut table = Table::new(&[("name", Align::Left), ("states", Align::Right)]);
        table.row(vec![plain("a"), plain("1,000")]);
        table.row(vec![plain("a long name"), plain("7")]);
        let text = table.render(Paint::none());
        assert_eq!(
            text,
            "name         states\n───────────  ──────\na             1,000\na long name       7\n"
        );
    }

    #[test]
    fn a_paragraph_hangs_below_its_first_word() {
        for room in [60, 80, 100] {
            let text = wrapped("  12. ", &"word ".repeat(40), room);
            assert!(text.lines().all(|line| line.chars().count() <= room));
            assert!(text.lines().skip(1).all(|line| line.starts_with("      word")));
        }
    }

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let long = "word ".repeat(20).trim_end().to_owned();
        let wide = format!("operation.{}revoked", "a-long-one-".repeat(5));
        let sides = [vec![long.clone(), wide], vec!["a".into(), long.clone(), "more".into()]];
        for room in [60, 80, 100] {
            let text = columns(8, &sides, room);
            let bar = 8 + (room - 11) / 2;
            for line in text.lines() {
                let letters: Vec<char> = line.chars().collect();
                assert!(letters.len() <= room && letters[bar..bar + 2] == [' ', '│'], "{text}");
                assert!(line.starts_with("        ") && line.trim_end() == line, "{text}");
            }
            assert_eq!(text.matches("word").count(), 40);
            assert!(text.ends_with("│ more"), "{text}");
        }
    }

    #[test]
    fn lines_are_no_shorter_or_longer_than_can_be_read() {
        let rooms = [None, Some(0), Some(60), Some(80), Some(100), Some(usize::MAX)];
        assert_eq!(rooms.map(within), [100, 60, 60, 80, 100, 100]);
    }

    #[test]
    fn a_narrow_table_goes_without_what_can_be_spared() {
        let heads = [("name", Align::Left), ("kind", Align::Left), ("states", Align::Right)];
        let mut table = Table::new(&heads).sparing(&["kind"]);
        table.row(vec![plain("a"), plain("b"), plain("7")]);
        assert!(table.rendered(Paint::none(), 88).ends_with("a     b          7\n"));
        assert!(table.rendered(Paint::none(), 87).ends_with("a          7\n"));
        assert!(!table.rendered(Paint::none(), 87).contains("kind"));
    }

    #[test]
    fn a_word_too_long_stays_whole() {
        let long = "x".repeat(150);
        assert_eq!(wrapped("", &format!("a {long} b"), 100), format!("a\n{long}\nb"));
    }
}
