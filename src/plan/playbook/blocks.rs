//! A Markdown document as a flat row of blocks with their lines, in the order they were written.
//!
//! The only file that knows the parser. Invariant: blocks are in document order, and the index of a block's parent is
//! smaller than its own.

use comrak::nodes::{ListType, Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::model::Mark;

/// Deeper nesting than this stays text.
const DEPTH: u32 = 64;

/// One line of running text.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Without Markdown.
    pub(super) text: String,
    /// The bold words it begins with.
    pub(super) bold: Option<String>,
    /// Addresses it links to.
    pub(super) links: Vec<String>,
}

/// What a block is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Heading {
        level: u8,
        text: String,
    },
    Paragraph(Vec<Line>),
    Entry(Entry),
    Table {
        head: Vec<String>,
        rows: Vec<Row>,
    },
    Fence {
        info: String,
        text: String,
        fenced: bool,
    },
    /// Thematic breaks, raw HTML and the like.
    Other,
}

/// One entry of a list.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) numbered: bool,
    pub(super) mark: Option<Mark>,
    pub(super) lines: Vec<Line>,
    pub(super) depth: u32,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) line: u32,
}

/// A block and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) line: u32,
    /// Its last line; for an entry that of its own first paragraph.
    pub(super) end: u32,
    /// The entry it is inside.
    pub(super) parent: Option<usize>,
}

impl Entry {
    /// The whole text on one line.
    pub(super) fn text(&self) -> String {
        join(&self.lines)
    }
    /// The bold words it begins with.
    pub(super) fn bold(&self) -> Option<&str> {
        self.lines.first()?.bold.as_deref()
    }
}

/// Lines as one.
pub(super) fn join(lines: &[Line]) -> String {
    if let [line] = lines {
        return line.text.trim().to_owned();
    }
    let parts: Vec<&str> =
        lines.iter().map(|line| line.text.trim()).filter(|text| !text.is_empty()).collect();
    parts.join(" ")
}

/// Reads a prepared text.
/// The second part is the first line nested too deep to be read.
pub(super) fn parse(text: &str) -> (Vec<Block>, Option<u32>) {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    options.parse.relaxed_tasklist_matching = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut walk = Walk { blocks: Vec::new(), deep: None };
    walk.children(root, None, 0);
    (walk.blocks, walk.deep)
}

struct Walk {
    blocks: Vec<Block>,
    deep: Option<u32>,
}

fn line(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Walk {
    fn push(&mut self, kind: Kind, lines: (u32, u32), parent: Option<usize>) -> usize {
        self.blocks.push(Block { kind, line: lines.0, end: lines.1, parent });
        self.blocks.len() - 1
    }

    fn children<'a>(&mut self, node: Node<'a>, parent: Option<usize>, depth: u32) {
        if depth <= DEPTH {
            for child in node.children() {
                self.block(child, parent, depth);
            }
        } else {
            let start = line(node.data.borrow().sourcepos.start.line);
            self.deep = self.deep.or(Some(start));
        }
    }

    fn block<'a>(&mut self, node: Node<'a>, parent: Option<usize>, depth: u32) {
        let data = node.data.borrow();
        let lines = (line(data.sourcepos.start.line), line(data.sourcepos.end.line));
        match &data.value {
            NodeValue::Heading(heading) => {
                let text = join(&inline(node));
                self.push(Kind::Heading { level: heading.level, text }, lines, parent);
            }
            NodeValue::Paragraph => {
                self.push(Kind::Paragraph(inline(node)), lines, parent);
            }
            NodeValue::CodeBlock(code) => {
                let (info, text) = (code.info.trim().to_owned(), code.literal.clone());
                self.push(Kind::Fence { info, text, fenced: code.fenced }, lines, parent);
            }
            NodeValue::Table(_) => self.table(node, lines, parent),
            NodeValue::List(list) => {
                let numbered = list.list_type == ListType::Ordered;
                for item in node.children() {
                    self.entry(item, numbered, parent, depth);
                }
            }
            NodeValue::BlockQuote | NodeValue::Alert(_) | NodeValue::FootnoteDefinition(_) => {
                self.children(node, parent, depth + 1);
            }
            _ => {
                self.push(Kind::Other, lines, parent);
            }
        }
    }

    fn entry<'a>(&mut self, node: Node<'a>, numbered: bool, parent: Option<usize>, depth: u32) {
        let data = node.data.borrow();
        let start = line(data.sourcepos.start.line);
        let mut mark = None;
        let mut prefix = String::new();
        if let NodeValue::TaskItem(task) = &data.value {
            mark = mark_of(task.symbol.unwrap_or(' '));
            if mark.is_none() {
                prefix = format!("[{}] ", task.symbol.unwrap_or(' '));
            }
        }
        let mut lines = Vec::new();
        let mut end = start;
        let mut rest = node.first_child();
        if let Some(first) = rest {
            let data = first.data.borrow();
            match &data.value {
                NodeValue::Paragraph => {
                    lines = inline(first);
                    end = line(data.sourcepos.end.line);
                    rest = first.next_sibling();
                }
                // `- > 10% of agents` is a threshold, not a quotation.
                NodeValue::BlockQuote if line(data.sourcepos.start.line) == start => {
                    if let Some(quoted) = first.first_child().filter(|_| first.children().count() == 1)
                        && matches!(quoted.data.borrow().value, NodeValue::Paragraph)
                    {
                        lines = inline(quoted);
                        end = line(data.sourcepos.end.line);
                        "> ".clone_into(&mut prefix);
                        rest = first.next_sibling();
                    }
                }
                _ => {}
            }
        }
        if let Some(first) = lines.first_mut() {
            if mark.is_none()
                && prefix.is_empty()
                && let Some((found, text)) = split_box(&first.text)
            {
                mark = Some(found);
                first.text = text.to_owned();
            }
            first.text.insert_str(0, &prefix);
        }
        let entry = Entry { numbered, mark, lines, depth };
        let at = self.push(Kind::Entry(entry), (start, end), parent);
        if depth >= DEPTH && rest.is_some() {
            self.deep = self.deep.or(Some(end));
            return;
        }
        while let Some(child) = rest {
            self.block(child, Some(at), depth + 1);
            rest = child.next_sibling();
        }
    }

    fn table<'a>(&mut self, node: Node<'a>, lines: (u32, u32), parent: Option<usize>) {
        let mut head = Vec::new();
        let mut rows = Vec::new();
        for row in node.children() {
            let data = row.data.borrow();
            let cells: Vec<String> = row.children().map(|cell| join(&inline(cell))).collect();
            match data.value {
                NodeValue::TableRow(true) => head = cells,
                _ => rows.push(Row { cells, line: line(data.sourcepos.start.line) }),
            }
        }
        self.push(Kind::Table { head, rows }, lines, parent);
    }
}

