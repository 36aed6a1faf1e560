//! Baselines: what a number was before, or of another version, kept to be compared with later.
//!
//! Counts are added up exactly, so that a share of a whole hour is a share of its events. Numbers are kept as their
//! median: an average of quantiles is no quantile, and the median of those that were read says what it usually was,
//! untouched by one bad minute. It is not the quantile of all events together either.
//!
//! Invariants: only good samples count; a baseline that is too old, rests on too little or answers another question is
//! refused, with what to do about it; nothing is compared with a number that is not there.

use serde::{Deserialize, Serialize};

use crate::analysis::sequential::{Draw, dispersion};
use crate::analysis::{Measure, Quality, Sample, Tally};
use crate::base::{Digest, Seconds, Timestamp, short_duration};

mod name;
#[cfg(test)]
mod tests;

pub use name::{BaselineName, NoName};

/// What a number was over a stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The first moment it rests on.
    pub from: Timestamp,
    /// The last moment it rests on.
    pub to: Timestamp,
    /// What it was.
    pub level: Level,
    /// How many good samples it rests on.
    pub samples: u32,
    /// How much more bad events scattered between both sides of one version than chance alone would have them; none
    /// when there were not two sides, or too few bad events to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phi: Option<f64>,
    /// The digest of what was asked; none for what a person said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Digest>,
}

/// What a number was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Level {
    /// Events, added up exactly.
    Counts {
        /// All of them.
        total: u64,
        /// The bad ones, by bound.
        bad: [u64; Tally::BOUNDS],
    },
    /// The median of the numbers that were read.
    Median {
        /// The number, in its unit's base.
        value: f64,
    },
    /// What a person said, from a report of theirs.
    Said {
        /// The number, in its unit's base.
        value: f64,
    },
}

/// Why a stretch of samples makes no baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Empty {
    /// There was no good sample.
    #[error("there was no good sample from {0} to {1}; look at the source, or name another time")]
    NoSamples(Timestamp, Timestamp),
    /// Nothing happened that could be counted.
    #[error("nothing was counted from {0} to {1}; name a time with traffic")]
    NoEvents(Timestamp, Timestamp),
}

/// What is asked of a baseline before anything is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// It may be so old, when it is of a time and not of a version; a day.
    pub fresh: Seconds,
    /// It rests on so many events, when they are counted; 100.
    pub events: u64,
    /// It rests on so many numbers, when it is their median; 8.
    pub samples: u32,
}

impl Default for Demand {
    fn default() -> Self {
        Self { fresh: Seconds(24 * 3600), events: 100, samples: 8 }
    }
}

/// Why nothing is compared with a baseline.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// There is none.
    #[error("no baseline `{name}` was captured; {help}")]
    None {
        /// Which.
        name: BaselineName,
        /// What to do.
        help: String,
    },
    /// It was asked for, and could not be had.
    #[error("the baseline `{name}` could not be captured: {why}")]
    Missed {
        /// Which.
        name: BaselineName,
        /// Why.
        why: String,
    },
    /// It is of a time too long ago.
    #[error(
        "the baseline `{name}` is {age} old, more than {most}; capture it again before the release goes on"
    )]
    Old {
        /// Which.
        name: BaselineName,
        /// How old.
        age: Seconds,
        /// How old it may be.
        most: Seconds,
    },
    /// It rests on too little.
    #[error(
        "the baseline `{name}` rests on {have} {what}, fewer than {least}; capture it over a longer time"
    )]
    Few {
        /// Which.
        name: BaselineName,
        /// How many.
        have: u64,
        /// Of what.
        what: &'static str,
        /// How many it takes.
        least: u64,
    },
    /// It answers another question than the metric asks now.
    #[error(
        "the baseline `{name}` answers another query than the metric asks now; capture it again with this one"
    )]
    OtherQuestion {
        /// Which.
        name: BaselineName,
    },
}

impl Snapshot {
    /// What samples after one moment up to and with another come to: counts when there are any, else numbers.
    ///
    /// # Errors
    /// When there is nothing to add up.
    pub fn of(
        samples: impl IntoIterator<Item = Sample>,
        (from, to): (Timestamp, Timestamp),
        question: Digest,
    ) -> Result<Self, Empty> {
        let mut numbers = Vec::new();
        let (mut sum, mut counted) = (Tally::default(), 0u32);
        for sample in samples.into_iter().filter(|sample| sample.at > from && sample.at <= to) {
            match (sample.measure, sample.quality) {
                (Measure::Tally(tally), Quality::Ok | Quality::NoTraffic) => {
                    sum = sum.plus(tally);
                    counted = counted.saturating_add(1);
                }
                (Measure::Number(value), Quality::Ok) if value.is_finite() => numbers.push(value),
                _ => {}
            }
        }
        let (level, samples) = if counted > 0 {
            if sum.total == 0 {
                return Err(Empty::NoEvents(from, to));
            }
            (Level::Counts { total: sum.total, bad: sum.bad }, counted)
        } else {
            let samples = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let value = median(&mut numbers).ok_or(Empty::NoSamples(from, to))?;
            (Level::Median { value }, samples)
        };
        Ok(Self { from, to, level, samples, phi: None, question: Some(question) })
    }

