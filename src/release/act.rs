//! Changes to the world, and how they end.
//!
//! Invariants: what is written about an act is all that is needed to carry it out, with the plan; two acts on the same
//! target have the same key.

use serde::{Deserialize, Serialize};

use crate::base::{RolloutId, Untrusted, Weight};

/// One change to the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Act {
    /// Bring the new version up beside the old one, without traffic.
    Deploy {
        /// The rollout.
        rollout: RolloutId,
    },
    /// Give the canary this share.
    SetWeight {
        /// The rollout.
        rollout: RolloutId,
        /// The step it belongs to, 0 for a rollback.
        step: u32,
        /// The canary's share.
        weight: Weight,
    },
    /// Take the new version away, after traffic has left it.
    ScaleDown {
        /// The rollout.
        rollout: RolloutId,
    },
    /// Run the rollback procedure of the plan.
    Procedure {
        /// The rollout.
        rollout: RolloutId,
        /// The procedure.
        procedure: crate::base::ProcedureId,
    },
    /// Say something to somebody.
    Notify {
        /// Notify or page.
        action: crate::plan::rule::Action,
        /// What.
        text: Untrusted,
        /// The message of the plan this sends, when it does.
        message: Option<String>,
    },
}

impl Act {
    /// The rollout it belongs to.
    pub fn rollout(&self) -> Option<&RolloutId> {
        match self {
            Act::Deploy { rollout }
            | Act::SetWeight { rollout, .. }
            | Act::ScaleDown { rollout }
            | Act::Procedure { rollout, .. } => Some(rollout),
            Act::Notify { .. } => None,
        }
    }

    /// Kind and target in one word: operations with the same key are told apart by their count.
    pub fn key(&self) -> String {
        match self {
            Act::Deploy { rollout } => format!("deploy/{rollout}"),
            Act::SetWeight { rollout, weight, .. } => format!("set-weight/{rollout}/{}", weight.value()),
            Act::ScaleDown { rollout } => format!("scale-down/{rollout}"),
            Act::Procedure { rollout, procedure } => format!("procedure/{rollout}/{procedure}"),
            Act::Notify { action, .. } => format!("notify/{}", action.as_str()),
        }
    }
}

/// How a change to the world ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done and read back.
    Done,
    /// It was already so.
    Adopted,
    /// Another operation took its place.
    Superseded,
    /// It did not happen.
    Failed,
    /// Listed, not run: the plan is not trusted here.
    Skipped,
    /// Nobody knows; a person decides.
    Unknown,
}

impl Outcome {
    /// True when the world is as wanted.
    pub fn is_done(self) -> bool {
        matches!(self, Outcome::Done | Outcome::Adopted)
    }
}
