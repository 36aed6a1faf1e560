//! What follows for a rollout from everything that has a say, in one order that never changes.
//!
//! 1. a hard limit that is broken and confirmed rolls back;
//! 2. a rule that fires and says so rolls back, by itself only where the plan lets it;
//! 3. evidence that the canary is worse, of one signal at its part of the error or of all together, rolls back;
//! 4. data that cannot be trusted holds, and so does a rule that is pending, firing, suppressed or unknown;
//! 5. every signal fine promotes;
//! 6. anything else holds, and says what it waits for. A soak that is over without a decision is put to a person:
//!    nothing is promoted because its time was up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::eta::Forecast;
use super::inputs::{Authority, Inputs, Signal, Soak, Standing, Trouble};
use super::reason::Reason;
use super::step::Counts;
use crate::analysis::sequential::log_sum_exp;
use crate::base::{Digest, MetricId, Timestamp, TriggerId};

/// Why a rollout is judged as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Grounds {
    /// A hard limit is broken.
    Guard {
        /// Which.
        name: TriggerId,
    },
    /// A rule fires.
    Rule {
        /// Which.
        trigger: TriggerId,
        /// Where it stands.
        standing: Standing,
    },
    /// A signal says that the canary is worse.
    Worse {
        /// Which.
        metric: MetricId,
        /// What its judge says, in one sentence.
        says: String,
    },
    /// No signal says so alone, all together do.
    WorseTogether {
        /// The logarithm of the mean e-value.
        log_e: f64,
    },
    /// The data cannot be trusted.
    Trouble(Trouble),
    /// Every signal is fine.
    Fine,
    /// No signal may decide.
    NoSignals,
    /// A signal waits.
    Waiting {
        /// Which.
        metric: MetricId,
        /// What for.
        reason: Reason,
        /// What its judge says, in one sentence.
        says: String,
        /// How long it would take.
        forecast: Option<Forecast>,
    },
    /// The soak is over, and a signal has seen too few events to say.
    TooFew {
        /// Which.
        metric: MetricId,
        /// What the canary answered so far.
        canary: Counts,
        /// What the baseline answered so far.
        baseline: Counts,
        /// How long it would take at this share and at the next.
        forecast: Option<Forecast>,
    },
}

/// What is judged of a rollout, with all that is needed to judge it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The time of the newest sample.
    pub at: Timestamp,
    /// What to do.
    pub decision: Decision,
    /// Whether a rollback happens by itself.
    pub authority: Authority,
    /// Why.
    pub grounds: Grounds,
    /// The logarithm of the weighted mean of the e-values for "worse".
    pub log_e_all: f64,
    /// Each signal's evidence: metric, for worse, for fine.
    pub evidence: Vec<(MetricId, f64, f64)>,
    /// The digest of the inputs.
    pub inputs: Digest,
}

/// Judges a rollout.
pub fn rule_on(inputs: &Inputs) -> Judgement {
    let log_e_all = together(inputs, |signal| signal.ruling.log_e_bad);
    let (decision, authority, grounds) = decide(inputs);
    let evidence = |signal: &Signal| (signal.metric.clone(), signal.ruling.log_e_bad, signal.ruling.log_e_ok);
    Judgement {
        at: inputs.at,
        decision,
        authority,
        grounds,
        log_e_all,
        evidence: inputs.signals.iter().map(evidence).collect(),
        inputs: inputs.digest(),
    }
}

fn decide(inputs: &Inputs) -> (Decision, Authority, Grounds) {
    let back = |authority, grounds| (Decision::RollBack, authority, grounds);
    if let Some(guard) = inputs.guards.iter().find(|guard| guard.standing == Standing::Firing) {
        return back(Authority::Automatic, Grounds::Guard { name: guard.name.clone() });
    }
    let firing = inputs.rules.iter().filter(|rule| rule.standing == Standing::Firing);
    if let Some((authority, rule)) = firing
        .filter_map(|rule| Some((rule.rolls_back?, rule)))
        .min_by_key(|(authority, rule)| (*authority, rule.trigger.clone()))
    {
        let (trigger, standing) = (rule.trigger.clone(), rule.standing);
        return back(authority, Grounds::Rule { trigger, standing });
    }
    let deciding = || inputs.signals.iter().filter(|signal| signal.decides());
    let loudest = |a: &&Signal, b: &&Signal| a.ruling.log_e_bad.total_cmp(&b.ruling.log_e_bad);
    let worse = deciding().filter(|signal| signal.ruling.decision == Decision::RollBack);
    if let Some(signal) = worse.max_by(loudest) {
        let (metric, says) = (signal.metric.clone(), signal.ruling.to_string());
        return back(inputs.authority, Grounds::Worse { metric, says });
    }
    let log_e = together(inputs, |signal| signal.ruling.log_e_bad_sure);
    if log_e >= -inputs.alpha.ln() {
        return back(inputs.authority, Grounds::WorseTogether { log_e });
    }
    let (decision, grounds) = held(inputs).unwrap_or((Decision::Promote, Grounds::Fine));
    (decision, inputs.authority, grounds)
}

