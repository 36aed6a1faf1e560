//! Windows of samples to edges: the only place where numbers meet the release.
//!
//! Invariants: samples never leave this room but as evidence; an edge is told as long as the state does not say it;
//! what is not known is told as unknown; nothing here decides.

use std::collections::BTreeMap;

use crate::analysis::threshold::{
    self, Answer, Course, Judged, Limits, Phase, Reads, Sides, Standing, Terms, answer, judge, stand,
};
use crate::analysis::{Arm, Quality, Sample, Samples, Verdict};
use crate::base::{Digest, MetricId, RolloutId, Seconds, Timestamp, TriggerId};
use crate::engine::ports::{Fault, Finding, Reading};
use crate::engine::samples::{Kept, KeptSeries, question};
use crate::plan::rule::Outcome;
use crate::plan::{self, Gate, Metric, Plan, Source, Trigger};
use crate::release::{Elapsed, Observations, Report, Series, State, TriggerPhase};

/// How much of a series is kept.
const KEEP: Seconds = Seconds(24 * 3600);
/// How far back the first question reaches, so that screens begin with a line and not with a dot.
const BACK: i64 = 3600;
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

/// One metric under watch.
struct Watching {
    every: Seconds,
    arms: BTreeMap<Arm, Samples>,
    /// What a side shows of which nothing is known.
    nothing: Samples,
    answer: Answer,
}

impl Watching {
    fn new(source: &Source) -> Self {
        let nothing = Samples::new(source.every, KEEP);
        Self { every: source.every, arms: BTreeMap::new(), nothing, answer: Answer::None }
    }

    /// The samples of one side, to be added to.
    fn arm(&mut self, arm: Arm) -> &mut Samples {
        self.arms.entry(arm).or_insert_with(|| Samples::new(self.every, KEEP))
    }

    /// What a rule about the new version looks at: its own side, or the whole when there are no sides.
    fn canary(&self) -> &Samples {
        [Arm::Canary, Arm::Whole].iter().find_map(|arm| self.arms.get(arm)).unwrap_or(&self.nothing)
    }
}

