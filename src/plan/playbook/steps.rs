//! Numbered steps and rows with a status; and the items made of them when a document has no boxes.

use super::blocks::{Entry, Kind, Row, split_box};
use super::draft::Draft;
use super::items::Items;
use super::model::{ItemKind, Mark};
use super::notes::codes;
use super::pieces::Step;
use super::tables::{row_text, status_column};
use crate::base::Untrusted;

/// An entry that only leads to another place of the document.
fn is_contents(entry: &Entry) -> bool {
    entry.lines.len() == 1
        && entry
            .lines
            .first()
            .is_some_and(|line| line.links.len() == 1 && line.links.iter().all(|link| link.starts_with('#')))
}

/// Counts the steps of a document that has boxes.
pub(super) fn steps(draft: &mut Draft) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    let mut found = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        match &block.kind {
            Kind::Entry(entry) if entry.numbered && entry.mark.is_none() && !is_contents(entry) => {
                found.push(Step { text: Untrusted::new(entry.text()), line: block.line, depth: entry.depth });
                draft.settle(at);
            }
            Kind::Table { head, rows } if status_column(head).is_some() => {
                // A row with a box is an item.
                let plain = |row: &&Row| !row.cells.iter().any(|cell| split_box(cell).is_some());
                for row in rows.iter().filter(plain) {
                    found.push(Step { text: Untrusted::new(row_text(&row.cells)), line: row.line, depth: 0 });
                }
                draft.settle(at);
            }
            _ => {}
        }
    }
    draft.book.steps.extend(found);
    draft.book.steps.sort_by_key(|step| step.line);
}

/// How far to look for items in a document without boxes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Numbered steps and rows with a status.
    Steps,
    /// Rows and leaf bullets under titles that speak of work.
    Titled,
    /// Leaf bullets anywhere.
    Leaves,
}

/// Makes items of what a document without boxes has instead, the most likely first.
pub(super) fn instead(draft: &mut Draft, items: &mut Items) {
    for (reach, what) in [
        (Reach::Steps, "numbered steps and rows with a status"),
        (Reach::Titled, "rows and bullets under checklists, gates, steps and tasks"),
        (Reach::Leaves, "bullets"),
    ] {
        collect(draft, items, reach);
        if !items.live.is_empty() {
            let message = format!("this document has no boxes; its {what} are the items");
            draft.notes.info(codes::NO_BOXES, 0, message, "write `- [ ] ` before what has to be ticked");
            return;
        }
    }
    let message = "nothing in this document can be ticked".to_owned();
    draft.notes.warning(codes::NO_ITEMS, 0, message, "write `- [ ] ` before what has to be ticked");
}

fn collect(draft: &mut Draft, items: &mut Items, reach: Reach) {
    let blocks = std::rc::Rc::clone(&draft.document.blocks);
    for (at, block) in blocks.iter().enumerate() {
        let place = draft.document.place(at);
        let titled = || {
            let group = draft.document.group_text(place).map(str::to_lowercase).unwrap_or_default();
            let words = ["checklist", "gate", "step", "task"];
            words.iter().any(|word| group.contains(word)) || draft.document.under(place.section, &words)
        };
        match &block.kind {
            Kind::Entry(entry) => {
                let leaf = draft.document.has_children.get(at) != Some(&true);
                let (wanted, kind) = match reach {
                    Reach::Steps => (entry.numbered && !draft.is_settled(at), ItemKind::Step),
                    Reach::Titled => (leaf && titled(), ItemKind::Bullet),
                    Reach::Leaves => (leaf, ItemKind::Bullet),
                };
                if wanted && !is_contents(entry) && !entry.text().trim().is_empty() {
                    let parent = items.parent(&draft.document, at);
                    items.entry(&mut draft.document, at, entry, (block.line, Mark::Open, parent, kind));
                    draft.settle(at);
                }
            }
            Kind::Table { head, rows } => {
                let status = status_column(head);
                let wanted = match reach {
                    Reach::Steps => status.is_some(),
                    Reach::Titled => titled(),
                    Reach::Leaves => false,
                };
                if !wanted {
                    continue;
                }
                for row in rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())) {
                    let mark = match status.and_then(|at| row.cells.get(at)) {
                        Some(cell) if is_done(cell) => Mark::Done,
                        _ => Mark::Open,
                    };
                    items.row(
                        &mut draft.document,
                        place,
                        row_text(&row.cells),
                        row.line,
                        mark,
                        ItemKind::Row,
                    );
                }
                draft.settle(at);
            }
            _ => {}
        }
    }
}

fn is_done(cell: &str) -> bool {
    let cell = cell.trim().to_lowercase();
    matches!(
        cell.as_str(),
        "✓" | "✔" | "✅" | "☑" | "x" | "done" | "complete" | "completed" | "yes" | "passed"
    )
}
