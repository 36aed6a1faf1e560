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
    /// A trigger that keeps crossing its limit without firing; only a person lifts it.
    Flapping {
        /// Which.
        trigger: TriggerId,
    },
    /// The judge found the new version worse, and the plan says to stand still; only a person lifts it.
    Judge,
    /// An operation that did not end well; only a person lifts it.
    Operation {
        /// Which.
        operation: OperationId,
    },
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
