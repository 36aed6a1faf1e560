//! Numbers of a release for scripts: what the judge says, how each metric stands, what machines ask.
//!
//! Invariants: numbers are in their unit's base; what is not known is `null`, never zero; JSON has no infinity, so a
//! bound that nothing bounds is `null`.

use serde::Serialize;

use crate::analysis::judge::Decision;
use crate::analysis::{Quality, Verdict};
use crate::release::baseline::compared;
use crate::release::{Card, Proposal, RequestCause, View};

/// What the judge says of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judge {
    /// `hold`, `promote` or `roll-back`.
    pub decision: Decision,
    /// Why, in one sentence.
    pub why: String,
    /// The new version's rate over the old one's, of the signal that is nearest to `worse`.
    pub ratio: Option<Ratio>,
    /// Minutes until it can tell at this weight, when that can be foreseen.
    pub minutes: Option<f64>,
}

/// A live interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Its low end.
    pub low: Option<f64>,
    /// Its middle.
    pub mid: Option<f64>,
    /// Its high end; none when nothing bounds it.
    pub high: Option<f64>,
}

/// How a metric stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// The metric.
    pub name: String,
    /// What it says.
    pub verdict: Verdict,
    /// How good the newest answer was; none before there was one.
    pub quality: Option<Quality>,
    /// The newest number, in its unit's base.
    pub value: Option<f64>,
    /// Why, when the verdict is not about a number; else empty.
    pub reason: String,
    /// What its rules mean by a baseline: which, what it rests on, how old it is and what is risky, or why it is not
    /// used; none when the plan names none.
    pub baseline: Option<String>,
}

/// What a machine asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// Its number: `tminus rollout grant NUMBER`.
    pub number: u64,
    /// The rollout.
    pub rollout: String,
    /// `roll-back`, `step-back`, `hold`, `promote` or `raise`.
    pub wants: &'static str,
    /// The share it wants, in percent, when it wants one.
    pub to: Option<f64>,
    /// `trigger`, `judge`, `too-few` or `blind`.
    pub cause: &'static str,
    /// The trigger, when one made it.
    pub trigger: Option<String>,
    /// Why, in one sentence.
    pub why: String,
    /// Since when, in RFC 3339.
    pub since: String,
}

/// What the judge says; the interval is of the signal that is nearest to `worse`.
pub fn judge(card: &Card) -> Judge {
    let finite = |value: f64| value.is_finite().then_some(value);
    let worst = card.signals.iter().max_by(|one, other| one.worse.total_cmp(&other.worse));
    let ratio = worst.and_then(|signal| signal.ratio);
    Judge {
        decision: card.decision,
        why: card.why.line(),
        ratio: ratio.map(|(low, mid, high)| Ratio { low: finite(low), mid: finite(mid), high: finite(high) }),
        minutes: card.minutes.and_then(finite),
    }
}

/// How every metric of the plan stands, in its order.
pub fn metrics(view: &View) -> Vec<Metric> {
    let metric = |planned: &crate::plan::Metric| {
        let series = view.seen.metrics.get(&planned.id);
        let recorded = view.state.metrics.get(&planned.id);
        let newest = series.and_then(|series| series.samples.iter().rev().find_map(|(_, value)| *value));
        Metric {
            name: planned.id.to_string(),
            verdict: series
                .map(|series| series.verdict)
                .or(recorded.map(|known| known.verdict))
                .unwrap_or(Verdict::NoData),
            quality: series.map(|series| series.quality),
            value: newest.or(recorded.and_then(|known| known.value)),
            reason: series.map(|series| series.reason.line()).unwrap_or_default(),
            baseline: compared(&view.state, planned, view.now)
                .map(|found| found.unwrap_or_else(|why| why.to_string())),
        }
    };
    view.plan.metrics.iter().map(metric).collect()
}

/// What is asked and not answered, oldest first.
pub fn requests(view: &View) -> Vec<Request> {
    let request = |asked: &crate::release::Request| {
        let (wants, to) = match asked.wants {
            Proposal::RollBack => ("roll-back", None),
            Proposal::StepBack => ("step-back", None),
            Proposal::Hold => ("hold", None),
            Proposal::Promote { to } => ("promote", Some(to.value())),
            Proposal::Raise { to } => ("raise", Some(to.value())),
        };
        let (cause, trigger) = match &asked.cause {
            RequestCause::Trigger { trigger } => ("trigger", Some(trigger.to_string())),
            RequestCause::Judge => ("judge", None),
            RequestCause::TooFew => ("too-few", None),
            RequestCause::Blind => ("blind", None),
        };
        Request {
            number: asked.number,
            rollout: asked.rollout.to_string(),
            wants,
            to,
            cause,
            trigger,
            why: asked.why.line(),
            since: asked.since.to_string(),
        }
    };
    view.state.requests.iter().map(request).collect()
}
