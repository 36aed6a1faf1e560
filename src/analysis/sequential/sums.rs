//! What has to be remembered of all bad events seen: one count, and one sum a ratio.

use super::grid::{Grid, STEP};

/// The bad events of one step and the share of requests that went to the canary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Bad events of the canary.
    pub canary: u64,
    /// Bad events of the baseline.
    pub baseline: u64,
    /// The canary's share of all requests, above 0 and below 1.
    pub share: f64,
}

/// Sums over steps, from which the likelihood of any ratio of the grid follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// Bad events of the canary.
    canary: f64,
    /// Bad events of both.
    all: f64,
    /// For each ratio `ρ` of the grid, the sum of `k·ln(1 + (ρ − 1)·w)`.
    levels: Vec<f64>,
}

impl Sums {
    /// Nothing seen yet.
    pub fn new(grid: &Grid) -> Self {
        Self { canary: 0.0, all: 0.0, levels: vec![0.0; grid.excess().len()] }
    }
    /// The sums of a single step.
    pub fn of(grid: &Grid, draw: Draw) -> Self {
        let mut sums = Self::new(grid);
        sums.add(grid, draw);
        sums
    }
    /// Adds a step. One without bad events changes nothing.
    pub fn add(&mut self, grid: &Grid, draw: Draw) {
        let all = draw.canary as f64 + draw.baseline as f64;
        if all == 0.0 {
            return;
        }
        self.canary += draw.canary as f64;
        self.all += all;
        for (level, excess) in self.levels.iter_mut().zip(grid.excess()) {
            *level += all * (excess * draw.share).ln_1p();
        }
    }
    /// Bad events of the canary.
    pub fn canary(&self) -> f64 {
        self.canary
    }
    /// Bad events of both sides.
    pub fn all(&self) -> f64 {
        self.all
    }
    /// What was added since, ratio by ratio.
    pub(super) fn since(&self, before: &Self) -> Vec<f64> {
        self.levels.iter().zip(&before.levels).map(|(now, then)| now - then).collect()
    }
    /// The log likelihood of the ratios next to `limit` against the one there, going up from it or down, from what
    /// was added since.
    pub(super) fn against(&self, since: Option<&Self>, limit: usize, way: Way, into: &mut [f64]) {
        let count = into.len();
        let range = match way {
            Way::Up => limit..limit + count + 1,
            Way::Down => limit.saturating_sub(count)..limit + 1,
        };
        let now = self.levels.get(range.clone()).unwrap_or_default();
        let then = since.and_then(|since| since.levels.get(range)).unwrap_or_default();
        let canary = self.canary - since.map_or(0.0, |since| since.canary);
        let place = |steps: usize| match way {
            Way::Up => steps,
            Way::Down => count.saturating_sub(steps),
        };
        let level = |steps: usize| {
            let of = |levels: &[f64]| levels.get(place(steps)).copied().unwrap_or(0.0);
            of(now) - of(then)
        };
        let gain = if way == Way::Up { STEP } else { -STEP };
        let base = level(0);
        for (steps, term) in (1..).zip(into) {
            *term = canary * gain * steps as f64 - (level(steps) - base);
        }
    }
}

/// On which side of a limit the ratios lie that speak against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Above: against "not worse".
    Up,
    /// Below: against "not better".
    Down,
}

/// The logarithm of the sum of exponentials, without overflow; minus infinity for nothing.
pub fn log_sum_exp(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    // What is e^-40 of the largest does not reach the last bit of the sum.
    let sum: f64 = terms.iter().map(|term| term - most).filter(|term| *term > -40.0).map(f64::exp).sum();
    most + sum.ln()
}

/// The logarithm of the mean of exponentials, without overflow.
pub fn log_mean_exp(terms: &[f64]) -> f64 {
    log_sum_exp(terms) - (terms.len() as f64).ln()
}
