//! Short messages that go away by themselves.

use crate::tui::theme::Meaning;

/// How long one stays, in milliseconds: long enough to read twice.
const STAYS: u64 = 8_000;
/// How many are kept.
const MOST: usize = 3;

/// The messages on screen.
#[derive(Clone, Debug, Default)]
pub struct Toasts(Vec<Toast>);

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it means.
    pub meaning: Meaning,
    /// What it says.
    pub text: String,
    until: u64,
}

impl Toasts {
    /// Shows a message from now on.
    pub fn show(&mut self, meaning: Meaning, text: impl Into<String>, at: u64) {
        self.0.push(Toast { meaning, text: text.into(), until: at + STAYS });
        let over = self.0.len().saturating_sub(MOST);
        self.0.drain(..over);
    }
    /// Drops what was seen long enough; true when something went.
    pub fn expire(&mut self, at: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|toast| toast.until > at);
        self.0.len() != before
    }
    /// The messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.0.iter()
    }
    /// When the next one goes.
    pub fn next(&self) -> Option<u64> {
        self.0.iter().map(|toast| toast.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_away_and_never_pile_up() {
        let mut toasts = Toasts::default();
        for at in 0..5 {
            toasts.show(Meaning::Good, at.to_string(), at);
        }
        assert_eq!(toasts.iter().map(|toast| toast.text.as_str()).collect::<Vec<_>>(), ["2", "3", "4"]);
        assert!(!toasts.expire(100));
        assert!(toasts.expire(STAYS + 3));
        assert_eq!(toasts.next(), Some(STAYS + 4));
    }
}
