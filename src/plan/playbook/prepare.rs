//! Makes a document ready for a Markdown parser without moving a line.
//!
//! What CommonMark has no idea of is settled here, line by line: front matter, comments that hide boxes, `<details>`,
//! fences inside a `markdown` fence, YAML issue forms. Invariant: line n of the result stands for line n of the file.

use std::cell::LazyCell;

use super::forms;
use super::notes::{Notes, codes};

/// The text for the parser, and the lines it must not see.
pub(super) struct Prepared {
    /// As many lines as the file has.
    pub(super) text: String,
    /// The title in the front matter or the form.
    pub(super) title: Option<(String, u32)>,
}

/// A line that opens or closes a fence.
#[derive(Clone, Copy)]
struct Fence {
    /// Index of the line.
    line: usize,
    /// Byte offset of the run in it.
    at: usize,
    mark: u8,
    len: usize,
    /// Whether a word follows.
    info: bool,
    /// Whether that word is `markdown` or `md`.
    markdown: bool,
}

/// Prepares the lines of one file.
pub(super) fn prepare(lines: &[&str], notes: &mut Notes) -> Prepared {
    if let Some(form) = forms::rewrite(lines) {
        return Prepared { text: form.text, title: form.title };
    }
    let mut out: Vec<std::borrow::Cow<'_, str>> = lines.iter().map(|line| (*line).into()).collect();
    let title = front_matter(lines, &mut out);
    let fences: Vec<Fence> = lines.iter().enumerate().filter_map(|(n, line)| fence(n, line)).collect();
    let nested = Nested::new(&fences);
    let comments = LazyCell::new(|| Comments::new(lines));
    let longest = fences.iter().map(|fence| fence.len).max().unwrap_or(3).min(80);
    let mut open: Option<Fence> = None;
    let mut next = 0;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        while fences.get(next).is_some_and(|fence| fence.line < at) {
            next += 1;
        }
        let here = fences.get(next).filter(|fence| fence.line == at).copied();
        match (open, here) {
            (Some(fence), Some(close)) if closes(fence, close) => open = None,
            (Some(_), _) => {}
            (None, Some(fence)) => {
                if let Some(close) = nested.close(next) {
                    for fence in [Some(fence), fences.get(close).copied()].into_iter().flatten() {
                        lengthen(&mut out, lines, fence, longest + 1);
                    }
                    let number = number(at);
                    let message =
                        "a fence inside a `markdown` fence of the same length would end it".to_owned();
                    notes.warning(
                        codes::NESTED_FENCE,
                        number,
                        message,
                        "give the outer fence one more backtick",
                    );
                    at = fences.get(close).map_or(lines.len(), |fence| fence.line + 1);
                    continue;
                }
                open = Some(fence);
            }
            (None, None) => {
                if let Some(start) = comment(line) {
                    at = hide(lines, &mut out, &comments, at, start, notes);
                    continue;
                }
                let before =
                    at.checked_sub(1).and_then(|before| lines.get(before)).copied().unwrap_or_default();
                let plain = match line.trim_start() {
                    tag if tag.starts_with('<') => unwrap_html(line),
                    text => list_marker(line, text, before),
                };
                if let Some(plain) = plain {
                    set(&mut out, at, plain);
                }
            }
        }
        at += 1;
    }
    if let Some(fence) = open {
        let message = "this fence is never closed, so everything after it is code".to_owned();
        notes.warning(
            codes::OPEN_FENCE,
            number(fence.line),
            message,
            "close it with a line of the same backticks",
        );
    }
    Prepared { text: out.join("\n"), title }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

