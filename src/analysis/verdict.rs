//! The seven answers a check can give. Nothing is ever green on no data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It holds with a doubt: a partial answer, a limit that is near.
    Warn,
    /// There is not enough to say.
    TooFew,
    /// It held, too long ago to count.
    Stale,
    /// There is nothing to judge.
    NoData,
    /// The check itself did not work.
    Error,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// Only this lets a blocking gate through.
    pub fn is_pass(self) -> bool {
        self == Verdict::Pass
    }
    /// True when the check could be made at all.
    pub fn is_known(self) -> bool {
        matches!(self, Verdict::Pass | Verdict::Warn | Verdict::Fail)
    }
    /// The word on screens, in files and in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::TooFew => "too-few",
            Verdict::Stale => "stale",
            Verdict::NoData => "no-data",
            Verdict::Error => "error",
            Verdict::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
