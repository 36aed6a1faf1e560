//! Changes to the world, and how they end.
//!
//! Invariants: what is written about an act is all that is needed to carry it out, with the plan; two acts on the same
//! target have the same key.

use serde::{Deserialize, Serialize};

use crate::base::{FlagId, RolloutId, Untrusted, Weight};
use crate::release::flag::Reach;

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
        /// Why a person set it by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Untrusted>,
    },
    /// Take the new version away, or bring the workload back to what it ran, after traffic has left it.
    ScaleDown {
        /// The rollout.
        rollout: RolloutId,
        /// The last known good: its digest, or its version where no digest is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Bring the last known good up again, before traffic goes back to it.
    Restore {
        /// The rollout.
        rollout: RolloutId,
        /// Its digest, or its version where no digest is known.
        to: Option<String>,
    },
    /// Take the old version away, after full promotion.
    Retire {
        /// The rollout.
        rollout: RolloutId,
    },
    /// Take one step of the rollback of a rollout.
    Step {
        /// The rollout.
        rollout: RolloutId,
        /// Its number, from 1.
        step: u32,
    },
    /// Run the rollback procedure of the plan.
    Procedure {
        /// The rollout.
        rollout: RolloutId,
        /// The procedure.
        procedure: crate::base::ProcedureId,
    },
    /// Turn a feature flag on for this share of users; off at none.
    SetFlag {
        /// The flag.
        flag: FlagId,
        /// The share.
        percent: Weight,
    },
    /// Pull a feature flag's kill switch.
    KillFlag {
        /// The flag.
        flag: FlagId,
    },
    /// Turn feature flags off, all of them at once, whatever becomes of the others.
    FlagsOff {
        /// The rollout whose rollback it belongs to; none when a person asked for it by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollout: Option<RolloutId>,
        /// Which.
        flags: Vec<FlagId>,
        /// Whether others where they are kept go with them.
        #[serde(default)]
        reach: Reach,
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
            | Act::ScaleDown { rollout, .. }
            | Act::Restore { rollout, .. }
            | Act::Retire { rollout }
            | Act::Step { rollout, .. }
            | Act::Procedure { rollout, .. } => Some(rollout),
            Act::FlagsOff { rollout, .. } => rollout.as_ref(),
            Act::SetFlag { .. } | Act::KillFlag { .. } | Act::Notify { .. } => None,
        }
    }

    /// The flags it changes.
    pub fn flags(&self) -> &[FlagId] {
        match self {
            Act::SetFlag { flag, .. } | Act::KillFlag { flag } => std::slice::from_ref(flag),
            Act::FlagsOff { flags, .. } => flags,
            Act::Deploy { .. }
            | Act::SetWeight { .. }
            | Act::ScaleDown { .. }
            | Act::Restore { .. }
            | Act::Retire { .. }
            | Act::Step { .. }
            | Act::Procedure { .. }
            | Act::Notify { .. } => &[],
        }
    }

    /// Kind and target in one word: operations with the same key are told apart by their count.
    pub fn key(&self) -> String {
        match self {
            Act::Deploy { rollout } => format!("deploy/{rollout}"),
            Act::SetWeight { rollout, weight, .. } => format!("set-weight/{rollout}/{}", weight.value()),
            Act::ScaleDown { rollout, .. } => format!("scale-down/{rollout}"),
            Act::Restore { rollout, .. } => format!("restore/{rollout}"),
            Act::Retire { rollout } => format!("retire/{rollout}"),
            Act::Step { rollout, step } => format!("step/{rollout}/{step}"),
            Act::Procedure { rollout, procedure } => format!("procedure/{rollout}/{procedure}"),
            Act::SetFlag { flag, percent } => format!("set-flag/{flag}/{}", percent.value()),
            Act::KillFlag { flag } => format!("kill-flag/{flag}"),
            Act::FlagsOff { rollout: Some(rollout), .. } => format!("flags-off/{rollout}"),
            Act::FlagsOff { rollout: None, .. } => "flags-off".to_owned(),
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
