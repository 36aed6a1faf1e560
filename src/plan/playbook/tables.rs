//! Tables to pieces, told apart by their header row and the titles above them.

use super::blocks::Row;
use super::draft::{Draft, given, words};
use super::known::Known;
use super::model::Playbook;
use super::notes::codes;
use super::pieces::{
    Approval, Checkpoint, Contact, Criterion, Environment, Gate, GateAction, Message, Metric, Milestone,
    Risk, Role, SeverityLevel, Trigger,
};
use super::when::When;
use super::{lasting, outlines};
use crate::base::Untrusted;

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Severities,
    Triggers,
    Approvals,
    Gates,
    Metrics,
    Risks,
    Messages,
    Checkpoints,
    Milestones,
    People,
    Environments,
}

/// A header row in lower case.
struct Head {
    names: Vec<String>,
}

impl Head {
    fn new(head: &[String]) -> Self {
        Self { names: head.iter().map(|name| name.trim().to_lowercase()).collect() }
    }
    fn first(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
    /// The first column whose name contains one of these.
    fn find(&self, wanted: &[&str]) -> Option<usize> {
        self.names.iter().position(|name| wanted.iter().any(|word| name.contains(word)))
    }
    fn is(&self, wanted: &[&str]) -> bool {
        wanted.contains(&self.first())
    }
    fn says(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|word| self.first().contains(word))
    }
}

/// The column that says whether a row is done.
pub(super) fn status_column(head: &[String]) -> Option<usize> {
    const NAMES: [&str; 12] = [
        "status",
        "state",
        "done",
        "done?",
        "complete",
        "complete?",
        "completed",
        "check",
        "checked",
        "✓",
        "✅",
        "☑",
    ];
    // A first column called `Check` says what is checked.
    head.iter().enumerate().position(|(at, name)| {
        let name = name.trim().to_lowercase();
        NAMES.contains(&name.as_str()) && (at > 0 || name != "check")
    })
}

/// The cell that says what a row of a checklist is about.
pub(super) fn row_text(cells: &[String]) -> String {
    let wordy = |cell: &&String| cell.chars().filter(|c| c.is_alphabetic()).count() > 1;
    cells.iter().find(wordy).or(cells.first()).cloned().unwrap_or_default()
}

fn shape(head: &Head, rows: &[Row], label: &str, gates_above: bool) -> Option<Shape> {
    let action = head.find(&["action"]);
    let actions = |at: usize| {
        !rows.is_empty()
            && rows.iter().all(|row| row.cells.get(at).and_then(|cell| gate_action(cell)).is_some())
    };
    let alarm = label.contains("alert") && head.find(&["action", "severity", "notify", "channel"]).is_some();
    Some(if head.says(&["severity", "priority"]) || head.is(&["level", "sev"]) {
        Shape::Severities
    } else if head.says(&["trigger", "condition"]) || label.contains("trigger") || alarm {
        Shape::Triggers
    } else if head.is(&["approval", "approvals", "approver"])
        || (["approval", "sign-off", "signoff", "go/no-go"].iter().any(|word| label.contains(word))
            && head.is(&["role", "name", "team", "stakeholder", "function"]))
    {
        Shape::Approvals
    } else if head.says(&["metric", "kpi", "slo", "sli", "indicator"]) || head.is(&["measure", "signal"]) {
        Shape::Metrics
    } else if head.says(&["gate"])
        || action.is_some_and(actions)
        || head
            .names
            .iter()
            .skip(1)
            .any(|name| matches!(name.as_str(), "block" | "blocking" | "blocker" | "blocks"))
        || (gates_above && head.says(&["check", "requirement", "test", "criteri"]))
    {
        Shape::Gates
    } else if head.says(&["risk"]) {
        Shape::Risks
    } else if head.find(&["audience", "recipient"]).is_some() {
        Shape::Messages
    } else if head.is(&[
        "time",
        "timing",
        "when",
        "t",
        "day",
        "hour",
        "checkpoint",
        "offset",
        "window",
        "time window",
        "week",
    ]) {
        Shape::Checkpoints
    } else if head.says(&["milestone"])
        || (head.is(&["phase", "stage", "activity", "deliverable", "event"])
            && head.find(&["date", "duration", "deadline", "due", "eta"]).is_some())
    {
        Shape::Milestones
    } else if head.is(&["role", "name", "team", "person", "stakeholder", "contact", "function", "who"])
        && head.names.len() > 1
    {
        Shape::People
    } else if head.says(&["environment"]) || head.is(&["env"]) {
        Shape::Environments
    } else {
        return None;
    })
}

/// Reads `Block`, `Warn`, `Review` or `Required`.
pub(super) fn gate_action(text: &str) -> Option<GateAction> {
    let word = text.trim().to_lowercase();
    let word = word.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    Some(match word {
        "block" | "blocks" | "blocking" | "blocker" | "stop" | "fail" => GateAction::Block,
        "warn" | "warning" | "warns" => GateAction::Warn,
        "review" | "manual" => GateAction::Review,
        "require" | "required" | "requires" => GateAction::Require,
        _ => return None,
    })
}

