//! Where every block stands: its section and the bold or numbered title above it.
//!
//! Invariants: sections are in document order and a parent comes before its children; section 0 is the document
//! itself; paths of sections and groups are unique, so an edit in one place changes no path of another.

use std::rc::Rc;

use super::blocks::{Block, Entry, Kind, Line};
use super::identity::{Ids, slug};
use super::when::When;

/// A heading and what it holds.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) title: String,
    /// The title in lower case, for looking at its words.
    pub(super) key: String,
    /// The title in names; its path ends with it.
    pub(super) slug: String,
    pub(super) path: String,
    /// The time it or the nearest heading above names.
    pub(super) when: Option<When>,
    pub(super) level: u8,
    pub(super) line: u32,
    pub(super) end: u32,
    pub(super) parent: Option<usize>,
}

/// A title inside a section.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) text: String,
    pub(super) path: String,
    /// The time it names.
    pub(super) when: Option<When>,
}

/// Where one block stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) section: usize,
    pub(super) group: Option<usize>,
}

/// A document with every block in its place.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) blocks: Rc<[Block]>,
    pub(super) places: Vec<Place>,
    pub(super) sections: Vec<Section>,
    pub(super) groups: Vec<Group>,
    /// Names of items; sections and groups have names of their own.
    pub(super) ids: Ids,
    paths: Ids,
    /// Whether a block has other blocks inside.
    pub(super) has_children: Vec<bool>,
}

impl Document {
    /// Puts every block in its place.
    pub(super) fn new(blocks: Vec<Block>) -> Self {
        let root = Section {
            title: String::new(),
            key: String::new(),
            slug: slug(""),
            path: String::new(),
            when: None,
            level: 0,
            line: 0,
            end: 0,
            parent: None,
        };
        let mut has_children = vec![false; blocks.len()];
        for parent in blocks.iter().filter_map(|block| block.parent) {
            if let Some(slot) = has_children.get_mut(parent) {
                *slot = true;
            }
        }
        let mut document = Self {
            places: Vec::with_capacity(blocks.len()),
            sections: vec![root],
            groups: Vec::new(),
            ids: Ids::default(),
            paths: Ids::default(),
            blocks: Rc::from(Vec::new()),
            has_children,
        };
        let mut place = Place::default();
        let mut own: Vec<Option<usize>> = Vec::with_capacity(blocks.len());
        for (at, block) in blocks.iter().enumerate() {
            let mut here = place;
            let mut opens = None;
            match (&block.kind, block.parent) {
                (Kind::Heading { level, text }, None) => {
                    place = Place { section: document.open(*level, text, block), group: None };
                    here = place;
                }
                (Kind::Paragraph(lines), None) => {
                    if let Some(title) = lines.last().and_then(bold_title) {
                        place.group = Some(document.group(place.section, None, title));
                        here = place;
                    }
                }
                (kind, parent) => {
                    if let Some(parent) = parent {
                        here = document.places.get(parent).copied().unwrap_or(place);
                        here.group = own.get(parent).copied().flatten().or(here.group);
                    }
                    if let Kind::Entry(entry) = kind {
                        let inside = document.has_children.get(at) == Some(&true);
                        let heads = |next: &Block| {
                            matches!(&next.kind, Kind::Entry(e) if e.mark.is_some() && !e.numbered)
                                && next.parent.is_none()
                        };
                        if inside && titles(entry) {
                            let parent = here.group;
                            opens = Some(document.group(here.section, parent, entry.text()));
                        } else if entry.numbered
                            && entry.mark.is_none()
                            && parent.is_none()
                            && blocks.get(at + 1).is_some_and(heads)
                        {
                            place.group = Some(document.group(place.section, None, entry.text()));
                        }
                    }
                }
            }
            document.places.push(here);
            own.push(opens);
        }
        document.blocks = Rc::from(blocks);
        document
    }

