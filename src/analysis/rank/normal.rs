//! The normal distribution, accurate in both tails.

use std::f64::consts::{PI, SQRT_2};

/// The probability of a standard normal value at or below `z`. For the upper tail ask for `-z`: it loses no digits.
pub fn probability(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The value that a standard normal one stays below with probability `p`; infinite at 0 and 1, NaN outside.
///
/// A rational guess (Abramowitz and Stegun 26.2.23, good to 4.5e-4), made exact by Halley's method.
pub fn quantile(p: f64) -> f64 {
    if !(p > 0.0 && p < 0.5) {
        return match p {
            0.5 => 0.0,
            0.0 => f64::NEG_INFINITY,
            above if above > 0.5 && above <= 1.0 => -quantile(1.0 - above),
            _ => f64::NAN,
        };
    }
    let t = (-2.0 * p.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = above / below - t;
    for _ in 0..3 {
        let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
        if density > 0.0 {
            let step = (probability(z) - p) / density;
            z -= step / (1.0 + z * step / 2.0);
        }
    }
    z
}
