//! Ordered work: sections with commands, and numbered steps under titles that speak of one.

use std::collections::HashMap;

use super::blocks::Kind;
use super::draft::{Draft, words};
use super::identity::display;
use super::model::Words;
use super::outline::{Lead, Outline};
use super::pieces::Procedure;
use crate::base::Untrusted;

/// Titles that list commands to look up, not to run in order.
const REFERENCE: [&str; 5] =
    ["useful command", "common command", "monitoring command", "command reference", "cheat sheet"];
/// Titles that speak of ordered work.
const WORK: [&str; 8] =
    ["procedure", "rollback", "runbook", "recover", "how to", "steps", "playbook", "restore"];

/// Finds the procedures of a document; `named` are the sections that are stages by name.
pub(super) fn procedures(draft: &mut Draft, outlines: &[(usize, Outline)], named: &[usize]) {
    let mut found: Vec<(usize, Procedure)> = Vec::new();
    let mut by_section: HashMap<usize, usize> = HashMap::new();
    let mut verify: HashMap<usize, Vec<Words>> = HashMap::new();
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    let mut commands = draft.book.commands.iter().map(|command| command.line).peekable();
    for (at, block) in blocks.iter().enumerate() {
        let place = draft.document.place(at);
        let section = draft.document.section(place.section);
        let mut open = |found: &mut Vec<(usize, Procedure)>| -> usize {
            *by_section.entry(place.section).or_insert_with(|| {
                let title = Untrusted::new(display(&section.title));
                let (steps, commands, verification) = (Vec::new(), Vec::new(), Vec::new());
                let line = section.line.max(1);
                found.push((place.section, Procedure { title, steps, commands, verification, line }));
                found.len() - 1
            })
        };
        match &block.kind {
            Kind::Fence { .. } => {
                while commands.next_if(|line| *line < block.line).is_some() {}
                let reference = REFERENCE.iter().any(|word| section.key.contains(word));
                let command = commands.next_if(|line| *line == block.line).is_some();
                if command && !reference && named.binary_search(&place.section).is_err() {
                    let index = open(&mut found);
                    if let Some((_, procedure)) = found.get_mut(index) {
                        procedure.commands.push(block.line);
                    }
                }
            }
            Kind::Entry(entry) if entry.mark.is_some() => {
                let label = draft.document.label(place);
                let proof =
                    ["verif", "validat", "success criteria"].iter().any(|word| label.starts_with(word));
                let list = if proof { Some(verify.entry(place.section).or_default()) } else { None };
                list.into_iter().for_each(|list| list.push(words(&entry.text(), block.line)));
            }
            Kind::Entry(entry)
                if entry.numbered
                    && !draft.is_settled(at)
                    && named.binary_search(&place.section).is_err() =>
            {
                let group = draft.document.group_text(place).unwrap_or_default().to_lowercase();
                let titled =
                    WORK.iter().any(|word| section.key.contains(word)) && !section.key.contains("post-");
                let known = open_already(&found, place.section);
                if block.parent.is_none() && (known || titled || WORK.iter().any(|word| group.contains(word)))
                {
                    let index = open(&mut found);
                    if let Some((_, procedure)) = found.get_mut(index) {
                        procedure.steps.push(words(&entry.text(), block.line));
                    }
                }
            }
            _ => {}
        }
    }
    for (section, procedure) in &mut found {
        procedure.verification = verify.remove(section).unwrap_or_default();
    }
    let mut all: Vec<Procedure> = found.into_iter().map(|(_, procedure)| procedure).collect();
    for (_, outline) in outlines {
        for (at, node) in
            outline.children(None).filter(|(_, node)| node.text.to_lowercase().contains("process"))
        {
            let numbered = outline.children(Some(at)).filter(|(_, step)| step.lead == Lead::Number);
            let steps: Vec<Words> = numbered.map(|(_, step)| words(&step.text, step.line)).collect();
            if !steps.is_empty() {
                let title = Untrusted::new(node.text.as_str());
                let (commands, verification) = (Vec::new(), Vec::new());
                all.push(Procedure { title, steps, commands, verification, line: node.line });
            }
        }
    }
    all.sort_by_key(|procedure| procedure.line);
    draft.book.procedures = all;
}

fn open_already(found: &[(usize, Procedure)], section: usize) -> bool {
    found.last().is_some_and(|(last, _)| *last == section)
}
