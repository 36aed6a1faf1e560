//! Is one rate above a limit? The one-sided bound that a rule waits for before it acts, so that one error in twenty
//! requests does not count as five percent.
//!
//! The evidence is the beta-binomial mixture (Howard, Ramdas, McAuliffe and Sekhon, Time-uniform, nonparametric,
//! nonasymptotic confidence sequences, arXiv:1810.08240, section 3.2): the likelihood of the counts under a rate drawn
//! from a beta distribution around the limit and cut off below it, against the limit itself. It is at most one in
//! expectation for every rate up to the limit, and may be looked at after each request.

use std::f64::consts::LN_10;

/// Halves of the range an integral is taken over; with Simpson's rule the error is below a millionth.
const PANELS: u32 = 200;
/// What has fallen so far below the top of an integrand does not reach its sum.
const NEGLIGIBLE: f64 = 40.0;
/// The chance of error for which the bound is made as tight as it gets; it is valid for every other as well.
const TUNED_FOR: f64 = 0.05;

/// The logarithm of the e-value against "the rate is at most `limit`" after `bad` of `total` requests, sharpest when
/// `total` is about `usual`. Zero for a limit that is no rate strictly between 0 and 1, which counts cannot contradict.
pub fn log_e_above(limit: f64, bad: u64, total: u64, usual: u64) -> f64 {
    above(limit, bad.min(total) as f64, total as f64, usual as f64)
}

/// The lower bound of a rate: it lies above with chance `alpha` at most, ever. Zero when nothing went bad.
pub fn rate_at_least(bad: u64, total: u64, alpha: f64, usual: u64) -> f64 {
    if bad == 0 || total == 0 {
        return 0.0;
    }
    let bar = -alpha.ln();
    let (mut low, mut high) = ((1e-12f64).ln(), (bad.min(total) as f64 / total as f64).ln());
    if log_e_above(low.exp(), bad, total, usual) < bar {
        return 0.0;
    }
    while high - low > 1e-6 {
        let middle = f64::midpoint(low, high);
        if log_e_above(middle.exp(), bad, total, usual) >= bar {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.exp()
}

fn above(limit: f64, bad: f64, total: f64, usual: f64) -> f64 {
    if !(limit > 0.0 && limit < 1.0) || total <= 0.0 {
        return 0.0;
    }
    let variance = limit * (1.0 - limit);
    let width = tuned((usual * variance).max(1.0)) - variance;
    let width = width.max(variance / 1000.0);
    let (hits, misses) = (width / (1.0 - limit), width / limit);
    let odds = (limit / (1.0 - limit)).ln();
    log_tail(hits + bad, misses + total - bad, odds)
        - log_tail(hits, misses, odds)
        - bad * limit.ln()
        - (total - bad) * (-limit).ln_1p()
}

/// The width of the mixture that makes the bound tightest after so much variance.
fn tuned(variance: f64) -> f64 {
    let evidence = -2.0 * (2.0 * TUNED_FOR).ln();
    variance / (evidence + evidence.ln_1p())
}

/// The logarithm of the integral of `p^(a-1) (1-p)^(b-1)` over the rates whose log odds are at least `from`. Over
/// the log odds the integrand has one top and falls off on both sides, so the range that matters is found by doubling.
fn log_tail(a: f64, b: f64, from: f64) -> f64 {
    let value = |odds: f64| -a * softplus(-odds) - b * softplus(odds);
    let top = (a / b).ln().max(from);
    let most = value(top);
    let scale = ((a + b) / (a * b)).sqrt();
    let reach = |way: f64| {
        let mut step = scale;
        // Sixty doublings leave every number that a rate has in its log odds.
        for _ in 0..60 {
            if value(top + way * step) < most - NEGLIGIBLE {
                break;
            }
            step *= 2.0;
        }
        let (mut near, mut far) = (step / 2.0, step);
        for _ in 0..12 {
            let middle = f64::midpoint(near, far);
            if value(top + way * middle) < most - NEGLIGIBLE {
                far = middle;
            } else {
                near = middle;
            }
        }
        far
    };
    let (low, high) = ((top - reach(-1.0)).max(from), top + reach(1.0));
    let width = (high - low) / f64::from(2 * PANELS);
    let sum: f64 = (0..=2 * PANELS)
        .map(|place| {
            let weight = match place {
                0 => 1.0,
                place if place == 2 * PANELS => 1.0,
                place if place % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * (value(low + f64::from(place) * width) - most).exp()
        })
        .sum();
    most + (sum * width / 3.0).ln()
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    if x > 16.0 * LN_10 { x } else { x.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The published numbers are of a sum with so much variance, of steps that are `-g` or `h`; where `g` and `h` make
    /// one, the steps are requests less their expected share `g` of bad ones.
    fn published(row: &Value, sum: f64) -> f64 {
        let of = |name: &str| row["args"][name].as_f64().expect("a number");
        let (limit, total) = (of("g"), of("v") / (of("g") * of("h")));
        above(limit, limit * total + sum, total, of("v_opt") / (of("g") * of("h")))
    }

    #[test]
    fn the_mixture_and_its_bound_are_the_published_ones() {
        let text = include_str!("../../../tests/vectors/confseq_boundaries.json");
        let whole: Value = serde_json::from_str(text).expect("JSON");
        let rows = whole["cases"].as_array().expect("rows");
        assert_eq!(rows.len(), 2);
        for row in rows {
            let expected = row["expected"].as_f64().expect("a number");
            let (sum, wanted) = match row["args"]["alpha"].as_f64() {
                // A bound is the sum at which the evidence reaches its bar.
                Some(alpha) => (expected, -alpha.ln()),
                None => (row["args"]["s"].as_f64().expect("a sum"), expected),
            };
            let found = published(row, sum);
            assert!((found - wanted).abs() < 1e-5, "{row}: {found}");
        }
    }

    #[test]
    fn one_error_in_twenty_requests_is_no_five_percent() {
        assert!(log_e_above(0.01, 1, 20, 600) < 20f64.ln());
        assert!(log_e_above(0.01, 30, 600, 600) > 100f64.ln());
        let bound = rate_at_least(30, 600, 0.05, 600);
        assert!(bound > 0.02 && bound < 0.05, "{bound}");
        assert_eq!(rate_at_least(0, 600, 0.05, 600), 0.0);
        assert!(rate_at_least(1_000_000, 20_000_000, 0.05, 600) > 0.049);
    }

    #[test]
    fn a_limit_that_is_no_rate_is_not_contradicted() {
        for limit in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(log_e_above(limit, 10, 10, 10), 0.0);
        }
    }
}
