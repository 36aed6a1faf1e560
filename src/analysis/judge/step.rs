//! What is counted in one step of time.

use serde::{Deserialize, Serialize};

use crate::analysis::Tally;
use crate::base::Timestamp;

/// Requests of one side, and how many of them were bad: failed, or slower than a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// The bad ones; never more than all.
    pub bad: u64,
}

/// Which time the counts of a step are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// One interval: what happened in intervals without a step is lost.
    #[default]
    Interval,
    /// All the time since the step before, as the difference of counters that ran on does: nothing is lost between.
    SinceLast,
}

/// The counts of both sides at a moment. A side without a sample is none, and the step says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The time of the samples.
    pub at: Timestamp,
    /// What the canary answered.
    pub canary: Option<Tally>,
    /// What the baseline answered.
    pub baseline: Option<Tally>,
    /// Which time this is of.
    pub covers: Covers,
}

impl Step {
    /// The counts of one interval.
    pub fn new(at: Timestamp, canary: Tally, baseline: Tally) -> Self {
        Self { at, canary: Some(canary), baseline: Some(baseline), covers: Covers::Interval }
    }
    /// An interval of which there is no sample.
    pub fn missing(at: Timestamp) -> Self {
        Self { at, canary: None, baseline: None, covers: Covers::Interval }
    }
    /// The counts since the step before, however long ago that was.
    pub fn since_last(at: Timestamp, canary: Tally, baseline: Tally) -> Self {
        Self { covers: Covers::SinceLast, ..Self::new(at, canary, baseline) }
    }
    /// Both sides, when both have a sample.
    pub fn both(&self) -> Option<(Tally, Tally)> {
        self.canary.zip(self.baseline)
    }
}
