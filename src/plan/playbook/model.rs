//! What one playbook says: its stages, its items and every other piece, in the order they were written.

use serde::Serialize;

use super::pieces::{
    Approval, Checkpoint, Command, Contact, Criterion, Environment, Gate, Message, Metric, Milestone,
    Placeholder, Procedure, Review, Risk, Role, Session, SeverityLevel, Step, Template, Tree, Trigger,
    VersionLiteral,
};
use super::when::When;
use crate::base::{ItemId, StageId, Untrusted};
use crate::plan::Finding;

/// Some text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The text without its Markdown.
    pub text: Untrusted,
    /// Its line, from 1.
    pub line: u32,
}

/// Everything one document yields. All lines are counted from 1 in the file as it was handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Playbook {
    /// The file as it was named to us.
    pub file: Untrusted,
    /// The document's title, when it has one.
    pub title: Option<Words>,
    /// The parts of the release: those called stage or phase, and every other section that holds items.
    pub stages: Vec<Stage>,
    /// The boxes to tick.
    pub items: Vec<Item>,
    /// Boxes inside templates and other fences: never ticked here.
    pub template_items: Vec<Item>,
    /// Numbered steps and rows with a status, when the document has boxes as well.
    pub steps: Vec<Step>,
    /// Checks that decide.
    pub gates: Vec<Gate>,
    /// Who must say go.
    pub approvals: Vec<Approval>,
    /// The roles named by stakeholder, contact and approval tables, each once.
    pub roles: Vec<Role>,
    /// Whom to call.
    pub contacts: Vec<Contact>,
    /// Numbers to watch, with target and alert as written.
    pub metrics: Vec<Metric>,
    /// Conditions that make the release act, alerts included.
    pub triggers: Vec<Trigger>,
    /// Rows of a monitoring plan.
    pub checkpoints: Vec<Checkpoint>,
    /// Dated goals.
    pub milestones: Vec<Milestone>,
    /// Messages to send.
    pub messages: Vec<Message>,
    /// Knowledge-transfer and training sessions.
    pub sessions: Vec<Session>,
    /// Severity levels and what they demand.
    pub severities: Vec<SeverityLevel>,
    /// Ordered work: commands, expected output, verification.
    pub procedures: Vec<Procedure>,
    /// Command blocks that are not part of a template.
    pub commands: Vec<Command>,
    /// Known risks.
    pub risks: Vec<Risk>,
    /// Decision trees, kept as text.
    pub trees: Vec<Tree>,
    /// Texts to fill in.
    pub templates: Vec<Template>,
    /// Where the release goes.
    pub environments: Vec<Environment>,
    /// Reviews after the release; each is a checkpoint in [`Counts`](super::Counts).
    pub reviews: Vec<Review>,
    /// Blanks somebody has to fill.
    pub placeholders: Vec<Placeholder>,
    /// Versions written out, for the lint that knows this release's.
    pub versions: Vec<VersionLiteral>,
    /// `**Name:** value` lines, such as the release manager or a target date.
    pub fields: Vec<Criterion>,
    /// Text that no piece above holds whole, in its place.
    pub passages: Vec<Passage>,
    /// What the reader noticed.
    pub findings: Vec<Finding>,
}

/// How a stage came to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StageKind {
    /// The document calls it a stage or a phase.
    Named,
    /// A section that holds items.
    Section,
}

/// A part of the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// The slug of its heading; `~2` and so on for repeats.
    pub id: StageId,
    /// How it came to be one.
    pub kind: StageKind,
    /// Its heading without number and Markdown.
    pub title: Untrusted,
    /// Where its heading stands.
    pub line: u32,
    /// Depth of its heading, from 1; 0 for a stage from a fenced outline.
    pub level: u8,
    /// When it is, if its heading or a line under it says so.
    pub when: Option<When>,
    /// How long it takes, as written.
    pub duration: Option<Untrusted>,
    /// What must be true to leave it, when that is a list without boxes.
    pub criteria: Vec<Words>,
}

/// Where an item's box was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A task-list box in the text.
    Box,
    /// A box in fenced YAML.
    Outline,
    /// A box inside a template or any other fence.
    Template,
    /// A numbered step of a document without boxes.
    Step,
    /// A table row of a document without boxes.
    Row,
    /// A bullet of a document without boxes.
    Bullet,
}

/// The state the document itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// `[ ]`
    Open,
    /// `[x]`
    Done,
    /// `[-]` or `[~]`
    Skipped,
}

/// A box to tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name: slugs of the headings, the group and its first line.
    pub id: ItemId,
    /// The stage that holds it.
    pub stage: StageId,
    /// The bold or numbered title above it.
    pub group: Option<Untrusted>,
    /// The whole text without Markdown.
    pub text: Untrusted,
    /// Where it stands.
    pub line: u32,
    /// Nesting among lists, from 0.
    pub depth: u32,
    /// The item it is nested under.
    pub parent: Option<ItemId>,
    /// The state the document shows.
    pub mark: Mark,
    /// Who owns it, if the text says so.
    pub owner: Option<Untrusted>,
    /// When it is due, if its text, group or stage says so.
    pub when: Option<When>,
    /// Addresses it links to.
    pub links: Vec<Untrusted>,
    /// Where its box was found.
    pub kind: ItemKind,
}

/// Lines that stay text, as written: what is no piece, and the tables and outlines that say more than the pieces
/// read from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// The lines, joined by line ends, with their Markdown.
    pub text: Untrusted,
    /// The first of them.
    pub line: u32,
}
