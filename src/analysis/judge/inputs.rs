//! Everything that has a say in whether a rollout goes on, stays or goes back.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::eta::Forecast;
use super::fold::Judge;
use super::ruling::Ruling;
use crate::base::{Digest, MetricId, Seconds, Timestamp, TriggerId, Weight};

/// One signal, as its judge rules on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Which metric.
    pub metric: MetricId,
    /// Its part of the error allowed, against the others; zero only shows it.
    pub weight: f64,
    /// What its judge says.
    pub ruling: Ruling,
    /// How long it would take to see that it is fine.
    pub forecast: Option<Forecast>,
    /// The digest of the samples this rests on.
    pub samples: Digest,
}

impl Signal {
    /// What a judge says of a metric, with the share of traffic that would come next.
    pub fn of(metric: MetricId, weight: f64, judge: &Judge, next: Option<Weight>, samples: Digest) -> Self {
        Self { metric, weight, ruling: judge.ruling(), forecast: judge.forecast(next), samples }
    }
    /// True when it may decide.
    pub fn decides(&self) -> bool {
        self.weight > 0.0
    }
}

/// Whether a rollback happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// The plan says so: the engine does it.
    Automatic,
    /// A person confirms it first.
    Request,
}

/// Where a hard limit without statistics stands: crash loop, health probe, canary down, a flag that a person set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// What people call it.
    pub name: TriggerId,
    /// Where it stands. Pending is broken once, firing broken and confirmed.
    pub standing: Standing,
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It does not hold.
    Calm,
    /// It holds, not yet for long enough.
    Pending,
    /// It held for its whole time.
    Firing,
    /// There is no good data to say.
    Unknown,
    /// It would not act now: both sides break it alike, or it is switched off for a while.
    Suppressed,
}

/// A rule with a say in the rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Which trigger.
    pub trigger: TriggerId,
    /// Where it stands.
    pub standing: Standing,
    /// How it rolls back when it fires; none when it only holds.
    pub rolls_back: Option<Authority>,
}

/// What is wrong with the data itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Trouble {
    /// A metric has no good samples now.
    NoData {
        /// Which.
        metric: MetricId,
    },
    /// A part of a metric's answer is missing.
    Partial {
        /// Which.
        metric: MetricId,
    },
    /// The traffic is not split as it was set.
    Split {
        /// What was set.
        set: Weight,
        /// What the requests say.
        seen: Weight,
    },
    /// Nobody evaluates some of the rules.
    Unwatched,
}

/// How far the soak of a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Soak {
    /// So much is left of it.
    Running(Seconds),
    /// Its time is over.
    Over,
}

/// Everything one judgement of a rollout rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The time of the newest sample.
    pub at: Timestamp,
    /// How often a good version may be rolled back, ever, by all signals together.
    pub alpha: f64,
    /// How a rollback by evidence happens.
    pub authority: Authority,
    /// The signals, each judged at its own part of `alpha`: see [`budget`].
    pub signals: Vec<Signal>,
    /// The hard limits.
    pub guards: Vec<Guard>,
    /// The rules.
    pub rules: Vec<Term>,
    /// What is wrong with the data.
    pub troubles: Vec<Trouble>,
    /// How far the soak is.
    pub soak: Soak,
}

impl Inputs {
    /// Nothing yet: at a moment, with the error allowed, how a rollback happens, and how far the soak is.
    pub fn new(at: Timestamp, alpha: f64, authority: Authority, soak: Soak) -> Self {
        let (signals, guards, rules, troubles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { at, alpha, authority, signals, guards, rules, troubles, soak }
    }

    /// The digest of all of it, one fact a line, in an order that does not depend on who was asked first.
    pub fn digest(&self) -> Digest {
        let mut lines = vec![format!("at {}\nalpha {:?}\nsoak {:?}", self.at, self.alpha, self.soak)];
        lines.push(format!("authority {:?}", self.authority));
        for signal in &self.signals {
            let Ruling { log_e_bad, log_e_bad_sure, log_e_ok, canary, baseline, .. } = &signal.ruling;
            lines.push(format!(
                "signal {} weight {:?} {} worse {log_e_bad:?} {log_e_bad_sure:?} fine {log_e_ok:?} canary {}/{} \
                 baseline {}/{} samples {}",
                signal.metric,
                signal.weight,
                signal.ruling.decision,
                canary.bad,
                canary.total,
                baseline.bad,
                baseline.total,
                signal.samples,
            ));
        }
        lines.extend(self.guards.iter().map(|guard| format!("guard {} {:?}", guard.name, guard.standing)));
        let rule = |rule: &Term| format!("rule {} {:?} {:?}", rule.trigger, rule.standing, rule.rolls_back);
        lines.extend(self.rules.iter().map(rule));
        lines.extend(self.troubles.iter().map(|trouble| format!("trouble {trouble:?}")));
        lines.sort();
        let mut text = String::new();
        for line in lines {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{line}");
        }
        Digest::of(text)
    }
}

/// What each signal may spend of `alpha`: in proportion to its weight, so that all together spend no more. One without
/// weight only shows itself, and spends nothing: it gets all of `alpha` for its own display.
pub fn budget(alpha: f64, weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().copied().filter(|weight| *weight > 0.0).sum();
    let part = |weight: &f64| if *weight > 0.0 && total > 0.0 { alpha * weight / total } else { alpha };
    weights.iter().map(part).collect()
}
