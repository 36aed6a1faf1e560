//! What the scripted service counts in one step of time: events of each side, and the bad ones.
//!
//! Invariants: counts are whole numbers that depend on the script, the seed, the metric, the side and the moment
//! alone, not on who asks or when; an event that is slower than a bound is slower than every smaller one.

use crate::analysis::{Arm, Measure, Quality, Sample, Tally};
use crate::base::{Seconds, Timestamp};

use super::noise;
use super::script::{Kind, Number, Side};
use super::service::{Service, back};

/// How far latencies spread: the standard deviation of their logarithms.
const SPREAD: f64 = 0.8;
/// The 95th percentile of a normal distribution, in standard deviations.
const P95: f64 = 1.644_853_626_951_472_2;

/// What is counted.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    /// The metric's name.
    pub(super) name: &'a str,
    /// What the script says of it.
    pub(super) number: &'a Number,
    /// The bounds of a histogram in seconds, rising; empty for counts of failures.
    pub(super) bounds: &'a [f64],
    /// How long a step is.
    pub(super) every: Seconds,
}

impl Service<'_> {
    /// The events of one side in the step that ends at a moment.
    pub(super) fn counted(&self, what: &Counted<'_>, arm: Arm, at: Timestamp) -> Sample {
        let total = self.total(arm, at, what.every);
        let side = if arm == Arm::Canary { &self.script.canary } else { &self.script.stable };
        if total == 0 {
            return Sample { at, measure: Measure::None, quality: Quality::NoSeries };
        }
        let mut bad = [0; Tally::BOUNDS];
        let (mut left, mut before) = (total, 1.0);
        for (place, (count, chance)) in bad.iter_mut().zip(self.chances(what, side, at)).enumerate() {
            // Of those beyond the bound before, the part that is beyond this one too.
            let part = if before > 0.0 { (chance / before).clamp(0.0, 1.0) } else { 0.0 };
            let name = format!("{}/{arm:?}/{place}", what.name);
            *count = noise::events(self.seed, &name, at, (left, part));
            (left, before) = (*count, chance);
        }
        Sample { at, measure: Measure::Tally(Tally { total, bad }), quality: Quality::Ok }
    }

    fn total(&self, arm: Arm, at: Timestamp, every: Seconds) -> u64 {
        let seconds = (1..=every.signed().max(1)).map(|second| self.requests(back(at, second)));
        let (canary, all) = seconds.fold((0.0, 0.0), |sum, (canary, all)| (sum.0 + canary, sum.1 + all));
        match arm {
            Arm::Canary => canary as u64,
            Arm::Baseline => (all - canary) as u64,
            Arm::Whole => all as u64,
        }
    }

    /// The chance of an event to be bad, by place.
    fn chances(&self, what: &Counted<'_>, side: &Side, at: Timestamp) -> Vec<f64> {
        match what.number.kind {
            Kind::LatencyP95 => {
                let median = self.latency(side, at) / (SPREAD * P95).exp();
                let slower = |bound: &f64| {
                    let deviations = (bound / median).ln() / SPREAD;
                    0.5 * libm::erfc(deviations / std::f64::consts::SQRT_2)
                };
                what.bounds.iter().take(Tally::BOUNDS).map(slower).collect()
            }
            Kind::ErrorRatio | Kind::RequestRate | Kind::Gauge => vec![self.errors(side, at).clamp(0.0, 1.0)],
        }
    }
}
