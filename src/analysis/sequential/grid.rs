//! The ratios that evidence is gathered for, evenly spaced on a log scale, eight to the octave.
//!
//! Against "not worse than `ρ₀`" stand the forty ratios `ρ₀·2^(k/8)`, `k = 1..40`: five octaves, from nine percent
//! above the limit to thirty-two times it. Against "at least as bad as `ρmax`" stand their mirror images
//! `ρmax·2^(-k/8)`, cut off after three octaves, `k = 1..24`: the first is nine percent below the limit, and below an
//! eighth of it there is nothing to tell apart, because a canary with an eighth of the errors is as promotable as one
//! with none.
//!
//! Around `ρ₀` the grid goes on far enough for each of its ratios within five octaves to be a limit itself: that is
//! what the interval for the ratio needs.

use std::f64::consts::LN_2;

/// Ratios to the octave.
pub const PER_OCTAVE: f64 = 8.0;
/// The distance of two neighbours on the log scale.
pub const STEP: f64 = LN_2 / PER_OCTAVE;
/// Ratios that speak for "worse", above the limit.
pub const WORSE: usize = 40;
/// Ratios that speak for "fine", below the limit.
pub const FINE: usize = 24;
/// How many rungs either side of `ρ₀` may be a limit: five octaves.
const REACH: usize = 40;
/// Interpolation between rungs looks one below and two above.
const ROOM: usize = 2;
/// The rung of `ρ₀`.
const HARMLESS: usize = REACH + FINE + ROOM;
/// How many rungs are laid around `ρ₀`.
const AROUND: usize = HARMLESS + REACH + WORSE + ROOM + 1;

/// The ratios of one signal: first those around `ρ₀`, then those from `ρmax/8` to `ρmax`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    harmless: f64,
    /// Each ratio less one, which is what the likelihood needs.
    excess: Vec<f64>,
}

impl Grid {
    /// The ratios for a harmless limit `ρ₀` and a largest acceptable ratio `ρmax`, both above zero.
    pub fn new(harmless: f64, largest: f64) -> Self {
        let rung = |anchor: f64, steps: f64| anchor * (steps * STEP).exp() - 1.0;
        let around = (0..AROUND).map(|place| rung(harmless, place as f64 - HARMLESS as f64));
        let below = (0..=FINE).map(|place| rung(largest, place as f64 - FINE as f64));
        Self { harmless, excess: around.chain(below).collect() }
    }
    /// Where `ρ₀` is.
    pub fn harmless(&self) -> usize {
        HARMLESS
    }
    /// Where `ρmax` is.
    pub fn largest(&self) -> usize {
        AROUND + FINE
    }
    /// The rungs that may be a limit, lowest and highest.
    pub fn limits(&self) -> (usize, usize) {
        (HARMLESS - REACH, HARMLESS + REACH)
    }
    /// The ratio at a place around `ρ₀`; between two rungs for a fraction.
    pub fn ratio(&self, place: f64) -> f64 {
        self.harmless * ((place - HARMLESS as f64) * STEP).exp()
    }
    /// Every ratio less one.
    pub fn excess(&self) -> &[f64] {
        &self.excess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_the_ratios_it_says() {
        let grid = Grid::new(1.1, 2.0);
        let at = |place: usize| grid.excess()[place] + 1.0;
        assert!((at(grid.harmless()) - 1.1).abs() < 1e-12);
        assert!((at(grid.harmless() + WORSE) - 1.1 * 32.0).abs() < 1e-9);
        assert!((at(grid.largest()) - 2.0).abs() < 1e-12);
        assert!((at(grid.largest() - FINE) - 0.25).abs() < 1e-12);
        assert!((at(grid.largest() - 1) - 2.0 / 1.090_507_732_665_257_7).abs() < 1e-12);
        let (low, high) = grid.limits();
        assert!(low > FINE && high + WORSE + 2 < grid.largest() - FINE);
        assert!((grid.ratio(high as f64) - 1.1 * 32.0).abs() < 1e-9);
    }
}
