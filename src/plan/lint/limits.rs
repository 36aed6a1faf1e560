//! Limits that contradict each other, and limits without a number.

use super::Notes;
use crate::plan::conflict::{Limit, limits};
use crate::plan::finding::Severity;
use crate::plan::playbook::Playbook;
use crate::plan::rule::Rule;

pub fn lint(notes: &mut Notes<'_>, playbook: &Playbook) {
    for trigger in &playbook.triggers {
        match Rule::parse(trigger.condition.raw()) {
            Ok(rule) if rule.needs_baseline() => notes.add(
                ("baseline-unnamed", Severity::Info),
                trigger.line,
                format!("`{}` names no baseline", trigger.condition.line()),
                "say which: the stable side at the same time, or the hours before the release",
            ),
            Ok(_) => {}
            Err(_) if wants_number(trigger.condition.raw()) => notes.add(
                ("needs-number", Severity::Warning),
                trigger.line,
                format!("`{}` has no number to compare with", trigger.condition.line()),
                "write the limit, such as `> 5 / hour for 10m`, or let a person fire this trigger by hand",
            ),
            Err(_) => {}
        }
    }
    conflicts(notes, &limits(playbook));
}

/// Each limit that contradicts an earlier one.
fn conflicts(notes: &mut Notes<'_>, limits: &[Limit]) {
    for (at, limit) in limits.iter().enumerate() {
        let clashes: Vec<&Limit> = limits.iter().take(at).filter(|other| limit.contradicts(other)).collect();
        let Some(other) = clashes.first() else { continue };
        let same = clashes.iter().filter(|clash| clash.value == other.value && clash.course == other.course);
        let lines: Vec<String> = same.map(|clash| clash.line.to_string()).collect();
        let message = if other.value == limit.value {
            format!(
                "{} over {} is decided by {} here and by {} in line {}",
                limit.subject,
                limit.value,
                limit.course.who(),
                other.course.who(),
                lines.join(" and ")
            )
        } else {
            format!(
                "{} rolls back at {} here and at {} in line {}",
                limit.subject,
                limit.value,
                other.value,
                lines.join(" and ")
            )
        };
        notes.add(
            ("threshold-conflict", Severity::Error),
            limit.line,
            message,
            "choose one and write it once; until then the trigger only asks a person",
        );
    }
}

/// A comparison is begun, and its number is missing.
fn wants_number(text: &str) -> bool {
    let lower = text.to_lowercase();
    let begun = ["> threshold", "above threshold", "exceed", "high ", "spike", "too many"];
    begun.iter().any(|word| lower.contains(word)) && !lower.chars().any(|c| c.is_ascii_digit())
}
