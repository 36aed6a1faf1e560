//! Limits that contradict each other, and limits without a number.

use super::Notes;
use crate::base::{Quantity, Untrusted};
use crate::plan::finding::Severity;
use crate::plan::playbook::Playbook;
use crate::plan::rule::{Check, Rule};

/// One limit: what it is about, how much, and what is done.
struct Limit {
    subject: String,
    value: Quantity,
    course: Course,
    line: u32,
}

/// Who decides when a limit is crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Automatic,
    Manual,
}

pub fn lint(notes: &mut Notes<'_>, playbook: &Playbook) {
    let mut limits: Vec<Limit> = Vec::new();
    for trigger in &playbook.triggers {
        match Rule::parse(trigger.condition.raw()) {
            Ok(rule) => {
                let action = trigger.action.as_ref().map(Untrusted::raw).unwrap_or_default();
                limits.extend(course(action).and_then(|course| limit(&rule, course, trigger.line)));
                if rule.needs_baseline() {
                    notes.add(
                        ("baseline-unnamed", Severity::Info),
                        trigger.line,
                        format!("`{}` names no baseline", trigger.condition.line()),
                        "say which: the stable side at the same time, or the hours before the release",
                    );
                }
            }
            Err(_) if wants_number(trigger.condition.raw()) => notes.add(
                ("needs-number", Severity::Warning),
                trigger.line,
                format!("`{}` has no number to compare with", trigger.condition.line()),
                "write the limit, such as `> 5 / hour for 10m`, or let a person fire this trigger by hand",
            ),
            Err(_) => {}
        }
    }
    for tree in &playbook.trees {
        // The tree's own line is that of its fence.
        limits.extend(tree_limits(tree.text.raw(), tree.line + 1));
    }
    conflicts(notes, &limits);
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
                who(limit.course),
                who(other.course),
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

impl Limit {
    /// The same subject with two limits for the machine, or one limit decided by machine and person.
    fn contradicts(&self, other: &Limit) -> bool {
        let alike = self.subject == other.subject && self.value.unit == other.value.unit;
        let two_limits = self.value != other.value && self.course == other.course;
        let two_courses = self.value == other.value && self.course != other.course;
        alike && ((two_limits && self.course == Course::Automatic) || two_courses)
    }
}

fn who(course: Course) -> &'static str {
    match course {
        Course::Automatic => "the machine",
        Course::Manual => "a person",
    }
}

fn course(action: &str) -> Option<Course> {
    let lower = action.to_lowercase();
    let back =
        ["rollback", "roll back", "cutoff", "cut-off", "cut off"].iter().any(|word| lower.contains(word));
    let asks =
        ["manual", "consider", "potential", "decision", "review"].iter().any(|word| lower.contains(word));
    match (back, asks) {
        (true, true) => Some(Course::Manual),
        (true, false) => Some(Course::Automatic),
        _ => None,
    }
}

fn limit(rule: &Rule, course: Course, line: u32) -> Option<Limit> {
    let tests: Vec<_> = rule.tests().collect();
    let [test] = tests[..] else { return None };
    let Check::Compare { value, .. } = &test.check else { return None };
    let subject = test.subject.as_ref()?.key();
    Some(Limit { subject, value: value.clone(), course, line })
}

/// A question with a limit, and the course its yes leads to.
fn tree_limits(text: &str, first: u32) -> Vec<Limit> {
    let lines: Vec<&str> = text.lines().collect();
    let mut limits = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(question) = line.split("Is ").nth(1).and_then(|rest| rest.split('?').next()) else {
            continue;
        };
        let Ok(rule) = Rule::parse(question) else { continue };
        let answer = lines.get(at + 1).filter(|next| next.contains("Yes"));
        let number = first + u32::try_from(at).unwrap_or(0);
        limits.extend(answer.and_then(|next| course(next)).and_then(|course| limit(&rule, course, number)));
    }
    limits
}

/// A comparison is begun, and its number is missing.
fn wants_number(text: &str) -> bool {
    let lower = text.to_lowercase();
    let begun = ["> threshold", "above threshold", "exceed", "high ", "spike", "too many"];
    begun.iter().any(|word| lower.contains(word)) && !lower.chars().any(|c| c.is_ascii_digit())
}
