//! What a baseline is called: the time it is of, or the version.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a baseline is called; text form `before`, `yesterday`, `last-week`, `version 2.3.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BaselineName {
    /// The time just before the release. What changes in the world between then and now shows as a change of the
    /// version: risky.
    Before,
    /// The same time of the day before.
    Yesterday,
    /// The same time a week before.
    LastWeek,
    /// A version; it does not age.
    Version(String),
}

/// A text that names no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no baseline; write before, yesterday, last-week or `version 2.3.0`")]
pub struct NoName(String);

impl BaselineName {
    /// Of a version, with or without the `v` that people put before it.
    pub fn version(text: &str) -> Self {
        let text = text.trim();
        let bare =
            text.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        Self::Version(bare.unwrap_or(text).to_owned())
    }

    /// The version it is of.
    pub fn of_version(&self) -> Option<&str> {
        match self {
            Self::Version(version) => Some(version),
            Self::Before | Self::Yesterday | Self::LastWeek => None,
        }
    }

    /// True for what is of a time: it says less the longer ago that is.
    pub fn ages(&self) -> bool {
        *self == Self::Before
    }

    /// How long before the release it ends, in seconds: 0 for what is not of another day.
    pub fn back(&self) -> i64 {
        match self {
            Self::Before | Self::Version(_) => 0,
            Self::Yesterday => 86_400,
            Self::LastWeek => 7 * 86_400,
        }
    }

    /// What is to be known by whoever compares with it; nothing for a version.
    pub fn warning(&self) -> Option<&'static str> {
        (!matches!(self, Self::Version(_))).then_some("before/after: risky")
    }
}

impl fmt::Display for BaselineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before => f.pad("before"),
            Self::Yesterday => f.pad("yesterday"),
            Self::LastWeek => f.pad("last-week"),
            Self::Version(version) => f.pad(&format!("version {version}")),
        }
    }
}

impl TryFrom<String> for BaselineName {
    type Error = NoName;
    fn try_from(text: String) -> Result<Self, NoName> {
        match text.trim() {
            "before" => Ok(Self::Before),
            "yesterday" => Ok(Self::Yesterday),
            "last-week" => Ok(Self::LastWeek),
            other => match other.strip_prefix("version ").map(str::trim) {
                Some(version) if !version.is_empty() => Ok(Self::version(version)),
                _ => Err(NoName(text)),
            },
        }
    }
}

impl From<BaselineName> for String {
    fn from(name: BaselineName) -> String {
        name.to_string()
    }
}
