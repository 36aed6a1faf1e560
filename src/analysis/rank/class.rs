//! The word for a pair of samples, by the rule that users of rank-based canary judges know.
//!
//! High: the whole interval lies further above 0 than `tolerance` times the estimate, and the effect does not speak
//! against it; low is the mirror image. What is asked beside the ranks is only that: no floor of practical meaning, no
//! allowance for looking often, none for points that depend on each other.

use super::effect::mean_ratio;
use super::pair::Pair;
use super::wilcoxon::RankTest;

/// What a margin must be passed by, as a share of the span of the data: roots are no closer than that.
const CLOSE: f64 = 1e-9;

/// The directions in which a difference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Only upwards.
    Increase,
    /// Only downwards.
    Decrease,
    /// Both.
    Either,
}

/// What makes a difference count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// The directions that count.
    pub side: Side,
    /// How far from 0 the interval must be, as a share of the estimate.
    pub tolerance: f64,
}

/// The word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No difference that counts was shown. That is not: there is none.
    Pass,
    /// x lies above y.
    High,
    /// x lies below y.
    Low,
    /// Nothing can be said.
    NoData,
}

impl Class {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::High => "high",
            Self::Low => "low",
            Self::NoData => "no-data",
        }
    }
}

/// The word for two samples and what the test said of them.
pub fn classify(pair: &Pair, test: &RankTest, demand: &Demand) -> Class {
    if pair.identical() {
        return Class::Pass;
    }
    if pair.x.count < 2.0 && pair.y.count < 2.0 {
        // Two single values differ by luck as often as not.
        return Class::NoData;
    }
    let span = pair.differences().map_or(0.0, |(low, high)| low.abs().max(high.abs())) * pair.unit;
    // Against an infinite estimate no finite bound could stand: the largest finite difference is as far as it counts.
    let margin = demand.tolerance * test.middle.abs().min(span) + CLOSE * span;
    // A ratio of means has a direction only where both are positive and the shift is finite.
    let effect = mean_ratio(pair).filter(|_| {
        test.middle.is_finite()
            && [&pair.x, &pair.y].into_iter().all(|values| values.mean().is_some_and(|m| m > 0.0))
    });
    if demand.side != Side::Decrease && test.lower > margin && effect.is_none_or(|ratio| ratio >= 1.0) {
        return Class::High;
    }
    if demand.side != Side::Increase && test.upper < -margin && effect.is_none_or(|ratio| ratio <= 1.0) {
        return Class::Low;
    }
    Class::Pass
}
