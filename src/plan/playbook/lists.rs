//! Lists without boxes to pieces, told apart by the title above them.

use super::blocks::{Entry, Kind};
use super::context::Place;
use super::draft::{Draft, given, words};
use super::lasting;
use super::outlines::implied;
use super::pieces::{
    Approval, Checkpoint, Contact, Criterion, Environment, Gate, Message, Metric, Milestone, Risk, Role,
    Session, SeverityLevel, Trigger,
};
use super::when::When;
use crate::base::Untrusted;

/// What the entries of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Triggers,
    Gates,
    Message,
    Severities,
    Contacts,
    Roles,
    Approvals,
    Risks,
    Milestones,
    Metrics,
    Sessions,
    Environment,
    Timed,
}

fn shape(label: &str) -> Option<Shape> {
    let label = label.trim().trim_end_matches(':');
    let short = label.split_whitespace().count() <= 5;
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    let ends = |words: &[&str]| words.iter().any(|word| label.ends_with(word));
    let starts = |words: &[&str]| words.iter().any(|word| label.starts_with(word));
    Some(
        if says(&["trigger", "rollback criteria", "abort criteria"])
            || starts(&["when to execute", "when to roll", "roll back if", "rollback if", "abort if"])
        {
            Shape::Triggers
        } else if ends(&["gate", "gates"]) {
            Shape::Gates
        } else if starts(&["to: "]) {
            Shape::Message
        } else if says(&["severity", "severities"]) {
            Shape::Severities
        } else if short && says(&["contact", "on-call", "oncall"]) {
            Shape::Contacts
        } else if short && (says(&["stakeholder"]) || ends(&["roles", "release team"])) {
            Shape::Roles
        } else if short && (ends(&["approvals", "approvers", "sign-off", "sign-offs", "signoff", "signoffs"]))
        {
            Shape::Approvals
        } else if short && ends(&["risks"]) {
            Shape::Risks
        } else if short && ends(&["milestones"]) {
            Shape::Milestones
        } else if short && ends(&["metrics", "slos", "kpis"]) {
            Shape::Metrics
        } else if short && ends(&["sessions"]) {
            Shape::Sessions
        } else if ends(&[" environment"]) {
            Shape::Environment
        } else if says(&[
            "communicat",
            "announce",
            "message",
            "monitor",
            "checkpoint",
            "timeline",
            "schedule",
            "first 24",
        ]) {
            Shape::Timed
        } else {
            return None;
        },
    )
}

/// Types every list entry it can.
pub(super) fn lists(draft: &mut Draft) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    // Neighbours stand under the same title.
    let mut memo: Option<(Place, String, Option<Shape>)> = None;
    for (at, block) in blocks.iter().enumerate() {
        let Kind::Entry(entry) = &block.kind else { continue };
        if entry.mark.is_some() {
            continue;
        }
        if let Some(parent) = block.parent
            && draft.is_settled(parent)
        {
            // Whatever a typed entry holds was taken with it.
            draft.settle(at);
            continue;
        }
        let place = draft.document.place(at);
        if memo.as_ref().is_none_or(|(known, ..)| *known != place) {
            let label = draft.document.label(place);
            let shape = shape(&label);
            memo = Some((place, label, shape));
        }
        let Some((_, label, Some(shape))) = &memo else { continue };
        let below: Vec<(String, u32)> = blocks
            .iter()
            .skip(at + 1)
            .take_while(|next| next.parent.is_some_and(|parent| parent >= at))
            .filter_map(|next| match &next.kind {
                Kind::Entry(inner) if inner.mark.is_none() => Some((inner.text(), next.line)),
                _ => None,
            })
            .collect();
        if type_entry(draft, (at, block.line), entry, *shape, (label, &below)) {
            draft.settle(at);
        }
    }
}

/// `**Name:** value` or `Name: value`.
pub(super) fn pair(entry: &Entry) -> Option<(String, String)> {
    let text = entry.text();
    if let Some(bold) = entry.bold() {
        let name = bold.trim().trim_end_matches(':').to_owned();
        let value = text.trim().strip_prefix(bold.trim())?.trim_start();
        let value = value.trim_start_matches([':', '-', '–', '—']).trim().to_owned();
        return Some((name, value));
    }
    let (name, value) =
        text.split_once(": ").or_else(|| text.split_once(" - ")).or_else(|| text.split_once(" – "))?;
    (name.split_whitespace().count() <= 6).then(|| (name.trim().to_owned(), value.trim().to_owned()))
}

