//! Its statistics.

use tminus::analysis::rank::{self, Pair};

/// The percentile by linear interpolation (type 7 of Hyndman and Fan), of values in any order.
pub fn percentile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = p / 100.0 * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - place.floor()) * (sorted[above] - sorted[below])
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The standard deviation with a divisor of `n - less`; 0 of too few.
pub fn deviation(values: &[f64], less: usize) -> f64 {
    if values.len() <= less {
        return 0.0;
    }
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / (values.len() - less) as f64).sqrt()
}

/// Mean over mean, NaN when either is 0.
pub fn mean_ratio(experiment: &[f64], control: &[f64]) -> f64 {
    let (x, y) = (mean(experiment), mean(control));
    if x == 0.0 || y == 0.0 { f64::NAN } else { x / y }
}

/// The share of pairs in which the experiment is above the control.
pub fn common_language(experiment: &[f64], control: &[f64]) -> f64 {
    Pair::new(experiment, control).map_or(f64::NAN, |pair| rank::common_language(&pair))
}

/// The difference of means in pooled standard deviations.
pub fn cohens_d(experiment: &[f64], control: &[f64]) -> f64 {
    let weight = |values: &[f64]| (values.len() - 1) as f64;
    let square = |values: &[f64]| weight(values) * deviation(values, 1).powi(2);
    let pooled = (square(experiment) + square(control)) / (weight(experiment) + weight(control));
    (mean(experiment) - mean(control)) / pooled.sqrt()
}
