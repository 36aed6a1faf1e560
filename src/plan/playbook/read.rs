//! The order of the passes: decode, prepare, parse, place, find items, type the rest, keep what is left.

use std::collections::HashSet;

use super::blocks::{self, Kind};
use super::context::{Document, bold_title};
use super::draft::{Draft, given, words};
use super::encoding::decode;
use super::error::ReadError;
use super::items::Items;
use super::model::{Passage, Playbook};
use super::notes::{Notes, codes};
use super::pieces::{Criterion, Metric, Place, Role};
use super::placeholders::{self, Span};
use super::prepare::prepare;
use super::{environments, fences, lists, outlines, procedures, stages, steps, tables};
use crate::base::Untrusted;

/// Reads a playbook. Anything that is text opens; what is not understood stays as text with its line.
///
/// # Errors
/// [`ReadError`] for binary files and for files too long for any playbook.
pub fn read(name: &str, bytes: &[u8]) -> Result<Playbook, ReadError> {
    let mut notes = Notes::new(name);
    let text = decode(name, bytes, &mut notes)?;
    let lines: Vec<&str> = text.split('\n').collect();
    let prepared = prepare(&lines, &mut notes);
    let (parsed, deep) = blocks::parse(&prepared.text);
    if let Some(line) = deep {
        let message = "lists nested this deep stay text".to_owned();
        notes.warning(codes::TOO_DEEP, line, message, "indent less, or begin a new heading");
    }
    let outlines = fences::outlines_of(&parsed);
    let mut document = Document::new(parsed);
    let named = stages::named(&document);
    let mut items = Items::boxes(&mut document, &outlines);
    let book = Playbook { file: Untrusted::new(name), ..Playbook::default() };
    let mut draft = Draft::new(book, document, notes, lines.len());
    title(&mut draft, prepared.title);
    claim_items(&mut draft, &items);
    paragraphs(&mut draft);
    all_tables(&mut draft);
    lists::lists(&mut draft);
    fences::fences(&mut draft, &outlines);
    // Before numbered lists become steps or items: a procedure takes only what is nothing else.
    environments::environments(&mut draft);
    item_metrics(&mut draft, &items);
    procedures::procedures(&mut draft, &outlines, &named);
    if items.live.is_empty() {
        steps::instead(&mut draft, &mut items);
        draft.book.steps.clear();
    } else {
        steps::steps(&mut draft);
    }
    for approval in draft.book.approvals.clone() {
        let (name, person, line) = (approval.role, approval.approver, approval.line);
        let role = Role { name, person, duty: None, approves: None, backup: None, line };
        draft.known.role(&mut draft.book, role);
    }
    stages::assign(&mut draft, &named, items.live, items.template);
    let spans = spans(&draft.document);
    (draft.book.placeholders, draft.book.versions) = placeholders::scan(&lines, &spans);
    draft.book.passages = passages(&draft, &lines);
    let mut book = draft.book;
    book.findings = draft.notes.into_findings();
    Ok(book)
}

fn title(draft: &mut Draft, prepared: Option<(String, u32)>) {
    let root = draft.document.section(0);
    let (line, end) = (root.line, root.end);
    if line > 0 {
        draft.book.title = Some(words(&root.title.clone(), line));
        draft.claim(line, end);
    } else if let Some((title, line)) = prepared {
        draft.book.title = Some(words(&title, line));
    }
}

/// Items hold the lines of their own text; a box in a fence holds its line.
fn claim_items(draft: &mut Draft, items: &Items) {
    for (_, item) in items.live.iter().chain(&items.template) {
        draft.claim(item.line, item.line);
    }
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    for block in blocks.iter() {
        if matches!(&block.kind, Kind::Entry(entry) if entry.mark.is_some()) {
            draft.claim(block.line, block.end);
        }
    }
}

/// `Monitor error rates (target: < 0.1%)` is an item that names a metric.
fn item_metrics(draft: &mut Draft, items: &Items) {
    for (_, item) in &items.live {
        let text = item.text.raw();
        let Some((name, rest)) = text.split_once("(target:") else { continue };
        let Some(name) = ["Monitor ", "Watch ", "Track "].iter().find_map(|verb| name.strip_prefix(verb))
        else {
            continue;
        };
        draft.book.metrics.push(Metric {
            name: Untrusted::new(name.trim()),
            target: given(rest.split(')').next().unwrap_or_default()),
            alert: None,
            group: item.group.clone(),
            line: item.line,
        });
    }
}

/// Fields, sign-offs.
fn paragraphs(draft: &mut Draft) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    for (at, block) in blocks.iter().enumerate() {
        let Kind::Paragraph(lines) = &block.kind else { continue };
        let place = draft.document.place(at);
        let in_block = draft.document.under(place.section, &["sign-off", "signoff", "sign off"]);
        for (number, line) in (block.line..).zip(lines) {
            let Some(bold) = line.bold.as_deref().filter(|_| bold_title(line).is_none()) else { continue };
            let Some(rest) = line.text.trim().strip_prefix(bold.trim()) else { continue };
            let rest = rest.trim_start();
            if !bold.trim().ends_with(':') && !rest.starts_with([':', '-', '–', '—']) {
                continue;
            }
            let name = bold.trim().trim_end_matches(':').trim();
            let value = rest.trim_start_matches([':', '-', '–', '—']).trim();
            if !outlines::sign_off(draft, name, value, number, in_block) {
                let (name, value) = (Untrusted::new(name), Untrusted::new(value));
                draft.book.fields.push(Criterion { name, value, line: number });
            }
            draft.claim(number, number);
        }
    }
}

fn all_tables(draft: &mut Draft) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    for (at, block) in blocks.iter().enumerate() {
        if let Kind::Table { head, rows } = &block.kind {
            tables::table(draft, at, head, rows);
        }
    }
}

fn spans(document: &Document) -> Vec<Span> {
    let span = |block: &blocks::Block| match &block.kind {
        Kind::Fence { info, text, .. } => {
            let place = fences::place_of(info, text);
            let own = if place == Place::Command { placeholders::assigned(text) } else { HashSet::new() };
            Some(Span { from: block.line, to: block.end, place, own })
        }
        _ => None,
    };
    document.blocks.iter().filter_map(span).collect()
}

/// Runs of lines that no piece holds.
fn passages(draft: &Draft, lines: &[&str]) -> Vec<Passage> {
    let mut out: Vec<Passage> = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    let mut first = 0;
    for (index, line) in lines.iter().enumerate() {
        if line.trim().is_empty() || draft.is_claimed(index) {
            if !run.is_empty() {
                out.push(Passage { text: Untrusted::new(run.join("\n")), line: first });
                run.clear();
            }
            continue;
        }
        if run.is_empty() {
            first = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        }
        run.push(line);
    }
    if !run.is_empty() {
        out.push(Passage { text: Untrusted::new(run.join("\n")), line: first });
    }
    out
}
