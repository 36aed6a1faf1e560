//! One metric under watch: the samples of its sides, what they say now, and what a screen gets of them.

use std::collections::BTreeMap;

use crate::analysis::threshold::{Answer, Judged, Limits, judge};
use crate::analysis::{Arm, Quality, Sample, Samples, Verdict};
use crate::base::{Digest, MetricId, RolloutId, Seconds, Timestamp, Weight};
use crate::engine::assessor::baselines::basis;
use crate::engine::assessor::{Assessor, BETTER, EVIDENCE, Edge, KEEP, SHOWN, back};
use crate::plan::rule::Rule;
use crate::plan::{self, Metric, Plan, Scope, Trigger};
use crate::release::{Report, Series, State};

/// One metric under watch.
pub(super) struct Watching {
    pub(super) every: Seconds,
    pub(super) arms: BTreeMap<Arm, Samples>,
    /// What a side shows of which nothing is known.
    pub(super) nothing: Samples,
    pub(super) answer: Answer,
    /// How often something came that is not newer than everything known.
    pub(super) rewritten: u64,
}

impl Watching {
    pub(super) fn new(every: Seconds) -> Self {
        let nothing = Samples::new(every, KEEP);
        Self { every, arms: BTreeMap::new(), nothing, answer: Answer::None, rewritten: 0 }
    }

    /// The samples of one side, to be added to.
    pub(super) fn arm(&mut self, arm: Arm) -> &mut Samples {
        self.arms.entry(arm).or_insert_with(|| Samples::new(self.every, KEEP))
    }

    /// What a rule about the new version looks at: its own side, or the whole when there are no sides.
    pub(super) fn canary(&self) -> &Samples {
        [Arm::Canary, Arm::Whole].iter().find_map(|arm| self.arms.get(arm)).unwrap_or(&self.nothing)
    }

    /// What a rule of a scope looks at; a metric without sides has only the whole.
    pub(super) fn scope(&self, scope: Scope) -> &Samples {
        let arm = match scope {
            Scope::Canary => return self.canary(),
            Scope::Baseline => Arm::Baseline,
            Scope::Whole => Arm::Whole,
        };
        self.arms.get(&arm).unwrap_or(&self.nothing)
    }

    /// The samples of the new version alone.
    pub(super) fn new_version(&self) -> &Samples {
        self.arms.get(&Arm::Canary).unwrap_or(&self.nothing)
    }

    /// The samples of the old version alone.
    pub(super) fn old_version(&self) -> &Samples {
        self.arms.get(&Arm::Baseline).unwrap_or(&self.nothing)
    }

    /// True when what both sides counted still speaks for now: as [`Samples::speaks`], where nothing is an answer too.
    pub(super) fn both_speak(&self, now: Timestamp) -> bool {
        let speaks = |samples: &Samples| {
            let counted = samples.iter().rev().find(|sample| sample.tally().is_some());
            counted.zip(samples.last()).is_some_and(|(counted, last)| {
                let age = now.as_second() - counted.at.as_second();
                let hole = last.as_second() - counted.at.as_second();
                age.abs() <= 3 * samples.every() && hole < 2 * samples.every()
            })
        };
        speaks(self.new_version()) && speaks(self.old_version())
    }

    /// Takes in samples of one side.
    pub(super) fn take(&mut self, arm: Arm, samples: Vec<Sample>) {
        let held = self.arm(arm);
        let newest = held.last();
        let (late, new): (Vec<Sample>, Vec<Sample>) =
            samples.into_iter().partition(|sample| newest.is_some_and(|newest| sample.at <= newest));
        let rewritten = held.take(late);
        held.take(new);
        self.rewritten += u64::from(rewritten);
    }
}

