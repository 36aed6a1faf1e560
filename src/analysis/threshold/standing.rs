//! Where a rule stands.

use std::fmt;

use super::judged::silence;
use crate::analysis::Quality;
use crate::base::Timestamp;
use crate::plan::rule::Doubt;

/// Where a rule stands.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It does not hold.
    Inactive,
    /// It holds, not yet for long enough or not yet proven.
    Pending,
    /// It held for its whole time.
    Firing,
    /// It fired, and what ends it holds, not yet for long enough.
    Clearing,
    /// Nobody can say.
    Unknown(Unsure),
    /// It would be pending or fire, and something speaks against it.
    Suppressed(Kept),
}

/// Why nobody can say where a rule stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsure {
    /// There is no sample at all.
    Nothing,
    /// The newest sample that counts is too old or too far ahead; how the newest answer was.
    Silent(Quality),
    /// There were too few events to judge.
    TooFew {
        /// How many.
        have: u64,
        /// How many it takes.
        wanted: u64,
    },
    /// The rule has no answer to these numbers.
    Doubt(Doubt),
    /// The number lies between two bounds, and the limit does too.
    Between {
        /// It is above this.
        low: f64,
        /// It is not above this; infinite when nothing is known.
        high: f64,
    },
    /// Samples are missing in its window, and they could turn the answer.
    Holes {
        /// How many.
        missing: usize,
    },
    /// Proof is wanted of a number that has no counts.
    NoCounts,
}

/// What keeps a rule from firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The old version breaks it as well: it is not the new version that is to blame.
    Shared,
    /// It is a time in which the number says nothing.
    Quiet,
    /// It is too soon after a step.
    WarmUp,
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no samples yet"),
            Self::Silent(quality) => f.write_str(silence(*quality)),
            Self::TooFew { have, wanted } => {
                write!(f, "{have} of the {wanted} events it takes; wait, or raise the weight")
            }
            Self::Doubt(doubt) => doubt.fmt(f),
            Self::Between { low, high } if high.is_finite() => {
                write!(f, "between {low} and {high}, and so is the limit; give the histogram a bucket there")
            }
            Self::Between { low, .. } => {
                write!(f, "above {low}, nobody knows how far; give the histogram a larger bucket")
            }
            Self::Holes { missing } => write!(f, "{missing} samples are missing in its window"),
            Self::NoCounts => f.write_str(
                "proof takes counts; give the metric `bad` and `total`, or let the number itself fire",
            ),
        }
    }
}

impl Kept {
    /// Why, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "the old version breaks it as well",
            Self::Quiet => "it is a quiet time",
            Self::WarmUp => "it is too soon after a step",
        }
    }
}

/// Where a rule stands, in the words of triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does not hold.
    Armed,
    /// It holds, not yet for long enough.
    Pending,
    /// It held for its whole time, and its end did not yet.
    Fired,
    /// It is kept from firing.
    Suppressed,
    /// There is no good data to say.
    Unknown,
}

/// Where a rule stands, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Where.
    pub state: State,
    /// The time of the sample that says so; none when there is no sample.
    pub since: Option<Timestamp>,
    /// The newest number that the rule looked at.
    pub value: Option<f64>,
    /// Seconds it has held, by sample time; of a rule that is clearing, seconds its end has held.
    pub elapsed: i64,
    /// Seconds it must.
    pub needed: i64,
    /// Until when a second look would confirm the first; only of a guardrail that holds.
    pub look_again: Option<Timestamp>,
}

impl Standing {
    /// The same in the words of triggers.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Inactive => Phase::Armed,
            State::Pending => Phase::Pending,
            State::Firing | State::Clearing => Phase::Fired,
            State::Unknown(_) => Phase::Unknown,
            State::Suppressed(_) => Phase::Suppressed,
        }
    }
}
