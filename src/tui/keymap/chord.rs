//! One key with its modifiers, and the words for it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key press. Shift is part of a character and never a modifier of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Control and Alt.
    pub modifiers: KeyModifiers,
}

const NAMES: [(&str, KeyCode); 16] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
];

impl Chord {
    /// A key without modifiers.
    pub fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// What the terminal sent.
    pub fn of(event: &KeyEvent) -> Self {
        let modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(c.to_ascii_lowercase())
            }
            other => other,
        };
        Self { code, modifiers }
    }

    /// Reads the word of a key; `None` for a word that is no key.
    pub fn parse(word: &str) -> Option<Self> {
        let (mut rest, mut modifiers) = (word, KeyModifiers::NONE);
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|after| !after.is_empty()) {
                (rest, modifiers) = (after, modifiers | KeyModifiers::CONTROL);
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty()) {
                (rest, modifiers) = (after, modifiers | KeyModifiers::ALT);
            } else {
                break;
            }
        }
        let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let function =
            || rest.strip_prefix('f')?.parse().ok().filter(|n| (1..=12).contains(n)).map(KeyCode::F);
        let mut chars = rest.chars();
        let character = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Some(KeyCode::Char(c)),
            _ => None,
        };
        Some(Self { code: named.or_else(function).or(character)?, modifiers })
    }

    /// A key that multiplexers and editors use themselves, and the terminal's own flow control.
    pub fn is_reserved(self) -> bool {
        let letter = matches!(self.code, KeyCode::Char('a' | 'b' | 's' | 'h' | 'j' | 'k' | 'l'));
        self.modifiers.contains(KeyModifiers::CONTROL) && letter
    }

    /// A key that may act on the world: nobody hits it while typing words.
    pub fn is_deliberate(self) -> bool {
        match self.code {
            KeyCode::Char(c) => c.is_uppercase() && self.modifiers.is_empty(),
            KeyCode::F(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, _) => f.write_str("key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_nonsense_does_not() {
        for word in ["a", "P", "space", "ctrl-d", "alt-x", "f12", "pgdn", "-", "ctrl--", "?"] {
            assert_eq!(Chord::parse(word).map(|chord| chord.to_string()).as_deref(), Some(word));
        }
        for word in ["", "ctrl-", "f13", "f0", "shift-x", "aa"] {
            assert_eq!(Chord::parse(word), None, "{word}");
        }
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let event = KeyEvent::new(KeyCode::Char('P'), KeyModifiers::SHIFT);
        assert_eq!(Chord::of(&event), Chord::plain(KeyCode::Char('P')));
        assert!(Chord::of(&event).is_deliberate() && !Chord::plain(KeyCode::Char('p')).is_deliberate());
    }
}
