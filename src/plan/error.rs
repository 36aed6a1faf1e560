//! Why sources give no plan.

use crate::base::Untrusted;

use super::{Code, Finding, Severity};

/// The code of the finding a plan error becomes.
pub const INVALID_PLAN: Code = Code::new("invalid-plan");

/// One thing in a plan file, or a playbook that cannot be read, that must be put right first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}; {help}", file.line(), if *line > 0 { format!(":{line}") } else { String::new() })]
pub struct PlanError {
    /// The file as it was named to us.
    pub file: Untrusted,
    /// The line, from 1; 0 when it is about the whole file.
    pub line: u32,
    /// What is wrong; one line, safe for a terminal.
    pub message: String,
    /// What to write instead; one line, safe for a terminal.
    pub help: String,
}

impl PlanError {
    /// The same as a finding, for lists of them.
    pub fn finding(&self) -> Finding {
        Finding {
            code: INVALID_PLAN,
            severity: Severity::Error,
            file: self.file.clone(),
            line: self.line,
            message: self.message.clone(),
            help: self.help.clone(),
        }
    }
}
