//! Why a signal is ruled on as it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Seconds, short_duration};

/// Why one signal is ruled on as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing was seen yet.
    NoSamples,
    /// Samples do not count yet.
    WarmUp {
        /// For so much longer.
        left: Seconds,
    },
    /// There is not enough to say either.
    Undecided,
    /// The canary is worse than harmless.
    Worse,
    /// It was taken back, and stays back whatever comes after.
    Back,
    /// The canary is not as bad as what is not let on.
    Fine,
    /// It is fine, and has to be watched for longer.
    Dwell {
        /// So much longer, with good data.
        left: Seconds,
    },
    /// It is not as bad as what is not let on, and yet something speaks for worse than harmless.
    Doubt,
    /// What is missing could have spoken against it.
    Lost {
        /// Steps of which there is no sample.
        steps: u64,
    },
    /// There is no good data now.
    Blind {
        /// Steps in a row without a sample of both sides.
        steps: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match self {
            Self::NoSamples => f.write_str("there are no samples of both sides yet"),
            Self::WarmUp { left } => write!(f, "warming up for another {left}"),
            Self::Undecided => f.write_str("not enough to say that it is worse, nor that it is fine"),
            Self::Worse => f.write_str("the canary is worse than the harmless limit"),
            Self::Back => f.write_str("taken back before, and what came after does not change that"),
            Self::Fine => f.write_str("the canary is clearly below the largest acceptable ratio"),
            Self::Dwell { left } => {
                write!(f, "fine so far, and watched for another {}", short_duration(left.signed()))
            }
            Self::Doubt => {
                f.write_str("fine against the largest acceptable ratio, but not yet clear of harm")
            }
            Self::Lost { steps } => {
                write!(f, "{steps} step{} without samples could have spoken otherwise", plural(*steps))
            }
            Self::Blind { steps } => {
                write!(f, "no samples of both sides for {steps} step{}", plural(*steps))
            }
        }
    }
}
