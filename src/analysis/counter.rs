//! Counters to counts: what was added between two sightings, exactly, and nothing made up.
//!
//! Invariants: nothing is extrapolated; a count that fell, or whose process began anew, started from zero; a series
//! that appears at a target seen before started from zero too, so that the first error of a new version is not lost;
//! one that vanishes takes nothing back. Whole numbers up to 2^53 stay exact: above, a 64-bit float skips some.
//! What was counted between the last sighting and a restart is lost with the process, so a sum is a lower bound then.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::Add;

/// The largest count that is exact: 2^53.
pub const EXACT: u64 = 1 << 53;

/// How far two times of a process's start may lie apart and still be one start, in seconds: some exporters compute
/// it anew each time.
const SAME_START: f64 = 1.0;

/// How much was added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// Whole, and not more than [`EXACT`].
    Exact(u64),
    /// A fraction, or beyond what is exact.
    About(f64),
}

impl Growth {
    /// Nothing was added.
    pub const NONE: Self = Self::Exact(0);

    /// From `before` to `after`, both counts; `after` is not the smaller one.
    fn between(before: f64, after: f64) -> Self {
        match (whole(before), whole(after)) {
            (Some(before), Some(after)) => Self::Exact(after.saturating_sub(before)),
            _ => Self::About(after - before),
        }
    }

    /// As a number.
    pub fn value(self) -> f64 {
        match self {
            Self::Exact(count) => count as f64,
            Self::About(value) => value,
        }
    }

    /// As a whole count, when it is one.
    pub fn exact(self) -> Option<u64> {
        match self {
            Self::Exact(count) => Some(count),
            Self::About(_) => None,
        }
    }
}

impl Add for Growth {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exact(one), Self::Exact(other)) if one + other <= EXACT => Self::Exact(one + other),
            (one, other) => Self::About(one.value() + other.value()),
        }
    }
}

impl Sum for Growth {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}

/// A count as a whole number, when it is exact.
pub fn whole(count: f64) -> Option<u64> {
    (count >= 0.0 && count <= EXACT as f64 && count.fract() == 0.0).then_some(count as u64)
}

/// One series of a target at one sighting.
#[derive(Clone, Debug, PartialEq)]
pub struct Count<S> {
    /// Which series.
    pub series: S,
    /// What it had counted.
    pub value: f64,
    /// Since when, in seconds since 1970, when that is told: the start of the process or of the series.
    pub since: Option<f64>,
}

/// What a series added since it was seen before.
#[derive(Clone, Debug, PartialEq)]
pub struct Grown<S> {
    /// Which series.
    pub series: S,
    /// How much.
    pub by: Growth,
    /// True when it started from zero in between: what it had counted just before that is not in it.
    pub restarted: bool,
}

/// The counters of some targets, as they were last seen. A target is what is asked as one: a process, a pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Counters<T, S> {
    targets: BTreeMap<T, BTreeMap<S, (f64, Option<f64>)>>,
}

impl<T, S> Default for Counters<T, S> {
    fn default() -> Self {
        Self { targets: BTreeMap::new() }
    }
}

impl<T: Ord, S: Ord + Clone> Counters<T, S> {
    /// Takes in what a target says, and tells what was added since it last spoke; none when it never did. A value
    /// that is no count (not finite, below zero) is passed over.
    pub fn take(&mut self, target: T, counts: impl IntoIterator<Item = Count<S>>) -> Option<Vec<Grown<S>>> {
        let counts = counts.into_iter().filter(|count| count.value.is_finite() && count.value >= 0.0);
        let Some(known) = self.targets.get_mut(&target) else {
            let first = counts.map(|count| (count.series, (count.value, count.since)));
            self.targets.insert(target, first.collect());
            return None;
        };
        let mut grown = Vec::new();
        for Count { series, value, since } in counts {
            let before = known.insert(series.clone(), (value, since));
            let (from, restarted) = match before {
                None => (0.0, false),
                Some((before, began)) if value < before || moved(began, since) => (0.0, true),
                Some((before, _)) => (before, false),
            };
            grown.push(Grown { series, by: Growth::between(from, value), restarted });
        }
        Some(grown)
    }

    /// True when the target spoke before.
    pub fn knows(&self, target: &T) -> bool {
        self.targets.contains_key(target)
    }

    /// How many series are remembered.
    pub fn series(&self) -> usize {
        self.targets.values().map(BTreeMap::len).sum()
    }
}