    /// What a person said at a moment.
    pub fn said(value: f64, at: Timestamp) -> Self {
        Self { from: at, to: at, level: Level::Said { value }, samples: 0, phi: None, question: None }
    }

    /// The same with how bad events scattered between both sides while they ran one version.
    pub fn scattered(self, canary: &[Sample], baseline: &[Sample]) -> Self {
        let (from, to) = (self.from, self.to);
        let within = |sample: &&Sample| sample.at > from && sample.at <= to;
        let draw = |one: &Sample| {
            let other = baseline.iter().find(|other| other.at == one.at)?.tally()?;
            let one = one.tally()?;
            let (here, there) = (one.total as f64, other.total as f64);
            let ([bad, ..], [also, ..]) = (one.bad, other.bad);
            (here > 0.0 && there > 0.0).then_some(Draw {
                canary: bad,
                baseline: also,
                share: here / (here + there),
            })
        };
        let steps: Vec<Option<Draw>> = canary.iter().filter(within).map(draw).collect();
        Self { phi: dispersion(&steps).map(|found| found.phi), ..self }
    }

    /// The number, or the share of bad events at the first bound.
    pub fn value(&self) -> Option<f64> {
        match self.level {
            Level::Counts { total: 0, .. } => None,
            Level::Counts { total, bad: [bad, ..] } => Some(bad as f64 / total as f64),
            Level::Median { value } | Level::Said { value } => Some(value),
        }
    }

    /// How many events it rests on, when they were counted.
    pub fn events(&self) -> Option<u64> {
        match self.level {
            Level::Counts { total, .. } => Some(total),
            Level::Median { .. } | Level::Said { .. } => None,
        }
    }

    /// The number to compare with at `now`, for a metric that asks `question`.
    ///
    /// # Errors
    /// Why it must not be compared with.
    pub fn usable(
        &self,
        name: &BaselineName,
        question: Digest,
        demand: &Demand,
        now: Timestamp,
    ) -> Result<f64, Unusable> {
        let name = || name.clone();
        if self.question.is_some_and(|asked| asked != question) {
            return Err(Unusable::OtherQuestion { name: name() });
        }
        let age = Seconds(u64::try_from(self.age(now)).unwrap_or(0));
        if name().ages() && age > demand.fresh {
            return Err(Unusable::Old { name: name(), age, most: demand.fresh });
        }
        let few = |have, what, least| Unusable::Few { name: name(), have, what, least };
        match self.level {
            Level::Counts { total, .. } if total < demand.events => Err(few(total, "events", demand.events)),
            Level::Median { .. } if self.samples < demand.samples => {
                Err(few(u64::from(self.samples), "samples", u64::from(demand.samples)))
            }
            _ => {
                self.value().filter(|value| value.is_finite()).ok_or_else(|| few(0, "events", demand.events))
            }
        }
    }

    /// Seconds since its last moment.
    pub fn age(&self, now: Timestamp) -> i64 {
        now.as_second().saturating_sub(self.to.as_second()).max(0)
    }

    /// What it rests on and how old it is, for people: `240 samples over 1h, 12m ago`.
    pub fn line(&self, now: Timestamp) -> String {
        let ago = short_duration(self.age(now));
        let span = short_duration(self.to.as_second().saturating_sub(self.from.as_second()));
        match self.level {
            Level::Counts { total, .. } => format!("{total} events over {span}, {ago} ago"),
            Level::Median { .. } => format!("the median of {} samples over {span}, {ago} ago", self.samples),
            Level::Said { .. } => format!("as a person said, {ago} ago"),
        }
    }
}

/// The middle of some numbers; of an even count the lower and the upper middle's mean.
fn median(numbers: &mut [f64]) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = *numbers.get(numbers.len() / 2)?;
    if numbers.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = numbers.get(numbers.len() / 2 - 1).copied()?;
    // Halved before they are added: the sum of two large ones is no number any more.
    Some(lower / 2.0 + upper / 2.0)
}