impl Assessor {
    /// What a screen gets of a metric.
    pub fn shown(&self, metric: &Metric, state: &State, now: Timestamp) -> Option<Series> {
        let watching = self.metrics.get(&metric.id)?;
        let judged = self.judged(metric, state, now)?;
        let line = watching.canary().iter().rev().map(|sample| (sample.at, sample.good()));
        let mut samples: Vec<_> = line.take(SHOWN).collect();
        samples.reverse();
        // A hole that is let be is not what the word is about: the line ends with the number that is.
        while judged.verdict.is_known() && matches!(samples.last(), Some((_, None))) {
            samples.pop();
        }
        let mut baseline: Vec<_> = watching
            .old_version()
            .iter()
            .rev()
            .map(|sample| (sample.at, sample.good()))
            .take(SHOWN)
            .collect();
        baseline.reverse();
        let quality = match &watching.answer {
            Answer::Fault(_) => Quality::Error,
            Answer::Partial(_) => Quality::Partial,
            _ if judged.verdict == Verdict::Stale => Quality::Stale,
            _ => watching.canary().latest().map_or(Quality::NoSeries, |sample| sample.quality),
        };
        Some(Series { samples, verdict: judged.verdict, reason: judged.reason.into(), baseline, quality })
    }

    pub(super) fn judged(&self, metric: &Metric, state: &State, now: Timestamp) -> Option<Judged> {
        let watching = self.metrics.get(&metric.id)?;
        let basis = |rule: &Rule| basis(metric, rule, (state, now));
        let (target, alert) = (metric.target.as_ref().map(basis), metric.alert.as_ref().map(basis));
        // Rules of two different baselines are not both held against one number: neither has an answer.
        let beside = || watching.old_version().speaks(now).0.map(|(_, value)| value);
        let mut numbers = [&target, &alert]
            .into_iter()
            .flatten()
            .filter(|basis| basis.rule.needs_baseline())
            .map(|basis| if basis.concurrent { beside() } else { basis.captured });
        let first = numbers.next().flatten();
        let limits = Limits {
            name: metric.id.as_str(),
            target: target.as_ref().map(|basis| &basis.rule),
            alert: alert.as_ref().map(|basis| &basis.rule),
            against: first.filter(|_| numbers.all(|other| other == first)),
        };
        Some(judge(watching.canary(), &limits, &watching.answer, now))
    }

    pub(super) fn assessed(&self, metric: &Metric, state: &State, now: Timestamp) -> Option<Edge> {
        let judged = self.judged(metric, state, now)?;
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

    /// Good data is what the rollout's triggers and its judge need, all of it; without them, any metric's.
    pub(super) fn quality(
        &self,
        rollout: &RolloutId,
        plan: &Plan,
        state: &State,
        now: Timestamp,
    ) -> Option<Edge> {
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
        let judged: Vec<&MetricId> = plan
            .rollout(rollout)
            .and_then(|planned| planned.judge.as_ref())
            .map(|judge| {
                let decides = judge.signals.iter().filter(|signal| signal.weight > 0.0);
                decides.map(|signal| &signal.metric).collect()
            })
            .unwrap_or_default();
        // At all traffic there is nothing left to compare with.
        let compares = known.is_some_and(|known| known.desired.is_none_or(|weight| weight != Weight::FULL));
        let judged = if compares { judged } else { Vec::new() };
        let ask = |metric: &MetricId| self.data(metric, now);
        let none = used.is_empty() && judged.is_empty();
        let answers: Vec<(bool, Option<Timestamp>)> = if none {
            plan.metrics.iter().map(|metric| ask(&metric.id)).collect()
        } else {
            let both = judged.iter().map(|metric| self.both(metric, now));
            used.iter().map(|metric| ask(metric)).chain(both).collect()
        };
        let good = match none {
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

    /// Whether both sides of a metric have good data, and the time of the sample that says so.
    fn both(&self, metric: &MetricId, now: Timestamp) -> (bool, Option<Timestamp>) {
        let Some(watching) = self.metrics.get(metric) else { return (false, None) };
        let whole = !matches!(watching.answer, Answer::Partial(_));
        (watching.both_speak(now) && whole, watching.canary().last())
    }

    /// Whether a metric has good data, and the time of the sample that says so.
    fn data(&self, metric: &MetricId, now: Timestamp) -> (bool, Option<Timestamp>) {
        let Some(watching) = self.metrics.get(metric) else { return (false, None) };
        let (newest, speaks) = watching.canary().speaks(now);
        let whole = !matches!(watching.answer, Answer::Partial(_));
        (speaks && whole, newest.map(|(at, _)| at))
    }
}