/// The state a box shows; `None` for brackets that are no box, such as `[A]`.
fn mark_of(symbol: char) -> Option<Mark> {
    match symbol {
        ' ' | '_' | '\u{a0}' | '☐' => Some(Mark::Open),
        'x' | 'X' | '✓' | '✔' | '☑' | '✅' => Some(Mark::Done),
        '-' | '~' | '/' => Some(Mark::Skipped),
        _ => None,
    }
}

/// A box at the beginning of a text, in the spellings the parser does not take: `[]`, `[ ]text`, `☐ text`.
pub(super) fn split_box(text: &str) -> Option<(Mark, &str)> {
    let trimmed = text.trim_start();
    let mut chars = trimmed.chars();
    match chars.next()? {
        '☐' => Some((Mark::Open, chars.as_str().trim_start())),
        '☑' | '☒' => Some((Mark::Done, chars.as_str().trim_start())),
        '[' => {
            let (inside, rest) = chars.as_str().split_once(']')?;
            let mut symbols = inside.trim().chars();
            let mark = match (symbols.next(), symbols.next()) {
                (None, _) if inside.chars().count() <= 3 => Mark::Open,
                (Some(symbol), None) => mark_of(symbol).filter(|_| symbol != '_')?,
                _ => return None,
            };
            // `[x](address)` and `[x]: address` are links.
            (!rest.starts_with(['(', '[', ':'])).then(|| (mark, rest.trim_start()))
        }
        _ => None,
    }
}

fn inline<'a>(node: Node<'a>) -> Vec<Line> {
    let mut out = Inline { lines: vec![Line::default()] };
    out.children(node, 0);
    out.lines
}

struct Inline {
    lines: Vec<Line>,
}

impl Inline {
    fn text(&mut self, text: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
    }

    fn children<'a>(&mut self, node: Node<'a>, depth: u32) {
        // Emphasis nests as deep as somebody types; nobody means more than a few levels.
        if depth <= DEPTH {
            for child in node.children() {
                self.node(child, depth);
            }
        }
    }

    fn node<'a>(&mut self, node: Node<'a>, depth: u32) {
        match &node.data.borrow().value {
            NodeValue::Text(text) => self.text(text),
            NodeValue::Code(code) => self.text(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.lines.push(Line::default()),
            NodeValue::HtmlInline(html) => {
                if !is_tag(html) {
                    self.text(html);
                } else if html.starts_with("<br") {
                    self.text(" ");
                }
            }
            NodeValue::Link(link) | NodeValue::Image(link) => {
                if let Some(line) = self.lines.last_mut() {
                    line.links.push(link.url.clone());
                }
                self.children(node, depth + 1);
            }
            NodeValue::Strong => {
                let from = self.lines.len();
                let start = self.lines.last().map_or(0, |line| line.text.len());
                let first = self.lines.last().is_some_and(|line| line.text.trim().is_empty());
                self.children(node, depth + 1);
                if let (true, true, Some(line)) = (first, from == self.lines.len(), self.lines.last_mut()) {
                    line.bold = line.text.get(start..).map(str::to_owned);
                }
            }
            _ => self.children(node, depth + 1),
        }
    }
}

/// Markup of the page, as opposed to a blank such as `<VERSION>` that people write in angle brackets.
pub(super) fn is_tag(html: &str) -> bool {
    const TAGS: [&str; 24] = [
        "a", "b", "br", "code", "del", "details", "div", "em", "font", "hr", "i", "img", "input", "ins",
        "kbd", "li", "p", "s", "small", "span", "strong", "sub", "summary", "sup",
    ];
    let name = html.trim_start_matches(['<', '/']);
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    html.starts_with("<!--") || TAGS.contains(&name)
}