/// Types one table, or says that it stays text.
pub(super) fn table(draft: &mut Draft, at: usize, head: &[String], rows: &[Row]) {
    let place = draft.document.place(at);
    let label = draft.document.label(place);
    let gates_above = draft.document.under(place.section, &["gate"]);
    let names = Head::new(head);
    let Some(shape) = shape(&names, rows, &label, gates_above) else {
        if status_column(head).is_none() {
            let line = draft.document.blocks.get(at).map_or(0, |block| block.line);
            let columns = Untrusted::new(head.join(" | ")).cell(60);
            let message = format!("a table with the columns `{columns}` is kept as text");
            let help =
                "name the first column after what the rows are: Metric, Gate, Trigger, Approval, Role, Time";
            draft.notes.info(codes::KEPT_AS_TEXT, line, message, help);
        }
        return;
    };
    let group = draft.document.group_text(place).map(str::to_owned).unwrap_or_else(|| draft.title(place));
    for row in rows {
        let cell = |at: Option<usize>| at.and_then(|at| row.cells.get(at)).map_or("", String::as_str);
        let name = cell(Some(0));
        if name.trim().is_empty() && shape != Shape::Triggers {
            continue;
        }
        one((&mut draft.book, &mut draft.known), shape, &names, row, (&group, &label));
    }
}

fn one(
    (book, known): (&mut Playbook, &mut Known),
    shape: Shape,
    head: &Head,
    row: &Row,
    (group, label): (&str, &str),
) {
    let line = row.line;
    let column = |wanted: &[&str]| {
        head.names.iter().enumerate().skip(1).find(|(_, name)| wanted.iter().any(|word| name.contains(word)))
    };
    let get =
        |wanted: &[&str]| column(wanted).and_then(|(at, _)| row.cells.get(at)).and_then(|cell| given(cell));
    let first = row.cells.first().map_or("", |cell| cell.trim());
    let name = Untrusted::new(first);
    match shape {
        Shape::Severities => book.severities.push(SeverityLevel {
            name,
            definition: get(&[
                "definition",
                "description",
                "impact",
                "example",
                "criteria",
                "condition",
                "meaning",
            ])
            .map(|text| words(text.raw(), line))
            .into_iter()
            .collect(),
            response: get(&["response", "timeframe", "time", "sla"]),
            action: get(&["action"]),
            escalation: get(&["escalat", "notify", "who", "owner"]),
            line,
        }),
        Shape::Triggers => {
            let limit = get(&["threshold", "value", "limit", "condition", "criteria"]);
            let condition = match &limit {
                Some(limit) => Untrusted::new(format!("{first} {}", limit.raw()).trim()),
                None => name.clone(),
            };
            let length = get(&["duration", "for", "window"]);
            let lasting = length.as_ref().and_then(|text| lasting::length(text.raw()));
            book.triggers.push(Trigger {
                name: limit.is_some().then_some(name).filter(|name| !name.is_empty()),
                lasting: lasting.or_else(|| lasting::find(condition.raw())),
                condition,
                severity: get(&["severity", "priority", "level"]),
                action: get(&["action", "response", "remed"]).or_else(|| outlines::implied(label)),
                notify: get(&["notif", "channel", "who", "owner", "contact"]),
                line,
                said: line,
            });
        }
        Shape::Approvals => {
            let order = u32::try_from(book.approvals.len()).unwrap_or(u32::MAX).saturating_add(1);
            book.approvals.push(Approval {
                role: name,
                approver: get(&["name", "approver", "person", "signature"]),
                scope: get(&["required for", "scope", "release", "type", "for", "required"]),
                escalation: get(&["escalat", "backup"]),
                order,
                line,
            });
        }
        Shape::Gates => gate(book, known, head, row, first),
        Shape::Metrics => book.metrics.push(Metric {
            name,
            target: get(&["target", "goal", "objective", "baseline"]).or_else(|| {
                // `Threshold` is the target when there is an alert column, and `Alert threshold` never is.
                let (at, _) = head.names.iter().enumerate().skip(1).find(|(_, name)| {
                    (name.contains("threshold") && !name.contains("alert")) || name.contains("expected")
                })?;
                row.cells.get(at).and_then(|cell| given(cell))
            }),
            alert: get(&["alert", "critical", "limit", "rollback", "fail"]),
            group: given(group),
            line,
        }),
        Shape::Risks => book.risks.push(Risk {
            name,
            mitigation: get(&["mitigat", "response", "plan", "action"]),
            owner: get(&["owner", "who", "responsible"]),
            status: get(&["status", "state"]),
            line,
        }),
        Shape::Messages => {
            let time = head
                .names
                .iter()
                .position(|name| ["timing", "time", "when", "date"].iter().any(|word| name.contains(word)))
                .and_then(|at| row.cells.get(at))
                .and_then(|cell| given(cell));
            let audience = head.find(&["audience", "recipient"]).and_then(|at| row.cells.get(at));
            book.messages.push(Message {
                audience: audience.and_then(|cell| given(cell)),
                channel: get(&["channel", "medium", "method", "via"]),
                when: time.as_ref().and_then(|time| When::window(time.raw())),
                time,
                content: get(&["content", "message", "subject", "template", "topic"])
                    .map(|text| words(text.raw(), line))
                    .into_iter()
                    .collect(),
                line,
            });
        }
        Shape::Checkpoints => book.checkpoints.push(Checkpoint {
            when: When::window(first),
            time: name,
            what: get(&["activity", "action", "check", "focus", "task", "what", "event", "step"])
                .or_else(|| row.cells.get(1).and_then(|cell| given(cell)))
                .unwrap_or_default(),
            owner: get(&["owner", "who", "responsible", "lead"]),
            criteria: get(&["criteria", "expected", "success"]),
            line,
        }),
        Shape::Milestones => {
            if !first.eq_ignore_ascii_case("total") {
                book.milestones.push(Milestone {
                    name,
                    date: get(&["date", "duration", "deadline", "due", "eta", "when"]),
                    owner: get(&["owner", "who", "responsible", "lead"]),
                    criteria: get(&["criteria", "success", "exit", "definition"]),
                    after: get(&["depend", "after", "prerequisite", "requires"]),
                    line,
                });
            }
        }
        Shape::People => person(book, known, head, row, first),
        Shape::Environments => book.environments.push(Environment {
            name,
            notes: row
                .cells
                .iter()
                .skip(1)
                .filter_map(|cell| given(cell))
                .map(|cell| words(cell.raw(), line))
                .collect(),
            line,
        }),
    }
}

