//! What a trigger may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An action of a trigger or of a blind rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Take the traffic off the new version at once.
    CutTraffic,
    /// Switch the release's feature flags off.
    FlagsOff,
    /// Go back to the last known good.
    RollBack,
    /// Go back one rollout step.
    StepBack,
    /// Stop where it is.
    Hold,
    /// Ask a person whether to roll back.
    Ask,
    /// Open a review for a named role.
    Review,
    /// Wake somebody.
    Page,
    /// Tell people.
    Notify,
}

impl Action {
    /// All of them, the strongest first.
    pub const ALL: [Self; 9] = [
        Self::CutTraffic,
        Self::FlagsOff,
        Self::RollBack,
        Self::StepBack,
        Self::Hold,
        Self::Ask,
        Self::Review,
        Self::Page,
        Self::Notify,
    ];

    /// The word of the plan file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CutTraffic => "cut-traffic",
            Self::FlagsOff => "flags-off",
            Self::RollBack => "roll-back",
            Self::StepBack => "step-back",
            Self::Hold => "hold",
            Self::Ask => "ask",
            Self::Review => "review",
            Self::Page => "page",
            Self::Notify => "notify",
        }
    }

    /// Reads the word of the plan file; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
