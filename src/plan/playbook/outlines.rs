//! Outlines in fences to pieces, told apart by the heading and by the outline's own title.

use super::draft::{Draft, given, words};
use super::items::plain;
use super::lasting;
use super::lists;
use super::model::{Stage, StageKind, Words};
use super::outline::{Lead, Node, Outline};
use super::pieces::{Environment, Gate, Message, Metric, Review, Session, SeverityLevel, Step, Trigger};
use super::when::When;
use crate::base::{StageId, Untrusted};

/// Types one outline that stands in a block; `false` when it stays text.
pub(super) fn outline(draft: &mut Draft, block: usize, outline: &Outline) -> bool {
    let place = draft.document.place(block);
    let label = format!("{} / {}", draft.document.label(place), outline.title().to_lowercase());
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    let after = draft.document.under(place.section, &["post-release"]);
    let boxes = outline.nodes.iter().any(|node| node.mark.is_some());
    let top = |test: fn(&Node) -> bool| outline.children(None).any(|(_, node)| test(node));
    let mut typed = numbered(draft, outline);
    typed |= if checks(draft, outline) || rules(draft, outline, says(&["alert", "trigger"])) {
        true
    } else if boxes {
        return true;
    } else if top(is_phase) {
        phases(draft, outline);
        true
    } else if top(is_gate) {
        gates(draft, outline);
        true
    } else if top(is_severity) {
        severities(draft, outline);
        true
    } else if says(&["environment"]) || top(|node| node.text.to_lowercase().contains("environment")) {
        environments(draft, outline);
        true
    } else if says(&["trigger", "alert"]) {
        triggers(draft, outline, &label);
        true
    } else if says(&["communication"]) {
        messages(draft, outline);
        true
    } else if says(&["session"]) || says(&["knowledge transfer"]) {
        sessions(draft, outline);
        true
    } else if says(&["review", "retrospective"]) || (says(&["post-release"]) && after) {
        reviews(draft, block, outline);
        true
    } else if says(&["metrics", "monitoring dashboard"]) {
        metrics(draft, outline);
        true
    } else {
        false
    };
    typed
}

/// What a title implies is done: `Automatic Rollback Triggers` means an automatic rollback.
pub(super) fn implied(label: &str) -> Option<Untrusted> {
    let lower = label.to_lowercase();
    if !lower.contains("rollback") {
        return None;
    }
    let kind = ["automatic", "manual", "immediate"].iter().find(|word| lower.contains(*word));
    Some(Untrusted::new(kind.map_or("rollback".to_owned(), |kind| format!("{kind} rollback"))))
}

