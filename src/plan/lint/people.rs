//! Who is asked, and who is not.

use super::Notes;
use crate::plan::finding::Severity;
use crate::plan::playbook::Playbook;

pub fn lint(notes: &mut Notes<'_>, playbook: &Playbook) {
    if playbook.approvals.is_empty() {
        return;
    }
    let asked: Vec<String> = playbook.approvals.iter().map(|approval| key(approval.role.raw())).collect();
    for role in &playbook.roles {
        let says = role.approves.as_ref().map(|text| text.raw().trim().to_lowercase()).unwrap_or_default();
        let approves = says.starts_with("yes") || says.starts_with("required") || says == "x" || says == "✓";
        if approves && !asked.contains(&key(role.name.raw())) {
            let first = playbook.approvals.iter().map(|approval| approval.line).min().unwrap_or(0);
            notes.add(
                ("unknown-approver", Severity::Warning),
                role.line,
                format!(
                    "{} has to approve, and is not in the approval matrix (line {first})",
                    role.name.line()
                ),
                "add the role to the matrix with an escalation, or say here that it does not approve",
            );
        }
    }
}

fn key(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}
