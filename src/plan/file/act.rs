//! What is done: `[rollout.*]`, `[trigger.*]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::plan::{Gaps, Proof, Scope, Strategy};

use super::at::{At, OneOrMany};
use super::judge::Judge;
use super::traffic::{Deploy, Router, Warm};

/// How one service goes out.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// The stage it belongs to: every stage before it must be left before it begins.
    pub stage: Option<At<String>>,
    /// The way traffic moves; `canary` without it.
    pub strategy: Option<Strategy>,
    /// What splits the traffic; a person moves it without it.
    pub router: Option<At<Router>>,
    /// How the new version gets to run; it is there already without it.
    #[serde(default)]
    pub deploy: Deploy,
    /// Flags that are turned off when it is rolled back.
    #[serde(default)]
    pub flags: Vec<At<String>>,
    /// How the old version is kept after full promotion; until sign-off without it.
    pub warm: Option<Warm>,
    /// The steps, rising; the last one has weight 100.
    pub steps: At<Vec<At<Step>>>,
    /// What happens when there is no good data.
    pub blind: Option<Blind>,
    /// How the new version is judged against the old one; by triggers and gates alone without it.
    pub judge: Option<At<Judge>>,
    /// The procedure a rollback runs beside traffic and workload.
    pub rollback: Option<At<String>>,
    /// How long a rollback may take, from the key to the proof; `5m` without it.
    pub budget: Option<At<String>>,
}

/// One step of a rollout.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The new version's share of the traffic in percent.
    #[schemars(range(min = 0, max = 100))]
    pub weight: At<f64>,
    /// How long good data must be seen before the next step; not at all without it.
    pub soak: Option<At<String>>,
    /// Gates that must allow the next step.
    #[serde(default)]
    pub gates: Vec<At<String>>,
    /// True when the engine goes on by itself once everything allows.
    #[serde(default)]
    pub auto: bool,
}

/// What happens when there is no good data.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blind {
    /// After how long without good data.
    pub after: At<String>,
    /// Only from this share of the traffic on, such as `10%`; always without it.
    pub above: Option<At<String>>,
    /// What is done, in order.
    pub actions: OneOrMany,
}

/// A rule with a severity and actions.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// What it says, as people write it; `when` without it.
    pub title: Option<At<String>>,
    /// `METRIC alert`, a rule over a metric, `METRIC burns 14.4x of 99.9% over 1h and 5m`,
    /// `gate NAME failing for 2m`, or `manual`.
    pub when: At<String>,
    /// P0, P1 and so on; `P1` without it.
    pub severity: Option<At<String>>,
    /// What is done when it fires, in order.
    pub actions: OneOrMany,
    /// The rollout it acts on; every rollout without it.
    pub rollout: Option<At<String>>,
    /// What fires it: `point`, the number itself; `evidence`, the bound below which the true share is not;
    /// `guardrail`, two looks in a row. `evidence` without it where the trigger moves traffic by itself and its
    /// metric has counts, else `point`.
    pub proof: Option<At<Proof>>,
    /// Whose numbers: `canary`, `baseline` or `whole`; `canary` without it where the metric has two sides.
    pub scope: Option<At<Scope>>,
    /// What a gap in the numbers does: `tolerant` bridges up to two intervals, `strict` starts anew as Prometheus
    /// does; `tolerant` without it.
    pub gaps: Option<Gaps>,
    /// With fewer events than this nothing is known; 0 without it.
    #[serde(rename = "at-least")]
    pub at_least: Option<At<u64>>,
    /// What must hold, for as long, before it is armed again; the metric's target without it.
    pub exit: Option<At<String>>,
    /// Samples so soon after a step do not count; `3m` without it.
    #[serde(rename = "warm-up")]
    pub warm_up: Option<At<String>>,
    /// `automatic` acts by itself, `request` asks a person; `automatic` without it, unless the playbook
    /// contradicts itself about it.
    pub arm: Option<At<Arm>>,
}

/// Whether a trigger acts by itself, as a plan may say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// It acts.
    Automatic,
    /// It asks a person.
    Request,
}
