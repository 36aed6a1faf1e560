//! How one service goes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{FlagId, GateId, MetricId, ProcedureId, RolloutId, Seconds, StageId, Weight};
use crate::plan::rule::Action;

use super::{Deploy, Router};

/// How one service goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Its id.
    pub id: RolloutId,
    /// The stage it belongs to: every earlier stage must be left before it begins.
    pub stage: Option<StageId>,
    /// Canary, blue-green or rolling.
    pub strategy: Strategy,
    /// What splits the traffic; none means that a person moves it by hand.
    pub router: Option<Router>,
    /// How the new version gets to run.
    pub deploy: Deploy,
    /// Flags that are turned off when it is rolled back.
    pub flags: Vec<FlagId>,
    /// How the old version is kept after full promotion; none keeps it until sign-off.
    pub warm: Option<Warm>,
    /// The steps; the last one is all traffic.
    pub steps: Vec<Step>,
    /// What happens when there is no good data.
    pub blind: Option<Blind>,
    /// How the new version is judged against the old one; none means by triggers and gates alone.
    pub judge: Option<Judge>,
    /// The procedure a rollback runs beside the typed traffic and workload operations.
    pub rollback: Option<ProcedureId>,
    /// How long a rollback may take, from the key to the proof.
    pub budget: Seconds,
}

/// How the old version is kept ready after full promotion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warm {
    /// For how long; then it is scaled down.
    pub keep: Seconds,
    /// The share of the traffic it keeps as a control until then; often none.
    pub control: Weight,
}

/// The way traffic moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// In steps by share.
    #[default]
    Canary,
    /// All at once, back at once.
    BlueGreen,
    /// Pod by pod.
    Rolling,
}

/// One step of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The canary's share.
    pub weight: Weight,
    /// How long good data must be seen before the next step.
    pub soak: Seconds,
    /// Gates that must allow the next step.
    pub gates: Vec<GateId>,
    /// True when the engine goes on by itself once everything allows.
    pub auto: bool,
}

/// How the new version is judged against the old one.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// What it looks at, and how much each may spend of the error allowed.
    pub signals: Vec<Signal>,
    /// How often it may call a good version bad, at most.
    pub alpha: f64,
    /// How often it may call a bad version good, at most.
    pub beta: f64,
    /// How many times the old version's rate is still harmless.
    pub harmless: f64,
    /// It promotes nothing before this time in a step.
    pub dwell: Seconds,
    /// Samples so soon after a step do not count.
    pub warm_up: Seconds,
    /// What is done when the new version is worse, in order.
    pub worse: Vec<Action>,
    /// What is done when there are too few events to tell at the end of a step's soak.
    pub too_few: TooFew,
}

/// One metric the judge looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Which, one with counts or a histogram of both sides.
    pub metric: MetricId,
    /// Its part of the error allowed, against the others; zero only shows it.
    pub weight: f64,
    /// How many times the old version's rate is not acceptable.
    pub unacceptable: f64,
}

/// What is done when there are too few events to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TooFew {
    /// A person is asked, and sees how many there are and how many are needed.
    #[default]
    Ask,
    /// The next weight is taken to see more of them.
    Raise,
    /// The step goes on until there are enough.
    Extend,
}

/// What happens when there is no good data above a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Blind {
    /// After how long without good data.
    pub after: Seconds,
    /// Only at or above this canary share.
    pub above: Weight,
    /// What is done.
    pub actions: Vec<Action>,
}

impl Rollout {
    /// How long a rollback may take when nobody says.
    pub const BUDGET: Seconds = Seconds(5 * 60);

    /// The step of that number, from 1.
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}
