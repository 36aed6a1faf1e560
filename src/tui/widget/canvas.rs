//! The only way onto a screen. Everything that is written passes [`safe`] here, so no text from anywhere can
//! move the cursor, hide or reorder what stands beside it.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::base::Untrusted;
use crate::tui::theme::{Meaning, Theme};

/// A piece of a line: what it means and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece(pub Meaning, pub String);

/// A piece of a line.
pub fn piece(meaning: Meaning, text: impl Into<String>) -> Piece {
    Piece(meaning, text.into())
}

/// A buffer with a theme.
#[derive(Debug)]
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    /// A canvas on a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }
    /// Paints an area blank.
    pub fn fill(&mut self, area: Rect, meaning: Meaning) {
        let style = self.theme.style(meaning);
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
    /// Lays a look over what is there.
    pub fn lay(&mut self, area: Rect, meaning: Meaning) {
        self.buffer.set_style(area.intersection(self.buffer.area), self.theme.style(meaning));
    }
    /// Writes text, cut to `width` cells; answers the cells used.
    pub fn put(&mut self, (x, y): (u16, u16), width: u16, meaning: Meaning, text: &str) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return 0;
        }
        let width = width.min(area.right() - x);
        let safe = safe(text);
        let shown = fit(&safe, usize::from(width), self.theme.symbols.cut);
        let (end, _) = self.buffer.set_stringn(x, y, &shown, usize::from(width), self.theme.style(meaning));
        end.saturating_sub(x)
    }
    /// Writes text that ends at the right edge of `width` cells.
    pub fn put_right(&mut self, (x, y): (u16, u16), width: u16, meaning: Meaning, text: &str) {
        let used = cells(text).min(width);
        self.put((x + width - used, y), used, meaning, text);
    }
    /// Writes pieces one after another on a row of an area; answers the cells used.
    pub fn line(&mut self, area: Rect, row: u16, pieces: &[Piece]) -> u16 {
        if row >= area.height {
            return 0;
        }
        let mut used = 0;
        for Piece(meaning, text) in pieces {
            used += self.put((area.x + used, area.y + row), area.width - used, *meaning, text);
            if used >= area.width {
                break;
            }
        }
        used
    }
    /// Draws a frame with a title and gives what is inside.
    pub fn frame(&mut self, area: Rect, title: &[Piece], focused: bool) -> Rect {
        if area.width < 4 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let set = self.theme.symbols.frame;
        let meaning = if focused { Meaning::Focus } else { Meaning::Border };
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..right {
            self.put((x, area.y), 1, meaning, set.horizontal_top);
            self.put((x, bottom), 1, meaning, set.horizontal_bottom);
        }
        for y in area.y + 1..bottom {
            self.put((area.x, y), 1, meaning, set.vertical_left);
            self.put((right, y), 1, meaning, set.vertical_right);
        }
        self.put((area.x, area.y), 1, meaning, set.top_left);
        self.put((right, area.y), 1, meaning, set.top_right);
        self.put((area.x, bottom), 1, meaning, set.bottom_left);
        self.put((right, bottom), 1, meaning, set.bottom_right);
        if !title.is_empty() && area.width > 6 {
            let room = Rect::new(area.x + 1, area.y, area.width - 2, 1);
            let mut pieces = vec![piece(meaning, " ")];
            pieces.extend(title.iter().cloned());
            pieces.push(piece(meaning, " "));
            self.line(room, 0, &pieces);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}

/// Text that may go on a screen: one line, nothing that moves, hides or reorders.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(Untrusted::new(text).line())
    }
}

/// The cells a text takes.
pub fn cells(text: &str) -> u16 {
    u16::try_from(safe(text).width()).unwrap_or(u16::MAX)
}

/// Cuts a text to so many cells, with a sign that it was cut; at a word's end when one is near.
pub fn fit<'a>(text: &'a str, width: usize, cut: &str) -> Cow<'a, str> {
    if text.len() <= width || text.width() <= width {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(cut.width());
    let mut used = 0;
    let mut end = 0;
    let mut word = 0;
    for (at, c) in text.char_indices() {
        let next = used + c.width().unwrap_or(0);
        if next > room {
            break;
        }
        if c == ' ' {
            word = at;
        }
        used = next;
        end = at + c.len_utf8();
    }
    let whole = text.get(end..).is_some_and(|rest| rest.starts_with(' '));
    if !whole && word > 0 && end.saturating_sub(word) <= room / 3 {
        end = word;
    }
    let kept = text.get(..end).unwrap_or_default().trim_end();
    if width == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("{kept}{cut}")) }
}

/// Breaks a text into lines of so many cells, at spaces where there are some.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let before = lines.len();
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word = word;
            while word.width() > width {
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                let mut used = 0;
                let end = word
                    .char_indices()
                    .find(|(_, c)| {
                        used += c.width().unwrap_or(0);
                        used > width
                    })
                    .map_or(word.len(), |(at, c)| if at == 0 { c.len_utf8() } else { at });
                let (head, rest) = word.split_at(end);
                lines.push(head.to_owned());
                word = rest;
            }
            if line.is_empty() {
                line.push_str(word);
            } else if line.width() + 1 + word.width() <= width {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        if !line.is_empty() || lines.len() == before {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_a_word_when_one_is_near() {
        assert_eq!(fit("images published", 16, "…"), "images published");
        assert_eq!(fit("images published to", 18, "…"), "images published…");
        assert_eq!(fit("unbreakableword", 6, "…"), "unbre…");
        assert_eq!(fit("日本語テキスト", 5, "…"), "日本…");
        assert_eq!(fit("abc", 0, "…"), "");
    }

    #[test]
    fn lines_are_broken_at_spaces_and_lose_nothing() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\nb", 5), ["a", "b"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
    }
}
