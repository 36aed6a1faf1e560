//! What a reader or a lint noticed: the place, what is wrong and what to write instead.
//!
//! Invariant: message and help are one line each and safe for a terminal.

use serde::Serialize;

use crate::base::Untrusted;

/// The stable short name of a kind of finding, such as `nested-fence`; each room names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(&'static str);

impl Code {
    /// Names a kind of finding: lower case, words joined by `-`.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }
    /// The name as scripts see it.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// How much a finding matters; only an error makes `check` answer no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing needs to change.
    Info,
    /// Works, but likely not as meant.
    Warning,
    /// Must be put right before the release can use it.
    Error,
}

/// One thing noticed about one line of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which kind it is.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The file as it was named to us.
    pub file: Untrusted,
    /// The line, from 1; 0 when it is about the whole file.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}
