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
    let seen = Seen::new(mixture, start);
    let (lowest, highest) = mixture.grid().limits();
    let (lowest, highest) = (lowest as f64, highest as f64);
    let at = |place: f64| mixture.grid().ratio(place);
    let low = match seen.above(lowest) < bar {
        true => 0.0,
        false => at(bisect(lowest, highest, |place| seen.above(place) >= bar).0),
    };
    let high =
        (seen.below(highest) >= bar).then(|| at(bisect(lowest, highest, |place| seen.below(place) < bar).1));
    let mid = seen.likeliest(mixture.grid().limits());
    Ratio { low, mid: mid.map(|place| place.map_or(0.0, at)), high }
}

/// The start that the numbers are shown of.
fn leading(mixture: &Mixture) -> Option<(usize, &Start)> {
    let said = |(slot, start): (usize, &Start)| Schedule::weight(slot).ln() + mixture.worse_since(start);
    let mut all = mixture.starts().iter().enumerate();
    let first = all.next()?;
    let mut leads = (first, said(first).max(0.0));
    for start in all {
        let loud = said(start);
        if loud > leads.1 {
            leads = (start, loud);
        }
    }
    Some(leads.0)
}

/// The last place from `low` where something holds and the first where it does not, given that it holds at `low`: on
/// the rungs first, then between two of them, to a thousandth.
fn bisect(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    if holds(high) {
        return (high, high);
    }
    let (mut low, mut high) = (low, high);
    while high - low > 1e-3 {
        let middle = f64::midpoint(low, high);
        let middle = if high - low > 1.0 { middle.floor() } else { middle };
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}

/// What one start has seen, as a function of the ratio.
struct Seen {
    canary: f64,
    all: f64,
    phi: f64,
    levels: Vec<f64>,
}

impl Seen {
    fn new(mixture: &Mixture, start: &Start) -> Self {
        let (canary, all) = mixture.bad(start);
        Self { canary, all, phi: mixture.phi(), levels: mixture.levels(start) }
    }

    /// The evidence against every ratio up to the one at a place.
    fn above(&self, place: f64) -> f64 {
        self.against::<WORSE>(place, |rung, steps| (rung + steps, steps as f64))
    }
    /// The evidence against every ratio from the one at a place on.
    fn below(&self, place: f64) -> f64 {
        self.against::<FINE>(place, |rung, steps| (rung.saturating_sub(steps), -(steps as f64)))
    }

    fn against<const N: usize>(&self, place: f64, way: impl Fn(usize, usize) -> (usize, f64)) -> f64 {
        let rung = place.floor();
        let weights = cubic(place - rung);
        let rung = rung as usize;
        let base = self.between(rung, weights);
        let mut terms = [0.0; N];
        for (steps, term) in (1..).zip(terms.iter_mut()) {
            let (other, distance) = way(rung, steps);
            *term = (self.canary * distance * STEP - (self.between(other, weights) - base)) / self.phi;
        }
        log_mean_exp(&terms)
    }

    /// The sum for a ratio above a rung, by the cubic through the four nearest: the sums are smooth on the scale of a
    /// rung, so the error is below a millionth of an event per event.
    fn between(&self, rung: usize, weights: [f64; 4]) -> f64 {
        let near = self.levels.get(rung.saturating_sub(1)..rung + 3).unwrap_or_default();
        near.iter().zip(weights).map(|(level, weight)| level * weight).sum()
    }

    /// The place of the likeliest ratio: the top of the log likelihood, by the parabola through the best rung and its
    /// neighbours. None inside for a canary without bad events; none at all without those of the baseline.
    fn likeliest(&self, (lowest, highest): (usize, usize)) -> Option<Option<f64>> {
        if self.all == 0.0 || self.canary == self.all {
            return None;
        }
        if self.canary == 0.0 {
            return Some(None);
        }
        let level = |rung: usize| self.levels.get(rung).copied().unwrap_or_default();
        let value = |rung: usize| self.canary * rung as f64 * STEP - level(rung);
        let best = (lowest..=highest).max_by(|a, b| value(*a).total_cmp(&value(*b)))?;
        let (left, top, right) = (value(best - 1), value(best), value(best + 1));
        let bend = left - 2.0 * top + right;
        let shift = if bend < 0.0 { ((left - right) / (2.0 * bend)).clamp(-1.0, 1.0) } else { 0.0 };
        Some(Some(best as f64 + shift))
    }
}

/// What the four rungs around a place weigh in the cubic through them, for a place so far above the second.
fn cubic(x: f64) -> [f64; 4] {
    [
        -x * (x - 1.0) * (x - 2.0) / 6.0,
        (x + 1.0) * (x - 1.0) * (x - 2.0) / 2.0,
        -(x + 1.0) * x * (x - 2.0) / 2.0,
        (x + 1.0) * x * (x - 1.0) / 6.0,
    ]
}
