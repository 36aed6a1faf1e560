//! What stands around and inside of events: evidence, answers, and an event as the journal keeps it.

use serde::{Deserialize, Serialize};

use crate::base::{Actor, Assurance, Digest, GateId, Timestamp, Untrusted, Via};
use crate::release::event::Event;

/// What shows that an item is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Evidence {
    /// The pass of a gate's run.
    GateRun {
        /// The gate.
        gate: GateId,
        /// The run.
        run: u32,
    },
    /// Text or a file's bytes, a blob.
    Blob {
        /// The file's name or a label.
        name: Untrusted,
        /// The blob.
        digest: Digest,
    },
    /// A link.
    Link {
        /// Where to.
        url: Untrusted,
    },
}

/// What a role answers in the roll-call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Go.
    Go,
    /// No-go.
    NoGo,
    /// Asked and not there.
    Absent,
}

/// An event with everything around it, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The stream's version this event made, from 1.
    pub version: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// How sure we are of who.
    pub assurance: Assurance,
    /// By which door.
    pub via: Via,
    /// What; none when this program does not know the kind.
    pub event: Option<Event>,
    /// The kind's name, known or not.
    pub kind: String,
    /// The hash of this event: the head of the stream after it.
    pub hash: Digest,
}
