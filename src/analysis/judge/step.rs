//! What is counted in one step of time.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

/// Requests of one side, and how many of them were bad: failed, or slower than a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// The bad ones; never more than all.
    pub bad: u64,
}

impl Counts {
    /// So many requests, so many of them bad; more bad ones than there are count as all.
    pub fn new(total: u64, bad: u64) -> Self {
        Self { total, bad: bad.min(total) }
    }
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { total: self.total.saturating_add(other.total), bad: self.bad.saturating_add(other.bad) }
    }
}

/// Which time the counts of a step are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// One interval: what happened in intervals without a step is lost.
    #[default]
    Interval,
    /// All the time since the step before, as the difference of counters that ran on does: nothing is lost between.
    SinceLast,
}

/// The counts of both sides at a moment. A side without a sample is none, and the step says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The time of the samples.
    pub at: Timestamp,
    /// What the canary answered.
    pub canary: Option<Counts>,
    /// What the baseline answered.
    pub baseline: Option<Counts>,
    /// Which time this is of.
    #[serde(default)]
    pub covers: Covers,
}

impl Step {
    /// The counts of one interval.
    pub fn new(at: Timestamp, canary: Counts, baseline: Counts) -> Self {
        Self { at, canary: Some(canary), baseline: Some(baseline), covers: Covers::Interval }
    }
    /// An interval of which at least one side has no sample.
    pub fn missing(at: Timestamp) -> Self {
        Self { at, canary: None, baseline: None, covers: Covers::Interval }
    }
    /// The counts since the step before, however long ago that was.
    pub fn since_last(at: Timestamp, canary: Counts, baseline: Counts) -> Self {
        Self { covers: Covers::SinceLast, ..Self::new(at, canary, baseline) }
    }
    /// Both sides, when both have a sample.
    pub fn both(&self) -> Option<(Counts, Counts)> {
        self.canary.zip(self.baseline)
    }
}
