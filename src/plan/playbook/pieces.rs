//! The smaller pieces of a playbook. Each keeps the line it was read from; texts are as written, without Markdown.

use serde::Serialize;

use super::model::Words;
use super::when::When;
use crate::base::{Seconds, Untrusted};

/// A name and what the document says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// Before the colon.
    pub name: Untrusted,
    /// After it.
    pub value: Untrusted,
    /// Where it stands.
    pub line: u32,
}

/// A numbered step, or a table row with a status, that is not an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What to do.
    pub text: Untrusted,
    /// Where it stands.
    pub line: u32,
    /// Nesting among lists, from 0.
    pub depth: u32,
}

/// What a gate does when it does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateAction {
    /// Only a pass lets on.
    Block,
    /// Goes on, stays yellow.
    Warn,
    /// A role decides.
    Review,
    /// The evidence must exist.
    Require,
}

/// A check that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Its name.
    pub name: Untrusted,
    /// What it demands, one entry a criterion.
    pub criteria: Vec<Words>,
    /// What happens otherwise, if the document says so.
    pub action: Option<GateAction>,
    /// The tool or command that checks it.
    pub tool: Option<Untrusted>,
    /// How to recover, if the document says so.
    pub recovery: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// One role's go or no-go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The role.
    pub role: Untrusted,
    /// The person, if one is named.
    pub approver: Option<Untrusted>,
    /// For which releases, as written.
    pub scope: Option<Untrusted>,
    /// Who is asked when the role does not answer.
    pub escalation: Option<Untrusted>,
    /// Its place in the chain, from 1, in the order the document lists it.
    pub order: u32,
    /// Where it stands.
    pub line: u32,
}

/// Somebody with a part in the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// The role.
    pub name: Untrusted,
    /// Who has it, if the document says so.
    pub person: Option<Untrusted>,
    /// What it is responsible for.
    pub duty: Option<Untrusted>,
    /// What it approves, as a stakeholder table says it.
    pub approves: Option<Untrusted>,
    /// Who stands in.
    pub backup: Option<Untrusted>,
    /// Where it was first named.
    pub line: u32,
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// The role or name.
    pub role: Untrusted,
    /// Every way to reach it: column or label, and address.
    pub ways: Vec<Criterion>,
    /// When to call it or who comes next.
    pub escalation: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A number to watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: Untrusted,
    /// What is good, as written.
    pub target: Option<Untrusted>,
    /// What is bad, as written.
    pub alert: Option<Untrusted>,
    /// The group it was listed in.
    pub group: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A condition that makes the release act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// Its name, when it has one beside its condition.
    pub name: Option<Untrusted>,
    /// What must happen, as written.
    pub condition: Untrusted,
    /// How long it must last.
    pub lasting: Option<Seconds>,
    /// How bad it is: a cell, or the group it was listed in.
    pub severity: Option<Untrusted>,
    /// What to do.
    pub action: Option<Untrusted>,
    /// Who is told, as written.
    pub notify: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
    /// Where its condition stands, which may be an entry below it.
    pub said: u32,
}

/// A row of a monitoring plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// When, as written.
    pub time: Untrusted,
    /// When, understood.
    pub when: Option<When>,
    /// What to do or look at.
    pub what: Untrusted,
    /// Who does it.
    pub owner: Option<Untrusted>,
    /// What must be true.
    pub criteria: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A dated goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Milestone {
    /// The goal.
    pub name: Untrusted,
    /// Its date or length, as written.
    pub date: Option<Untrusted>,
    /// Who owns it.
    pub owner: Option<Untrusted>,
    /// What must be true.
    pub criteria: Option<Untrusted>,
    /// What it waits for.
    pub after: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// To whom, if the document says so.
    pub audience: Option<Untrusted>,
    /// How.
    pub channel: Option<Untrusted>,
    /// When, as written.
    pub time: Option<Untrusted>,
    /// When, understood.
    pub when: Option<When>,
    /// What it says, one entry a point.
    pub content: Vec<Words>,
    /// Where it stands.
    pub line: u32,
}

/// A session that hands knowledge over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// For whom.
    pub audience: Option<Untrusted>,
    /// About what.
    pub topic: Untrusted,
    /// Where it stands.
    pub line: u32,
}

/// A severity level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeverityLevel {
    /// Its name, such as `P0 - Critical`.
    pub name: Untrusted,
    /// What counts as it.
    pub definition: Vec<Words>,
    /// How soon to answer, as written.
    pub response: Option<Untrusted>,
    /// What to do.
    pub action: Option<Untrusted>,
    /// Who is told.
    pub escalation: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A block of commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// The word after the fence, such as `bash`.
    pub language: Untrusted,
    /// The commands, exactly as written.
    pub text: Untrusted,
    /// What the document says they print.
    pub expected: Option<Untrusted>,
    /// The heading it stands under.
    pub section: Option<Untrusted>,
    /// Where its fence opens.
    pub line: u32,
    /// Where its fence closes.
    pub end: u32,
}

/// Ordered work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Procedure {
    /// Its heading.
    pub title: Untrusted,
    /// Its numbered steps.
    pub steps: Vec<Words>,
    /// Lines of the fences of its command blocks, which are in `Playbook::commands`.
    pub commands: Vec<u32>,
    /// What to verify afterwards.
    pub verification: Vec<Words>,
    /// Where its heading stands.
    pub line: u32,
}

/// A known risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// What may go wrong.
    pub name: Untrusted,
    /// What is done about it.
    pub mitigation: Option<Untrusted>,
    /// Who owns it.
    pub owner: Option<Untrusted>,
    /// How it stands.
    pub status: Option<Untrusted>,
    /// Where it stands.
    pub line: u32,
}

/// A decision tree, as drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// Its heading or the bold title above it.
    pub title: Untrusted,
    /// The drawing, exactly as written.
    pub text: Untrusted,
    /// Where its fence opens.
    pub line: u32,
}

/// A text to fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Its heading.
    pub title: Untrusted,
    /// The text, exactly as written.
    pub text: Untrusted,
    /// Where its fence opens.
    pub line: u32,
}

/// Where the release goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: Untrusted,
    /// What the document says about it.
    pub notes: Vec<Words>,
    /// Where it was first named.
    pub line: u32,
}

/// A review after the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// What is reviewed.
    pub title: Untrusted,
    /// When, if the heading says so.
    pub when: Option<When>,
    /// The points to look at.
    pub topics: Vec<Words>,
    /// Where it stands.
    pub line: u32,
}

/// A blank somebody has to fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placeholder {
    /// The name inside, or the blank as written when it has none.
    pub name: Untrusted,
    /// The blank as written.
    pub text: Untrusted,
    /// Where it stands.
    pub line: u32,
    /// What it stands in.
    pub place: Place,
}

/// What a placeholder stands in: in text a person fills it, in a fence a template or a shell does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The document's own text.
    Text,
    /// A command block.
    Command,
    /// A template or any other fence.
    Template,
}

/// A version written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionLiteral {
    /// The version as written, without a leading `v`.
    pub text: Untrusted,
    /// Where it stands.
    pub line: u32,
    /// What it stands in.
    pub place: Place,
}
