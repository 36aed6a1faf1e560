//! What the judge says of one signal at a moment.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::eta::Eta;
use super::reason::Reason;
use super::step::Counts;
use crate::analysis::sequential::Ratio;

/// What is decided of one signal, why, and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// What is decided.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// The evidence that the canary is worse than harmless: the natural logarithm of its e-value.
    pub log_e_bad: f64,
    /// [`Self::log_e_bad`], had each lost step been as kind to the canary as any that was seen; the same when none was.
    pub log_e_bad_sure: f64,
    /// The evidence that the canary is better than what is not let on.
    pub log_e_ok: f64,
    /// How many times the baseline's rate of bad events the canary's is, valid at every look.
    pub ratio: Ratio,
    /// What the canary answered while it counted.
    pub canary: Counts,
    /// What the baseline answered while it counted.
    pub baseline: Counts,
    /// When a decision is to be expected; none when nothing points to one.
    pub eta: Option<Eta>,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        if self.canary.total > 0 {
            write!(
                f,
                ": {} of {} canary requests bad against {} of {}",
                self.canary.bad, self.canary.total, self.baseline.bad, self.baseline.total
            )?;
        }
        if let Some(mid) = self.ratio.mid {
            write!(f, ", ratio {mid:.2} [{:.2}, ", self.ratio.low)?;
            match self.ratio.high {
                Some(high) => write!(f, "{high:.2}]")?,
                None => f.write_str("no limit]")?,
            }
        }
        match self.eta {
            Some(eta) if self.decision == Decision::Hold => write!(
                f,
                "; {} in about {} or {} more canary requests, if it goes on like this",
                eta.decision, eta.left, eta.requests
            ),
            _ => Ok(()),
        }
    }
}
