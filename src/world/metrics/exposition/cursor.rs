//! A reader over one line.

/// What is left of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a str {
        self.rest
    }

    /// Passes over blanks; true when there were some.
    pub(super) fn blanks(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t']);
        let some = rest.len() < self.rest.len();
        self.rest = rest;
        some
    }

    /// Takes this character when it is next.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The character that is next.
    pub(super) fn peek(self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes everything up to the next blank, or to one of these.
    pub(super) fn word(&mut self, stops: &[char]) -> &'a str {
        let end = self.rest.find(|c| c == ' ' || c == '\t' || stops.contains(&c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Takes a text in double quotes, with `\\`, `\"` and `\n` read; every other backslash stands for itself.
    pub(super) fn quoted(&mut self, most: usize, what: &str) -> Result<String, String> {
        if !self.take('"') {
            return Err(format!("{what} is not in double quotes"));
        }
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                None => return Err(format!("no closing quote after {what}")),
                Some('"') => break,
                Some('\\') => match chars.next() {
                    Some('n') => text.push('\n'),
                    Some(c @ ('"' | '\\')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => return Err(format!("no closing quote after {what}")),
                },
                Some(c) => text.push(c),
            }
            if text.len() > most {
                return Err(format!("{what} is longer than {most} bytes"));
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}
