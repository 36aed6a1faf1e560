//! When a decision is to be expected, and what would bring it sooner.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::step::Counts;
use crate::base::{Seconds, Weight};

/// When a decision would fall if things go on as they did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eta {
    /// Which decision.
    pub decision: Decision,
    /// In how long.
    pub left: Seconds,
    /// After so many more requests of the canary.
    pub requests: u64,
}

/// How long it would take to see that a canary is fine which is exactly as good as the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// So many more requests of the canary at the share it has.
    pub requests: u64,
    /// So long at the share it has.
    pub here: Seconds,
    /// So long at another share.
    pub there: Option<(Weight, Seconds)>,
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |left: Seconds| left.0.div_ceil(60);
        write!(
            f,
            "needs about {} more canary requests, {} min at the present share",
            self.requests,
            minutes(self.here)
        )?;
        match self.there {
            Some((weight, left)) => write!(f, "; at {weight}: {} min", minutes(left)),
            None => Ok(()),
        }
    }
}

/// What traffic there was, from which the time to a decision follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Traffic {
    /// What the canary answered.
    pub(super) canary: Counts,
    /// What the baseline answered.
    pub(super) baseline: Counts,
    /// In so many minutes.
    pub(super) minutes: f64,
}

impl Traffic {
    /// The canary's share of the requests.
    pub(super) fn share(&self) -> f64 {
        self.canary.total as f64 / (self.canary.total as f64 + self.baseline.total as f64)
    }
    /// Requests of the canary a minute.
    pub(super) fn pace(&self) -> f64 {
        self.canary.total as f64 / self.minutes
    }
    /// What a minute adds to the evidence that a canary like the baseline is better than `largest`, at another share
    /// of the same traffic, for the likeliest of the ratios below: the rate of bad events times what one of them
    /// tells. None when nothing went bad so far, because then nobody knows how often it will.
    pub(super) fn gain(&self, share: f64, largest: f64) -> Option<f64> {
        let total = self.canary.total as f64 + self.baseline.total as f64;
        let bad = self.canary.bad as f64 + self.baseline.bad as f64;
        let rate = if self.baseline.bad > 0 {
            self.baseline.bad as f64 / self.baseline.total as f64
        } else {
            bad / total
        };
        let events = rate * total / self.minutes;
        // The likeliest ratio of a canary like the baseline is one, which is also what tells most against `largest`.
        let told = (largest * share + 1.0 - share).ln() - share * largest.ln();
        let gain = events * told;
        (gain.is_finite() && gain > 0.0).then_some(gain)
    }
}

/// Minutes as whole seconds, up.
pub(super) fn seconds(minutes: f64) -> Seconds {
    // A float above the range becomes the largest number: never.
    Seconds((minutes * 60.0).ceil().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_traffic_for_the_canary_brings_the_decision_sooner() {
        let traffic = Traffic {
            canary: Counts { total: 1000, bad: 1 },
            baseline: Counts { total: 9000, bad: 9 },
            minutes: 10.0,
        };
        let gain = |share| traffic.gain(share, 2.0).expect("something went bad");
        assert!(gain(0.25) > gain(traffic.share()) && gain(0.5) > gain(0.25));
        let nothing = Traffic { canary: Counts { total: 9, bad: 0 }, baseline: Counts::default(), ..traffic };
        assert_eq!(nothing.gain(0.1, 2.0), None);
        let forecast = Forecast {
            requests: 3100,
            here: Seconds(1560),
            there: Weight::percent(25.0).map(|weight| (weight, Seconds(540))),
        };
        assert_eq!(
            forecast.to_string(),
            "needs about 3100 more canary requests, 26 min at the present share; at 25 %: 9 min"
        );
    }
}
