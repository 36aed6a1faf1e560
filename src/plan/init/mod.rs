//! A first plan file from a playbook: what the document says about roles, metrics, gates, triggers and times, with
//! the line each came from, and what could not be understood.
//!
//! Invariants: the file resolves together with its playbook; nothing in it runs that the document did not write as
//! a command with its expected result; every threshold that is not a rule is a note with its line.

mod checks;
mod names;
mod numbers;
mod paper;
mod question;
mod quiet;
mod rollout;
mod triggers;

pub use question::{Answers, BadAnswer, Question, Topic, questions};

use toml_edit::Value;

use super::playbook::Playbook;
use super::resolve::document;
use super::{Escalation, Role};
use crate::base::{Offset, Untrusted};
use names::{Names, clock};
use paper::{Paper, Section, inline};

/// A first plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitPlan {
    /// The file.
    pub toml: String,
    /// What it does not say or could not take over, by line of the playbook.
    pub notes: Vec<Note>,
}

/// Something the plan file leaves to people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The line of the playbook, from 1; 0 for the whole document.
    pub line: u32,
    /// One line, safe for a terminal.
    pub text: String,
}

impl Note {
    fn new(line: u32, text: impl Into<String>) -> Self {
        Self { line, text: text.into() }
    }
}

/// What every part of writing has at hand.
struct Desk<'a> {
    playbook: &'a Playbook,
    answers: &'a Answers,
    file: String,
    paper: Paper,
    notes: Vec<Note>,
}

impl Desk<'_> {
    /// Where something was read, for a comment.
    fn source(&self, line: u32) -> String {
        format!("{}:{line}", self.file)
    }
    fn note(&mut self, line: u32, text: impl Into<String>) {
        self.notes.push(Note::new(line, text));
    }
}

/// Writes a first plan file; what nobody answered takes the suggestion or is left open.
pub fn init(playbook: &Playbook, answers: &Answers) -> InitPlan {
    let name = playbook.file.raw().rsplit(['/', '\\']).next().unwrap_or_default();
    let file = Untrusted::new(name).cell(60);
    let mut desk = Desk { playbook, answers, file, paper: Paper::default(), notes: Vec::new() };
    release(&mut desk);
    let roles = roles(&mut desk);
    numbers::sources(&mut desk);
    let metrics = numbers::metrics(&mut desk);
    quiet::quiet(&mut desk);
    let gates = checks::gates(&mut desk, &roles);
    rollout::rollout(&mut desk, &roles, &gates);
    triggers::triggers(&mut desk, &metrics, &gates);
    checkpoints(&mut desk);
    let unread = vars(&mut desk);
    let passages = playbook.passages.len();
    if passages > 0 {
        desk.note(
            0,
            format!("{passages} passages of the document stay text; `tminus open` shows them in their place"),
        );
    }
    let top = [
        format!("The machine part of {}, written by `tminus init`.", desk.file),
        "Numbers after the file's name are its lines. Stages, items, messages and procedures stay in the document;".to_owned(),
        "`tminus check` says what is missing.".to_owned(),
    ];
    desk.notes.sort();
    desk.notes.dedup();
    InitPlan { toml: desk.paper.finish(&top, &unread), notes: desk.notes }
}

fn release(desk: &mut Desk<'_>) {
    let answer = |topic: Topic| desk.answers.get(&topic).map(str::to_owned);
    let name = answer(Topic::Name).or_else(|| document::release_name(desk.playbook));
    let version = answer(Topic::Version).or_else(|| document::release_version(desk.playbook));
    let mut section = Section::new();
    section = match &name {
        Some(name) => section.text("name", name),
        None => section,
    };
    section = match &version {
        Some(version) => section.text("version", version),
        None => section.comment("version = \"1.2.3\"   the document does not say which version goes out"),
    };
    section = section.text("type", desk.answers.kind().unwrap_or_default().as_str());
    section = match answer(Topic::T0).and_then(|t0| t0.parse::<toml_edit::Datetime>().ok()) {
        Some(t0) => section.value("t0", t0),
        None => section.comment(
            "t0 = 2026-12-01T10:00:00Z   T-0 is open; `tminus` asks for it before the release starts",
        ),
    };
    section = section.text("zone", answer(Topic::Zone).as_deref().unwrap_or("UTC"));
    desk.paper.add("release", None, section);
    if version.is_none() {
        desk.note(0, "the document does not say which version goes out; set `version` under [release]");
    }
    let environment = answer(Topic::Environment).unwrap_or_else(|| "prod".to_owned());
    let low = environment.to_lowercase();
    let rehearsal =
        ["dev", "test", "stag", "qa", "uat", "demo", "sandbox"].iter().any(|word| low.contains(word));
    desk.paper.add("environment", Some(&environment), Section::new().value("production", !rehearsal));
}

fn roles(desk: &mut Desk<'_>) -> Vec<Role> {
    let roles = document::roles(desk.playbook);
    for role in &roles {
        let line = line_of(desk.playbook, role);
        let mut section = Section::new().comment(&desk.source(line)).text("title", &role.title.line());
        let speaker = desk.answers.get(&Topic::Speaker(role.id.clone()));
        section = section.list("people", speaker);
        if !role.approves.is_empty() {
            section = section.list("approves", role.approves.iter().map(|kind| kind.as_str()));
            section = section.value("order", i64::from(role.order));
        }
        if let Some(Escalation { to, after }) = &role.escalate {
            let after = after.map(|after| ("after", Value::from(after.to_string())));
            section = section
                .value("escalate", inline([("to", Value::from(to.as_str()))].into_iter().chain(after)));
        }
        desk.paper.add("role", Some(role.id.as_str()), section);
        if speaker.is_none() && !role.approves.is_empty() {
            desk.note(
                line,
                format!(
                    "nobody is named for {}; anybody may speak for it until `people` says who",
                    role.title.cell(40)
                ),
            );
        }
    }
    roles
}

fn line_of(playbook: &Playbook, role: &Role) -> u32 {
    let approval = playbook.approvals.iter().find(|it| it.role == role.title).map(|it| it.line);
    approval.or_else(|| playbook.roles.iter().find(|it| it.name == role.title).map(|it| it.line)).unwrap_or(0)
}

fn checkpoints(desk: &mut Desk<'_>) {
    let (list, unread) = document::checkpoints(desk.playbook);
    for finding in unread {
        desk.note(finding.line, finding.message);
    }
    let mut names = Names::default();
    for checkpoint in list {
        let id = names.take(checkpoint.id.as_str());
        let section = Section::new()
            .text("at", &clock(checkpoint.at))
            .text("text", &checkpoint.text.line())
            .maybe("owner", checkpoint.owner.as_deref());
        desk.paper.add("checkpoint", Some(&id), section);
    }
}

/// Lines for the end of the file: the document's blanks.
fn vars(desk: &mut Desk<'_>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut lines = vec!["[vars]".to_owned()];
    for blank in &desk.playbook.placeholders {
        let text = blank.text.line();
        if blank.place == super::playbook::Place::Template || !seen.insert(text.clone()) {
            continue;
        }
        lines.push(format!("{} = \"\"   {}", Value::from(blank.name.line()), desk.source(blank.line)));
    }
    if lines.len() == 1 { Vec::new() } else { lines }
}

/// Whether an offset is T-0 or later.
fn after_start(at: Offset) -> bool {
    at.days > 0 || (at.days == 0 && at.seconds >= 0)
}

#[cfg(test)]
mod tests;
