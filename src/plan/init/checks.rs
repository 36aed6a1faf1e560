//! Gates of a first plan file.

use crate::plan::Role;
use crate::plan::playbook::{Gate, GateAction, slug};

use super::names::Names;
use super::paper::Section;
use super::{Desk, Topic};

/// The name of the gate that asks the health address.
pub(super) const HEALTH: &str = "health";

/// The names of the gates written.
pub(super) fn gates(desk: &mut Desk<'_>, roles: &[Role]) -> Vec<String> {
    let mut names = Names::default();
    let mut written = Vec::new();
    if let Some(address) = desk.answers.get(&Topic::Health) {
        let name = names.take(HEALTH);
        let section = Section::new().text("http", address).text("every", "30s").text("timeout", "5s");
        desk.paper.add("gate", Some(&name), section);
        written.push(name);
    }
    for gate in &desk.playbook.gates {
        let name = names.take(&slug(gate.name.raw()));
        let mut section = Section::new().comment(&desk.source(gate.line));
        let command = gate.tool.as_ref().map(|tool| argv(tool.raw()));
        match command {
            Some(Argv::Words(words)) => {
                section = section.text("title", &gate.name.line());
                section = section.list("run", words.iter().map(String::as_str));
                section = expected(desk, gate, section);
            }
            other => {
                if matches!(other, Some(Argv::Shell)) {
                    let tool = gate.tool.as_ref().map(|tool| tool.cell(60)).unwrap_or_default();
                    section = section
                        .comment(&format!("`{tool}` needs a shell: put it into a script and run that"));
                    desk.note(
                        gate.line,
                        format!("`{tool}` needs a shell, so the gate is judged by a person"),
                    );
                } else if let Some(tool) = &gate.tool {
                    section = section.comment(&format!("checked with {}: add run = [\"…\"]", tool.line()));
                }
                section = section.text("title", &criteria(gate));
            }
        }
        section = otherwise(desk, gate, roles, section);
        desk.paper.add("gate", Some(&name), section);
        written.push(name);
    }
    written
}

/// The name and what it demands: what a person judges by.
fn criteria(gate: &Gate) -> String {
    let list: Vec<String> = gate.criteria.iter().map(|words| words.text.line()).collect();
    if list.is_empty() { gate.name.line() } else { format!("{}: {}", gate.name.line(), list.join("; ")) }
}

/// What the document expects of a command: nothing printed, or success, which its exit code says.
fn expected(desk: &mut Desk<'_>, gate: &Gate, mut section: Section) -> Section {
    for words in &gate.criteria {
        let low = words.text.raw().trim().to_lowercase().replace(['_', '-'], " ");
        match low.as_str() {
            "empty" | "no output" | "nothing" | "clean" => section = section.text("expect", "empty"),
            "success" | "pass" | "passes" | "all pass" | "ok" | "succeeds" | "exit 0" => {}
            _ => {
                section =
                    section.comment(&format!("expected: {} (the exit code decides)", words.text.line()));
                let said = format!(
                    "{}: `{}` is left to the command's exit code",
                    gate.name.cell(40),
                    words.text.cell(60)
                );
                desk.note(words.line.max(gate.line), said);
            }
        }
    }
    section
}

fn otherwise(desk: &mut Desk<'_>, gate: &Gate, roles: &[Role], section: Section) -> Section {
    match gate.action {
        Some(GateAction::Warn) => section.text("else", "warn"),
        Some(GateAction::Require) => section.text("else", "require"),
        Some(GateAction::Review) => match reviewer(gate, roles) {
            Some(role) => {
                desk.note(
                    gate.line,
                    format!(
                        "{} asks for a review, not by whom; {} was taken",
                        gate.name.cell(40),
                        role.title.cell(40)
                    ),
                );
                section.text("else", &format!("review:{}", role.id))
            }
            None => {
                desk.note(
                    gate.line,
                    format!("{} asks for a review, and the document names no role", gate.name.cell(40)),
                );
                section.text("else", "block")
            }
        },
        Some(GateAction::Block) | None => section.text("else", "block"),
    }
}

/// The role that shares a word with the gate, or else the last one asked.
fn reviewer<'r>(gate: &Gate, roles: &'r [Role]) -> Option<&'r Role> {
    let name = slug(gate.name.raw());
    let shares = |role: &&Role| role.id.as_str().split('-').any(|word| word.len() > 3 && name.contains(word));
    roles.iter().find(shares).or_else(|| roles.iter().rfind(|role| !role.approves.is_empty()))
}

/// What the words of a tool are.
enum Argv {
    /// Program and arguments.
    Words(Vec<String>),
    /// A line only a shell understands.
    Shell,
    /// The name of a tool.
    Name,
}

/// A command is several words beginning with a program in lower case.
fn argv(text: &str) -> Argv {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let program = words.first().map_or("", String::as_str);
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '/' | '_' | '-');
    if words.len() < 2 || program.is_empty() || !program.chars().all(named) {
        return Argv::Name;
    }
    let shell = |c: char| "|&;<>$`*?(){}[]\"'\\~#!=".contains(c) && c != '=';
    if text.contains(shell) { Argv::Shell } else { Argv::Words(words) }
}
