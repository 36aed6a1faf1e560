//! Where verbs write. Under `--json` standard output carries JSON and nothing else; every other text goes through
//! [`Untrusted`] on its way out, so that nothing from outside can drive a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use super::exit::{Exit, Failure};
use crate::base::Untrusted;

/// What kind of answer was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Text for people.
    #[default]
    Text,
    /// JSON for scripts, one object a line.
    Json,
}

/// Standard output and standard error, with manners.
#[derive(Clone, Copy, Debug, Default)]
pub struct Out {
    answer: Answer,
}

impl Out {
    /// Writes what was asked for.
    pub fn new(answer: Answer) -> Self {
        Self { answer }
    }
    /// True when a script reads.
    pub fn is_json(self) -> bool {
        self.answer == Answer::Json
    }
    /// True when colours would be seen and are not unwanted (`NO_COLOR`, `TERM=dumb`).
    pub fn colours(self) -> bool {
        let unwanted = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        io::stdout().is_terminal()
            && !unwanted("NO_COLOR")
            && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
    }
    /// Lines for people, made safe.
    ///
    /// # Errors
    /// When standard output does not take them.
    pub fn text(self, text: impl Into<String>) -> Result<(), Failure> {
        let safe = Untrusted::new(text).lines();
        self.whole(safe.strip_suffix('\n').unwrap_or(&safe))
    }
    /// Text that was made safe before and may hold colours.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn whole(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .or_else(closed)
    }
    /// Bytes as they are, for files such as completions.
    ///
    /// # Errors
    /// When standard output does not take them.
    pub fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).or_else(closed)
    }
    /// One JSON value on one line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value)
            .map_err(|error| Failure::new(Exit::Bug, format!("the answer is not JSON: {error}")))?;
        self.whole(&visible(&text))
    }
    /// A remark beside the answer, on standard error.
    pub fn remark(self, text: &str) {
        if !self.is_json() {
            // Nowhere is left to say that standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{}", Untrusted::new(text).lines());
        }
    }
    /// The end of a verb that failed.
    pub fn failure(self, failure: &Failure) {
        let text = if self.is_json() {
            visible(&failure.json().to_string())
        } else {
            Untrusted::new(failure.to_string()).lines()
        };
        // As above.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// A reader that left (`| head`) is no failure of ours.
fn closed(error: io::Error) -> Result<(), Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Failure::new(Exit::Unknown, format!("standard output: {error}")))
}

/// The same JSON with every character that could drive or deceive a terminal written as an escape.
fn visible(json: &str) -> String {
    let hides = |c: char| {
        matches!(c as u32, 0x7f..=0x9f | 0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
            || (c as u32) >= 0xe0000
    };
    if !json.chars().any(hides) {
        return json.to_owned();
    }
    let mut units = [0u16; 2];
    json.chars()
        .map(|c| {
            if hides(c) {
                c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn json_keeps_its_meaning_and_hides_nothing() {
        let value = serde_json::json!({"a": "x\u{202e}y\u{9b}2J\u{e0041}\u{1b}[2J ü"});
        let shown = visible(&value.to_string());
        assert!(
            shown.chars().all(|c| !c.is_control() && c != '\u{202e}' && (c as u32) < 0xe0000),
            "{shown:?}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("still JSON"), value);
    }
}
