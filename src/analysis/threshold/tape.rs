//! The samples that matter to a rule, unpacked once, with running sums of their counts.
//!
//! Invariants: oldest first; none is further ahead of the clock than clocks differ; what does not count adds nothing
//! to a sum and is not missed in it either.

use super::settings::Watched;
use crate::analysis::{Sample, Samples, Sum, Tally};
use crate::base::Timestamp;

/// How many intervals a sample may be old, or ahead, and still speak.
const SPEAKS: i64 = 3;

/// Some samples, and the sums up to each of them.
pub(super) struct Tape {
    pub every: i64,
    items: Vec<Sample>,
    sums: Vec<Running>,
}

/// Everything up to a sample.
#[derive(Clone, Copy, Default)]
struct Running {
    tally: Tally,
    known: usize,
    left_out: usize,
    busiest: u64,
}

impl Tape {
    /// Of the samples since a moment.
    pub(super) fn of(samples: &Samples, since: Timestamp, what: &Watched<'_>, now: Timestamp) -> Self {
        let every = samples.every();
        let items: Vec<Sample> = samples.between(since, later(now, SPEAKS * every)).collect();
        let mut sum = Running::default();
        let add = |sample: &Sample| {
            if !what.course.counts(what.terms.warm_up, sample.at) {
                sum.left_out += 1;
            } else if let Some(tally) = sample.tally() {
                sum.tally = sum.tally.plus(tally);
                sum.known += 1;
                sum.busiest = sum.busiest.max(tally.total);
            }
            sum
        };
        let sums = items.iter().map(add).collect();
        Self { every, items, sums }
    }

    pub(super) fn get(&self, place: usize) -> Option<&Sample> {
        self.items.get(place)
    }

    /// The places of all samples, newest first.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.items.len()).rev()
    }

    /// The newest of all, with or without a number.
    pub(super) fn latest(&self) -> Option<&Sample> {
        self.items.last()
    }

    /// Whether a sample still speaks for now: it is fresh, and the grid has no more than one hole after it.
    pub(super) fn speaks(&self, sample: &Sample, now: Timestamp) -> bool {
        let age = now.as_second() - sample.at.as_second();
        let hole = self.latest().map_or(0, |last| last.at.as_second() - sample.at.as_second());
        age.abs() <= SPEAKS * self.every && hole < 2 * self.every
    }

    /// The place of the newest sample at or before a moment that is of use, at most two intervals before it.
    pub(super) fn near(&self, at: Timestamp, of_use: impl Fn(&Sample) -> bool) -> Option<usize> {
        let end = self.items.partition_point(|sample| sample.at <= at);
        (0..end)
            .rev()
            .map_while(|place| Some((place, self.items.get(place)?)))
            .take_while(|(_, sample)| at.as_second() - sample.at.as_second() <= 2 * self.every)
            .find(|(_, sample)| of_use(sample))
            .map(|(place, _)| place)
    }

    /// The counts after a moment up to and with a sample.
    pub(super) fn sum(&self, place: usize, after: Timestamp) -> Sum {
        let (Some(last), Some(end)) = (self.items.get(place), self.sums.get(place)) else {
            return Sum::default();
        };
        let before = self.items.partition_point(|sample| sample.at <= after).checked_sub(1);
        let begin = before.and_then(|before| self.sums.get(before)).copied().unwrap_or_default();
        let span = last.at.as_second().saturating_sub(after.as_second()).max(0);
        let expected = usize::try_from(span / self.every).unwrap_or(usize::MAX);
        let samples = end.known.saturating_sub(begin.known);
        let left_out = end.left_out.saturating_sub(begin.left_out);
        Sum {
            tally: minus(end.tally, begin.tally),
            samples,
            missing: expected.saturating_sub(samples).saturating_sub(left_out),
        }
    }

    /// The most events that any sample up to this one counted.
    pub(super) fn busiest(&self, place: usize) -> u64 {
        self.sums.get(place).map_or(0, |sum| sum.busiest)
    }
}

/// So many seconds later; the end of time when that is beyond it.
pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// So many seconds earlier; the beginning of time when that is before it.
pub(super) fn earlier(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

fn minus(all: Tally, before: Tally) -> Tally {
    let ([a, b, c], [x, y, z]) = (all.bad, before.bad);
    Tally {
        total: all.total.saturating_sub(before.total),
        bad: [a.saturating_sub(x), b.saturating_sub(y), c.saturating_sub(z)],
    }
}
