//! Byte offsets to lines, and errors that name them.

use crate::base::Untrusted;
use crate::plan::{Code, Finding, PlanError, Severity};

/// The most characters of somebody's text inside a message.
const QUOTED: usize = 60;

/// Somebody's text inside a message: in backticks, short, safe for a terminal.
pub fn quoted(text: &str) -> String {
    format!("`{}`", Untrusted::new(text).cell(QUOTED))
}

/// A file and where its lines begin: what turns a byte offset into an error for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    file: Untrusted,
    starts: Vec<usize>,
}

impl Place {
    /// The lines of a text.
    pub fn new(file: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file: Untrusted::new(file), starts: std::iter::once(0).chain(ends).collect() }
    }
    /// The line a byte stands in, from 1.
    pub fn line(&self, at: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }
    /// What is wrong at a byte, and what to write instead.
    pub fn error(&self, at: usize, message: impl Into<String>, help: impl Into<String>) -> PlanError {
        PlanError { file: self.file.clone(), line: self.line(at), message: message.into(), help: help.into() }
    }
    /// What is wrong with the whole file.
    pub fn whole(&self, message: impl Into<String>, help: impl Into<String>) -> PlanError {
        PlanError { line: 0, ..self.error(0, message, help) }
    }
    /// Something to say about a byte that stops nothing.
    pub fn finding(&self, at: usize, code: Code, said: (impl Into<String>, impl Into<String>)) -> Finding {
        self.weighed(at, (code, Severity::Warning), said)
    }
    /// The same, as grave as it is.
    pub fn weighed(
        &self,
        at: usize,
        (code, severity): (Code, Severity),
        said: (impl Into<String>, impl Into<String>),
    ) -> Finding {
        Finding {
            code,
            severity,
            file: self.file.clone(),
            line: self.line(at),
            message: said.0.into(),
            help: said.1.into(),
        }
    }
}
