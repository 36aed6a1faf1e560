//! Rules with actions.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::base::{GateId, MetricId, RolloutId, Seconds, TriggerId, Untrusted};
use crate::plan::rule::{Action, Rule};

/// A rule with a severity and actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its id.
    pub id: TriggerId,
    /// What it says, as people write it.
    pub title: Untrusted,
    /// What it watches.
    pub when: Watched,
    /// P0, P1 and so on, as written.
    pub severity: String,
    /// What is done when it fires, in order.
    pub actions: Vec<Action>,
    /// The rollout it acts on; none means every rollout.
    pub rollout: Option<RolloutId>,
    /// How its rule is held against samples.
    pub terms: Terms,
    /// Whether it acts by itself.
    pub arming: Arming,
}

/// How a rule is held against samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// What fires it.
    pub proof: Proof,
    /// Whose numbers.
    pub scope: Scope,
    /// What a gap does.
    pub gaps: Gaps,
    /// With fewer events than this in its window nothing is known.
    pub at_least: u64,
    /// What must hold, for as long, before it is armed again; the metric's target without it.
    pub exit: Option<Rule>,
    /// Samples so soon after a step do not count.
    pub warm_up: Seconds,
}

impl Default for Terms {
    /// Point mode on the canary, tolerant of gaps, three minutes after each step left out.
    fn default() -> Self {
        Self {
            proof: Proof::Point,
            scope: Scope::Canary,
            gaps: Gaps::Tolerant,
            at_least: 0,
            exit: None,
            warm_up: Seconds(180),
        }
    }
}

/// What fires a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The number itself, to the letter.
    Point,
    /// The bound below which the true share is not, however often one looks.
    Evidence,
    /// No statistics: two looks in a row, for what is beyond doubt.
    Guardrail,
}

/// Whose numbers a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The new version's.
    Canary,
    /// The old version's.
    Baseline,
    /// The service's as a whole.
    Whole,
}

/// What a gap in the samples does to a rule that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gaps {
    /// A gap of up to two intervals neither adds time nor starts anew.
    Tolerant,
    /// Any gap starts anew, as in Prometheus.
    Strict,
}

/// Whether a trigger acts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arming {
    /// It acts.
    Automatic,
    /// It asks a person.
    Request,
    /// The playbook says both: it asks, until a person has chosen.
    Contested {
        /// The lines that say so, 1-based.
        lines: (u32, u32),
    },
}

/// What a trigger watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// A rule over a metric, with its own `for`.
    Metric {
        /// Which metric.
        metric: MetricId,
        /// What must hold to fire.
        rule: Rule,
    },
    /// A budget of bad events that is used up too fast, over a long and a short time at once.
    Burn {
        /// Which metric, one with counts.
        metric: MetricId,
        /// The share of good events owed.
        share: f64,
        /// How many times too fast.
        factor: f64,
        /// The long time.
        long: Seconds,
        /// The short time, so that it ends when the burning ends.
        short: Seconds,
    },
    /// A gate that does not pass for so long.
    Gate {
        /// Which gate.
        gate: GateId,
        /// For how long.
        lasting: Seconds,
    },
    /// A person says so.
    Manual,
}
