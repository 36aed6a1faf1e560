//! The judges of one rollout, one a signal, fed with the samples of both sides as they come.
//!
//! Invariants: what they say follows from the stored samples and the times of the stages alone; a sample that comes
//! late, a changed plan or another stage than was known makes them begin anew over everything that is stored.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::judge::{Judge, Settings, Step, budget};
use crate::analysis::sequential::{Dispersion, Draw, dispersion};
use crate::analysis::{Samples, Tally};
use crate::base::{Digest, MetricId, Timestamp};
use crate::engine::assessor::{Assessor, Watching, back};
use crate::engine::record::{SignalRecord, begun};
use crate::plan::{self, Metric, Plan, Rollout};

/// How far back both sides are held against each other before a release, in seconds.
const BEFORE: i64 = 2 * 3600;
/// With fewer steps of both sides than this nothing is calibrated: half an hour at 15 s.
const CALIBRATED: usize = 120;

/// The judges of one rollout.
pub(super) struct Bench {
    plan: plan::Judge,
    stages: Vec<Timestamp>,
    /// How often the stored past of each metric was changed when these judges began.
    rewritten: BTreeMap<MetricId, u64>,
    pub(super) seats: Vec<Seat>,
}

/// One signal's judge.
pub(super) struct Seat {
    pub(super) metric: MetricId,
    pub(super) weight: f64,
    pub(super) judge: Judge,
    /// What the scatter of bad events was before the release; none when there was too little to say, and chance alone
    /// is assumed.
    pub(super) calibrated: Option<Dispersion>,
    /// The digest of every step so far.
    pub(super) samples: Digest,
    /// The newest step that was taken.
    fed: Timestamp,
    /// How many stages it knows.
    staged: usize,
}

impl Bench {
    /// The judges of a rollout that has reached its first step; none when it has none, or a signal has no source.
    pub(super) fn new(of: &Assessor, plan: &Plan, rollout: &Rollout, stages: &[Timestamp]) -> Option<Self> {
        let judge = rollout.judge.as_ref()?;
        let first = *stages.first()?;
        let weights: Vec<f64> = judge.signals.iter().map(|signal| signal.weight).collect();
        let mut seats = Vec::new();
        for (signal, alpha) in judge.signals.iter().zip(budget(judge.alpha, &weights)) {
            let (metric, source) = super::sourced(plan, &signal.metric)?;
            let bounds = bounds(metric);
            let calibrated = of.metrics.get(&metric.id).and_then(|watching| scatter(watching, bounds, first));
            let settings = Settings {
                rho0: judge.harmless,
                rho_max: signal.unacceptable,
                alpha,
                beta: judge.beta,
                dwell: judge.dwell,
                warm_up: judge.warm_up,
                phi: calibrated.map_or(1.0, |found| found.phi),
                every: Some(source.every),
                bounds,
            };
            seats.push(Seat {
                metric: metric.id.clone(),
                weight: signal.weight,
                // The plan's reader refuses what nothing can be judged with.
                judge: begun(settings, stages).ok()?,
                calibrated,
                samples: Digest::of(format!("{settings:?}")),
                fed: first,
                staged: 1,
            });
        }
        let rewritten = seats.iter().map(|seat| (seat.metric.clone(), of.rewritten(&seat.metric))).collect();
        Some(Self { plan: judge.clone(), stages: stages.to_vec(), rewritten, seats })
    }

    /// True while nothing happened that would make them begin anew.
    pub(super) fn stands(&self, of: &Assessor, rollout: &Rollout, stages: &[Timestamp]) -> bool {
        rollout.judge.as_ref() == Some(&self.plan)
            && stages.starts_with(&self.stages)
            && self.rewritten.iter().all(|(metric, known)| of.rewritten(metric) == *known)
    }

    /// Takes in what came since.
    pub(super) fn feed(&mut self, of: &Assessor, stages: &[Timestamp], now: Timestamp) {
        self.stages = stages.to_vec();
        for seat in &mut self.seats {
            let Some(watching) = of.metrics.get(&seat.metric) else { continue };
            for step in steps(watching, seat.fed, now) {
                while let Some(stage) = stages.get(seat.staged).filter(|stage| **stage <= step.at) {
                    seat.judge.stage(*stage);
                    seat.staged += 1;
                }
                seat.judge.take(step);
                seat.fed = step.at;
                let line = format!("{step:?}");
                seat.samples = Digest::of_parts([seat.samples.as_bytes().as_slice(), line.as_bytes()]);
            }
        }
    }

    /// What they rest on, to be kept.
    pub(super) fn record(&self, of: &Assessor) -> Vec<SignalRecord> {
        let signal = |seat: &Seat| {
            let watching = of.metrics.get(&seat.metric);
            let first = self.stages.first().copied().unwrap_or(seat.fed);
            SignalRecord {
                metric: seat.metric.clone(),
                weight: seat.weight,
                settings: *seat.judge.settings(),
                steps: watching.map(|watching| steps(watching, first, seat.fed)).unwrap_or_default(),
            }
        };
        self.seats.iter().map(signal).collect()
    }
}

/// How many kinds of bad event a metric has.
fn bounds(metric: &Metric) -> usize {
    match (&metric.counts, &metric.histogram) {
        (None, Some(histogram)) => histogram.bounds.len().clamp(1, Tally::BOUNDS),
        _ => 1,
    }
}

/// The steps after one moment up to another: every moment of which one side knows something.
fn steps(watching: &Watching, after: Timestamp, to: Timestamp) -> Vec<Step> {
    let side = |samples: &Samples| -> BTreeMap<Timestamp, Option<Tally>> {
        samples.between(after, to).map(|sample| (sample.at, sample.tally())).collect()
    };
    let (canary, baseline) = (side(watching.new_version()), side(watching.old_version()));
    let moments: BTreeSet<&Timestamp> = canary.keys().chain(baseline.keys()).collect();
    let known = |side: &BTreeMap<Timestamp, Option<Tally>>, at: &Timestamp| side.get(at).copied().flatten();
    moments
        .into_iter()
        .map(|at| Step { canary: known(&canary, at), baseline: known(&baseline, at), ..Step::missing(*at) })
        .collect()
}

/// How bad events scattered between both sides before the release, when both ran the same version then.
fn scatter(watching: &Watching, bounds: usize, first: Timestamp) -> Option<Dispersion> {
    let steps = steps(watching, back(first, BEFORE), first);
    if steps.iter().filter(|step| step.both().is_some_and(|(a, b)| a.total > 0 && b.total > 0)).count()
        < CALIBRATED
    {
        return None;
    }
    let of = |place: usize| {
        let draw = |step: &Step| {
            let (canary, baseline) = step.both()?;
            let (here, there) = (canary.total as f64, baseline.total as f64);
            (here > 0.0 && there > 0.0).then_some(Draw {
                canary: *canary.bad.get(place)?,
                baseline: *baseline.bad.get(place)?,
                share: here / (here + there),
            })
        };
        dispersion(&steps.iter().map(draw).collect::<Vec<_>>())
    };
    (0..bounds).filter_map(of).max_by(|a, b| a.phi.total_cmp(&b.phi))
}