/// A row about a gate; a later row about the same gate adds to it.
fn gate(book: &mut Playbook, known: &mut Known, head: &Head, row: &Row, first: &str) {
    let mut gate = Gate {
        name: Untrusted::new(first),
        criteria: Vec::new(),
        action: None,
        tool: None,
        recovery: None,
        line: row.line,
    };
    for (name, cell) in head.names.iter().zip(&row.cells).skip(1) {
        let Some(text) = given(cell) else { continue };
        if name.contains("action") || name.contains("failure") {
            gate.action = gate_action(cell);
        } else if name.contains("block") {
            let yes =
                matches!(cell.trim().to_lowercase().as_str(), "yes" | "y" | "true" | "block" | "✓" | "✅");
            gate.action = Some(if yes { GateAction::Block } else { GateAction::Warn });
        } else if name.contains("tool") || name.contains("command") {
            gate.tool = Some(text);
        } else if name.contains("recover") || name.contains("remed") {
            gate.recovery = Some(text);
        } else if name.contains("threshold") || name.contains("criteri") || name.contains("expected") {
            gate.criteria.push(words(text.raw(), row.line));
        } else {
            gate.criteria.push(words(&format!("{name}: {}", text.raw()), row.line));
        }
    }
    known.gate(book, gate);
}

/// A row about a role or a contact, or both.
fn person(book: &mut Playbook, known: &mut Known, head: &Head, row: &Row, first: &str) {
    const WAYS: [&str; 10] = [
        "email",
        "e-mail",
        "slack",
        "phone",
        "contact",
        "primary",
        "secondary",
        "pager",
        "mobile",
        "channel",
    ];
    let mut role = Role {
        name: Untrusted::new(first),
        person: None,
        duty: None,
        approves: None,
        backup: None,
        line: row.line,
    };
    let mut contact =
        Contact { role: Untrusted::new(first), ways: Vec::new(), escalation: None, line: row.line };
    for (name, cell) in head.names.iter().zip(&row.cells).skip(1) {
        let Some(text) = given(cell) else { continue };
        if name.contains("escalat") {
            contact.escalation = Some(text);
        } else if WAYS.iter().any(|way| name.contains(way)) {
            contact.ways.push(Criterion { name: Untrusted::new(name.as_str()), value: text, line: row.line });
        } else if name.contains("approv") {
            role.approves = Some(text);
        } else if name.contains("backup") || name.contains("deputy") {
            role.backup = Some(text);
        } else if name.contains("name") || name.contains("person") || name.contains("who") {
            role.person = Some(text);
        } else {
            role.duty = role.duty.or(Some(text));
        }
    }
    if head.names.iter().skip(1).any(|name| WAYS.iter().any(|way| name.contains(way))) {
        book.contacts.push(contact);
    }
    if head.is(&["role", "stakeholder", "function", "team"]) {
        known.role(book, role);
    }
}