fn is_phase(node: &Node) -> bool {
    let lower = node.text.to_lowercase();
    ["phase ", "stage ", "wave ", "ring "].iter().any(|word| {
        lower.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

fn is_gate(node: &Node) -> bool {
    node.lead == Lead::None && node.text.to_lowercase().ends_with(" gate")
}

fn is_severity(node: &Node) -> bool {
    let mut chars = node.text.chars();
    matches!(chars.next(), Some('P' | 'p')) && chars.next().is_some_and(|c| c.is_ascii_digit())
        || node.text.to_lowercase().starts_with("sev")
}

/// Leaves that are list entries, with the titles they stand under.
fn entries(outline: &Outline) -> impl Iterator<Item = (&Node, Option<&Node>)> {
    outline
        .leaves()
        .filter(|(_, node)| matches!(node.lead, Lead::Bullet | Lead::Number) && node.mark.is_none())
        .map(|(_, node)| (node, outline.group(node)))
}

fn below(outline: &Outline, at: usize) -> Vec<Words> {
    outline.children(Some(at)).map(|(_, node)| words(&plain(&node.text), node.line)).collect()
}

/// Numbered entries are steps.
fn numbered(draft: &mut Draft, outline: &Outline) -> bool {
    let mut any = false;
    for node in outline.nodes.iter().filter(|node| node.lead == Lead::Number && node.mark.is_none()) {
        let text = Untrusted::new(plain(&node.text));
        draft.book.steps.push(Step { text, line: node.line, depth: node.depth });
        any = true;
    }
    any
}

/// `- name: …` with a command and what it should say.
fn checks(draft: &mut Draft, outline: &Outline) -> bool {
    let mut any = false;
    for (at, node) in named(outline) {
        let value = |keys: &[&str]| keys.iter().find_map(|key| outline.value(at, key)).and_then(given);
        let (tool, expected) = (value(&["command", "run"]), value(&["expected", "expect", "pass"]));
        if tool.is_none() || expected.is_none() {
            continue;
        }
        let criteria = expected.into_iter().map(|text| words(text.raw(), node.line)).collect();
        let action =
            value(&["action", "on_failure", "else"]).and_then(|text| super::tables::gate_action(text.raw()));
        let gate = Gate { name: pair_value(node), criteria, action, tool, recovery: None, line: node.line };
        draft.known.gate(&mut draft.book, gate);
        any = true;
    }
    any
}

/// `- name: …` with a condition and how long it must last.
fn rules(draft: &mut Draft, outline: &Outline, by_title: bool) -> bool {
    let mut any = false;
    for (at, node) in named(outline) {
        let value = |keys: &[&str]| keys.iter().find_map(|key| outline.value(at, key)).and_then(given);
        let Some(condition) = value(&["condition", "expr", "when", "if"]) else { continue };
        if !by_title && value(&["duration", "for", "severity", "action"]).is_none() {
            continue;
        }
        let lasting = value(&["duration", "for"]).and_then(|text| lasting::length(text.raw()));
        let channels: Vec<&str> = outline
            .children(Some(at))
            .filter(|(_, key)| key.text.to_lowercase().starts_with("channel"))
            .flat_map(|(key, _)| outline.children(Some(key)))
            .map(|(_, node)| node.text.as_str())
            .collect();
        draft.book.triggers.push(Trigger {
            name: Some(pair_value(node)),
            lasting: lasting.or_else(|| lasting::find(condition.raw())),
            condition,
            severity: value(&["severity", "priority"]),
            action: value(&["action"]),
            notify: value(&["channels", "notify"]).or_else(|| given(&channels.join(", "))),
            line: node.line,
            said: node.line,
        });
        any = true;
    }
    any
}

fn named(outline: &Outline) -> impl Iterator<Item = (usize, &Node)> {
    outline.nodes.iter().enumerate().filter(|(_, node)| {
        node.lead == Lead::Bullet
            && node.pair.as_ref().is_some_and(|(key, _)| {
                ["name", "alert", "id", "check", "gate"].iter().any(|name| key.eq_ignore_ascii_case(name))
            })
    })
}

fn pair_value(node: &Node) -> Untrusted {
    Untrusted::new(node.pair.as_ref().map_or(node.text.as_str(), |(_, value)| value.as_str()))
}

fn phases(draft: &mut Draft, outline: &Outline) {
    for (at, node) in outline.children(None).filter(|(_, node)| is_phase(node)) {
        let mut criteria = Vec::new();
        for (key, title) in outline.children(Some(at)) {
            if title.text.to_lowercase().contains("criteria") {
                criteria.extend(below(outline, key));
            }
        }
        let name = node.text.trim().to_owned();
        draft.book.stages.push(Stage {
            id: StageId::from(super::identity::slug(&name)),
            kind: StageKind::Named,
            when: When::find(&name),
            title: Untrusted::new(super::identity::display(&name)),
            line: node.line,
            level: 0,
            duration: outline.value(at, "duration").and_then(given),
            criteria,
        });
    }
}

fn gates(draft: &mut Draft, outline: &Outline) {
    for (at, node) in outline.children(None).filter(|(_, node)| is_gate(node)) {
        let name = Untrusted::new(node.text.as_str());
        let criteria = below(outline, at);
        let gate = Gate { name, criteria, action: None, tool: None, recovery: None, line: node.line };
        draft.known.gate(&mut draft.book, gate);
    }
}

fn severities(draft: &mut Draft, outline: &Outline) {
    for (at, node) in outline.children(None).filter(|(_, node)| is_severity(node)) {
        let (name, remark) = remark(&node.text);
        let response = remark.and_then(|remark| given(remark.trim_start_matches("Response:").trim()));
        draft.book.severities.push(SeverityLevel {
            name: Untrusted::new(name),
            definition: below(outline, at),
            response,
            action: None,
            escalation: None,
            line: node.line,
        });
    }
}

/// A title and the remark in brackets behind it.
fn remark(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end_matches(')').trim())),
        None => (text.trim(), None),
    }
}

