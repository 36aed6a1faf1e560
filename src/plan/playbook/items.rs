//! Boxes to items, and what takes their place in documents without boxes.

use std::rc::Rc;

use super::blocks::{Entry, Kind, Line, split_box};
use super::context::{Document, Place, join_path};
use super::identity::slug;
use super::model::{Item, ItemKind, Mark};
use super::outline::Outline;
use super::when::When;
use crate::base::{ItemId, StageId, Untrusted};

/// An item as found, before it knows its stage.
pub(super) struct Found {
    pub(super) text: String,
    /// The name made of its first line.
    pub(super) slug: String,
    pub(super) line: u32,
    pub(super) depth: u32,
    pub(super) parent: Option<ItemId>,
    pub(super) mark: Mark,
    pub(super) links: Vec<String>,
    pub(super) kind: ItemKind,
}

/// Collects items; the section of each is kept beside it until stages are known.
#[derive(Default)]
pub(super) struct Items {
    pub(super) live: Vec<(usize, Item)>,
    pub(super) template: Vec<(usize, Item)>,
    /// For entries, the item they became.
    of_block: Vec<Option<ItemId>>,
}

impl Items {
    /// Finds every box of a document.
    pub(super) fn boxes(document: &mut Document, outlines: &[(usize, Outline)]) -> Self {
        let mut items = Self::default();
        let mut outlines = outlines.iter().peekable();
        let blocks = Rc::clone(&document.blocks);
        for (at, block) in blocks.iter().enumerate() {
            let place = document.place(at);
            match &block.kind {
                Kind::Entry(entry) => {
                    if let Some(mark) = entry.mark {
                        let parent = items.parent(document, at);
                        items.entry(document, at, entry, (block.line, mark, parent, ItemKind::Box));
                    }
                }
                Kind::Paragraph(lines) => items.paragraph(document, at, lines, block.line),
                Kind::Table { rows, .. } => {
                    for row in rows {
                        if let Some((mark, text)) = box_row(&row.cells) {
                            items.row(document, place, text, row.line, mark, ItemKind::Box);
                        }
                    }
                }
                Kind::Fence { text, fenced, .. } => {
                    if outlines.peek().is_some_and(|(of, _)| *of == at) {
                        if let Some((_, outline)) = outlines.next() {
                            items.outline(document, place, outline);
                        }
                    } else {
                        items.fence(document, place, text, block.line + u32::from(*fenced));
                    }
                }
                _ => {}
            }
        }
        items
    }

    /// The nearest item an entry is nested under.
    pub(super) fn parent(&self, document: &Document, at: usize) -> Option<ItemId> {
        let mut up = document.blocks.get(at)?.parent;
        while let Some(block) = up {
            if let Some(Some(id)) = self.of_block.get(block) {
                return Some(id.clone());
            }
            up = document.blocks.get(block)?.parent;
        }
        None
    }

    /// Makes an item of a list entry.
    pub(super) fn entry(
        &mut self,
        document: &mut Document,
        at: usize,
        entry: &Entry,
        (line, mark, parent, kind): (u32, Mark, Option<ItemId>, ItemKind),
    ) {
        let place = document.place(at);
        let slug = slug(entry.lines.first().map_or("", |line| line.text.as_str()));
        let links = entry.lines.iter().flat_map(|line| line.links.iter().cloned()).collect();
        let found = Found { text: entry.text(), slug, line, depth: entry.depth, parent, mark, links, kind };
        let id = self.add(document, place, found);
        self.of_block.resize(self.of_block.len().max(at + 1), None);
        if let Some(slot) = self.of_block.get_mut(at) {
            *slot = Some(id);
        }
    }

    /// Makes an item of a table row.
    pub(super) fn row(
        &mut self,
        document: &mut Document,
        place: Place,
        text: String,
        line: u32,
        mark: Mark,
        kind: ItemKind,
    ) {
        let (slug, depth, parent, links) = (slug(&text), 0, None, Vec::new());
        self.add(document, place, Found { text, slug, line, depth, parent, mark, links, kind });
    }

    /// Lines of a paragraph that begin with a box, each with the lines that go on with it.
    fn paragraph(&mut self, document: &mut Document, at: usize, lines: &[Line], line: u32) {
        let place = document.place(at);
        let mut open: Option<Found> = None;
        for (number, text) in (line..).zip(lines) {
            if let Some((mark, rest)) = split_box(&text.text) {
                if let Some(found) = open.take() {
                    self.add(document, place, found);
                }
                let (depth, parent) = (0, self.parent(document, at));
                let (text, links, kind) = (rest.to_owned(), text.links.clone(), ItemKind::Box);
                open =
                    Some(Found { slug: slug(&text), text, line: number, depth, parent, mark, links, kind });
            } else if let Some(found) = &mut open {
                found.text = format!("{} {}", found.text, text.text.trim());
                found.links.extend(text.links.iter().cloned());
            }
        }
        if let Some(found) = open {
            self.add(document, place, found);
        }
    }

