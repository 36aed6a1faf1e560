//! Triggers of a first plan file.

use crate::plan::Arming;
use crate::plan::playbook::{Trigger, slug};
use crate::plan::resolve::{arming, document, overlap};
use crate::plan::rule::Rule;

use super::Desk;
use super::checks::HEALTH;
use super::names::Names;
use super::numbers::{Known, measured};
use super::paper::Section;

/// Writes the triggers: rules over metrics where the words are one, else fired by a person.
pub(super) fn triggers(desk: &mut Desk<'_>, metrics: &[Known], gates: &[String]) {
    let mut names = Names::default();
    for trigger in &desk.playbook.triggers {
        let name = names.take(&slug(trigger.condition.raw()));
        let mut section = Section::new().comment(&desk.source(trigger.line));
        section = section.text("title", &trigger.condition.line());
        let when = rule(trigger, metrics).or_else(|| health(trigger, gates));
        if when.is_none() {
            desk.note(
                trigger.line,
                format!("`{}` is no rule over a metric; a person fires it", trigger.condition.cell(70)),
            );
        }
        section = section.text("when", when.as_deref().unwrap_or("manual"));
        if let Some(exit) = when.as_deref().and_then(|when| exit(when, trigger, metrics)) {
            section = section.text("exit", &exit);
        }
        if let Arming::Contested { lines: (one, other) } = arming::of_document(desk.playbook, trigger.said) {
            section = section.comment(&format!(
                "lines {one} and {other} decide this in two ways: it asks a person until you add"
            ));
            section = section.comment("arm = \"automatic\"   or   arm = \"request\"");
            desk.note(
                trigger.said,
                format!(
                    "`{}` is decided in two ways, in lines {one} and {other}; it asks a person until `arm` says which",
                    trigger.condition.cell(60)
                ),
            );
        }
        if let Some(severity) = trigger.severity.as_ref().filter(|text| !text.is_empty()) {
            section = section.text("severity", &severity.line());
        }
        section = section.list("actions", document::actions(trigger).iter().map(|action| action.as_str()));
        desk.paper.add("trigger", Some(&name), section);
    }
}

/// The metric's target, when it ends what the trigger begins: the playbook's pair of a limit to go red and one to be
/// green again.
fn exit(when: &str, trigger: &Trigger, metrics: &[Known]) -> Option<String> {
    let (_, subject) = measured(&trigger.condition)?;
    let metric = metrics.iter().find(|metric| metric.key == subject.key())?;
    let target = metric.target.as_ref().filter(|target| target.subjects().is_empty())?;
    let enter = Rule::parse(when).ok()?;
    (enter.unit() == target.unit() && !overlap(&enter, target)).then(|| target.to_string())
}

/// `error-rate > 5 % for 2m`: the metric by its name, the limit as it was read.
fn rule(trigger: &Trigger, metrics: &[Known]) -> Option<String> {
    let (mut rule, subject) = measured(&trigger.condition)?;
    let key = subject.key();
    let known = metrics.iter().find(|metric| metric.key == key)?;
    rule.lasting = rule.lasting.or(trigger.lasting);
    let text = rule.to_string().replace(subject.as_str(), &known.name);
    // Whatever is written must read back as the same number of the same metric.
    let back = measured(&text.as_str().into())?;
    (back.1.key() == known.name.replace('-', " ")).then_some(text)
}

/// `Health checks fail for > 2 minutes`, when there is an address to ask.
fn health(trigger: &Trigger, gates: &[String]) -> Option<String> {
    let low = trigger.condition.raw().to_lowercase();
    let fits = low.contains("health") && (low.contains("fail") || low.contains("500"));
    let asked = gates.iter().any(|gate| gate == HEALTH);
    (fits && asked).then(|| match trigger.lasting {
        Some(lasting) => format!("gate {HEALTH} failing for {lasting}"),
        None => format!("gate {HEALTH} failing"),
    })
}
