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

    /// A name from words that are known to be there.
    pub(super) fn of_words(text: &str) -> Self {
        Self(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The name without its last word, if that is it; `None` when nothing is left.
    pub(super) fn without_last_word(self, word: &str) -> Option<Self> {
        match self.0.rsplit_once(' ') {
            Some((rest, last)) if last.eq_ignore_ascii_case(word) => Self::new(rest),
            None if self.0.eq_ignore_ascii_case(word) => None,
            _ => Some(self),
        }
    }

    /// Whether it is an expression of PromQL rather than a name.
    pub fn is_query(&self) -> bool {
        self.0.split_once('(').is_some_and(|(name, _)| {
            super::words::promql(
                name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(name),
            )
        })
    }

    /// The time its query looks over, when that is one.
    pub(super) fn window(&self) -> Option<crate::base::Seconds> {
        let windows = if self.is_query() { super::query::windows(&self.0) } else { Vec::new() };
        windows.first().copied().filter(|first| windows.iter().all(|window| window == first))
    }

    /// Whether the number it names is itself a change from a baseline: `benchmark regression`.
    pub(super) fn is_change(&self) -> bool {
        let key = self.key();
        matches!(key.rsplit(' ').next(), Some("regression" | "improvement" | "degradation"))
    }

    /// Whether it says by itself that something is so: `health checks failing`, `endpoint returning 500`,
    /// `stable in production`.
    pub(super) fn is_state(&self) -> bool {
        let key = self.key();
        let mut back = key.rsplit(' ');
        let last = back.next().unwrap_or_default();
        let status = matches!(back.next(), Some("returning" | "returns" | "return"));
        let failing =
            ["failing", "fail", "fails", "failed", "down", "unhealthy", "unavailable", "unreachable"];
        (status && last.chars().all(|c| c.is_ascii_digit()))
            || failing.contains(&last)
            || key.split(' ').any(|word| word == "stable")
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
