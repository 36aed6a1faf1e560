//! What a rule answers, and why it sometimes cannot.

use crate::base::Seconds;

use super::unit::UnitMismatch;

/// The answer to a rule: three-valued, because no data is neither good nor bad.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The condition is true of these numbers.
    Holds,
    /// It is false of them.
    Fails,
    /// It cannot be said.
    Unknown(Doubt),
}

impl Outcome {
    /// True only for [`Outcome::Holds`].
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }
}

/// Why a rule cannot be answered. `name` is the number's, or `the value` for the one without.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Doubt {
    /// There is no such number.
    #[error("no number for {name}")]
    Missing {
        /// Whose.
        name: String,
    },
    /// It is NaN or infinite.
    #[error("{name} is not a finite number")]
    NotFinite {
        /// Whose.
        name: String,
    },
    /// The rule speaks of a baseline and there is none, or it is not a finite number.
    #[error("no baseline for {name}")]
    NoBaseline {
        /// Whose.
        name: String,
    },
    /// The rule speaks of a version of which nothing was measured, or no finite number.
    #[error("no number for {name} of version {version}")]
    NoVersion {
        /// Whose.
        name: String,
        /// Which version.
        version: String,
    },
    /// A multiple or a share of zero, or of less, says nothing.
    #[error("the baseline of {name} is not above zero, so a share of it says nothing")]
    EmptyBaseline {
        /// Whose.
        name: String,
    },
    /// `improvement` of a number whose good direction nobody gave.
    #[error("whether more or less of {name} is better is not known")]
    NoDirection {
        /// Whose.
        name: String,
    },
    /// The count is over another span than the rule's.
    #[error("{name} is counted over {have}, the rule asks for {want}")]
    OtherSpan {
        /// Whose.
        name: String,
        /// The span of the number.
        have: Seconds,
        /// The span of the rule.
        want: Seconds,
    },
    /// The number is of another unit than the limit.
    #[error("{name}: {mismatch}")]
    Unit {
        /// Whose.
        name: String,
        /// How they differ.
        mismatch: UnitMismatch,
    },
    /// A bare number above one held against a percentage: nobody can say whether 84 is 84 % or 8400 %.
    #[error("{name} is {value} without a unit, held against a percentage; say that it is in percent")]
    BareShare {
        /// Whose.
        name: String,
        /// The number.
        value: f64,
    },
}
