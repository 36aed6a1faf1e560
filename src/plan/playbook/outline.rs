//! Fenced YAML as an indented outline, line by line: people write outlines there that no YAML parser accepts.
//!
//! Invariants: every non-blank line is a node; a node's parent is before it; nothing fails.

use super::blocks::split_box;
use super::model::Mark;

/// What begins a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// `- `, `* `
    Bullet,
    /// `1. `
    Number,
    /// Nothing.
    None,
    /// `#`
    Comment,
}

/// One line of an outline.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) lead: Lead,
    pub(super) mark: Option<Mark>,
    /// The text without lead, box and a closing colon.
    pub(super) text: String,
    /// Before and after the first `: `, when there is one.
    pub(super) pair: Option<(String, String)>,
    pub(super) line: u32,
    pub(super) parent: Option<usize>,
    pub(super) depth: u32,
    indent: usize,
}

/// A whole fence.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) nodes: Vec<Node>,
}

impl Outline {
    /// Reads the text of a fence whose first line is `first`.
    pub(super) fn read(text: &str, first: u32) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (number, raw) in text.lines().enumerate() {
            let trimmed = raw.trim();
            if trimmed.is_empty() {
                continue;
            }
            let line = first.saturating_add(u32::try_from(number).unwrap_or(u32::MAX));
            let indent = width(raw);
            let mut node = read_line(trimmed, line, indent);
            if node.lead != Lead::Comment {
                while let Some(top) = open.last().and_then(|at| nodes.get(*at)) {
                    // A list may stand at the indentation of the key it belongs to.
                    let below_key = top.indent == indent && top.lead == Lead::None && node.lead != Lead::None;
                    if top.indent < indent || below_key {
                        break;
                    }
                    open.pop();
                }
                node.parent = open.last().copied();
                node.depth = u32::try_from(open.len()).unwrap_or(u32::MAX);
                open.push(nodes.len());
            }
            nodes.push(node);
        }
        Self { nodes }
    }
    /// The nodes directly under one; `None` asks for the top.
    pub(super) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = (usize, &Node)> {
        // Children come after their parent, and no later than the next node of its level.
        let from = parent.map_or(0, |at| at + 1);
        let level = parent.and_then(|at| self.nodes.get(at)).map(|node| node.depth);
        self.nodes
            .iter()
            .enumerate()
            .skip(from)
            .take_while(move |(_, node)| {
                node.lead == Lead::Comment || level.is_none_or(|level| node.depth > level)
            })
            .filter(move |(_, node)| node.lead != Lead::Comment && node.parent == parent)
    }
    /// Nodes with nothing under them.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(at, node)| {
            let next = || self.nodes.iter().skip(at + 1).find(|next| next.lead != Lead::Comment);
            node.lead != Lead::Comment && next().is_none_or(|next| next.parent != Some(*at))
        })
    }
    /// The first comment: people title their outlines so.
    pub(super) fn title(&self) -> &str {
        self.nodes.first().filter(|node| node.lead == Lead::Comment).map_or("", |node| node.text.as_str())
    }
    /// The nearest node above that is a title, not a list entry.
    pub(super) fn group(&self, node: &Node) -> Option<&Node> {
        node.parent.and_then(|at| self.nodes.get(at))
    }
    /// The value of a key directly under a node, lower-case key.
    pub(super) fn value(&self, parent: usize, key: &str) -> Option<&str> {
        self.children(Some(parent))
            .filter_map(|(_, node)| node.pair.as_ref())
            .find(|(name, value)| name.eq_ignore_ascii_case(key) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

/// Columns of indentation; a tab goes to the next multiple of four.
fn width(line: &str) -> usize {
    let mut width = 0;
    for c in line.chars() {
        match c {
            ' ' => width += 1,
            '\t' => width += 4 - width % 4,
            _ => break,
        }
    }
    width
}

fn read_line(trimmed: &str, line: u32, indent: usize) -> Node {
    let (lead, rest) = if let Some(comment) = trimmed.strip_prefix('#') {
        (Lead::Comment, comment.trim_start_matches('#').trim())
    } else if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|lead| trimmed.strip_prefix(lead)) {
        (Lead::Bullet, rest.trim())
    } else if let Some(rest) = numbered(trimmed) {
        (Lead::Number, rest)
    } else {
        (Lead::None, trimmed)
    };
    let (mark, text) = match split_box(rest) {
        Some((mark, text)) if lead == Lead::Bullet => (Some(mark), text),
        _ => (None, rest),
    };
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let pair = match text.split_once(": ") {
        Some((name, value)) => Some((unquoted(name), unquoted(value))),
        None => text.strip_suffix(':').map(|name| (unquoted(name), String::new())),
    };
    let text = text.strip_suffix(':').unwrap_or(text).to_owned();
    Node { lead, mark, text, pair, line, parent: None, depth: 0, indent }
}

fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() || text.len() - rest.len() > 3 {
        return None;
    }
    rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_that_is_no_yaml_is_read() {
        let text = "# Checks\nPhase 1 - Canary (1%):\n  Duration: 24 hours\n  Criteria:\n    - Errors < 1%: really\n\nNow:\n- [ ] Look\n- a: b: c\n  1. go\n\tx";
        let outline = Outline::read(text, 10);
        assert_eq!(outline.title(), "Checks");
        let top: Vec<&str> = outline.children(None).map(|(_, node)| node.text.as_str()).collect();
        assert_eq!(top, ["Phase 1 - Canary (1%)", "Now"]);
        assert_eq!(outline.value(1, "duration"), Some("24 hours"));
        let boxes: Vec<(u32, &str)> = outline
            .nodes
            .iter()
            .filter(|node| node.mark.is_some())
            .map(|node| (node.line, node.text.as_str()))
            .collect();
        assert_eq!(boxes, [(17, "Look")]);
        assert_eq!(outline.leaves().count(), 4);
    }
}
