//! Windows of samples to edges: the only place where numbers meet the release.
//!
//! Invariants: samples never leave this room but as evidence; an edge is told as long as the state does not say it;
//! what is not known is told as unknown; nothing here decides.

mod baselines;
mod bench;
mod gates;
mod opinion;
mod past;
mod rules;
mod series;

use std::collections::BTreeMap;

use crate::analysis::threshold::{self, Answer};
use crate::analysis::{Arm, Sample, Samples};
use crate::base::{MetricId, RolloutId, Seconds, Timestamp, TriggerId};
use crate::engine::ports::{Fault, Reading};
use crate::engine::samples::{Kept, KeptSeries, question};
use crate::plan::{Metric, Plan, Source};
use crate::release::{Observations, Report, Series, State, TriggerPhase, Typed};

use bench::Bench;
pub(crate) use opinion::Opinion;
pub use past::retrospect;
use series::Watching;

/// How much of a series is kept.
const KEEP: Seconds = Seconds(24 * 3600);
/// How far back the first question reaches: screens begin with a line and not with a dot, and what both sides
/// showed before a release says how much they scatter.
const BACK: i64 = 2 * 3600;
/// How far back a side is asked about that never answered, in intervals: what comes late is filled in.
const LATE: i64 = 20;
/// How often somebody is expected to type a number that no source gives: it says nothing any more after three times
/// as long.
const TYPED: Seconds = Seconds(1200);
/// How many samples a screen gets.
const SHOWN: usize = 240;
/// How many samples behind an edge are kept as evidence, in intervals.
const EVIDENCE: i64 = 40;

/// How long a metric must say something better before that is an edge, in seconds.
const BETTER: i64 = 60;

/// An edge, and the samples it rests on.
pub(crate) struct Edge {
    pub report: Report,
    pub evidence: Option<String>,
}

/// Every series, and what was last told of each trigger.
#[derive(Default)]
pub(crate) struct Assessor {
    metrics: BTreeMap<MetricId, Watching>,
    told: BTreeMap<TriggerId, (TriggerPhase, Option<threshold::Kept>)>,
    /// When a metric is to be looked at again, so that a second look can confirm the first.
    again: BTreeMap<MetricId, Timestamp>,
    benches: BTreeMap<RolloutId, Bench>,
}

impl Assessor {
    /// With what was kept of the metrics that this plan still asks for in the same way.
    pub fn recalled(kept: Kept, plan: &Plan) -> Self {
        let mut this = Self::default();
        for (id, KeptSeries { question: asked, answer, arms }) in kept {
            let Some((_, source)) = sourced(plan, &id).filter(|(metric, it)| question(metric, it) == asked)
            else {
                continue;
            };
            let unpack =
                |(arm, packed): (Arm, Vec<u8>)| Some((arm, Samples::unpack(source.every, KEEP, &packed)?));
            let arms = arms.into_iter().filter_map(unpack).collect();
            this.metrics.insert(id, Watching { arms, answer, ..Watching::new(source.every) });
        }
        this
    }

    /// The same for an engine, which has asked nobody yet: how a source answered another engine does not count.
    pub fn resumed(kept: Kept, plan: &Plan) -> Self {
        let mut this = Self::recalled(kept, plan);
        this.metrics.values_mut().for_each(|watching| watching.answer = Answer::None);
        this
    }

    /// What is to be kept of the metrics that this plan asks for.
    pub fn kept(&self, plan: &Plan) -> Kept {
        let kept = |(id, watching): (&MetricId, &Watching)| {
            let (metric, source) = sourced(plan, id)?;
            let arms = watching.arms.iter().map(|(arm, samples)| (*arm, samples.pack())).collect();
            let answer = watching.answer.clone();
            Some((id.clone(), KeptSeries { question: question(metric, source), answer, arms }))
        };
        self.metrics.iter().filter_map(kept).collect()
    }

