//! The one table of exit codes, and the error every verb ends with.
//!
//! Invariants: a code keeps its meaning for ever; scripts rely on numbers and on the words of [`Exit::word`].

use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// It was done, or the answer is yes.
    Ok = 0,
    /// The answer is no.
    No = 1,
    /// The arguments were not understood.
    Usage = 2,
    /// The chain of hashes of a journal does not hold.
    Chain = 3,
    /// An anchored head does not match the journal.
    Anchor = 4,
    /// A signature does not hold.
    Signature = 5,
    /// The times in a journal run backwards.
    Clock = 6,
    /// The release's rules do not allow it.
    Refused = 10,
    /// Nobody knows whether it happened.
    Unknown = 11,
    /// It did not end in time.
    Deadline = 12,
    /// A file was read and not understood.
    NotUnderstood = 65,
    /// A file could not be read.
    Unreadable = 66,
    /// Somebody who must answer does not.
    Unreachable = 69,
    /// A fault of this program.
    Bug = 70,
    /// The plan is not trusted by this user on this machine.
    NotTrusted = 77,
    /// The journal or a configuration may not be used as it is.
    StoreRefused = 78,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 16] = [
        Self::Ok,
        Self::No,
        Self::Usage,
        Self::Chain,
        Self::Anchor,
        Self::Signature,
        Self::Clock,
        Self::Refused,
        Self::Unknown,
        Self::Deadline,
        Self::NotUnderstood,
        Self::Unreadable,
        Self::Unreachable,
        Self::Bug,
        Self::NotTrusted,
        Self::StoreRefused,
    ];

    /// The number a shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }
    /// The word scripts see in `error.code`, unless a refusal has a closer one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Usage => "usage",
            Self::Chain => "chain",
            Self::Anchor => "anchor",
            Self::Signature => "signature",
            Self::Clock => "clock",
            Self::Refused => "refused",
            Self::Unknown => "outcome-unknown",
            Self::Deadline => "deadline",
            Self::NotUnderstood => "not-understood",
            Self::Unreadable => "unreadable",
            Self::Unreachable => "unreachable",
            Self::Bug => "bug",
            Self::NotTrusted => "not-trusted",
            Self::StoreRefused => "store-refused",
        }
    }
    /// What it means, for the help page.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done, or the answer is yes",
            Self::No => "the answer is no",
            Self::Usage => "the arguments were not understood",
            Self::Chain => "verify: the chain of hashes does not hold",
            Self::Anchor => "verify: an anchored head does not match",
            Self::Signature => "verify: a signature does not hold",
            Self::Clock => "verify: times run backwards",
            Self::Refused => "refused by the release's rules",
            Self::Unknown => "nobody knows whether it happened",
            Self::Deadline => "it did not end in time",
            Self::NotUnderstood => "a file was read and not understood",
            Self::Unreadable => "a file could not be read",
            Self::Unreachable => "somebody who must answer does not",
            Self::Bug => "a fault of tminus itself",
            Self::NotTrusted => "the plan is not trusted here",
            Self::StoreRefused => "the journal or a configuration may not be used",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a verb did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// A closer word than the exit's, when there is one.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// What to do or write instead.
    pub help: Option<String>,
}

impl Failure {
    /// A failure that is about no file.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), file: None, line: None, help: None }
    }
    /// The arguments were not understood.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
    /// A file could not be read or written.
    pub fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(Exit::Unreadable, error.to_string()).at(path.display().to_string(), None)
    }
    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// With the place it is about.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: Option<u32>) -> Self {
        self.file = Some(file.into());
        self.line = line;
        self
    }
    /// With a closer word for scripts.
    #[must_use]
    pub fn word(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
    /// The object a script reads on standard error.
    pub fn json(&self) -> serde_json::Value {
        #[derive(Serialize)]
        struct Error<'a> {
            code: &'a str,
            message: &'a str,
            file: Option<&'a str>,
            line: Option<u32>,
            help: Option<&'a str>,
        }
        let error = Error {
            code: self.code.as_deref().unwrap_or(self.exit.word()),
            message: &self.message,
            file: self.file.as_deref(),
            line: self.line,
            help: self.help.as_deref(),
        };
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error: ")?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            _ => {}
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\nhelp:  {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_scripts_know() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 65, 66, 69, 70, 77, 78]);
    }

    #[test]
    fn a_failure_names_file_line_and_remedy() {
        let failure = Failure::new(Exit::NotUnderstood, "`soak` is no length of time")
            .at("a.tminus.toml", Some(7))
            .help("write 30m");
        assert_eq!(
            failure.to_string(),
            "error: a.tminus.toml:7: `soak` is no length of time\nhelp:  write 30m"
        );
        assert_eq!(
            failure.json(),
            serde_json::json!({"error": {"code": "not-understood", "message": "`soak` is no length of time",
                "file": "a.tminus.toml", "line": 7, "help": "write 30m"}})
        );
    }
}
