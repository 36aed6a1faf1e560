//! Why a text is not a rule.

/// What is wrong with the text of a rule, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {column}: {wrong}; {help}")]
pub struct RuleError {
    /// Byte offset into the text, from 0; its length when the text ends too early.
    pub column: usize,
    /// What is wrong.
    pub wrong: String,
    /// What to write instead.
    pub help: String,
}

impl RuleError {
    pub(super) fn new(column: usize, wrong: impl Into<String>, help: impl Into<String>) -> Self {
        Self { column, wrong: wrong.into(), help: help.into() }
    }
}