fn environments(draft: &mut Draft, outline: &Outline) {
    for (at, node) in outline.children(None) {
        let lower = node.text.to_lowercase();
        if lower.contains("environments") {
            for (inner, name) in outline.children(Some(at)) {
                add_environment(draft, outline, inner, name);
            }
        } else if lower.contains("environment") {
            add_environment(draft, outline, at, node);
        }
    }
}

fn add_environment(draft: &mut Draft, outline: &Outline, at: usize, node: &Node) {
    let name = Untrusted::new(node.text.as_str());
    let environment = Environment { name, notes: below(outline, at), line: node.line };
    draft.known.environment(&mut draft.book, environment);
}

fn triggers(draft: &mut Draft, outline: &Outline, label: &str) {
    for (node, group) in entries(outline) {
        let condition = plain(&node.text);
        draft.book.triggers.push(Trigger {
            name: None,
            lasting: lasting::find(&condition),
            condition: Untrusted::new(condition),
            severity: group.and_then(|group| given(&group.text)),
            action: implied(label),
            notify: None,
            line: node.line,
            said: node.line,
        });
    }
}

fn messages(draft: &mut Draft, outline: &Outline) {
    for (node, group) in entries(outline) {
        let (audience, content) = match &node.pair {
            Some((name, value)) if !value.is_empty() => (given(name), value.clone()),
            _ => (None, plain(&node.text)),
        };
        let time = group.and_then(|group| given(&group.text));
        draft.book.messages.push(Message {
            audience,
            channel: None,
            when: time.as_ref().and_then(|time| When::window(time.raw())),
            time,
            content: vec![words(&content, node.line)],
            line: node.line,
        });
    }
}

fn sessions(draft: &mut Draft, outline: &Outline) {
    for (node, group) in entries(outline) {
        let audience = group.and_then(|group| given(group.text.trim_end_matches("Sessions").trim()));
        let topic = Untrusted::new(plain(&node.text));
        draft.book.sessions.push(Session { audience, topic, line: node.line });
    }
}

fn reviews(draft: &mut Draft, block: usize, outline: &Outline) {
    let place = draft.document.place(block);
    let when = draft.document.section(place.section).when.clone();
    for (at, node) in outline.children(None) {
        let topics = below(outline, at);
        let title = Untrusted::new(node.text.as_str());
        draft.book.reviews.push(Review { title, when: when.clone(), topics, line: node.line });
    }
}

fn metrics(draft: &mut Draft, outline: &Outline) {
    for (node, group) in entries(outline) {
        let text = plain(&node.text);
        let (name, target) = match &node.pair {
            Some((name, value)) if !value.is_empty() => (plain(name), given(&plain(value))),
            _ => (text, None),
        };
        draft.book.metrics.push(Metric {
            name: Untrusted::new(name),
            target,
            alert: None,
            group: group.and_then(|group| given(&group.text)),
            line: node.line,
        });
    }
}

/// Lines of `**Name:** value` that are sign-offs become approvals, the others fields.
pub(super) fn sign_off(draft: &mut Draft, name: &str, value: &str, line: u32, in_block: bool) -> bool {
    let lower = name.to_lowercase();
    let named = ["sign-off", "signoff", "sign off"].iter().find_map(|word| lower.find(word));
    let blank = value.contains("___") || value.to_lowercase().contains("date");
    match named {
        Some(at) if at > 0 => {
            let role = name.get(..at).unwrap_or(name).trim();
            lists::approval(&mut draft.book, role, value, line);
            true
        }
        _ if in_block && blank => {
            lists::approval(&mut draft.book, name.trim(), value, line);
            true
        }
        _ => false,
    }
}