/// Whether a start is another one.
fn moved(before: Option<f64>, now: Option<f64>) -> bool {
    matches!((before, now), (Some(before), Some(now)) if (now - before).abs() > SAME_START)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(counts: &[(&'static str, f64)], since: f64) -> Vec<Count<&'static str>> {
        counts
            .iter()
            .map(|(series, value)| Count { series: *series, value: *value, since: Some(since) })
            .collect()
    }

    fn sums(grown: Option<Vec<Grown<&'static str>>>) -> Option<Vec<(&'static str, u64, bool)>> {
        let one = |grown: Grown<_>| (grown.series, grown.by.exact().expect("exact"), grown.restarted);
        grown.map(|grown| grown.into_iter().map(one).collect())
    }

    #[test]
    fn the_first_word_of_a_target_adds_nothing() {
        let mut counters = Counters::default();
        assert_eq!(sums(counters.take("a", at(&[("ok", 1e6)], 0.0))), None);
        assert_eq!(sums(counters.take("a", at(&[("ok", 1e6 + 7.0)], 0.0))), Some(vec![("ok", 7, false)]));
        assert_eq!(sums(counters.take("b", at(&[("ok", 5.0)], 0.0))), None, "another target");
    }

    #[test]
    fn the_first_error_of_a_target_seen_before_is_not_lost() {
        let mut counters = Counters::default();
        counters.take("canary", at(&[("200", 40.0)], 0.0));
        let grown = counters.take("canary", at(&[("200", 50.0), ("500", 1.0)], 0.0));
        assert_eq!(sums(grown), Some(vec![("200", 10, false), ("500", 1, false)]));
        let mut silent = Counters::default();
        assert_eq!(sums(silent.take("canary", at(&[], 0.0))), None, "it spoke, and had counted nothing");
        assert_eq!(sums(silent.take("canary", at(&[("500", 3.0)], 0.0))), Some(vec![("500", 3, false)]));
    }

    #[test]
    fn a_restart_is_seen_by_the_count_or_by_the_start() {
        let mut counters = Counters::default();
        counters.take("a", at(&[("ok", 100.0)], 10.0));
        assert_eq!(sums(counters.take("a", at(&[("ok", 30.0)], 10.0))), Some(vec![("ok", 30, true)]));
        assert_eq!(sums(counters.take("a", at(&[("ok", 31.0)], 60.0))), Some(vec![("ok", 31, true)]));
        assert_eq!(sums(counters.take("a", at(&[("ok", 32.0)], 60.4))), Some(vec![("ok", 1, false)]));
    }

    #[test]
    fn what_vanishes_takes_nothing_back() {
        let mut counters = Counters::default();
        counters.take("a", at(&[("ok", 100.0), ("500", 3.0)], 0.0));
        assert_eq!(sums(counters.take("a", at(&[("ok", 110.0)], 0.0))), Some(vec![("ok", 10, false)]));
        let back = counters.take("a", at(&[("ok", 111.0), ("500", 5.0)], 0.0));
        assert_eq!(sums(back), Some(vec![("ok", 1, false), ("500", 2, false)]));
    }

    #[test]
    fn whole_numbers_are_exact_as_far_as_they_go() {
        let top = EXACT as f64;
        assert_eq!(Growth::between(top - 3.0, top), Growth::Exact(3));
        assert_eq!(Growth::between(0.0, top + 2.0), Growth::About(top + 2.0));
        assert_eq!(Growth::between(0.5, 2.0), Growth::About(1.5));
        let sum: Growth = [Growth::Exact(EXACT), Growth::Exact(1)].into_iter().sum();
        assert!(matches!(sum, Growth::About(_)), "{sum:?}");
        assert_eq!([].into_iter().sum::<Growth>(), Growth::NONE);
        let mut counters = Counters::default();
        counters.take("a", at(&[("x", 1.0)], 0.0));
        let odd = counters.take("a", at(&[("x", f64::NAN), ("y", -1.0), ("z", f64::INFINITY)], 0.0));
        assert_eq!(sums(odd), Some(vec![]), "none of them is a count");
    }

    proptest! {
        /// Whenever one looks, and however often, the same is added in all; and never less than nothing.
        #[test]
        fn sums_do_not_depend_on_when_one_looks(
            steps in prop::collection::vec(0u32..1000, 2..40),
            looks in prop::collection::vec(any::<bool>(), 40),
        ) {
            let mut count = 5.0;
            let mut counters = Counters::default();
            counters.take("a", at(&[("ok", count)], 0.0));
            let mut total = Growth::NONE;
            for (step, look) in steps.iter().zip(&looks) {
                count += f64::from(*step);
                if *look {
                    let grown = counters.take("a", at(&[("ok", count)], 0.0)).expect("known");
                    total = total + grown.into_iter().map(|grown| grown.by).sum();
                }
            }
            let rest = counters.take("a", at(&[("ok", count)], 0.0)).expect("known");
            total = total + rest.into_iter().map(|grown| grown.by).sum();
            prop_assert_eq!(total, Growth::Exact(steps.iter().map(|step| u64::from(*step)).sum()));
        }
    }
}
