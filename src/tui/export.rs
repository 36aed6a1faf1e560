//! A drawn screen as text, as a terminal would get it, or as a picture.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::theme::indexed;

/// Plain text, rows without spaces at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buffer) {
        let line: String = row.iter().map(|(_, cell)| cell.symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Text with colours as escape sequences, one line a row, reset at each end.
pub fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buffer) {
        let mut look = None;
        for (_, cell) in row {
            let now = (cell.fg, cell.bg, cell.modifier);
            if look != Some(now) {
                out.push_str(&sgr(cell));
                look = Some(now);
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\u{1b}[0m\n");
    }
    out
}

fn sgr(cell: &Cell) -> String {
    let mut codes = String::from("\u{1b}[0");
    let modifiers = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ];
    for (modifier, code) in modifiers {
        if cell.modifier.contains(modifier) {
            let _ = write!(codes, ";{code}");
        }
    }
    for (color, base) in [(cell.fg, 38), (cell.bg, 48)] {
        let _ = match color {
            Color::Reset => Ok(()),
            Color::Indexed(index) => write!(codes, ";{base};5;{index}"),
            other => {
                let (r, g, b) = rgb(other, (0, 0, 0));
                write!(codes, ";{base};2;{r};{g};{b}")
            }
        };
    }
    codes.push('m');
    codes
}

/// Cell width and height in the picture, in its units.
const CELL: (usize, usize) = (9, 19);
/// Where text sits above the bottom of its cell.
const DESCENT: usize = 5;
/// Free space around the screen.
const MARGIN: usize = 12;

/// A picture of the terminal as SVG: a grid of one-width letters, nothing that runs.
pub fn svg(buffer: &Buffer) -> String {
    let (columns, lines) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, lines * CELL.1 + 2 * MARGIN);
    let ground = buffer.content().first().map_or((20, 23, 31), |cell| colors(cell).1);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"15\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
        hex(ground)
    );
    for (y, row) in rows(buffer).into_iter().enumerate() {
        let top = MARGIN + y * CELL.1;
        for run in runs(&row) {
            let (fg, bg) = colors(run.cell);
            let (x, wide) = (MARGIN + run.x * CELL.0, run.width * CELL.0);
            if bg != ground {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{}\"/>",
                    CELL.1,
                    hex(bg)
                );
            }
            if run.text.trim().is_empty() {
                continue;
            }
            let bold = if run.cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            let italic =
                if run.cell.modifier.contains(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" };
            let under = run.cell.modifier.contains(Modifier::UNDERLINED);
            let line = if under { " text-decoration=\"underline\"" } else { "" };
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" fill=\"{}\" textLength=\"{wide}\"{bold}{italic}{line}>{}</text>",
                top + CELL.1 - DESCENT,
                hex(fg),
                escape(&run.text)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Cells of one look, side by side.
struct Run<'a> {
    x: usize,
    width: usize,
    text: String,
    cell: &'a Cell,
}

fn runs<'a>(row: &[(usize, &'a Cell)]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for (x, cell) in row {
        let width = cell.symbol().width().max(1);
        let same = |run: &Run<'_>| {
            (run.cell.fg, run.cell.bg, run.cell.modifier) == (cell.fg, cell.bg, cell.modifier)
        };
        match runs.last_mut() {
            Some(run) if same(run) => {
                run.text.push_str(cell.symbol());
                run.width += width;
            }
            _ => runs.push(Run { x: *x, width, text: cell.symbol().to_owned(), cell }),
        }
    }
    runs
}

/// The cells of each row with their columns; what a wide character covers is left out.
fn rows(buffer: &Buffer) -> Vec<Vec<(usize, &Cell)>> {
    let width = usize::from(buffer.area.width).max(1);
    let line = |cells: &'_ [Cell]| -> Vec<usize> {
        let mut covered = 0usize;
        let mut kept = Vec::new();
        for (x, cell) in cells.iter().enumerate() {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = cell.symbol().width().saturating_sub(1);
            kept.push(x);
        }
        kept
    };
    buffer
        .content()
        .chunks(width)
        .map(|cells| line(cells).into_iter().filter_map(|x| cells.get(x).map(|cell| (x, cell))).collect())
        .collect()
}

/// The colours a cell is drawn with, reversal applied.
fn colors(cell: &Cell) -> ((u8, u8, u8), (u8, u8, u8)) {
    let mut fg = rgb(cell.fg, (213, 218, 230));
    let bg = rgb(cell.bg, (20, 23, 31));
    if cell.modifier.contains(Modifier::DIM) {
        let mix = |a: u8, b: u8| ((u16::from(a) * 3 + u16::from(b) * 2) / 5) as u8;
        fg = (mix(fg.0, bg.0), mix(fg.1, bg.1), mix(fg.2, bg.2));
    }
    if cell.modifier.contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
}

fn rgb(color: Color, reset: (u8, u8, u8)) -> (u8, u8, u8) {
    match color {
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index) => indexed(index),
        Color::Reset => reset,
        named => super::theme::named(named).unwrap_or(reset),
    }
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
