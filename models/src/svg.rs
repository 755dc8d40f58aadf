//! Draws a message sequence chart as SVG, without a dependency.

use std::fmt::Write as _;

use crate::chart::{Column, Line};

const COLUMN_WIDTH: usize = 260;
const LINE_HEIGHT: usize = 34;
const TOP: usize = 60;

/// The lines as a picture: four columns, an arrow or a note a line.
pub fn draw(lines: &[Line]) -> String {
    let width = COLUMN_WIDTH * Column::ALL.len();
    let height = TOP + LINE_HEIGHT * (lines.len() + 1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for column in Column::ALL {
        let x = centre(column);
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"36\" x2=\"{x}\" y2=\"{}\" stroke=\"#bbb\"/>\
             <text x=\"{x}\" y=\"24\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
            height - 10,
            column.name()
        );
    }
    for (row, line) in lines.iter().enumerate() {
        draw_line(&mut svg, TOP + row * LINE_HEIGHT, line);
    }
    svg.push_str("</svg>\n");
    svg
}

fn centre(column: Column) -> usize {
    let place = Column::ALL.iter().position(|other| *other == column).unwrap_or(0);
    COLUMN_WIDTH * place + COLUMN_WIDTH / 2
}

fn draw_line(svg: &mut String, y: usize, line: &Line) {
    let (from, to) = (centre(line.from), centre(line.to));
    let text = escape(&line.text);
    let title = format!("<title>{text}</title>");
    let shown = escape(&shorten(&line.text));
    let _ = if from == to {
        let x = to - COLUMN_WIDTH / 2 + 8;
        writeln!(
            svg,
            "<g>{title}<rect x=\"{x}\" y=\"{}\" width=\"{}\" height=\"22\" rx=\"4\" \
             fill=\"#fff8dc\" stroke=\"#d8c88a\"/><text x=\"{to}\" y=\"{}\" \
             text-anchor=\"middle\" font-size=\"10\">{shown}</text></g>",
            y - 15,
            COLUMN_WIDTH - 16,
            y
        )
    } else {
        let middle = usize::midpoint(from, to);
        writeln!(
            svg,
            "<g>{title}<line x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\" stroke=\"#333\" \
             marker-end=\"url(#tip)\"/><text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">\
             {shown}</text></g>",
            y - 5
        )
    };
}

/// What fits into a column; the whole text is the tooltip.
fn shorten(text: &str) -> String {
    const FITS: usize = 44;
    if text.chars().count() <= FITS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(FITS - 1).collect();
    format!("{cut}…")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
