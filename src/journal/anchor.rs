//! Heads written down outside the journal: what finds a cut tail or a history made anew.
//!
//! Text form, one a line: `STREAM@VERSION:HASH`, the hash as 64 hexadecimal digits. Empty lines and lines that
//! begin with `#` say nothing.

use std::fmt;
use std::str::FromStr;

use crate::base::{Digest, ReleaseId};
use crate::journal::store::StreamHead;

/// A version of a stream and the hash it had when somebody wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The stream.
    pub stream: ReleaseId,
    /// The version, from 1.
    pub version: u64,
    /// The hash of the event at that version.
    pub hash: Digest,
}

/// Text that is no anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an anchor: {what}; write STREAM@VERSION:HASH, as `tminus verify` prints it")]
pub struct AnchorError {
    text: String,
    what: &'static str,
}

/// A line of a list of anchors that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct AnchorLineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: AnchorError,
}

impl Anchor {
    /// Reads a list, one anchor a line.
    pub fn list(text: &str) -> Result<Vec<Self>, AnchorLineError> {
        (1..)
            .zip(text.lines())
            .map(|(line, text)| (line, text.trim()))
            .filter(|(_, text)| !text.is_empty() && !text.starts_with('#'))
            .map(|(line, text)| text.parse().map_err(|error| AnchorLineError { line, error }))
            .collect()
    }
}

impl From<StreamHead> for Anchor {
    fn from(head: StreamHead) -> Self {
        Self { stream: head.stream, version: head.version, hash: head.head }
    }
}

impl FromStr for Anchor {
    type Err = AnchorError;

    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let text = text.trim();
        // What is shown comes from outside: safe for one line, and not longer than a real anchor.
        let error = |what| AnchorError { text: crate::base::Untrusted::new(text).cell(160), what };
        let (stream, rest) = text.rsplit_once('@').ok_or_else(|| error("there is no `@`"))?;
        let (version, hash) =
            rest.split_once(':').ok_or_else(|| error("there is no `:` after the version"))?;
        if stream.is_empty() {
            return Err(error("the stream has no name"));
        }
        let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        let version = version.parse().ok().filter(|version| digits && *version > 0);
        let version = version.ok_or_else(|| error("the version is not a number from 1"))?;
        let hash = Digest::parse(hash).ok_or_else(|| error("the hash is not 64 hexadecimal digits"))?;
        Ok(Self { stream: ReleaseId::new(stream), version, hash })
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.stream, self.version, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_reads_back_as_written() {
        for stream in ["payments/prod", "a@b/prod", "é"] {
            let anchor = Anchor { stream: stream.into(), version: 42, hash: Digest::of("x") };
            assert_eq!(anchor.to_string().parse(), Ok(anchor));
        }
    }

    #[test]
    fn what_is_no_anchor_is_named_with_its_line() {
        let hash = Digest::of("x");
        let good = format!("# heads of friday\n\n pay/prod@3:{hash} \n");
        assert_eq!(Anchor::list(&good).expect("reads").len(), 1);
        for bad in [
            "pay/prod".to_owned(),
            format!("pay/prod@3{hash}"),
            format!("@3:{hash}"),
            format!("pay/prod@0:{hash}"),
            format!("pay/prod@+3:{hash}"),
            format!("pay/prod@x:{hash}"),
            format!("pay/prod@3:{hash}0"),
            format!("pay/prod@3:\u{1b}[31m{hash}"),
        ] {
            let error = Anchor::list(&format!("{good}{bad}")).expect_err(&bad);
            assert_eq!(error.line, 4);
            assert!(!error.to_string().contains('\u{1b}'));
        }
    }
}