/// Why it does not go on; none when it may.
fn held(inputs: &Inputs) -> Option<(Decision, Grounds)> {
    let hold = |grounds| Some((Decision::Hold, grounds));
    if let Some(trouble) = inputs.troubles.first() {
        return hold(Grounds::Trouble(trouble.clone()));
    }
    if let Some(guard) = inputs.guards.iter().find(|guard| guard.standing != Standing::Calm) {
        return hold(Grounds::Rule { trigger: guard.name.clone(), standing: guard.standing });
    }
    if let Some(rule) = inputs.rules.iter().find(|rule| rule.standing != Standing::Calm) {
        return hold(Grounds::Rule { trigger: rule.trigger.clone(), standing: rule.standing });
    }
    if !inputs.signals.iter().any(Signal::decides) {
        return hold(Grounds::NoSignals);
    }
    let waits = |signal: &&Signal| signal.decides() && signal.ruling.decision != Decision::Promote;
    // The one that will take longest is the one worth naming; one that cannot be foreseen takes longest of all.
    let longest = |signal: &&Signal| signal.forecast.map_or(u64::MAX, |forecast| forecast.here.0);
    let signal = inputs.signals.iter().filter(waits).max_by_key(longest)?;
    let (metric, forecast, ruling) = (signal.metric.clone(), signal.forecast, &signal.ruling);
    if inputs.soak == Soak::Over && matches!(ruling.reason, Reason::Undecided | Reason::NoSamples) {
        let (canary, baseline) = (ruling.canary, ruling.baseline);
        return hold(Grounds::TooFew { metric, canary, baseline, forecast });
    }
    let (reason, says) = (ruling.reason.clone(), ruling.to_string());
    hold(Grounds::Waiting { metric, reason, says, forecast })
}

/// The logarithm of the weighted mean of e-values: an e-value itself, whatever the signals have to do with each other.
fn together(inputs: &Inputs, of: impl Fn(&Signal) -> f64) -> f64 {
    let deciding = || inputs.signals.iter().filter(|signal| signal.decides());
    let total: f64 = deciding().map(|signal| signal.weight).sum();
    if total <= 0.0 {
        return 0.0;
    }
    log_sum_exp(&deciding().map(|signal| (signal.weight / total).ln() + of(signal)).collect::<Vec<_>>())
}

impl Judgement {
    /// What would bring a decision sooner, in one sentence; none when nothing would.
    pub fn faster(&self) -> Option<String> {
        match &self.grounds {
            Grounds::Waiting { forecast, .. } | Grounds::TooFew { forecast, .. } => {
                forecast.as_ref().map(Forecast::to_string)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.grounds {
            Grounds::Guard { name } => write!(f, "roll back: the hard limit {name} is broken")?,
            Grounds::Rule { trigger, standing: Standing::Firing } if self.decision == Decision::RollBack => {
                write!(f, "roll back: {trigger} has fired")?;
            }
            Grounds::Rule { trigger, standing } => write!(f, "hold: {trigger} {}", standing.says())?,
            Grounds::Worse { metric, says } => write!(f, "roll back: {metric}: {says}")?,
            Grounds::WorseTogether { log_e } => write!(
                f,
                "roll back: the signals together say that the canary is worse (ln E {log_e:.1}), none of them alone"
            )?,
            Grounds::Trouble(trouble) => write!(f, "hold: {trouble}")?,
            Grounds::Fine => f.write_str("promote: every signal is fine")?,
            Grounds::NoSignals => f.write_str("hold: no signal may decide; give one a weight")?,
            Grounds::Waiting { metric, says, .. } => write!(f, "hold: {metric}: {says}")?,
            Grounds::TooFew { metric, canary, baseline, forecast } => {
                write!(
                    f,
                    "hold: {metric}: the soak is over with {} of {} canary requests bad against {} of {}, too few to \
                     say; ",
                    canary.bad, canary.total, baseline.bad, baseline.total
                )?;
                match forecast {
                    Some(forecast) => write!(f, "it {forecast}")?,
                    None => f.write_str("nobody can say how long it takes while nothing goes bad")?,
                }
            }
        }
        match (self.decision, self.authority) {
            (Decision::RollBack, Authority::Request) => f.write_str("; a person confirms it"),
            _ => Ok(()),
        }
    }
}

impl Standing {
    fn says(self) -> &'static str {
        match self {
            Self::Calm => "is calm",
            Self::Pending => "is pending",
            Self::Firing => "has fired",
            Self::Unknown => "has no good data",
            Self::Suppressed => "is suppressed",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData { metric } => write!(f, "{metric} has no good data; look at its source"),
            Self::Partial { metric } => write!(f, "a part of {metric} is missing; look at its source"),
            Self::Split { set, seen } => {
                write!(f, "the canary gets {seen} of the requests and {set} was set; look at the router")
            }
            Self::Unwatched => f.write_str("not every rule is evaluated; look at the engine"),
        }
    }
}