/// Every series, and what was last told of each trigger.
#[derive(Default)]
pub(crate) struct Assessor {
    metrics: BTreeMap<MetricId, Watching>,
    told: BTreeMap<TriggerId, TriggerPhase>,
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
            this.metrics.insert(id, Watching { arms, answer, ..Watching::new(source) });
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
            let watching = self.metrics.entry(id.clone()).or_insert_with(|| Watching::new(source));
            let arm = if watching.arms.contains_key(&Arm::Canary) { Arm::Canary } else { Arm::Whole };
            watching.arm(arm).take(series.samples.iter().map(|(at, value)| Sample::of(*at, *value)));
        }
    }

    /// What a screen gets of everything that is known.
    pub fn picture(&self, plan: &Plan, state: &State, now: Timestamp) -> Observations {
        let series = |metric: &Metric| Some((metric.id.clone(), self.shown(metric, now)?));
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
        let newest = |watching: &Watching| {
            watching.arms.values().map(|samples| samples.newest().map(|(at, _)| at)).min().flatten()
        };
        self.metrics.get(metric).and_then(newest).map_or(earliest, |at| at.max(earliest))
    }

    /// Takes in an answer of a source.
    pub fn take(&mut self, metric: &Metric, source: &Source, reading: Result<Reading, Fault>) {
        let watching = self.metrics.entry(metric.id.clone()).or_insert_with(|| Watching::new(source));
        match reading {
            Ok(reading) => {
                for (arm, samples) in reading.arms {
                    watching.arm(arm).take(samples);
                }
                watching.answer = match reading.partial {
                    Some(why) => Answer::Partial(why.line()),
                    None => Answer::Whole,
                };
            }
            Err(fault) => watching.answer = Answer::Fault(fault.to_string()),
        }
    }

    /// What a screen gets of a metric.
    pub fn shown(&self, metric: &Metric, now: Timestamp) -> Option<Series> {
        let watching = self.metrics.get(&metric.id)?;
        let judged = self.judged(metric, now)?;
        let line = watching.canary().iter().rev().map(|sample| (sample.at, sample.good()));
        let mut samples: Vec<_> = line.take(SHOWN).collect();
        samples.reverse();
        // A hole that is let be is not what the word is about: the line ends with the number that is.
        while judged.verdict.is_known() && matches!(samples.last(), Some((_, None))) {
            samples.pop();
        }
        Some(Series {
            samples,
            verdict: judged.verdict,
            reason: judged.reason.into(),
            baseline: Vec::new(),
            quality: Quality::Ok,
        })
    }

    /// How long each rule over this metric has held.
    pub fn elapsed(
        &self,
        metric: &MetricId,
        plan: &Plan,
        state: &State,
        now: Timestamp,
    ) -> Vec<(TriggerId, Elapsed)> {
        let over = plan.triggers.iter().filter(|trigger| {
            matches!(&trigger.when, plan::Watched::Metric { metric: watched, .. } if watched == metric)
        });
        over.filter_map(|trigger| {
            let found = self.watched(trigger, plan, state, now)?;
            Some((trigger.id.clone(), Elapsed { elapsed: found.elapsed, needed: found.needed }))
        })
        .collect()
    }

    /// The edges after an answer for this metric: verdict, then data, then triggers.
    pub fn edges(&mut self, metric: &Metric, plan: &Plan, state: &State, now: Timestamp) -> Vec<Edge> {
        let mut out: Vec<Edge> = self.assessed(metric, state, now).into_iter().collect();
        for rollout in &plan.rollouts {
            out.extend(self.quality(&rollout.id, plan, state, now));
        }
        for trigger in &plan.triggers {
            let plan::Watched::Metric { metric: watched, .. } = &trigger.when else { continue };
            if watched != &metric.id || state.started.is_none() || state.status.is_over() {
                continue;
            }
            let Some(found) = self.watched(trigger, plan, state, now) else { continue };
            let phase = match found.phase() {
                Phase::Armed => TriggerPhase::Armed,
                Phase::Pending => TriggerPhase::Pending,
                Phase::Fired => TriggerPhase::Fired,
                Phase::Suppressed => TriggerPhase::Suppressed,
                Phase::Unknown => TriggerPhase::Unknown,
            };
            out.extend(self.moved(trigger, phase, (found.since.unwrap_or(now), found.value), state));
        }
        out
    }

    /// The edges of triggers that watch this gate, of which a run ended just now: it did not pass for so long, by the
    /// ends of its runs since the release began.
    pub fn gate_edges(&mut self, gate: &Gate, plan: &Plan, state: &State, ended: Timestamp) -> Vec<Edge> {
        let mut out = Vec::new();
        if state.started.is_none() || state.status.is_over() {
            return out;
        }
        let failing = state.gates.get(&gate.id).and_then(|known| known.failing);
        for trigger in &plan.triggers {
            let plan::Watched::Gate { gate: watched, lasting } = &trigger.when else { continue };
            if watched != &gate.id {
                continue;
            }
            // What failed before a rollout began does not speak about it.
            let begun = trigger.rollout.as_ref().and_then(|id| state.rollouts.get(id)?.begun);
            let (phase, since) = match failing.map(|first| begun.map_or(first, |begun| first.max(begun))) {
                Some(first) if ended.as_second() - first.as_second() >= lasting.signed() => {
                    (TriggerPhase::Fired, ended)
                }
                Some(first) => (TriggerPhase::Pending, first),
                None => (TriggerPhase::Armed, ended),
            };
            out.extend(self.moved(trigger, phase, (since, None), state));
        }
        out
    }

    /// The finding of a gate that looks at the newest value of a metric.
    pub fn gate(&self, gate: &Gate, metric: &MetricId, plan: &Plan, now: Timestamp) -> Finding {
        let found = |verdict, summary: String, evidence| Finding {
            verdict,
            summary: summary.into(),
            evidence,
            took_ms: 0,
        };
        let Some(metric) = plan.metric(metric) else {
            return found(Verdict::Error, "the plan has no such metric".to_owned(), None);
        };
        let judged = self.judged(metric, now);
        let (Some(judged), Some(watching)) = (judged, self.metrics.get(&metric.id)) else {
            return found(Verdict::NoData, format!("{}: no samples", metric.id), None);
        };
        let evidence =
            Some(watching.canary().text(back(now, EVIDENCE * watching.canary().every())).into_bytes());
        let (Some(value), Some(rule), true) = (judged.value, &gate.pass, judged.verdict.is_known()) else {
            let number = judged.value.map(|value| format!(" {value}")).unwrap_or_default();
            return found(judged.verdict, format!("{}{number} {}", metric.id, judged.reason), evidence);
        };
        let doubtful = watching.answer != Answer::Whole;
        match answer(rule, metric.id.as_str(), value) {
            Outcome::Holds if doubtful => {
                found(Verdict::Warn, format!("{value}: {}", judged.reason), evidence)
            }
            Outcome::Holds => found(Verdict::Pass, format!("{} {value}", metric.id), evidence),
            Outcome::Fails => found(Verdict::Fail, format!("{} {value}", metric.id), evidence),
            Outcome::Unknown(doubt) => found(Verdict::Error, doubt.to_string(), evidence),
        }
    }

    fn judged(&self, metric: &Metric, now: Timestamp) -> Option<Judged> {
        let watching = self.metrics.get(&metric.id)?;
        let limits =
            Limits { name: metric.id.as_str(), target: metric.target.as_ref(), alert: metric.alert.as_ref() };
        Some(judge(watching.canary(), &limits, &watching.answer, now))
    }

    fn assessed(&self, metric: &Metric, state: &State, now: Timestamp) -> Option<Edge> {
        let judged = self.judged(metric, now)?;
        let known = state.metrics.get(&metric.id).map_or(Verdict::NoData, |known| known.verdict);
        if known == judged.verdict {
            return None;
        }
        // Verdicts are ordered from best to worst. Worse is told at once, better when it has lasted, so that a number that comes and goes
        // stays at its worst instead of filling the journal.
        if let Some(told) = state.metrics.get(&metric.id).filter(|_| judged.verdict < known) {
            let since = judged.since.map_or(told.since, |since| since.max(told.since));
            if now.as_second() - since.as_second() < BETTER {
                return None;
            }
        }
        let watching = self.metrics.get(&metric.id)?;
        let evidence = watching.canary().text(back(now, EVIDENCE * watching.canary().every()));
        let report = Report::Assessed {
            metric: metric.id.clone(),
            verdict: judged.verdict,
            since: judged.since.unwrap_or(now),
            value: judged.value,
            inputs: Digest::of(&evidence),
        };
        Some(Edge { report, evidence: Some(evidence) })
    }

    /// Good data is what the rollout's triggers need, all of it; without such triggers, any metric's.
    fn quality(&self, rollout: &RolloutId, plan: &Plan, state: &State, now: Timestamp) -> Option<Edge> {
        let known = state.rollouts.get(rollout).filter(|known| known.phase.is_live());
        let of_rollout = |trigger: &&Trigger| trigger.rollout.as_ref().is_none_or(|of| of == rollout);
        let used: Vec<&MetricId> = plan
            .triggers
            .iter()
            .filter(of_rollout)
            .filter_map(|trigger| match &trigger.when {
                plan::Watched::Metric { metric, .. } => Some(metric),
                _ => None,
            })
            .filter(|id| plan.metric(id).is_some_and(|metric| metric.source.is_some()))
            .collect();
        let ask = |metric: &MetricId| self.data(metric, now);
        let answers: Vec<(bool, Option<Timestamp>)> = if used.is_empty() {
            plan.metrics.iter().map(|metric| ask(&metric.id)).collect()
        } else {
            used.iter().map(|metric| ask(metric)).collect()
        };
        let good = match used.is_empty() {
            true => answers.iter().any(|(good, _)| *good),
            false => answers.iter().all(|(good, _)| *good),
        };
        if known?.good_data == good {
            return None;
        }
        let since = answers.iter().filter(|(one, _)| *one == good).filter_map(|(_, at)| *at).min();
        let since = since.unwrap_or(now);
        Some(Edge { report: Report::DataQuality { rollout: rollout.clone(), good, since }, evidence: None })
    }

    /// Whether a metric has good data, and the time of the sample that says so.
    fn data(&self, metric: &MetricId, now: Timestamp) -> (bool, Option<Timestamp>) {
        let Some(watching) = self.metrics.get(metric) else { return (false, None) };
        let (newest, speaks) = watching.canary().speaks(now);
        let whole = !matches!(watching.answer, Answer::Partial(_));
        (speaks && whole, newest.map(|(at, _)| at))
    }

    fn watched(&self, trigger: &Trigger, plan: &Plan, state: &State, now: Timestamp) -> Option<Standing> {
        let plan::Watched::Metric { metric, rule } = &trigger.when else { return None };
        let watching = self.metrics.get(metric)?;
        let fired = state.triggers.get(&trigger.id).is_some_and(|known| known.phase == TriggerPhase::Fired);
        let exit = plan.metric(metric).and_then(|metric| metric.target.as_ref());
        let what = threshold::Watched {
            name: metric.as_str(),
            rule,
            terms: Terms { exit, ..Terms::default() },
            reads: Reads::Plain,
            course: Course { from: state.started, ..Course::default() },
            fired,
        };
        Some(stand(&Sides::of(watching.canary()), &what, now))
    }

    /// An edge when the state says otherwise; a trigger that is kept from firing is told once.
    fn moved(
        &mut self,
        trigger: &Trigger,
        phase: TriggerPhase,
        (since, value): (Timestamp, Option<f64>),
        state: &State,
    ) -> Option<Edge> {
        let known = state.triggers.get(&trigger.id).map(|known| known.phase).unwrap_or_default();
        let told = self.told.insert(trigger.id.clone(), phase);
        if known == phase || (known == TriggerPhase::Suppressed && told == Some(phase)) {
            return None;
        }
        Some(Edge {
            report: Report::Trigger { trigger: trigger.id.clone(), phase, since, value },
            evidence: None,
        })
    }
}

/// A metric that is read from a source, and that source.
pub(crate) fn sourced<'a>(plan: &'a Plan, metric: &MetricId) -> Option<(&'a Metric, &'a Source)> {
    let metric = plan.metric(metric)?;
    let source = plan.sources.iter().find(|known| Some(&known.id) == metric.source.as_ref())?;
    Some((metric, source))
}

fn back(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
