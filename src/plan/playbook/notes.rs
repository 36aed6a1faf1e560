//! The findings of one reading, collected in the order they are noticed.

use crate::base::Untrusted;
use crate::plan::{Code, Finding, Severity};

/// The names of everything the reader notices.
pub(super) mod codes {
    use crate::plan::Code;

    /// The file is not UTF-8.
    pub(in super::super) const ENCODING: Code = Code::new("encoding");
    /// Characters were lost on the way.
    pub(in super::super) const BROKEN_TEXT: Code = Code::new("broken-text");
    /// Text that was encoded twice.
    pub(in super::super) const MOJIBAKE: Code = Code::new("mojibake");
    /// NUL bytes.
    pub(in super::super) const NUL: Code = Code::new("nul");
    /// A fence inside a fence of the same length.
    pub(in super::super) const NESTED_FENCE: Code = Code::new("nested-fence");
    /// A fence that is never closed.
    pub(in super::super) const OPEN_FENCE: Code = Code::new("open-fence");
    /// A comment that is never closed.
    pub(in super::super) const OPEN_COMMENT: Code = Code::new("open-comment");
    /// Boxes inside a comment.
    pub(in super::super) const COMMENTED_TASKS: Code = Code::new("commented-tasks");
    /// A table or outline of no kind we know.
    pub(in super::super) const KEPT_AS_TEXT: Code = Code::new("kept-as-text");
    /// The document has no box and items were made from something else.
    pub(in super::super) const NO_BOXES: Code = Code::new("no-boxes");
    /// Lists nested deeper than anybody means.
    pub(in super::super) const TOO_DEEP: Code = Code::new("too-deep");
    /// The document yields no item at all.
    pub(in super::super) const NO_ITEMS: Code = Code::new("no-items");
}

/// Collects findings about one file.
pub(super) struct Notes {
    file: Untrusted,
    findings: Vec<Finding>,
}

impl Notes {
    pub(super) fn new(file: &str) -> Self {
        Self { file: Untrusted::new(file), findings: Vec::new() }
    }
    pub(super) fn info(&mut self, code: Code, line: u32, message: String, help: &str) {
        self.add(Severity::Info, code, line, message, help);
    }
    pub(super) fn warning(&mut self, code: Code, line: u32, message: String, help: &str) {
        self.add(Severity::Warning, code, line, message, help);
    }
    fn add(&mut self, severity: Severity, code: Code, line: u32, message: String, help: &str) {
        let file = self.file.clone();
        self.findings.push(Finding { code, severity, file, line, message, help: help.to_owned() });
    }
    /// All findings, by line.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.line);
        self.findings
    }
}
