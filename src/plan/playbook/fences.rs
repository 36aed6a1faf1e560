//! Fenced blocks to commands, expected output, templates and trees.

use super::blocks::Kind;
use super::draft::Draft;
use super::notes::codes;
use super::outline::Outline;
use super::outlines;
use super::pieces::{Command, Place, Template, Tree};
use crate::base::Untrusted;

/// What a fence holds, told by its info word and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Outline,
    Shell,
    Markdown,
    Other,
}

/// Tells a fence by its info word.
pub(super) fn language(info: &str) -> Language {
    let word = info.trim_start_matches(['{', '.']).split(|c: char| !c.is_alphanumeric() && c != '-').next();
    match word.unwrap_or_default().to_lowercase().as_str() {
        "yaml" | "yml" => Language::Outline,
        "bash" | "sh" | "shell" | "zsh" | "fish" | "console" | "terminal" | "shell-session"
        | "shellsession" | "powershell" | "pwsh" | "ps1" | "cmd" | "bat" | "sql" | "psql" | "make" => {
            Language::Shell
        }
        "markdown" | "md" => Language::Markdown,
        _ => Language::Other,
    }
}

/// Reads the fences that are outlines.
pub(super) fn outlines_of(blocks: &[super::blocks::Block]) -> Vec<(usize, Outline)> {
    let outline = |(at, block): (usize, &super::blocks::Block)| match &block.kind {
        Kind::Fence { info, text, fenced: true } if language(info) == Language::Outline => {
            Some((at, Outline::read(text, block.line + 1)))
        }
        _ => None,
    };
    blocks.iter().enumerate().filter_map(outline).collect()
}

/// What a placeholder in this fence stands in.
pub(super) fn place_of(info: &str, text: &str) -> Place {
    if language(info) == Language::Shell || is_session(info, text) { Place::Command } else { Place::Template }
}

/// A bare fence whose first line shows a prompt.
fn is_session(info: &str, text: &str) -> bool {
    info.is_empty()
        && text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("$ "))
}

/// Types every fence it can.
pub(super) fn fences(draft: &mut Draft, outlines: &[(usize, Outline)]) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    let mut outlines = outlines.iter().peekable();
    let mut last_command: Option<(usize, usize)> = None;
    for (at, block) in blocks.iter().enumerate() {
        let Kind::Fence { info, text, fenced } = &block.kind else { continue };
        if !fenced {
            continue;
        }
        let place = draft.document.place(at);
        let label = draft.document.label(place);
        if outlines.peek().is_some_and(|(of, _)| *of == at)
            && let Some((_, outline)) = outlines.next()
        {
            if !outlines::outline(draft, at, outline) {
                note(draft, block.line, "an outline");
            }
            continue;
        }
        let expected = label.starts_with("expected");
        if let Some((section, command)) = last_command.filter(|_| expected)
            && section == place.section
        {
            if let Some(command) = draft.book.commands.get_mut(command) {
                command.expected = Some(Untrusted::new(text.as_str()));
            }
            draft.settle(at);
            continue;
        }
        let title = |draft: &Draft| {
            let title = draft.document.group_text(place).map_or_else(|| draft.title(place), str::to_owned);
            Untrusted::new(title)
        };
        if language(info) == Language::Shell || is_session(info, text) {
            last_command = Some((place.section, draft.book.commands.len()));
            draft.book.commands.push(Command {
                language: Untrusted::new(info.as_str()),
                text: Untrusted::new(text.as_str()),
                expected: None,
                section: Some(Untrusted::new(draft.title(place))),
                line: block.line,
                end: block.end,
            });
        } else if is_tree(&label, &draft.document.section(place.section).key, text) {
            let title = title(draft);
            draft.book.trees.push(Tree { title, text: Untrusted::new(text.as_str()), line: block.line });
        } else if language(info) == Language::Markdown || is_form(info, &label, text) {
            let title = title(draft);
            draft.book.templates.push(Template {
                title,
                text: Untrusted::new(text.as_str()),
                line: block.line,
            });
        } else {
            note(draft, block.line, "a block");
            continue;
        }
        draft.settle(at);
    }
}

fn note(draft: &mut Draft, line: u32, what: &str) {
    let message = format!("{what} of no kind we know is kept as text");
    let help =
        "say in the heading above what it is: gates, triggers, metrics, phases, a decision tree, a template";
    draft.notes.info(codes::KEPT_AS_TEXT, line, message, help);
}

/// A drawing with branches under a title that speaks of a decision.
fn is_tree(label: &str, heading: &str, text: &str) -> bool {
    let titled =
        |title: &str| title.contains("decision") || title.contains(" tree") || title.contains("flowchart");
    let branches = ["├", "└", "+--", "|--", "->", "→", "-->"].iter().any(|branch| text.contains(branch));
    branches && (titled(label) || titled(heading))
}

/// A text with blanks under a title that speaks of a template, notes or a report.
fn is_form(info: &str, label: &str, text: &str) -> bool {
    if !matches!(info, "" | "text" | "txt" | "plain" | "plaintext") {
        return false;
    }
    let titled = ["template", "notes", "report", "announcement", "message", "email"]
        .iter()
        .any(|word| label.contains(word));
    let blanks = text.matches('[').count() + text.matches('{').count() + text.matches("___").count();
    titled && blanks > 0
}