fn set(out: &mut [std::borrow::Cow<'_, str>], at: usize, text: String) {
    if let Some(line) = out.get_mut(at) {
        *line = text.into();
    }
}

/// Reads a fence, behind list markers and quote marks too.
fn fence(line: usize, text: &str) -> Option<Fence> {
    // Only markers stand before a fence, so a line is decided by the first character that is none.
    let marker = |c: char| c.is_whitespace() || matches!(c, '0'..='9' | '-' | '>' | '*' | '+' | '.' | ')');
    let run = text.trim_start_matches(marker);
    if !run.starts_with("```") && !run.starts_with("~~~") {
        return None;
    }
    let start = text.len() - run.len();
    let mark = *run.as_bytes().first()?;
    let len = run.bytes().take_while(|byte| *byte == mark).count();
    let info = run.get(len..)?.trim();
    if mark == b'`' && info.contains('`') {
        return None;
    }
    let word = info.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let markdown = word.eq_ignore_ascii_case("markdown") || word.eq_ignore_ascii_case("md");
    Some(Fence { line, at: start, mark, len, info: !info.is_empty(), markdown })
}

fn closes(open: Fence, close: Fence) -> bool {
    !close.info && close.mark == open.mark && close.len >= open.len
}

fn lengthen(out: &mut [std::borrow::Cow<'_, str>], lines: &[&str], fence: Fence, len: usize) {
    let Some((before, run)) = lines.get(fence.line).and_then(|line| line.split_at_checked(fence.at)) else {
        return;
    };
    let rest = run.get(fence.len..).unwrap_or_default();
    set(out, fence.line, format!("{before}{}{rest}", char::from(fence.mark).to_string().repeat(len)));
}

/// For every fence, where a `markdown` fence that opens there closes when inner fences count.
struct Nested {
    close: Vec<Option<usize>>,
    outer: Vec<bool>,
}

impl Nested {
    /// Works from the end, so that it costs one look at every fence.
    fn new(fences: &[Fence]) -> Self {
        let mut close = vec![None; fences.len()];
        // Where the text outside inner fences that begins at this fence closes, and the next bare fence from here.
        let mut from = vec![None; fences.len() + 1];
        let mut bare = vec![None; fences.len() + 1];
        let mut outer = vec![false; fences.len()];
        for (at, fence) in fences.iter().enumerate().rev() {
            let after = |table: &[Option<usize>], at: usize| table.get(at).copied().flatten();
            let usual = fence.mark == b'`' && fence.len == 3;
            let next_bare = after(&bare, at + 1);
            let here = if !usual {
                after(&from, at + 1)
            } else if fence.info {
                next_bare.and_then(|inner| after(&from, inner + 1))
            } else {
                Some(at)
            };
            // An inner fence makes the difference; without one the usual rule is right.
            let inner_first = fences.get(at + 1).is_some_and(|next| next.info);
            if let Some(slot) = close.get_mut(at) {
                *slot = after(&from, at + 1);
            }
            if let Some(slot) = outer.get_mut(at) {
                *slot = usual && fence.markdown && inner_first;
            }
            if let (Some(slot), Some(next)) = (from.get_mut(at), bare.get_mut(at)) {
                *slot = here;
                *next = if usual && !fence.info { Some(at) } else { next_bare };
            }
        }
        Self { close, outer }
    }
    /// The fence that closes a `markdown` fence with fences inside, if this is one.
    fn close(&self, at: usize) -> Option<usize> {
        if self.outer.get(at) == Some(&true) { self.close.get(at).copied().flatten() } else { None }
    }
}

/// Where comments end, found from the back so that many open ones cost nothing.
struct Comments {
    /// The next line at or after each that holds `-->`.
    end: Vec<Option<usize>>,
}

impl Comments {
    fn new(lines: &[&str]) -> Self {
        let mut end = vec![None; lines.len() + 1];
        let mut next = None;
        for (at, line) in lines.iter().enumerate().rev() {
            if line.as_bytes().contains(&b'>') && line.contains("-->") {
                next = Some(at);
            }
            if let Some(slot) = end.get_mut(at) {
                *slot = next;
            }
        }
        Self { end }
    }
}

/// Where in a line a comment begins that is not inside a code span.
fn comment(line: &str) -> Option<usize> {
    let start = if line.as_bytes().contains(&b'<') { line.find("<!--")? } else { return None };
    let ticks = line.get(..start)?.bytes().filter(|byte| *byte == b'`').count();
    (ticks % 2 == 0).then_some(start)
}

/// Blanks a comment; gives the line to go on with.
fn hide(
    lines: &[&str],
    out: &mut [std::borrow::Cow<'_, str>],
    comments: &Comments,
    at: usize,
    start: usize,
    notes: &mut Notes,
) -> usize {
    let line = lines.get(at).copied().unwrap_or_default();
    let (before, rest) = line.split_at_checked(start).unwrap_or((line, ""));
    if let Some(end) = rest.find("-->") {
        let after = rest.get(end + 3..).unwrap_or_default();
        // Several comments in one line: the parser drops the later ones as inline HTML.
        set(out, at, format!("{before}{after}"));
        return at + 1;
    }
    let Some(end) = comments.end.get(at + 1).copied().flatten() else {
        let message = "this comment is never closed; what follows is read as text".to_owned();
        notes.warning(codes::OPEN_COMMENT, number(at), message, "close it with `-->`");
        set(out, at, line.replacen("<!--", "", 1));
        return at + 1;
    };
    set(out, at, before.to_owned());
    let hidden = lines.get(at..end).unwrap_or_default();
    if hidden.iter().any(|line| line.contains("[ ]") || line.contains("[x]")) {
        let message = "boxes inside a comment are no items".to_owned();
        notes.info(codes::COMMENTED_TASKS, number(at), message, "take them out of the comment if they count");
    }
    for inside in at + 1..end {
        set(out, inside, String::new());
    }
    let last = lines.get(end).copied().unwrap_or_default();
    let after = last.split_once("-->").map(|(_, after)| after).unwrap_or_default();
    set(out, end, after.to_owned());
    end + 1
}

/// The tags that only wrap text people wrote; without their line the text inside is Markdown.
const WRAPPERS: [&str; 6] = ["details", "summary", "div", "center", "section", "p"];

/// A line of nothing but wrapping tags becomes empty; a summary becomes a bold title.
fn unwrap_html(line: &str) -> Option<String> {
    let mut rest = line.trim();
    let mut text = String::new();
    let mut summary = false;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        text.push_str(before);
        let (inside, after) = tag.get(1..)?.split_once('>')?;
        let name: String =
            inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if !WRAPPERS.contains(&name.as_str()) {
            if summary {
                rest = after;
                continue;
            }
            return None;
        }
        summary |= name == "summary";
        rest = after;
    }
    text.push_str(rest);
    let text = text.trim();
    let indent = line.len() - line.trim_start().len();
    let indent = line.get(..indent).unwrap_or_default();
    Some(match (text.is_empty(), summary) {
        (true, _) => String::new(),
        (false, true) => format!("{indent}**{}**", text.trim_matches('*')),
        (false, false) => format!("{indent}{text}"),
    })
}

/// List markers the parser does not take: `-[ ] text`, and `1.1 text` or `a) text` below a numbered line.
fn list_marker(line: &str, trimmed: &str, before: &str) -> Option<String> {
    let (indent, _) = line.split_at_checked(line.len() - trimmed.len())?;
    if let Some(rest) = trimmed.strip_prefix(['-', '*', '+'])
        && rest.starts_with('[')
        && super::blocks::split_box(rest).is_some()
    {
        let (marker, _) = trimmed.split_at_checked(1)?;
        return Some(format!("{indent}{marker} {rest}"));
    }
    if indent.len() < 2 || !is_sub_step(trimmed) {
        return None;
    }
    let before = before.trim_start();
    let numbered = before.starts_with(|c: char| c.is_ascii_digit()) || is_sub_step(before);
    numbered.then(|| format!("{indent}1. {trimmed}"))
}

/// `1.1 text`, `2.3.1. text`, `a) text`.
fn is_sub_step(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text.get(..text.len() - rest.len()).unwrap_or_default();
    let decimal = number.trim_end_matches('.').contains('.') && rest.starts_with(' ');
    let mut letters = text.chars();
    decimal || (letters.next().is_some_and(|c| c.is_ascii_lowercase()) && letters.as_str().starts_with(") "))
}

/// Blanks front matter between two `---` lines; gives its title.
fn front_matter(lines: &[&str], out: &mut [std::borrow::Cow<'_, str>]) -> Option<(String, u32)> {
    if lines.first()?.trim_end() != "---" {
        return None;
    }
    let end = lines.iter().take(500).skip(1).position(|line| matches!(line.trim_end(), "---" | "..."))? + 1;
    let inside = lines.get(1..end)?;
    let keyed = |line: &&str| {
        line.trim().is_empty()
            || line.starts_with([' ', '\t', '#', '-'])
            || line.split_once(':').is_some_and(|(key, _)| !key.is_empty() && !key.contains("**"))
    };
    if !inside.iter().all(keyed) {
        return None;
    }
    for at in 0..=end {
        set(out, at, String::new());
    }
    inside.iter().enumerate().find_map(|(at, line)| {
        let (key, value) = line.split_once(':')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (matches!(key.trim(), "title" | "name") && !value.is_empty())
            .then(|| (value.to_owned(), number(at + 1)))
    })
}
