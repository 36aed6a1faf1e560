//! Text from outside: kept byte-exact, made visible-safe by its only exits.
//!
//! Source of the ranges: Unicode control, format and tag characters that move the cursor, hide text or
//! reorder it. None of them leaves through [`Untrusted::line`] or [`Untrusted::cell`].

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// How many combining marks may follow one character before the rest is shown as escapes.
const MARKS: usize = 8;

/// Text that somebody else wrote. It has no `Display`: choose an exit.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Takes text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// True when there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The exact text, for evidence, hashing and comparison; never for a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }
    /// Safe for one line of a terminal: controls are visible, line ends and tabs are spaces.
    pub fn line(&self) -> String {
        safe(&self.0, |c| matches!(c, '\n' | '\t').then_some(' '))
    }
    /// Safe for several lines of a terminal: line ends stay, other controls are visible.
    pub fn lines(&self) -> String {
        safe(&self.0, |c| match c {
            '\n' => Some('\n'),
            '\t' => Some(' '),
            _ => None,
        })
    }
    /// Safe for a cell of the cockpit, at most `width` characters, cut with `…`.
    pub fn cell(&self, width: usize) -> String {
        let line = self.line();
        if line.chars().count() <= width {
            return line;
        }
        line.chars().take(width.saturating_sub(1)).chain(std::iter::once('…')).collect()
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.line())
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

fn safe(text: &str, keep: impl Fn(char) -> Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if combining(c) { marks + 1 } else { 0 };
        if let Some(kept) = keep(c) {
            out.push(kept);
        } else if (c as u32) < 0x20 {
            out.push(char::from_u32(0x2400 + c as u32).unwrap_or('␛'));
        } else if hidden(c) || marks > MARKS {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

fn combining(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

fn hidden(c: char) -> bool {
    matches!(
        c as u32,
        0x7f..=0x9f
            | 0xad
            | 0x61c
            | 0x180e
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0xfeff
            | 0xfff9..=0xfffb
            | 0xe0000..=0xe007f
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_or_hides_gets_out() {
        let hostile = Untrusted::new("a\u{1b}]52;c;AAAA\u{7}\u{202e}b\r\n\u{9b}2Jc\u{e0041}\u{200d}");
        for shown in [hostile.line(), hostile.cell(200)] {
            assert!(shown.chars().all(|c| !c.is_control() && !hidden(c)), "{shown:?}");
        }
        assert!(hostile.line().contains("\\u{202e}"));
        assert!(hostile.raw().contains('\u{1b}'));
    }

    #[test]
    fn marks_do_not_pile_up() {
        let zalgo = Untrusted::new(format!("a{}", "\u{301}".repeat(50)));
        assert_eq!(zalgo.line().chars().filter(|c| *c == '\u{301}').count(), 8);
    }
}