    fn open(&mut self, level: u8, text: &str, block: &Block) -> usize {
        // The first heading, if it is of the first level, is the title: always, so that ids stay.
        if self.sections.len() == 1
            && level == 1
            && let Some(root) = self.sections.first_mut()
            && root.line == 0
        {
            text.clone_into(&mut root.title);
            root.key = text.to_lowercase();
            root.slug = slug(text);
            root.when = When::window(text);
            (root.line, root.end) = (block.line, block.end);
            return 0;
        }
        let mut parent = self.sections.len() - 1;
        while let Some(section) = self.sections.get(parent) {
            match section.parent {
                Some(up) if section.level >= level => parent = up,
                _ => break,
            }
        }
        let above = self.sections.get(parent).map_or("", |section| section.path.as_str());
        let slug = slug(text);
        let path = self.paths.next(join_path(above, &slug));
        let inherited = || self.sections.get(parent).and_then(|section| section.when.clone());
        let when = When::window(text).or_else(inherited);
        self.sections.push(Section {
            when,
            title: text.to_owned(),
            key: text.to_lowercase(),
            slug,
            path,
            level,
            line: block.line,
            end: block.end,
            parent: Some(parent),
        });
        self.sections.len() - 1
    }

    fn group(&mut self, section: usize, inside: Option<usize>, text: String) -> usize {
        let above = inside.and_then(|at| self.groups.get(at)).map(|group| group.path.clone());
        let above = above.unwrap_or_else(|| self.section(section).path.clone());
        self.group_at(&above, text)
    }

    /// Opens a title below a path.
    pub(super) fn group_at(&mut self, above: &str, text: String) -> usize {
        let text = text.trim().trim_end_matches(':').to_owned();
        let path = self.paths.next(join_path(above, &slug(&text)));
        let when = When::window(&text);
        self.groups.push(Group { text, path, when });
        self.groups.len() - 1
    }

    /// A section; the document itself for a number that is none.
    pub(super) fn section(&self, at: usize) -> &Section {
        static NONE: Section = Section {
            title: String::new(),
            key: String::new(),
            slug: String::new(),
            path: String::new(),
            when: None,
            level: 0,
            line: 0,
            end: 0,
            parent: None,
        };
        self.sections.get(at).or(self.sections.first()).unwrap_or(&NONE)
    }
    /// Where a block stands.
    pub(super) fn place(&self, block: usize) -> Place {
        self.places.get(block).copied().unwrap_or_default()
    }
    /// The title above a block, inside its section.
    pub(super) fn group_text(&self, place: Place) -> Option<&str> {
        Some(self.groups.get(place.group?)?.text.as_str())
    }
    /// The path items of this place get.
    pub(super) fn path(&self, place: Place) -> &str {
        match place.group.and_then(|at| self.groups.get(at)) {
            Some(group) => &group.path,
            None => &self.section(place.section).path,
        }
    }
    /// The nearest title: the group, or the heading.
    pub(super) fn label(&self, place: Place) -> String {
        match self.group_text(place) {
            Some(text) => text.to_lowercase(),
            None => self.section(place.section).key.clone(),
        }
    }
    /// A section and all above it, nearest first.
    pub(super) fn chain(&self, section: usize) -> impl Iterator<Item = &Section> {
        let mut next = Some(section);
        std::iter::from_fn(move || {
            let section = self.sections.get(next?)?;
            next = section.parent;
            Some(section)
        })
    }
    /// Whether any heading above says one of these words.
    pub(super) fn under(&self, section: usize, words: &[&str]) -> bool {
        self.chain(section).any(|section| words.iter().any(|word| section.key.contains(word)))
    }
}

/// Path parts joined by `/`.
pub(super) fn join_path(above: &str, slug: &str) -> String {
    if above.is_empty() { slug.to_owned() } else { [above, "/", slug].concat() }
}

/// Whether an entry is a title for what is inside it: it has no box of its own, or it is all bold.
fn titles(entry: &Entry) -> bool {
    let all_bold = || entry.lines.len() == 1 && entry.lines.first().and_then(bold_title).is_some();
    entry.mark.is_none() || all_bold()
}

/// A line of nothing but bold words, with a colon or a remark in brackets at most.
pub(super) fn bold_title(line: &Line) -> Option<String> {
    let bold = line.bold.as_deref()?;
    let rest = line.text.trim().strip_prefix(bold.trim())?.trim().trim_start_matches(':').trim();
    let remark = rest.starts_with('(') && rest.trim_end_matches(':').ends_with(')');
    (rest.is_empty() || remark).then(|| line.text.trim().to_owned())
}
