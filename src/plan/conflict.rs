//! Limits of a playbook that contradict each other: one subject with two limits for the machine, or one limit that
//! is decided by the machine in one place and by a person in another.

use crate::base::{Quantity, Untrusted};

use super::playbook::Playbook;
use super::rule::{Check, Rule};

/// One limit: what it is about, how much, and what is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    /// The number's name, as rules find it.
    pub(super) subject: String,
    /// How much.
    pub(super) value: Quantity,
    /// Who decides.
    pub(super) course: Course,
    /// Where it stands, from 1.
    pub(super) line: u32,
}

/// Who decides when a limit is crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The machine rolls back.
    Automatic,
    /// A person is asked.
    Manual,
}

impl Course {
    /// Who that is, in words.
    pub(super) fn who(self) -> &'static str {
        match self {
            Self::Automatic => "the machine",
            Self::Manual => "a person",
        }
    }
}

impl Limit {
    /// The same subject with two limits for the machine, or one limit decided by machine and person.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let alike = self.subject == other.subject && self.value.unit == other.value.unit;
        let two_limits = self.value != other.value && self.course == other.course;
        let two_courses = self.value == other.value && self.course != other.course;
        alike && ((two_limits && self.course == Course::Automatic) || two_courses)
    }
}

/// Every limit of a playbook that ends in a rollback, of its triggers and its trees, in that order.
pub(super) fn limits(playbook: &Playbook) -> Vec<Limit> {
    let mut limits = Vec::new();
    for trigger in &playbook.triggers {
        let Ok(rule) = Rule::parse(trigger.condition.raw()) else { continue };
        let action = trigger.action.as_ref().map(Untrusted::raw).unwrap_or_default();
        limits.extend(course(action).and_then(|course| limit(&rule, course, trigger.said)));
    }
    for tree in &playbook.trees {
        // The tree's own line is that of its fence.
        limits.extend(tree_limits(tree.text.raw(), tree.line + 1));
    }
    limits
}

/// Who decides by these words of an action.
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
    let (subject, value) = single(rule)?;
    Some(Limit { subject: subject?, value, course, line })
}

/// The name and the limit of a rule of one comparison.
pub(super) fn single(rule: &Rule) -> Option<(Option<String>, Quantity)> {
    let tests: Vec<_> = rule.tests().collect();
    let [test] = tests[..] else { return None };
    let Check::Compare { value, .. } = &test.check else { return None };
    Some((test.subject.as_ref().map(|subject| subject.key()), value.clone()))
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
