//! Screens that are lines of text: one list of lines, of which a window is drawn.

use ratatui::layout::Rect;

use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, piece, wrap};

/// Lines of a page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    lines: Vec<Vec<Piece>>,
    width: u16,
}

impl Page {
    /// An empty page for a width.
    pub fn new(width: u16) -> Self {
        Self { lines: Vec::new(), width }
    }
    /// A heading, with an empty line before it unless it is the first.
    pub fn head(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.lines.push(vec![piece(Meaning::Title, text)]);
    }
    /// The same of several pieces.
    pub fn heading(&mut self, pieces: Vec<Piece>) {
        if !self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.lines.push(pieces);
    }
    /// A line.
    pub fn line(&mut self, pieces: Vec<Piece>) {
        self.lines.push(pieces);
    }
    /// A name and what it is, names in one column.
    pub fn field(&mut self, name: &str, meaning: Meaning, text: &str) {
        let room = self.width.saturating_sub(14);
        for (row, part) in wrap(text, room).into_iter().enumerate() {
            let name = if row == 0 { name } else { "" };
            self.lines.push(vec![piece(Meaning::Muted, format!("{name:<13} ")), piece(meaning, part)]);
        }
    }
    /// Text over as many lines as it takes, indented.
    pub fn text(&mut self, meaning: Meaning, indent: u16, text: &str) {
        for part in wrap(text, self.width.saturating_sub(indent)) {
            let space = " ".repeat(usize::from(indent));
            self.lines.push(vec![piece(Meaning::Base, space), piece(meaning, part)]);
        }
    }
    /// The width it is made for.
    pub fn width(&self) -> u16 {
        self.width
    }
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }
    /// Draws the lines from `from` on; the last page stays full.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, from: usize) {
        let from = from.min(self.len().saturating_sub(usize::from(area.height)));
        for (row, line) in self.lines.iter().skip(from).take(usize::from(area.height)).enumerate() {
            canvas.line(area, row as u16, line);
        }
    }
}
