//! Which values it takes for outliers.

use super::statistics::{deviation, mean, percentile};

/// Further than `factor` standard deviations from the mean.
pub fn k_sigma(values: &[f64], factor: f64) -> Vec<bool> {
    let (middle, sd) = (mean(values), deviation(values, 0));
    values.iter().map(|value| (value - middle).abs() > factor * sd).collect()
}

/// Further than `factor` times the distance of the quartiles outside of them; less sensitive, only what also lies
/// outside of the first and the last percentile.
pub fn quartiles(values: &[f64], factor: f64, less_sensitive: bool) -> Vec<bool> {
    if values.is_empty() {
        return Vec::new();
    }
    let at = |p| percentile(values, p);
    let reach = factor * (at(75.0) - at(25.0));
    let (mut low, mut high) = (at(25.0) - reach, at(75.0) + reach);
    if less_sensitive {
        low = low.min(at(1.0));
        high = high.max(at(99.0));
    }
    values.iter().map(|value| *value < low || *value > high).collect()
}
