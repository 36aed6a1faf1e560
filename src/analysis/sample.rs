//! One sample: what one side of a metric showed at one moment, and how good the answer was.
//!
//! Invariants: a number is finite; counts are exact and of the time since the sample before; what is not known has
//! a quality that says why, never a made-up number.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The new version's.
    Canary,
    /// The old version's.
    Baseline,
    /// The service's as a whole.
    Whole,
}

/// How good an answer was. Only [`Quality::Ok`] is evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Whole and fresh.
    #[default]
    Ok,
    /// Too soon after a step to count.
    WarmUp,
    /// Nothing happened that could be counted.
    NoTraffic,
    /// The source does not know this series.
    NoSeries,
    /// The newest answer is too old.
    Stale,
    /// A part is missing: a warning, a truncation, several series where one was meant.
    Partial,
    /// The source did not answer, or what is not understood.
    Error,
}

impl Quality {
    /// The word of screens and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::WarmUp => "warm-up",
            Self::NoTraffic => "no-traffic",
            Self::NoSeries => "no-series",
            Self::Stale => "stale",
            Self::Partial => "partial",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Measure {
    /// Nothing.
    #[default]
    None,
    /// A number, in its unit's base.
    Number(f64),
    /// Events since the sample before.
    Tally(Tally),
}

/// Events of one side in one step: all of them, and the bad ones. A histogram counts as bad what is slower than
/// each of its bounds; a ratio uses the first place only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    /// All events.
    pub total: u64,
    /// The bad ones, by bound.
    pub bad: [u64; Tally::BOUNDS],
}

impl Tally {
    /// How many bounds are counted at once.
    pub const BOUNDS: usize = 3;

    /// All events, and the bad ones of a ratio.
    pub fn ratio(total: u64, bad: u64) -> Self {
        Self { total, bad: [bad, 0, 0] }
    }

    /// Both together; capped at what a count holds.
    pub fn plus(self, other: Self) -> Self {
        let [first, second, third] = self.bad;
        let [a, b, c] = other.bad;
        Self {
            total: self.total.saturating_add(other.total),
            bad: [first.saturating_add(a), second.saturating_add(b), third.saturating_add(c)],
        }
    }
}

/// What one side of a metric showed at one moment, by the source's own clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// What.
    pub measure: Measure,
    /// How good the answer was.
    pub quality: Quality,
}

impl Sample {
    /// A number; a gap, when it is none or not finite.
    pub fn of(at: Timestamp, value: Option<f64>) -> Self {
        match value.filter(|value| value.is_finite()) {
            Some(value) => Self { at, measure: Measure::Number(value), quality: Quality::Ok },
            None => Self { at, measure: Measure::None, quality: Quality::NoSeries },
        }
    }

    /// The number, or the share of bad events at the first bound; none when there is nothing to divide by.
    pub fn number(&self) -> Option<f64> {
        match self.measure {
            Measure::None => None,
            Measure::Number(value) => Some(value),
            Measure::Tally(Tally { total: 0, .. }) => None,
            Measure::Tally(Tally { total, bad: [bad, ..] }) => Some(bad as f64 / total as f64),
        }
    }

    /// The number, when the answer is one to count on.
    pub fn good(&self) -> Option<f64> {
        self.number().filter(|_| self.quality == Quality::Ok)
    }

    /// The events, when the answer is one to count on; nothing at all is an answer too.
    pub fn tally(&self) -> Option<Tally> {
        match (self.measure, self.quality) {
            (Measure::Tally(tally), Quality::Ok | Quality::NoTraffic) => Some(tally),
            _ => None,
        }
    }

    /// As a line of text without its end: the time, what was measured, and how good it was unless it was good.
    pub fn line(&self) -> String {
        let measure = match self.measure {
            Measure::None => "none".to_owned(),
            Measure::Number(value) => value.to_string(),
            Measure::Tally(Tally { total, bad: [bad, 0, 0] }) => format!("{bad}/{total}"),
            Measure::Tally(Tally { total, bad: [a, b, c] }) => format!("{a},{b},{c}/{total}"),
        };
        match self.quality {
            Quality::Ok => format!("{} {measure}", self.at),
            doubt => format!("{} {measure} {doubt}", self.at),
        }
    }
}
