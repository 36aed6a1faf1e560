//! The classification of one metric.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Normal};
use tminus::analysis::rank::{Continuity, Pair, Shift, quantile, zero};

use super::statistics::{common_language, mean, mean_ratio};

/// Its root search stops here, in the unit of the data.
const TOLERANCE: f64 = 1e-4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Pass,
    High,
    Low,
    Nodata,
    NodataFailMetric,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    Increase,
    Decrease,
    Either,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Remove,
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    MeanRatio,
    CommonLanguage,
}

/// What is asked of the numbers. Pairs are the limits downwards and upwards.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub tolerance: f64,
    pub confidence: f64,
    pub effect: Effect,
    pub allowed: (f64, f64),
    pub critical: (f64, f64),
}

impl Default for Thresholds {
    /// What it has when a configuration says nothing; tolerance and confidence cannot be configured at all.
    fn default() -> Self {
        Self {
            tolerance: 0.25,
            confidence: 0.98,
            effect: Effect::MeanRatio,
            allowed: (1.0, 1.0),
            critical: (1.0, 1.0),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub trend: Trend,
    pub missing: Missing,
    pub critical: bool,
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classified {
    pub class: Class,
    pub critical: bool,
    /// The effect; NaN when it has none.
    pub deviation: f64,
}

/// The word for a metric.
pub fn classify(experiment: &[f64], control: &[f64], metric: &Metric, asked: &Thresholds) -> Classified {
    let ready = |values: &[f64]| -> Vec<f64> {
        match metric.missing {
            Missing::Remove => values.iter().copied().filter(|value| !value.is_nan()).collect(),
            Missing::Replace => {
                values.iter().map(|value| if value.is_nan() { 0.0 } else { *value }).collect()
            }
        }
    };
    let (experiment, control) = (ready(experiment), ready(control));
    let pass = Classified { class: Class::Pass, critical: false, deviation: 1.0 };
    if experiment.is_empty() || control.is_empty() {
        return match metric.missing {
            Missing::Replace => pass,
            Missing::Remove if metric.required && !metric.critical => {
                Classified { class: Class::NodataFailMetric, ..pass }
            }
            Missing::Remove => Classified { class: Class::Nodata, critical: metric.critical, ..pass },
        };
    }
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (low, high) = (sorted(&experiment), sorted(&control));
    let constant = |values: &[f64]| values.first() == values.last();
    if low == high {
        return pass;
    }
    let deviation = match asked.effect {
        Effect::MeanRatio => mean_ratio(&experiment, &control),
        Effect::CommonLanguage => common_language(&experiment, &control),
    };
    let (x, y) = if constant(&low) && constant(&high) {
        (noisy(&experiment, 1), noisy(&control, 2))
    } else {
        (experiment, control)
    };
    let Some((lower, upper, estimate)) = interval(&x, &y, asked.confidence) else {
        return Classified { class: Class::Error, critical: false, deviation };
    };
    let margin = asked.tolerance * estimate.abs();
    let more = |limit: f64| deviation.is_nan() || deviation >= limit;
    let less = |limit: f64| deviation.is_nan() || deviation <= limit;
    if metric.trend != Trend::Decrease && lower > margin && more(asked.allowed.1) {
        return Classified {
            class: Class::High,
            critical: metric.critical && more(asked.critical.1),
            deviation,
        };
    }
    if metric.trend != Trend::Increase && upper < -margin && less(asked.allowed.0) {
        return Classified {
            class: Class::Low,
            critical: metric.critical && less(asked.critical.0),
            deviation,
        };
    }
    Classified { deviation, ..pass }
}

/// The other classifier: only means are compared.
pub fn mean_inequality(experiment: &[f64], control: &[f64], trend: Trend) -> Class {
    let (x, y) = (mean(experiment), mean(control));
    match trend {
        Trend::Increase | Trend::Either if x > y => Class::High,
        Trend::Decrease | Trend::Either if x < y => Class::Low,
        _ => Class::Pass,
    }
}

/// Constant values get a little noise, because the test fails without.
fn noisy(values: &[f64], seed: u64) -> Vec<f64> {
    let mut luck = ChaCha8Rng::seed_from_u64(seed);
    let add = |value: &f64| match Normal::new(*value, (value * 1e-5).abs()) {
        Ok(normal) => normal.sample(&mut luck),
        Err(_) => *value,
    };
    values.iter().map(add).collect()
}

/// The interval and the estimate, none where it raises an error. The estimate has the correction for continuity, and
/// its search is not kept inside the range.
fn interval(x: &[f64], y: &[f64], confidence: f64) -> Option<(f64, f64, f64)> {
    let pair = Pair::new(x, y)?;
    let shift = Shift::new(&pair);
    let (low, high) = pair.differences()?;
    let q = quantile((1.0 - confidence) / 2.0);
    let at = |d: f64| shift.at(d, Continuity::Inward);
    if at(low).is_nan() || at(high).is_nan() {
        return None;
    }
    let root = |q: f64| match (at(low) + q, at(high) + q) {
        (first, _) if first <= 0.0 => low,
        (_, last) if last >= 0.0 => high,
        _ => zero(|d| at(d) + q, (low, high), TOLERANCE),
    };
    Some((root(q), root(-q), zero(at, (low, high), TOLERANCE)))
}
