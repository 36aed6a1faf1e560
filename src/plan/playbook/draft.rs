//! A playbook in the making: the document, what was found so far, and which lines are spoken for.

use super::blocks::{Block, Kind};
use super::context::{Document, Place};
use super::known::Known;
use super::model::{Playbook, Words};
use super::notes::Notes;
use crate::base::Untrusted;

/// Everything the passes over a document share.
pub(super) struct Draft {
    pub(super) book: Playbook,
    pub(super) document: Document,
    pub(super) notes: Notes,
    pub(super) known: Known,
    claimed: Vec<bool>,
    typed: Vec<bool>,
}

impl Draft {
    /// Begins with nothing found.
    pub(super) fn new(book: Playbook, document: Document, notes: Notes, lines: usize) -> Self {
        let typed = vec![false; document.blocks.len()];
        Self { book, document, notes, known: Known::default(), claimed: vec![false; lines], typed }
    }
    /// Says that a piece holds the text of these lines.
    pub(super) fn claim(&mut self, from: u32, to: u32) {
        let from = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
        let to = usize::try_from(to).unwrap_or(usize::MAX).min(self.claimed.len());
        if let Some(lines) = self.claimed.get_mut(from..to) {
            lines.fill(true);
        }
    }
    /// Whether a piece holds this line, counted from 0.
    pub(super) fn is_claimed(&self, index: usize) -> bool {
        self.claimed.get(index).copied().unwrap_or(false)
    }
    /// Says that a block became a piece, and claims its lines if the piece holds all of them: a table or an
    /// outline says more than its pieces, and so does text with links.
    pub(super) fn settle(&mut self, block: usize) {
        if let Some(slot) = self.typed.get_mut(block) {
            *slot = true;
        }
        let whole = |block: &&Block| match &block.kind {
            Kind::Entry(entry) => entry.lines.iter().all(|line| line.links.is_empty()),
            Kind::Table { .. } => false,
            _ => true,
        };
        if let Some((line, end)) =
            self.document.blocks.get(block).filter(whole).map(|block| (block.line, block.end))
        {
            self.claim(line, end);
        }
    }
    /// Whether a block became a piece.
    pub(super) fn is_settled(&self, block: usize) -> bool {
        self.typed.get(block).copied().unwrap_or(false)
    }
    /// The title of what a block stands in, for people.
    pub(super) fn title(&self, place: Place) -> String {
        let section = self.document.section(place.section);
        super::identity::display(&section.title)
    }
}

/// Text of a cell; nothing for an empty one or a dash.
pub(super) fn given(text: &str) -> Option<Untrusted> {
    let text = text.trim();
    (!text.is_empty() && !matches!(text, "-" | "–" | "—" | "None" | "none" | "N/A" | "n/a"))
        .then(|| Untrusted::new(text))
}

/// Text and its line.
pub(super) fn words(text: &str, line: u32) -> Words {
    Words { text: Untrusted::new(text.trim()), line }
}
