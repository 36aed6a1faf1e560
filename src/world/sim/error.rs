//! What is wrong with a script.

/// A script that cannot be played: the line and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("world script {name}, line {line}: {message}")]
pub struct ScriptError {
    /// The script, as the caller calls it.
    pub name: String,
    /// The line, 1-based.
    pub line: usize,
    /// What is wrong and what to write.
    pub message: String,
}

impl ScriptError {
    /// From what the TOML reader said of a text.
    pub(super) fn from_toml(name: &str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        Self { name: name.to_owned(), line, message: error.message().to_owned() }
    }
}
