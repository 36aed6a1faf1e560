//! What the judge can say.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the judge says of a new version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Not enough to say, or a doubt.
    #[default]
    Hold,
    /// It is fine.
    Promote,
    /// It is worse.
    RollBack,
}

impl Decision {
    /// The word of screens and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Promote => "promote",
            Self::RollBack => "roll-back",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