    fn outline(&mut self, document: &mut Document, place: Place, outline: &Outline) {
        // The title each node opens, and the title and item each box got.
        let mut opened: Vec<Option<usize>> = vec![None; outline.nodes.len()];
        let mut own: Vec<Option<usize>> = vec![None; outline.nodes.len()];
        let mut ids: Vec<Option<ItemId>> = vec![None; outline.nodes.len()];
        for (at, node) in outline.nodes.iter().enumerate() {
            let Some(mark) = node.mark else { continue };
            let mut here = place;
            let mut parent = None;
            if let Some(up) = node.parent {
                parent = ids.get(up).cloned().flatten();
                if parent.is_some() {
                    here.group = own.get(up).copied().flatten();
                } else if let (Some(title), Some(slot)) = (outline.nodes.get(up), opened.get_mut(up)) {
                    if slot.is_none() {
                        let above = document.path(place).to_owned();
                        *slot = Some(document.group_at(&above, title.text.clone()));
                    }
                    here.group = *slot;
                }
            }
            if let Some(slot) = own.get_mut(at) {
                *slot = here.group;
            }
            let text = plain(&node.text);
            let (line, depth, links, kind) = (node.line, node.depth, Vec::new(), ItemKind::Outline);
            let found = Found { slug: slug(&text), text, line, depth, parent, mark, links, kind };
            let id = self.add(document, here, found);
            if let Some(slot) = ids.get_mut(at) {
                *slot = Some(id);
            }
        }
    }

    /// Boxes in a template or in code.
    fn fence(&mut self, document: &mut Document, place: Place, text: &str, first: u32) {
        for (number, raw) in (first..).zip(text.lines()) {
            let trimmed = raw.trim_start();
            let rest =
                ["- ", "* ", "+ "].iter().find_map(|lead| trimmed.strip_prefix(lead)).unwrap_or_default();
            if let Some((mark, text)) = split_box(rest.trim_start()) {
                let text = plain(text);
                let (depth, parent, links) = (0, None, Vec::new());
                let kind = ItemKind::Template;
                self.add(
                    document,
                    place,
                    Found { slug: slug(&text), text, line: number, depth, parent, mark, links, kind },
                );
            }
        }
    }

    fn add(&mut self, document: &mut Document, place: Place, found: Found) -> ItemId {
        let path = join_path(document.path(place), &found.slug);
        let id = ItemId::from(document.ids.next(path));
        let group = document.group_text(place).map(Untrusted::from);
        let above = || match place
            .group
            .and_then(|at| document.groups.get(at))
            .and_then(|group| group.when.clone())
        {
            None => document.section(place.section).when.clone(),
            when => when,
        };
        let when = When::find(&found.text).or_else(above);
        let mut links = found.links;
        links.extend(
            addresses(&found.text)
                .filter(|address| !links.iter().any(|link| link == address))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
        let item = Item {
            id: id.clone(),
            stage: StageId::from(""),
            group,
            owner: owner(&found.text).map(Untrusted::from),
            text: Untrusted::new(found.text.trim()),
            line: found.line,
            depth: found.depth,
            parent: found.parent,
            mark: found.mark,
            when,
            links: links.into_iter().map(Untrusted::new).collect(),
            kind: found.kind,
        };
        let list = if found.kind == ItemKind::Template { &mut self.template } else { &mut self.live };
        list.push((place.section, item));
        id
    }
}

/// A row with a cell that is a box, and the text of its other cells' first.
fn box_row(cells: &[String]) -> Option<(Mark, String)> {
    let is_box = |cell: &String| split_box(cell).filter(|(_, rest)| rest.is_empty()).map(|(mark, _)| mark);
    if let Some(mark) = cells.iter().find_map(is_box) {
        let text =
            cells.iter().find(|cell| is_box(cell).is_none() && cell.chars().any(char::is_alphabetic))?;
        return Some((mark, text.clone()));
    }
    cells.iter().find_map(|cell| split_box(cell)).map(|(mark, text)| (mark, text.to_owned()))
}

/// Text of a line in a fence, without the Markdown people put there.
pub(super) fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "").trim().to_owned()
}

/// Web addresses written out.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    // Most texts hold no colon, so no address.
    let text = if text.contains(':') { text } else { "" };
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"'))
        .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
        .map(|word| word.trim_end_matches(['.', ',', ';', ':']))
}

/// Who owns an item: `@ada`, `(Owner: Ada)`, `owner: Ada`, `[Ada]` stays text.
fn owner(text: &str) -> Option<String> {
    for (at, _) in text.match_indices('@') {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let name: String = text
            .get(at + 1..)?
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
            .collect();
        let name = name.trim_end_matches(['.', '/']);
        if before.is_none_or(|c| c.is_whitespace() || c == '(' || c == '[') && !name.is_empty() {
            return Some(format!("@{name}"));
        }
    }
    // Every word that names an owner ends with a colon.
    if !text.contains(':') {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    for key in ["owner:", "assignee:", "assigned to:", "responsible:", "dri:", "owned by:"] {
        if let Some(at) = lower.find(key)
            && let Some(rest) = text.get(at + key.len()..)
        {
            let name = rest.split([')', ']', ';', ',', '|']).next().unwrap_or_default().trim();
            if !name.is_empty() && name.chars().count() <= 60 {
                return Some(name.to_owned());
            }
        }
    }
    None
}
