//! How fast a service burns the budget of bad events that it is allowed: a long and a short window at once (Google,
//! The Site Reliability Workbook, chapter 5, "Alerting on SLOs"). The long one says that it matters, the short one that
//! it goes on.
//!
//! Invariants: exact counts only; what nobody saw of the long window burnt nothing; without half of the short window
//! nothing fires.

use crate::analysis::{Samples, Sum};
use crate::base::{Seconds, Timestamp};

/// A budget that is used up too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burn {
    /// The share of good events owed, such as 0.999.
    pub share: f64,
    /// How many times faster than the budget allows is too fast.
    pub factor: f64,
    /// The long window.
    pub long: Seconds,
    /// The short window.
    pub short: Seconds,
}

/// How fast it burns now; a rate of 1 uses the budget up exactly in its own time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Burning {
    /// Over the long window; none without events.
    pub long: Option<f64>,
    /// Over the short window; none without events in half of it.
    pub short: Option<f64>,
    /// True when both are above the factor.
    pub fires: bool,
    /// Seconds until the long window is above it too if it goes on as in the short one, at the earliest; none when
    /// it never will be, and zero when it is.
    pub crosses_in: Option<f64>,
}

impl Burn {
    /// How fast the budget burns at `now`.
    pub fn at(&self, samples: &Samples, now: Timestamp) -> Burning {
        let window = |length: Seconds| {
            let begin = now.checked_sub(jiff::SignedDuration::from_secs(length.signed()));
            samples.sum(begin.unwrap_or(Timestamp::MIN), now)
        };
        let (long, short) = (window(self.long), window(self.short));
        self.of(self.rate(&long), self.rate(&short).filter(|_| short.missing <= short.samples))
    }

    /// The same of rates that are known.
    pub fn of(&self, long: Option<f64>, short: Option<f64>) -> Burning {
        let above = |rate: f64| rate > self.factor;
        let fires = long.is_some_and(above) && short.is_some_and(above);
        let crosses_in = match (long.unwrap_or(0.0), short) {
            (long, _) if above(long) => Some(0.0),
            (long, Some(short)) if above(short) => Some((self.factor - long) * self.long.0 as f64 / short),
            _ => None,
        };
        Burning { long, short, fires, crosses_in }
    }

    /// The rate of some counts, where a missing sample stands for as many good events as the others had.
    fn rate(&self, sum: &Sum) -> Option<f64> {
        let [bad, ..] = sum.tally.bad;
        if sum.tally.total == 0 || sum.samples == 0 {
            return None;
        }
        let seen = sum.samples as f64 / (sum.samples + sum.missing) as f64;
        let rate = bad as f64 / sum.tally.total as f64 * seen / (1.0 - self.share);
        Some(rate).filter(|rate| rate.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Measure, Quality, Sample, Tally};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn tally(second: i64, total: u64, bad: u64) -> Sample {
        Sample { at: at(second), measure: Measure::Tally(Tally::ratio(total, bad)), quality: Quality::Ok }
    }

    fn page() -> Burn {
        Burn { share: 0.999, factor: 14.4, long: Seconds(3600), short: Seconds(300) }
    }

    fn burning(samples: impl IntoIterator<Item = Sample>, now: i64) -> Burning {
        let mut held = Samples::new(Seconds(15), Seconds(24 * 3600));
        held.take(samples);
        page().at(&held, at(now))
    }

    #[test]
    fn the_published_rates_fire_and_cross_as_published() {
        let text = include_str!("../../tests/vectors/burn_rate.json");
        let all: serde_json::Value = serde_json::from_str(text).expect("the vectors are JSON");
        let cases = all["cases"].as_array().expect("a list of cases");
        assert_eq!(cases.len(), 63);
        for case in cases {
            let number = |name: &str| case[name].as_f64().expect("a number");
            let long = Seconds(case["long_window_s"].as_u64().expect("a whole number"));
            let short = Seconds(case["short_window_s"].as_u64().expect("a whole number"));
            let burn = Burn { share: number("slo"), factor: number("burn_threshold"), long, short };
            // The error ratios have at most four decimals: as counts they are exact.
            let bad = (number("error_ratio_since_t0") * 10_000.0).round() as u64;
            let sum = Sum { tally: Tally::ratio(10_000, bad), samples: 10, missing: 0 };
            let rate = burn.rate(&sum).expect("there were events");
            assert!((rate - number("burn_rate")).abs() < 1e-9 * rate, "{case}: {rate}");
            let fires = case["fires"].as_bool().expect("yes or no");
            assert_eq!(burn.of(Some(rate), Some(rate)).fires, fires, "{case}");
            let crosses = burn.of(None, Some(rate)).crosses_in;
            match case["seconds_until_long_window_crosses"].as_f64() {
                Some(wanted) => {
                    assert!(
                        (crosses.expect("it does") - wanted).abs() < 1e-6 * wanted,
                        "{case}: {crosses:?}"
                    );
                }
                None => assert_eq!(crosses, None, "{case}"),
            }
        }
    }

    #[test]
    fn it_fires_when_both_windows_burn_and_ends_with_the_short_one() {
        let minute = |n: i64, bad| (0..4).map(move |quarter| tally(n * 60 + quarter * 15 + 15, 1000, bad));
        let day = |bad_from: i64, bad_to: i64| {
            (0..120).flat_map(move |n| minute(n, if (bad_from..bad_to).contains(&n) { 100 } else { 0 }))
        };
        let calm = burning(day(200, 200), 7200);
        assert_eq!((calm.fires, calm.long, calm.crosses_in), (false, Some(0.0), None));
        let early = burning(day(115, 120), 7200);
        assert!(!early.fires && early.short.is_some_and(|rate| rate > 99.0), "{early:?}");
        // 14.4 of 100 is 8.64 minutes, of which 5 are over.
        assert!(early.crosses_in.is_some_and(|left| (left - 218.4).abs() < 1.0), "{early:?}");
        assert!(burning(day(110, 120), 7200).fires);
        let over = burning(day(100, 112), 7200);
        assert!(!over.fires && over.long.is_some_and(|rate| rate > 14.4), "{over:?}");
    }

    #[test]
    fn what_nobody_saw_burnt_nothing_and_proves_nothing() {
        let minutes = |count: i64| (0..count * 4).map(|n| tally(7200 - n * 15, 1000, 100));
        assert!(!burning(minutes(6), 7200).fires, "six minutes of an hour");
        assert!(burning(minutes(10), 7200).fires);
        let silent = burning(minutes(20), 7200 + 200);
        assert_eq!((silent.short, silent.fires), (None, false), "two thirds of the short window are missing");
        assert_eq!(burning([], 7200), Burning::default());
        assert_eq!(burning([tally(7200, 0, 0)], 7200), Burning::default());
    }
}
