//! Moments at whole multiples of a step.

use super::Point;
use crate::base::Timestamp;

/// Points of one request: under the 11 000 a server allows.
const POINTS: i64 = 10_000;

/// Moments at whole multiples of a step, both ends included; in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// From one to the next, at least 1.
    pub every: i64,
}

impl Grid {
    /// The grid inside a window; none when no multiple falls into it.
    pub fn new(from: Timestamp, to: Timestamp, every: i64) -> Option<Self> {
        let every = every.max(1);
        let from = from.as_second() + i64::from(from.subsec_nanosecond() > 0);
        let first = from + (-from).rem_euclid(every);
        let last = to.as_second() - to.as_second().rem_euclid(every);
        (first <= last).then_some(Self { first, last, every })
    }

    /// How many moments there are.
    pub fn points(self) -> i64 {
        (self.last - self.first) / self.every + 1
    }

    /// The moments.
    pub fn moments(self) -> impl Iterator<Item = Timestamp> {
        let second = move |step| Timestamp::from_second(self.first + step * self.every).ok();
        (0..self.points()).filter_map(second)
    }

    /// The same grid in pieces that a server answers.
    pub(super) fn parts(self) -> impl Iterator<Item = Self> {
        let stride = self.every * POINTS;
        (0..).map(move |part| self.first + part * stride).take_while(move |first| *first <= self.last).map(
            move |first| Self { first, last: self.last.min(first + stride - self.every), every: self.every },
        )
    }

    /// The same grid in two pieces; none when it is one moment.
    pub(super) fn halves(self) -> Option<(Self, Self)> {
        let steps = self.points();
        let middle = self.first + (steps / 2) * self.every;
        (steps > 1).then_some((Self { last: middle - self.every, ..self }, Self { first: middle, ..self }))
    }

    /// Puts each point at its step, and tells how many lie on none.
    pub(super) fn fill(self, steps: &mut [Option<f64>], points: &[Point]) -> usize {
        let mut strays = 0;
        for Point(at, value) in points {
            let step = (at - self.first as f64) / self.every as f64;
            let near = (step - step.round()).abs() * (self.every as f64) < 0.5 && step.round() >= 0.0;
            match steps.get_mut(step.round() as usize).filter(|_| near) {
                Some(place) => *place = Some(*value),
                None => strays += 1,
            }
        }
        strays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("time")
    }

    #[test]
    fn a_grid_is_aligned_and_inside_the_window() {
        assert_eq!(Grid::new(at(7), at(61), 15), Some(Grid { first: 15, last: 60, every: 15 }));
        assert_eq!(Grid::new(at(15), at(15), 15).map(Grid::points), Some(1));
        assert_eq!(Grid::new(at(16), at(29), 15), None);
        assert_eq!(Grid::new(at(30), at(15), 15), None);
    }

    #[test]
    fn parts_cover_the_grid_once_and_none_is_too_long() {
        let grid = Grid::new(at(0), at(25_000 * 15), 15).expect("grid");
        let parts: Vec<Grid> = grid.parts().collect();
        assert_eq!(parts.iter().map(|part| part.points()).sum::<i64>(), grid.points());
        assert!(parts.iter().all(|part| (part.last - part.first) / part.every <= 11_000));
        assert!(parts.windows(2).all(|pair| matches!(pair, [a, b] if b.first == a.last + 15)));
        let (first, second) = grid.halves().expect("two halves");
        assert_eq!((first.first, second.first, second.last), (grid.first, first.last + 15, grid.last));
        assert_eq!(Grid { first: 0, last: 0, every: 15 }.halves(), None);
    }

    #[test]
    fn steps_left_out_are_gaps_and_strays_are_counted() {
        let grid = Grid::new(at(0), at(60), 15).expect("grid");
        let mut steps = vec![None; 5];
        let points = [(0.0, 1.0), (30.0, f64::INFINITY), (45.001, 4.0), (52.0, 9.0), (90.0, 1.0)];
        let strays = grid.fill(&mut steps, &points.map(|(at, value)| Point(at, value)));
        assert_eq!(steps, [Some(1.0), None, Some(f64::INFINITY), Some(4.0), None]);
        assert_eq!(strays, 2);
    }
}