    /// Takes in what a screen was last given.
    pub fn saw(&mut self, seen: &BTreeMap<MetricId, Series>, plan: &Plan) {
        for (id, series) in seen {
            let Some((_, source)) = sourced(plan, id) else { continue };
            let watching = self.metrics.entry(id.clone()).or_insert_with(|| Watching::new(source.every));
            let arm = if watching.arms.contains_key(&Arm::Canary) { Arm::Canary } else { Arm::Whole };
            watching.arm(arm).take(series.samples.iter().map(|(at, value)| Sample::of(*at, *value)));
        }
    }

    /// What a screen gets of everything that is known.
    pub fn picture(&self, plan: &Plan, state: &State, now: Timestamp) -> Observations {
        let series = |metric: &Metric| Some((metric.id.clone(), self.shown(metric, state, now)?));
        Observations {
            metrics: plan.metrics.iter().filter_map(series).collect(),
            triggers: self.metrics.keys().flat_map(|id| self.elapsed(id, plan, state, now)).collect(),
            ..Observations::default()
        }
    }

    /// From when on a metric is asked next.
    pub fn from(&self, metric: &MetricId, now: Timestamp) -> Timestamp {
        let earliest = back(now, BACK);
        // All sides are asked at once, so the one that lags says from when.
        let newest = |samples: &Samples| {
            let answered = |sample: &Sample| sample.good().is_some() || sample.tally().is_some();
            let at = samples.iter().rev().find(answered).map(|sample| sample.at);
            at.unwrap_or_else(|| back(now, LATE * samples.every()))
        };
        let lagging = self.metrics.get(metric).and_then(|it| it.arms.values().map(newest).min());
        lagging.map_or(earliest, |at| at.max(earliest))
    }

    /// Takes in an answer of a source.
    pub fn take(&mut self, metric: &Metric, source: &Source, reading: Result<Reading, Fault>) {
        let watching = self.metrics.entry(metric.id.clone()).or_insert_with(|| Watching::new(source.every));
        match reading {
            Ok(reading) => {
                for (arm, samples) in reading.arms {
                    watching.take(arm, samples);
                }
                watching.answer = match reading.partial {
                    Some(why) => Answer::Partial(why.line()),
                    None => Answer::Whole,
                };
            }
            Err(fault) => watching.answer = Answer::Fault(fault.to_string()),
        }
    }

    /// Takes in the numbers that people typed, for a metric that nobody else reads; true when there are any.
    pub fn typed(&mut self, metric: &Metric, typed: &[Typed]) -> bool {
        if typed.is_empty() {
            return false;
        }
        let watching = self.metrics.entry(metric.id.clone()).or_insert_with(|| Watching::new(TYPED));
        watching.take(Arm::Whole, typed.iter().map(|one| Sample::of(one.at, Some(one.value))).collect());
        watching.answer = Answer::Whole;
        true
    }

    /// How often the stored past of a metric was changed.
    fn rewritten(&self, metric: &MetricId) -> u64 {
        self.metrics.get(metric).map_or(0, |watching| watching.rewritten)
    }

    /// The newest moment both sides of a metric were asked about.
    fn latest(&self, metric: &MetricId) -> Option<Timestamp> {
        self.metrics.get(metric).and_then(|watching| watching.canary().last())
    }

    /// The edges after an answer for this metric: verdict, then data, then triggers.
    pub fn edges(&mut self, metric: &Metric, plan: &Plan, state: &State, now: Timestamp) -> Vec<Edge> {
        let mut out: Vec<Edge> = self.assessed(metric, state, now).into_iter().collect();
        for rollout in &plan.rollouts {
            out.extend(self.quality(&rollout.id, plan, state, now));
        }
        out.extend(self.rule_edges(&metric.id, plan, state, now));
        out
    }
}

/// A metric that is read from a source, and that source.
pub(crate) fn sourced<'a>(plan: &'a Plan, metric: &MetricId) -> Option<(&'a Metric, &'a Source)> {
    let metric = plan.metric(metric)?;
    let source = plan.sources.iter().find(|known| Some(&known.id) == metric.source.as_ref())?;
    Some((metric, source))
}

/// A moment so much later, or the last there is.
fn ahead(from: Timestamp, by: Seconds) -> Timestamp {
    from.checked_add(jiff::SignedDuration::from_secs(by.signed())).unwrap_or(Timestamp::MAX)
}

fn back(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
