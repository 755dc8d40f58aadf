//! Tables and paragraphs of at most [`WIDTH`] columns.

use crate::paint::{Paint, Tone};

/// The columns of a line.
pub const WIDTH: usize = 100;

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
}

impl Table {
    /// A table with these columns.
    pub fn new(heads: &[(&'static str, Align)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row. Cells that are missing are empty; cells too many are left out.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each with a line's end and none with blanks before it.
    pub fn render(&self, paint: Paint) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|(text, _)| text.chars().count()).max().unwrap_or(0);
            self.heads.get(column).map_or(0, |(head, _)| head.len()).max(widest)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
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

/// `text` in lines of at most [`WIDTH`] columns, the first after `first` and the others after as
/// many blanks. A word that is too long stays whole.
pub fn paragraph(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
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
        let text = paragraph("  12. ", &"word ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("      word")));
    }

    #[test]
    fn a_word_too_long_stays_whole() {
        let long = "x".repeat(150);
        assert_eq!(paragraph("", &format!("a {long} b")), format!("a\n{long}\nb"));
    }
}
