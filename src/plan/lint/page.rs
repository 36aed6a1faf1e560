//! A document as lines, each with the headings above it and the fenced block it is in.

use crate::base::Untrusted;

/// One line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// As written.
    pub text: String,
    /// The headings above it, joined, lower case.
    pub under: String,
    /// The number of the fenced block it is in; none outside.
    pub block: Option<u32>,
}

/// A document as lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    file: Untrusted,
    lines: Vec<Line>,
}

impl Page {
    /// Takes a decoded document.
    pub fn new(file: impl Into<Untrusted>, text: &str) -> Self {
        let mut headings: Vec<(usize, String)> = Vec::new();
        let mut fence: Option<(char, usize)> = None;
        let mut block = 0;
        let mut lines = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let (mark, run, word) = fence_of(text);
            let inside = fence.is_some();
            match fence {
                Some((open, length)) if mark == open && run >= length && word.is_empty() => fence = None,
                None if run >= 3 => {
                    fence = Some((mark, run));
                    block += 1;
                }
                _ => {}
            }
            if !inside && run == 0 {
                take_heading(&mut headings, text);
            }
            let under: Vec<&str> = headings.iter().map(|(_, title)| title.as_str()).collect();
            let code = inside && fence.is_some();
            let line = Line {
                number,
                text: text.to_owned(),
                under: under.join(" / "),
                block: code.then_some(block),
            };
            lines.push(line);
        }
        Self { file: file.into(), lines }
    }

    /// The document's name.
    pub fn file(&self) -> &Untrusted {
        &self.file
    }

    /// All lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines of fenced blocks, block by block.
    pub fn blocks(&self) -> impl Iterator<Item = &[Line]> {
        self.lines
            .chunk_by(|a, b| a.block == b.block)
            .filter(|block| block.iter().all(|line| line.block.is_some()))
    }
}

/// The fence a line opens or closes: its mark, how long it is, and the word after it.
fn fence_of(text: &str) -> (char, usize, &str) {
    let text = text.trim_start_matches([' ', '\t', '>', '-', '*']).trim();
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~')).unwrap_or('`');
    let run = text.chars().take_while(|c| *c == mark).count();
    if run < 3 {
        return (mark, 0, "");
    }
    (mark, run, text.trim_start_matches(mark).trim())
}

fn take_heading(headings: &mut Vec<(usize, String)>, text: &str) {
    let level = text.chars().take_while(|c| *c == '#').count();
    if !(1..=6).contains(&level) || !text.chars().nth(level).is_some_and(|c| c == ' ' || c == '\t') {
        return;
    }
    headings.retain(|(above, _)| *above < level);
    headings.push((level, text.trim_matches(['#', ' ', '\t']).to_lowercase()));
}
