//! The rank statistic of two samples when one is moved by a shift, standardised by the normal approximation.
//!
//! With `m` and `n` values, `U` the pairs in which x - shift is above y (a tie counts half), and `t` the sizes of the
//! groups of equal values: `z = U - mn/2`, `s² = mn/12 · (m + n + 1 - Σ(t³ - t) / ((m + n)(m + n - 1)))`.

use super::pair::Pair;

/// The correction for continuity: half a pair, towards the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// None.
    None,
    /// Against the sign of the statistic: for two-sided questions.
    Inward,
    /// Half a pair less: for "greater".
    Less,
    /// Half a pair more: for "less".
    More,
}

/// The statistic as a function of the shift.
#[derive(Clone, Copy, Debug)]
pub struct Shift<'a> {
    pub(super) pair: &'a Pair,
    ties: f64,
}

impl<'a> Shift<'a> {
    /// The statistic of these samples.
    pub fn new(pair: &'a Pair) -> Self {
        Self { pair, ties: pair.x.ties() + pair.y.ties() }
    }

    /// How many pairs have x - `shift` above y, a tie counting half; and the sum of t³ - t.
    fn pairs(&self, shift: f64) -> (f64, f64) {
        let y = &self.pair.y.runs;
        let (mut above, mut ties) = (0.0, self.ties);
        let (mut place, mut below) = (0, 0.0);
        for (value, count) in &self.pair.x.runs {
            let value = value - shift;
            while let Some((other, times)) = y.get(place)
                && *other < value
            {
                below += times;
                place += 1;
            }
            above += count * below;
            if let Some((other, times)) = y.get(place)
                && *other == value
            {
                above += count * times / 2.0;
                // What (a + b)³ - (a + b) has more than the two groups apart.
                ties += 3.0 * count * times * (count + times);
            }
        }
        (above, ties)
    }

    /// Mann and Whitney's U of the unmoved samples, which R calls W.
    pub fn u(&self) -> f64 {
        self.pairs(0.0).0
    }

    /// The standardised statistic; NaN when every value is the same after the shift.
    pub fn at(&self, shift: f64, continuity: Continuity) -> f64 {
        let (m, n) = (self.pair.x.count, self.pair.y.count);
        let (above, ties) = self.pairs(shift);
        let z = above - m * n / 2.0;
        let z = match continuity {
            Continuity::None => z,
            Continuity::Inward if z == 0.0 => z,
            Continuity::Inward => z - 0.5_f64.copysign(z),
            Continuity::Less => z - 0.5,
            Continuity::More => z + 0.5,
        };
        let all = m + n;
        let variance = m * n / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
        // Rounding may leave a trace of a variance that is nothing.
        if variance > 1e-9 { z / variance.sqrt() } else { f64::NAN }
    }
}