/// Makes a piece of one entry; `false` when it stays text.
fn type_entry(
    draft: &mut Draft,
    (at, line): (usize, u32),
    entry: &Entry,
    shape: Shape,
    (label, below): (&str, &[(String, u32)]),
) -> bool {
    let place = draft.document.place(at);
    let text = entry.text();
    let pair = pair(entry);
    let (name, value) = pair.clone().unwrap_or_else(|| (text.clone(), String::new()));
    let book = &mut draft.book;
    match shape {
        Shape::Triggers => {
            let found = |key: &str| {
                below.iter().find_map(|(text, line)| {
                    let (name, value) = text.split_once(':')?;
                    (name.trim().eq_ignore_ascii_case(key)).then(|| (value.trim(), *line))
                })
            };
            let under = |key: &str| found(key).map(|(value, _)| value);
            let told = found("trigger").or(found("condition"));
            let (condition, said) =
                told.map_or_else(|| (text.clone(), line), |(words, line)| (words.to_owned(), line));
            let level = ["p0", "p1", "p2", "p3", "sev1", "sev2", "sev3"];
            let severity = draft.document.chain(place.section).find_map(|section| {
                let mut words = section.key.split(|c: char| !c.is_alphanumeric());
                words.find(|word| level.contains(word)).map(|word| Untrusted::new(word.to_uppercase()))
            });
            let action = under("action").map(Untrusted::from).or_else(|| {
                implied(label)
                    .or_else(|| draft.document.chain(place.section).find_map(|section| implied(&section.key)))
            });
            draft.book.triggers.push(Trigger {
                name: told.is_some().then(|| Untrusted::new(text.as_str())),
                lasting: lasting::find(&condition),
                condition: Untrusted::new(condition),
                severity,
                action,
                notify: under("notification").or(under("notify")).map(Untrusted::from),
                line,
                said,
            });
        }
        Shape::Gates => {
            let criteria = if value.is_empty() { Vec::new() } else { vec![words(&value, line)] };
            let name = Untrusted::new(name);
            let gate = Gate { name, criteria, action: None, tool: None, recovery: None, line };
            draft.known.gate(book, gate);
        }
        Shape::Message => {
            let group = draft.document.group_text(place).unwrap_or_default();
            let audience = group.get(3..).unwrap_or_default().trim();
            let known = book
                .messages
                .last_mut()
                .filter(|message| message.audience.as_ref().is_some_and(|known| known.raw() == audience));
            let point = words(&text, line);
            match known {
                Some(message) => message.content.push(point),
                None => book.messages.push(Message {
                    audience: given(audience),
                    channel: None,
                    time: None,
                    when: None,
                    content: vec![point],
                    line,
                }),
            }
        }
        Shape::Severities => {
            let begin = name.to_lowercase();
            if !["p0", "p1", "p2", "p3", "p4", "p5", "sev", "critical", "high", "medium", "low"]
                .iter()
                .any(|level| begin.starts_with(level))
            {
                return false;
            }
            book.severities.push(SeverityLevel {
                name: Untrusted::new(name),
                definition: given(&value).map(|value| words(value.raw(), line)).into_iter().collect(),
                response: None,
                action: None,
                escalation: None,
                line,
            });
        }
        Shape::Contacts => {
            if pair.is_none() {
                return false;
            }
            let way = Criterion { name: "contact".into(), value: Untrusted::new(value), line };
            book.contacts.push(Contact {
                role: Untrusted::new(name),
                ways: vec![way],
                escalation: None,
                line,
            });
        }
        Shape::Roles => {
            if pair.is_none() {
                return false;
            }
            let role = Role {
                name: Untrusted::new(name),
                person: None,
                duty: given(&value),
                approves: None,
                backup: None,
                line,
            };
            draft.known.role(book, role);
        }
        Shape::Approvals => approval(book, &name, &value, line),
        Shape::Risks => book.risks.push(Risk {
            name: Untrusted::new(name),
            mitigation: given(&value),
            owner: None,
            status: None,
            line,
        }),
        Shape::Milestones => book.milestones.push(Milestone {
            name: Untrusted::new(name),
            date: given(&value),
            owner: None,
            criteria: None,
            after: None,
            line,
        }),
        Shape::Metrics => {
            if value.is_empty() && !text.contains(['<', '>', '≥', '≤', '%']) {
                return false;
            }
            let group = draft.title(place);
            let metric = Metric {
                name: Untrusted::new(name),
                target: given(&value),
                alert: None,
                group: given(&group),
                line,
            };
            draft.book.metrics.push(metric);
        }
        Shape::Sessions => {
            book.sessions.push(Session { audience: given(label), topic: Untrusted::new(text), line })
        }
        Shape::Environment => {
            let name = draft.document.section(place.section).title.clone();
            let mut notes = vec![words(&text, line)];
            notes.extend(below.iter().map(|(text, line)| words(text, *line)));
            let environment = Environment { name: Untrusted::new(name), notes, line };
            draft.known.environment(&mut draft.book, environment);
        }
        Shape::Timed => return timed(draft, label, &name, &value, line),
    }
    true
}

/// Adds a sign-off.
pub(super) fn approval(book: &mut super::model::Playbook, name: &str, value: &str, line: u32) {
    let order = u32::try_from(book.approvals.len()).unwrap_or(u32::MAX).saturating_add(1);
    let blank = value.contains("__") || value.starts_with('[') || value.is_empty();
    let approver = if blank { None } else { given(value) };
    let role = Untrusted::new(name);
    book.approvals.push(Approval { role, approver, scope: None, escalation: None, order, line });
}

/// An entry that begins with a time is a message or a checkpoint.
fn timed(draft: &mut Draft, label: &str, name: &str, value: &str, line: u32) -> bool {
    let Some(when) = When::parse(name).filter(|_| !value.is_empty()) else { return false };
    let time = Untrusted::new(name);
    if ["communicat", "announce", "message"].iter().any(|word| label.contains(word)) {
        let content = vec![words(value, line)];
        let (time, when) = (Some(time), Some(when));
        draft.book.messages.push(Message { audience: None, channel: None, time, when, content, line });
    } else {
        let (what, when) = (Untrusted::new(value), Some(when));
        draft.book.checkpoints.push(Checkpoint { time, when, what, owner: None, criteria: None, line });
    }
    true
}
