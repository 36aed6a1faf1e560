//! Samples of one number over time, bounded.
//!
//! Invariants: oldest first, one sample a moment, every value finite or `None`; a value that is known is never
//! replaced, a gap is filled when its value comes late; the oldest go when there are too many.

use std::collections::VecDeque;

use crate::base::{Seconds, Timestamp};

/// Samples of one number, on a grid of about `every`.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    every: i64,
    most: usize,
    held: VecDeque<(Timestamp, Option<f64>)>,
}

impl Samples {
    /// No samples yet: one is expected `every` so often, and so much time is kept.
    pub fn new(every: Seconds, keep: Seconds) -> Self {
        let every = every.signed().max(1);
        let most = usize::try_from(keep.signed() / every).unwrap_or(usize::MAX).max(8);
        Self { every, most, held: VecDeque::new() }
    }

    /// Takes in samples of any order; true when something changed.
    pub fn take(&mut self, samples: impl IntoIterator<Item = (Timestamp, Option<f64>)>) -> bool {
        let mut changed = false;
        for (at, value) in samples {
            let value = value.filter(|value| value.is_finite());
            if self.held.back().is_none_or(|(newest, _)| *newest < at) {
                self.held.push_back((at, value));
                changed = true;
                continue;
            }
            match self.held.binary_search_by(|(known, _)| known.cmp(&at)) {
                Ok(place) => {
                    if let Some((_, known @ None)) = self.held.get_mut(place)
                        && value.is_some()
                    {
                        *known = value;
                        changed = true;
                    }
                }
                Err(place) => {
                    self.held.insert(place, (at, value));
                    changed = true;
                }
            }
        }
        while self.held.len() > self.most {
            self.held.pop_front();
        }
        changed
    }

    /// How often a sample is expected, in seconds, at least 1.
    pub fn every(&self) -> i64 {
        self.every
    }
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Timestamp, Option<f64>)> + '_ {
        self.held.iter().copied()
    }
    /// The newest moment that was asked about, with or without a value.
    pub fn last(&self) -> Option<Timestamp> {
        self.held.back().map(|(at, _)| *at)
    }
    /// The samples with a value, newest first.
    pub fn good(&self) -> impl Iterator<Item = (Timestamp, f64)> + '_ {
        self.held.iter().rev().filter_map(|(at, value)| value.map(|value| (*at, value)))
    }
    /// The newest sample with a value.
    pub fn newest(&self) -> Option<(Timestamp, f64)> {
        self.good().next()
    }

    /// The newest good sample and whether it still speaks for `now`: no more than three intervals away, and the grid
    /// has no more than one hole after it. One from further ahead comes from a clock that is wrong: it would speak
    /// for as long as that clock is ahead, whatever the source says since.
    pub fn speaks(&self, now: Timestamp) -> (Option<(Timestamp, f64)>, bool) {
        let Some((at, value)) = self.newest() else { return (None, false) };
        let age = now.as_second() - at.as_second();
        let hole = self.last().map_or(0, |last| last.as_second() - at.as_second());
        (Some((at, value)), age.abs() <= 3 * self.every && hole < 2 * self.every)
    }

    /// The samples from a moment on as text, one a line: what a decision rested on, for keeping and hashing.
    pub fn text(&self, from: Timestamp) -> String {
        let mut out = String::new();
        for (at, value) in self.held.iter().filter(|(at, _)| *at >= from) {
            let value = value.map_or_else(|| "none".to_owned(), |value| value.to_string());
            out.push_str(&format!("{at} {value}\n"));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn gaps_are_filled_late_and_known_values_stay() {
        let mut samples = Samples::new(Seconds(15), Seconds(3600));
        assert!(samples.take([(at(0), Some(1.0)), (at(15), None), (at(30), Some(f64::NAN))]));
        assert!(samples.take([(at(15), Some(2.0)), (at(0), Some(9.0))]));
        assert!(!samples.take([(at(15), Some(3.0)), (at(30), None)]));
        assert_eq!(
            samples.iter().collect::<Vec<_>>(),
            [(at(0), Some(1.0)), (at(15), Some(2.0)), (at(30), None)]
        );
        assert_eq!(samples.newest(), Some((at(15), 2.0)));
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut samples = Samples::new(Seconds(15), Seconds(150));
        samples.take((0..100).map(|n| (at(n * 15), Some(1.0))));
        assert_eq!(samples.iter().count(), 10);
        assert_eq!(samples.last(), Some(at(99 * 15)));
    }

    #[test]
    fn a_sample_from_the_future_says_nothing_of_now() {
        let mut samples = Samples::new(Seconds(15), Seconds(3600));
        samples.take([(at(3600), Some(1.0))]);
        assert!(!samples.speaks(at(0)).1);
        assert!(samples.speaks(at(3570)).1, "clocks differ a little");
    }

    #[test]
    fn a_hole_or_age_ends_its_word() {
        let mut samples = Samples::new(Seconds(15), Seconds(3600));
        samples.take([0, 15, 90, 105, 135].map(|second| (at(second), Some(1.0))));
        assert!(samples.speaks(at(180)).1);
        assert!(!samples.speaks(at(181)).1);
        samples.take([(at(150), None)]);
        assert!(samples.speaks(at(150)).1, "one hole is let be");
        samples.take([(at(165), None)]);
        assert!(!samples.speaks(at(165)).1, "two are not");
    }
}
