//! The lint of a playbook and its plan: what would hurt on release day, with the line and the remedy.
//!
//! Invariants: pure; a finding names one line; nothing here changes what the playbook means.

mod blanks;
mod commands;
mod limits;
mod page;
mod people;
mod queries;
mod rollback;
mod traffic;

#[cfg(test)]
mod tests;

use crate::plan::finding::{Code, Finding, Severity};
use crate::plan::playbook::Playbook;
use crate::plan::{Plan, Resolved};

pub use page::Page;

/// Every finding about a playbook, and about the plan made from it when there is one, by line.
pub fn lint(page: &Page, playbook: &Playbook, resolved: Option<&Resolved>) -> Vec<Finding> {
    let mut notes = Notes { page, findings: Vec::new() };
    traffic::lint(&mut notes);
    commands::lint(&mut notes);
    queries::lint_page(&mut notes);
    rollback::lint(&mut notes, playbook);
    limits::lint(&mut notes, playbook);
    people::lint(&mut notes, playbook);
    blanks::lint(&mut notes, playbook, resolved);
    let mut findings = notes.findings;
    findings.sort_by_key(|finding| (finding.line, finding.code));
    findings.dedup();
    findings
}

/// Findings in the making.
struct Notes<'a> {
    page: &'a Page,
    findings: Vec<Finding>,
}

impl Notes<'_> {
    fn add(&mut self, (code, severity): (&'static str, Severity), line: u32, message: String, help: &str) {
        self.findings.push(Finding {
            code: Code::new(code),
            severity,
            file: self.page.file().clone(),
            line,
            message: crate::base::Untrusted::new(message).line(),
            help: help.to_owned(),
        });
    }
}

/// The version this release brings, when a plan says so.
fn version(plan: Option<&Plan>) -> Option<&str> {
    plan.map(|plan| plan.release.version.as_str())
        .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}
