//! Sources and metrics of a first plan file.

use crate::base::Untrusted;
use crate::plan::playbook::{Playbook, slug};
use crate::plan::rule::{Rule, Subject};

use super::names::Names;
use super::paper::Section;
use super::{Desk, Topic};

/// The name of the one source init writes.
pub(super) const SOURCE: &str = "prom";

/// A metric of the plan file: its name and what rules call it.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) key: String,
    /// What is wanted of it, where that is a limit.
    pub(super) target: Option<Rule>,
}

pub(super) fn sources(desk: &mut Desk<'_>) {
    if let Some(address) = desk.answers.get(&Topic::Prometheus) {
        desk.paper.add("source", Some(SOURCE), Section::new().text("prometheus", address));
    }
}

/// The document's metrics, and one for each number only its triggers speak of.
pub(super) fn metrics(desk: &mut Desk<'_>) -> Vec<Known> {
    let mut names = Names::default();
    let mut known = Vec::new();
    for metric in &desk.playbook.metrics {
        let name = names.take(&slug(metric.name.raw()));
        let mut section = Section::new().comment(&desk.source(metric.line));
        section = section.text("title", &metric.name.line());
        for (key, text) in [("target", &metric.target), ("alert", &metric.alert)] {
            let Some(text) = text else { continue };
            match Rule::parse(text.raw()) {
                Ok(_) => section = section.text(key, &text.line()),
                Err(error) => {
                    let said = format!("{key} of {}: `{}` is no rule", metric.name.cell(40), text.cell(60));
                    section = section.comment(&format!("{key}: {} (no rule: {})", text.line(), error.wrong));
                    desk.note(metric.line, said);
                }
            }
        }
        if let Some(key) = key_of(&metric.name.line()) {
            let target = metric.target.as_ref().and_then(|text| Rule::parse(text.raw()).ok());
            known.push(Known { name: name.clone(), key, target });
        }
        desk.paper.add("metric", Some(&name), hint(desk, section));
    }
    for (subject, line) in spoken_of(desk.playbook) {
        let key = subject.key();
        if known.iter().any(|it| it.key == key) {
            continue;
        }
        let name = names.take(&slug(subject.as_str()));
        let section = Section::new().comment(&desk.source(line)).text("title", subject.as_str());
        desk.paper.add("metric", Some(&name), hint(desk, section));
        known.push(Known { name, key, target: None });
    }
    if !known.is_empty() {
        desk.note(0, "metrics have no query yet; until `source` and `query` say where numbers come from, people type them");
    }
    known
}

/// A reminder of what makes a metric live.
fn hint(desk: &Desk<'_>, section: Section) -> Section {
    match desk.answers.get(&Topic::Prometheus) {
        Some(_) => section.comment(&format!("add: source = \"{SOURCE}\" and query = '…'")),
        None => section,
    }
}

/// What a rule calls a number of this title: without a remark in brackets.
fn key_of(title: &str) -> Option<String> {
    let bare = title.split('(').next().unwrap_or(title);
    Subject::new(bare).map(|subject| subject.key())
}

/// The numbers triggers speak of, each trigger of one.
fn spoken_of(playbook: &Playbook) -> Vec<(Subject, u32)> {
    playbook
        .triggers
        .iter()
        .filter_map(|trigger| Some((measured(&trigger.condition)?.1, trigger.line)))
        .collect()
}

/// The rule a condition is and the one number it speaks of.
pub(super) fn measured(condition: &Untrusted) -> Option<(Rule, Subject)> {
    let rule = Rule::parse(condition.raw()).ok()?;
    if !rule.speaks_of_one() {
        return None;
    }
    let tests: Vec<_> = rule.tests().collect();
    // A flag such as `data loss detected` is nothing a metrics server knows.
    if tests.iter().any(|test| matches!(test.check, crate::plan::rule::Check::Present)) {
        return None;
    }
    let subject = rule.subjects().first().map(|subject| (*subject).clone())?;
    Some((rule, subject))
}
