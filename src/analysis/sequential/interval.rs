//! How many times the canary's rate of bad events is the baseline's: an estimate and an interval that stays valid
//! however often it is looked at.
//!
//! The interval is every ratio that the evidence does not speak against with `2/α`: from below by the ratios above it
//! and from above by those below it, `α/2` each, so both together are wrong at most `α` of the time, ever. Against a
//! larger limit the evidence for "worse" is always weaker, so the set is an interval and its ends are found by
//! bisection on the log scale.
//!
//! It is drawn from a single start, whose best estimate lies inside it by construction, and pays for the choice of
//! that start with the start's weight: `weight · E(ρ)` is at most the whole mixture, so the interval may only be
//! wider than the mixture's own.

use serde::{Deserialize, Serialize};

use super::grid::{FINE, STEP, WORSE};
use super::mixture::{Mixture, Start};
use super::schedule::Schedule;
use super::sums::log_mean_exp;

/// The ratio of two rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The lower end; 0 when nothing speaks against any small ratio.
    pub low: f64,
    /// The likeliest; none when there were no bad events, or none of the baseline.
    pub mid: Option<f64>,
    /// The upper end; none when nothing speaks against any large ratio.
    pub high: Option<f64>,
}

/// The ratio, wrong with chance `alpha` at most, ever. Drawn from the first start, or from a later one when that
/// speaks louder and for "worse".
pub fn ratio(mixture: &Mixture, alpha: f64) -> Ratio {
    let Some((slot, start)) = leading(mixture) else { return Ratio::default() };
    let bar = (2.0 / alpha).ln() - Schedule::weight(slot).ln();
    let seen = Seen { mixture, start };
    let (lowest, highest) = mixture.grid().limits();
    let (lowest, highest) = (lowest as f64, highest as f64);
    let low = if seen.above(lowest) < bar {
        0.0
    } else {
        mixture.grid().ratio(bisect(lowest, highest, |place| seen.above(place) >= bar).0)
    };
    let high = (seen.below(highest) >= bar)
        .then(|| mixture.grid().ratio(bisect(lowest, highest, |place| seen.below(place) < bar).1));
    Ratio { low, mid: seen.likeliest(), high }
}

/// The start that the numbers are shown of.
pub(super) fn leading(mixture: &Mixture) -> Option<(usize, &Start)> {
    let said = |(slot, start): &(usize, &Start)| Schedule::weight(*slot).ln() + mixture.worse_since(start);
    let all = || mixture.starts().iter().enumerate();
    let first = all().next()?;
    let loudest = all().max_by(|a, b| said(a).total_cmp(&said(b)))?;
    Some(if said(&loudest) > said(&first).max(0.0) { loudest } else { first })
}

/// The last place from `low` where something holds and the first where it does not, given that it holds at `low`.
fn bisect(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    if holds(high) {
        return (high, high);
    }
    let (mut low, mut high) = (low, high);
    // Eighty rungs, halved until the ends differ by a ten-thousandth of a rung.
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}

/// What one start has seen, as a function of the ratio.
struct Seen<'a> {
    mixture: &'a Mixture,
    start: &'a Start,
}

impl Seen<'_> {
    /// The evidence against every ratio up to the one at a place.
    fn above(&self, place: f64) -> f64 {
        self.against::<WORSE>(place, 1.0)
    }
    /// The evidence against every ratio from the one at a place on.
    fn below(&self, place: f64) -> f64 {
        self.against::<FINE>(place, -1.0)
    }

    fn against<const N: usize>(&self, place: f64, way: f64) -> f64 {
        let (canary, _) = self.mixture.bad(self.start);
        let base = self.between(place);
        let mut terms = [0.0; N];
        for (count, term) in (1..).zip(terms.iter_mut()) {
            let steps = way * f64::from(count);
            *term = (canary * steps * STEP - (self.between(place + steps) - base)) / self.mixture.phi();
        }
        log_mean_exp(&terms)
    }

    /// The sum for a ratio between two rungs, by the cubic through the four nearest: the sums are smooth on the scale
    /// of a rung, so the error is below a millionth of an event per event.
    fn between(&self, place: f64) -> f64 {
        let rung = place.floor().max(1.0);
        let x = place - rung;
        let at = rung as usize;
        if x == 0.0 {
            return self.mixture.level(self.start, at);
        }
        let level = |rung: usize| self.mixture.level(self.start, rung);
        let (before, here, next, after) = (level(at - 1), level(at), level(at + 1), level(at + 2));
        -before * x * (x - 1.0) * (x - 2.0) / 6.0 + here * (x + 1.0) * (x - 1.0) * (x - 2.0) / 2.0
            - next * (x + 1.0) * x * (x - 2.0) / 2.0
            + after * (x + 1.0) * x * (x - 1.0) / 6.0
    }

    /// The likeliest ratio: the top of the log likelihood, by the parabola through the best rung and its neighbours.
    fn likeliest(&self) -> Option<f64> {
        let (canary, all) = self.mixture.bad(self.start);
        if all == 0.0 || canary == all {
            return None;
        }
        if canary == 0.0 {
            return Some(0.0);
        }
        let (lowest, highest) = self.mixture.grid().limits();
        let value = |rung: usize| canary * rung as f64 * STEP - self.mixture.level(self.start, rung);
        let best = (lowest..=highest).max_by(|a, b| value(*a).total_cmp(&value(*b)))?;
        let (left, top, right) = (value(best - 1), value(best), value(best + 1));
        let bend = left - 2.0 * top + right;
        let shift = if bend < 0.0 { ((left - right) / (2.0 * bend)).clamp(-1.0, 1.0) } else { 0.0 };
        Some(self.mixture.grid().ratio(best as f64 + shift))
    }
}
