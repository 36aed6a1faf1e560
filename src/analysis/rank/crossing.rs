//! The shifts at which the rank statistic falls through a wanted value.
//!
//! The statistic is a staircase: it falls at the differences x - y and is level between them. So a crossing is one of
//! the differences, and what a search finds near it is replaced by it. Where the stairs are level with what is wanted,
//! every point of the step is a crossing.

use super::pair::Values;
use super::root::zero;
use super::shift::{Continuity, Shift};

/// How close a search comes, as a share of the span of the differences.
const CLOSE: f64 = 1e-9;

/// Where the stairs cross.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crossing {
    /// The point the search came to.
    pub found: f64,
    /// The middle of all points that cross.
    pub middle: f64,
}

impl Crossing {
    fn at(point: f64) -> Self {
        Self { found: point, middle: point }
    }
}

/// What there is to search.
enum Range {
    /// The crossing lies past the last difference, or there is nothing to move.
    Known(f64),
    /// It lies between these shifts.
    Between(f64, f64),
}

/// The end of an interval: where the statistic falls through `wanted`, kept inside the range of the differences.
pub(super) fn bound(shift: &Shift<'_>, continuity: Continuity, wanted: f64) -> f64 {
    let distance = |at: f64| shift.at(at, continuity) - wanted;
    match range(shift, distance) {
        Range::Known(point) => point,
        Range::Between(from, to) => {
            let close = CLOSE * (to - from);
            settle(shift, zero(distance, (from, to), close), close).found
        }
    }
}

/// The shift that leaves the ranks even.
pub(super) fn even(shift: &Shift<'_>) -> Crossing {
    let distance = |at: f64| shift.at(at, Continuity::None);
    match range(shift, distance) {
        Range::Known(point) => Crossing::at(point),
        Range::Between(from, to) => {
            let close = CLOSE * (to - from);
            settle(shift, zero(distance, (from, to), close), close)
        }
    }
}

/// What `root` stands for: the difference that is as good as there, or the level step around it.
fn settle(shift: &Shift<'_>, root: f64, close: f64) -> Crossing {
    let (below, above) = shift.pair.around(root);
    let (Some(below), Some(above)) = (below.or(above), above.or(below)) else { return Crossing::at(root) };
    let nearest = if root - below <= above - root { below } else { above };
    if (nearest - root).abs() <= 2.0 * close {
        return Crossing::at(nearest);
    }
    Crossing { found: root, middle: below / 2.0 + above / 2.0 }
}

fn range(shift: &Shift<'_>, distance: impl Fn(f64) -> f64) -> Range {
    let (x, y) = (&shift.pair.x, &shift.pair.y);
    let Some((low, high)) = shift.pair.differences() else {
        // A sample without a finite value: the statistic is the same at every shift.
        return Range::Known(match distance(0.0) {
            above if above > 0.0 => f64::INFINITY,
            below if below < 0.0 => f64::NEG_INFINITY,
            _ => 0.0,
        });
    };
    // Infinite differences lie past the finite ones, and the stairs go on there.
    let past = |infinity: f64| apart(x, y, infinity) || apart(y, x, -infinity);
    let margin = if high > low { high - low } else { high.abs().max(1.0) };
    let from = if past(f64::NEG_INFINITY) { low - margin } else { low };
    let to = if past(f64::INFINITY) { high + margin } else { high };
    let (first, last) = (distance(from), distance(to));
    if first < 0.0 {
        return Range::Known(if from < low { f64::NEG_INFINITY } else { low });
    }
    if last > 0.0 {
        return Range::Known(if to > high { f64::INFINITY } else { high });
    }
    if first > 0.0 && last < 0.0 {
        return Range::Between(from, to);
    }
    // Level at an end; or one value in each sample, where there is nothing to search.
    Range::Known(if first > 0.0 { high } else { low })
}

/// True when one sample has this infinity where the other has something else.
fn apart(one: &Values, other: &Values, infinity: f64) -> bool {
    one.infinite(infinity) > 0.0 && other.infinite(infinity) < other.count
}
