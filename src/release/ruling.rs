//! What the judge ruled on a rollout, with what it rests on: plain data for the journal and for screens.
//!
//! Invariants: recorded when the decision or its ground changes, not with every sample; the samples behind it are the
//! blob that `inputs` names.

use serde::{Deserialize, Serialize};

use crate::analysis::judge::Decision;
use crate::base::{Digest, MetricId, Timestamp, TriggerId, Untrusted};
use crate::release::cause::TriggerPhase;

/// What was ruled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// What it stands on.
    pub ground: Ground,
    /// Why, in one sentence.
    pub why: Untrusted,
    /// The digest of the samples and settings.
    pub inputs: Digest,
    /// What each signal says.
    pub signals: Vec<RuledSignal>,
    /// Where each rule stood.
    pub rules: Vec<RuledRule>,
}

/// What a decision stands on, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The evidence of the counts.
    Evidence,
    /// A rule that is pending, has fired, is unknown or kept from firing: nothing is promoted.
    Rule,
    /// Samples that are missing, partial or of one side only.
    Data,
    /// Requests are not split as the router says.
    Split,
    /// It waits, for time or for more events.
    Waiting,
    /// The soak is over, and something speaks for both, or samples are missing that could have.
    Doubt,
    /// The soak is over with too few events to say either.
    TooFew,
}

/// What one signal says, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuledSignal {
    /// Which metric.
    pub metric: MetricId,
    /// The natural logarithm of the e-value against "not worse than harmless".
    pub log_e_bad: f64,
    /// The natural logarithm of the e-value against "as bad as what is not acceptable".
    pub log_e_ok: f64,
    /// The new version's rate over the old one's: the low end of the live interval.
    pub low: Option<f64>,
    /// The middle of it.
    pub mid: Option<f64>,
    /// The high end of it; none when nothing bounds it.
    pub high: Option<f64>,
}

/// Where one rule stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuledRule {
    /// The trigger.
    pub trigger: TriggerId,
    /// Where it stood.
    pub phase: TriggerPhase,
}

/// The newest ruling on a rollout, as state keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ruled {
    /// The decision.
    pub decision: Decision,
    /// What it stands on.
    pub ground: Ground,
    /// Why, in one sentence.
    pub why: Untrusted,
    /// When it was recorded.
    pub at: Timestamp,
    /// True when the step's soak was over by then.
    pub soaked: bool,
}
