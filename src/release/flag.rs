//! Feature flags as they are, and what a rollback turns off.
//!
//! Invariants: what was not read is `None`, and a flag of which nothing is known is neither on nor off.

use serde::{Deserialize, Serialize};

use crate::base::{FlagId, Timestamp, Untrusted, Weight};
use crate::plan::{Plan, Rollout, RouterKind};
use crate::release::act::Act;
use crate::release::state::{Mark, State};

/// A flag as it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlagSeen {
    /// Whether it is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Its percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Weight>,
    /// The environments it says it is on in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<String>>,
    /// Whether its kill switch was pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub killed: Option<bool>,
}

impl FlagSeen {
    /// Whether it is on for anybody; `None` when that cannot be told.
    pub fn is_on(&self) -> Option<bool> {
        let none = self.percent.map(|percent| percent.is_near(Weight::ZERO));
        match (self.killed, self.enabled, none) {
            (Some(true), _, _) | (_, Some(false), _) | (_, _, Some(true)) => Some(false),
            (_, Some(true), _) | (_, _, Some(false)) => Some(true),
            (_, None, None) => None,
        }
    }

    /// What is wanted of a flag, that this is: at a share, and off at none.
    pub fn is_at(&self, percent: Weight) -> bool {
        if percent.is_near(Weight::ZERO) {
            return self.is_on() == Some(false);
        }
        let share = match self.percent {
            Some(have) => have.is_near(percent),
            None => percent.is_near(Weight::FULL),
        };
        share && self.is_on() == Some(true)
    }

    /// The share of users who have it: none of them while it is off.
    pub fn share(&self) -> Option<Weight> {
        match (self.is_on()?, self.percent) {
            (false, _) => Some(Weight::ZERO),
            (true, Some(percent)) => Some(percent),
            (true, None) => Some(Weight::FULL),
        }
    }

    /// For people: `on, 25 %`, `off`, `killed`, `unknown`.
    pub fn said(&self) -> String {
        match (self.killed, self.is_on(), self.percent) {
            (Some(true), _, _) => "killed".to_owned(),
            (_, Some(true), Some(percent)) => format!("on, {percent}"),
            (_, Some(true), None) => "on".to_owned(),
            (_, Some(false), _) => "off".to_owned(),
            (_, None, _) => "unknown".to_owned(),
        }
    }
}

/// What the journal knows of a flag.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlagState {
    /// As it was last recorded.
    pub seen: FlagSeen,
    /// When that was, and who recorded it; none when only its change was begun.
    pub mark: Option<Mark>,
    /// True while it is on because of this release.
    pub raised: bool,
    /// True since its kill switch was pulled, until it is turned on again.
    pub pulled: bool,
}

/// A flag for screens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlagCard {
    /// As it was last read.
    pub seen: FlagSeen,
    /// True when the plan, and the flag itself where it tells, let it be on in this environment.
    pub allowed: bool,
    /// Its kill switch.
    pub switch: KillSwitch,
    /// Flags it requires that are not known to be on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<FlagId>,
    /// When it was last read.
    pub at: Option<Timestamp>,
    /// Why it could not be read the last time, when it could not: what stands here is as old as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Untrusted>,
}

/// A flag's kill switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KillSwitch {
    /// Nobody knows whether it would work: the flag could not be read.
    #[default]
    Unknown,
    /// It can be pulled.
    Armed,
    /// It was pulled.
    Pulled,
}

impl KillSwitch {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Armed => "armed",
            Self::Pulled => "pulled",
        }
    }
}

/// How far turning flags off reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The flags that are named, and no other.
    #[default]
    Named,
    /// Every flag where the named ones are kept.
    Store,
}

/// What a rollback of a rollout turns off: the flags it names, or, when it names none, those that are on because of
/// this release. A flag that splits the traffic of a rollout goes with that traffic, and one that another rollout
/// names goes with that one.
pub fn cut(state: &State, plan: &Plan, rollout: &Rollout) -> Vec<FlagId> {
    if !rollout.flags.is_empty() {
        return rollout.flags.clone();
    }
    let taken = |flag: &FlagId| {
        plan.rollouts.iter().any(|known| {
            let splits = known
                .router
                .as_ref()
                .is_some_and(|router| matches!(&router.kind, RouterKind::Flag { flag: of } if of == flag));
            splits || known.flags.contains(flag)
        })
    };
    let rising = |flag: &FlagId| {
        state.operations.values().any(|known| {
            let on = matches!(&known.act, Act::SetFlag { flag: of, percent } if of == flag && *percent > Weight::ZERO);
            on && known.outcome.is_none()
        })
    };
    let raised = |flag: &&FlagId| state.flags.get(*flag).is_some_and(|known| known.raised) || rising(flag);
    plan.flags.iter().map(|flag| &flag.id).filter(raised).filter(|flag| !taken(flag)).cloned().collect()
}
