//! The name of a number.

use std::fmt;

/// A name as a playbook writes it: `P95`, `error rate`, `unit coverage`. Never empty; single spaces between
/// words. Equality is of the text; lookup is by [`Subject::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(String);

impl Subject {
    /// A name from words; `None` when no word is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(Self(text))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by: lower case, with `_` and `-` as spaces, so `error_rate` is `Error rate`.
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

/// The lookup form of any name.
pub(super) fn key(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if matches!(c, '_' | '-') { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
