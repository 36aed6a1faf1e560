//! Samples of one side of a metric over time, bounded and packed.
//!
//! Invariants: oldest first, one sample a moment; what is known is never replaced, a gap is filled when its value
//! comes late, and of two gaps the one that says more stays, so that the order of asking does not matter; numbers are
//! finite; the oldest go when there are too many. A day of 200 signals at 15 s takes less than 32 MiB.

use std::cmp::Reverse;
use std::collections::VecDeque;

use crate::analysis::{Measure, Quality, Sample, Tally};
use crate::base::{Seconds, Timestamp};

mod packed;
#[cfg(test)]
mod tests;

use packed::Run;

/// Samples of one side of a metric, on a grid of about `every`.
#[derive(Clone, Debug)]
pub struct Samples {
    every: i64,
    most: usize,
    runs: VecDeque<Run>,
    /// All in the runs.
    count: usize,
    /// How many of the first run are too old already.
    gone: usize,
}

impl PartialEq for Samples {
    /// By what they hold, not by how it is packed.
    fn eq(&self, other: &Self) -> bool {
        (self.every, self.most, self.len()) == (other.every, other.most, other.len())
            && self.iter().eq(other.iter())
    }
}

/// Events of some samples in a row, and whether that was all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// The events.
    pub tally: Tally,
    /// How many samples had them.
    pub samples: usize,
    /// How many more were asked for and had none, or are not on the grid at all.
    pub missing: usize,
}

impl Samples {
    /// No samples yet: one is expected `every` so often, and so much time is kept.
    pub fn new(every: Seconds, keep: Seconds) -> Self {
        let every = every.signed().max(1);
        let most = usize::try_from(keep.signed() / every).unwrap_or(usize::MAX).max(8);
        Self { every, most, runs: VecDeque::new(), count: 0, gone: 0 }
    }

    /// Takes in samples of any order; true when something changed.
    pub fn take(&mut self, samples: impl IntoIterator<Item = Sample>) -> bool {
        let mut changed = false;
        for sample in samples {
            changed |= self.put(sound(sample));
        }
        changed
    }

    fn put(&mut self, sample: Sample) -> bool {
        if self.last().is_none_or(|newest| newest < sample.at) {
            match self.runs.back_mut().filter(|run| !run.is_full()) {
                Some(run) => run.push(&sample),
                None => self.runs.push_back(Run::new(&sample)),
            }
            self.count += 1;
            self.forget();
            return true;
        }
        let place = self.runs.partition_point(|run| run.last() < sample.at);
        let mut held = self.unpacked(place);
        match held.binary_search_by(|known| known.at.cmp(&sample.at)) {
            Ok(found) => {
                let Some(known) = held.get_mut(found).filter(|known| worth(known) < worth(&sample)) else {
                    return false;
                };
                *known = sample;
            }
            // Older than all, and there is no room.
            Err(0) if place == 0 && self.len() >= self.most => return false,
            Err(before) => held.insert(before, sample),
        }
        self.repack(place, &held);
        self.forget();
        true
    }

    /// The samples of a run, without those that are gone.
    fn unpacked(&self, place: usize) -> Vec<Sample> {
        let mut held = self.runs.get(place).map_or_else(Vec::new, Run::samples);
        if place == 0 {
            held.drain(..self.gone.min(held.len()));
        }
        held
    }

    fn repack(&mut self, place: usize, held: &[Sample]) {
        let before = self.runs.remove(place).map_or(0, |run| run.count());
        if place == 0 {
            self.gone = 0;
        }
        self.count = self.count - before + held.len();
        for (further, run) in Run::of(held).enumerate() {
            self.runs.insert(place + further, run);
        }
    }

    fn forget(&mut self) {
        self.gone += self.len().saturating_sub(self.most);
        while let Some(first) = self.runs.front().map(Run::count).filter(|first| *first <= self.gone) {
            self.runs.pop_front();
            self.count -= first;
            self.gone -= first;
        }
    }

    /// How often a sample is expected, in seconds, at least 1.
    pub fn every(&self) -> i64 {
        self.every
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count - self.gone
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        (0..self.runs.len()).flat_map(|place| self.unpacked(place))
    }
    /// Those after one moment up to and with another, oldest first.
    pub fn between(&self, after: Timestamp, to: Timestamp) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        let first = self.runs.partition_point(|run| run.last() <= after);
        let last = self.runs.partition_point(|run| run.last() < to).saturating_add(1).min(self.runs.len());
        (first..last)
            .flat_map(|place| self.unpacked(place))
            .filter(move |sample| sample.at > after && sample.at <= to)
    }
    /// The newest moment that was asked about, with or without a value.
    pub fn last(&self) -> Option<Timestamp> {
        self.runs.back().map(Run::last)
    }
    /// The newest, with or without a value.
    pub fn latest(&self) -> Option<Sample> {
        self.iter().next_back()
    }
    /// The samples with a number that counts as evidence, newest first.
    pub fn good(&self) -> impl Iterator<Item = (Timestamp, f64)> + '_ {
        self.iter().rev().filter_map(|sample| Some((sample.at, sample.good()?)))
    }
    /// The newest sample with a number that counts.
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

    /// The events after one moment up to and with another: of good samples only.
    pub fn sum(&self, after: Timestamp, to: Timestamp) -> Sum {
        let mut out = Sum::default();
        for sample in self.between(after, to) {
            if let Some(tally) = sample.tally() {
                out.tally = out.tally.plus(tally);
                out.samples += 1;
            }
        }
        let span = to.as_second().saturating_sub(after.as_second()).max(0);
        let expected = usize::try_from(span / self.every).unwrap_or(usize::MAX);
        out.missing = expected.saturating_sub(out.samples);
        out
    }

    /// The samples from a moment on as text, one a line: what a decision rested on, for keeping and hashing.
    pub fn text(&self, from: Timestamp) -> String {
        let mut out = String::new();
        for sample in self.iter().filter(|sample| sample.at >= from) {
            out.push_str(&sample.line());
            out.push('\n');
        }
        out
    }

    /// How many bytes they take in memory.
    pub fn size(&self) -> usize {
        let spare = self.runs.capacity() - self.runs.len();
        size_of::<Self>() + spare * size_of::<Run>() + self.runs.iter().map(Run::size).sum::<usize>()
    }

    /// All of them as bytes, for a file.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut runs = self.runs.iter();
        if self.gone > 0 && runs.next().is_some() {
            Run::of(&self.unpacked(0)).for_each(|run| run.pack(&mut out));
        }
        runs.for_each(|run| run.pack(&mut out));
        out
    }

    /// Takes in what was packed; none when the bytes are not that.
    pub fn unpack(every: Seconds, keep: Seconds, mut bytes: &[u8]) -> Option<Self> {
        let mut out = Self::new(every, keep);
        while !bytes.is_empty() {
            let run = Run::unpack(&mut bytes)?;
            if out.last().is_some_and(|last| run.first() <= last) {
                return None;
            }
            out.count += run.count();
            out.runs.push_back(run);
        }
        out.forget();
        Some(out)
    }
}

/// The same with a number that is one, or a gap.
fn sound(sample: Sample) -> Sample {
    match sample.measure {
        Measure::Number(value) if !value.is_finite() => {
            let quality = if sample.quality == Quality::Ok { Quality::NoSeries } else { sample.quality };
            Sample { measure: Measure::None, quality, ..sample }
        }
        _ => sample,
    }
}

/// What says more is worth more: something measured, then the better answer.
fn worth(sample: &Sample) -> (bool, Reverse<Quality>) {
    (sample.measure != Measure::None, Reverse(sample.quality))
}
