//! What stops a rollout, and where a trigger stands.

use serde::{Deserialize, Serialize};

use crate::base::{OperationId, TriggerId};

/// What stopped a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum HoldCause {
    /// A person; only a person lifts it.
    Person,
    /// No good data for too long; lifts when good data is back.
    Blind,
    /// A trigger whose action is to hold; only a person lifts it.
    Trigger {
        /// Which.
        trigger: TriggerId,
    },
    /// Both versions break a rule: something they share is broken; lifts when the trigger is armed again.
    Shared {
        /// Which.
        trigger: TriggerId,
    },
    /// A trigger that keeps crossing its limit without firing; only a person lifts it.
    Flapping {
        /// Which.
        trigger: TriggerId,
    },
    /// The judge found the new version worse, and the plan says to stand still; only a person lifts it.
    Judge,
    /// Somebody else moved the weight; lifts when it is what is wanted again, or a person takes it over.
    Drift,
    /// An operation that did not end well; only a person lifts it.
    Operation {
        /// Which.
        operation: OperationId,
    },
}

/// What keeps a trigger from firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptBack {
    /// The old version breaks the rule as well.
    Shared,
    /// It is a time in which the number says nothing.
    Quiet,
    /// It is too soon after a step.
    WarmUp,
}

impl KeptBack {
    /// Why, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "the old version breaks it as well: it is not the new one alone",
            Self::Quiet => "it is a quiet time",
            Self::WarmUp => "it is too soon after a step",
        }
    }
}

/// Where a trigger stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerPhase {
    /// Watching.
    #[default]
    Armed,
    /// The rule holds, not yet for long enough.
    Pending,
    /// It fired and its actions began.
    Fired,
    /// It would count, and is kept from it.
    Suppressed,
    /// There is no good data to say.
    Unknown,
}
