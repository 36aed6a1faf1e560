//! What follows from an input: events, the time to look again, or a refusal.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::release::event::Event;
use crate::release::state::State;

/// The answer of [`crate::release::decide`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What is recorded, all or none; empty when the input changes nothing.
    pub events: Vec<Event>,
    /// The state after these events, when there are any: what a fold of them gives, but for its head, which only the
    /// journal knows. Spares the one who recorded them a second copy.
    pub after: Option<Box<State>>,
    /// The time to look again, when something is due by the clock alone.
    pub wake_at: Option<Timestamp>,
    /// Why nothing happened, when the input asked for something that may not be.
    pub refused: Option<Refusal>,
}

/// Why a wish is not granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable word for scripts.
    pub code: RefusalCode,
    /// What is in the way.
    pub message: String,
    /// What would let it through.
    pub help: String,
}

/// The reasons for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// No such thing in the plan.
    Unknown,
    /// The world moved since the screen it was decided on.
    Moved,
    /// The release is not in a state for it.
    WrongState,
    /// Something blocks: see `explain`.
    Blocked,
    /// The words are missing: a reason, a value.
    Incomplete,
    /// The person may not.
    NotAllowed,
    /// This program does not understand everything in the stream.
    ReadOnly,
}

/// One reason why the release waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// A stable word for scripts: `gate`, `item`, `approval`, `soak`, `hold`, `data`, `t0`, `target`, `operation`,
    /// `trigger`, `judge`, `request`, `rollback`, `placeholder`, `window`.
    pub code: String,
    /// What is in the way.
    pub message: String,
    /// What would move it.
    pub help: String,
}

/// A refusal in one line.
pub(super) fn refuse(code: RefusalCode, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into(), help: help.into() }
}
