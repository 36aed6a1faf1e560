//! What a machine asks of people: requests, and their answers.
//!
//! Invariants: a request changes nothing by itself; it is open until a person answers it, what it asks for is done
//! otherwise, or its cause is gone; a rollback never needs one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{RolloutId, Timestamp, TriggerId, Untrusted, Weight};

/// A request that is open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// Its number: the stream's version that its event made.
    pub number: u64,
    /// The rollout.
    pub rollout: RolloutId,
    /// What it asks for.
    pub wants: Proposal,
    /// What makes it ask.
    pub cause: RequestCause,
    /// Why, in one sentence.
    pub why: Untrusted,
    /// Since when it is open.
    pub since: Timestamp,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Proposal {
    /// Put traffic back.
    RollBack,
    /// Go back one step.
    StepBack,
    /// Stand still.
    Hold,
    /// Go on: all that is needed is there.
    Promote {
        /// The next step's share.
        to: Weight,
    },
    /// Go on to a larger share although the judge cannot tell yet, to see more.
    Raise {
        /// The next step's share.
        to: Weight,
    },
}

impl Proposal {
    /// True when it gives the new version more traffic.
    pub fn is_forward(self) -> bool {
        matches!(self, Self::Promote { .. } | Self::Raise { .. })
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RollBack => f.write_str("roll back"),
            Self::StepBack => f.write_str("go back one step"),
            Self::Hold => f.write_str("hold"),
            Self::Promote { to } => write!(f, "promote to {to}"),
            Self::Raise { to } => write!(f, "raise to {to} without a verdict"),
        }
    }
}

/// What makes a machine ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RequestCause {
    /// A trigger that fired and may not act by itself.
    Trigger {
        /// Which.
        trigger: TriggerId,
    },
    /// What the judge says.
    Judge,
    /// The judge has too few events to tell.
    TooFew,
    /// No good data for too long.
    Blind,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestAnswer {
    /// A person did it, through the request or by themselves.
    Granted,
    /// A person said no.
    Declined,
    /// Its cause is gone.
    Withdrawn,
}

/// What a trigger does that the playbook says both of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// It acts by itself.
    Automatic,
    /// It asks a person.
    Request,
}

/// A number that a person typed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Typed {
    /// When.
    pub at: Timestamp,
    /// The number, in the unit's base.
    pub value: f64,
}
