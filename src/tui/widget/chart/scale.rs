//! The two axes: round numbers in a metric's unit, and round times on the T-clock.
//!
//! Invariants: every tick lies inside the axis; labels of one axis all have the decimals its step needs, so that no
//! two of them read the same.

use crate::base::{Timestamp, Unit, short_duration};

/// The axis of values, from its lower to its upper end.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The lower end, in the unit's base.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    step: f64,
    shown: Shown,
}

/// How a number is written: in how many of the unit's base it counts, and the word behind it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    factor: f64,
    word: String,
}

impl Values {
    /// An axis that holds both ends, with about so many ticks; none when there is no finite span.
    pub fn of((low, high): (f64, f64), ticks: u16, unit: &Unit) -> Option<Self> {
        let wide = if high > low { high - low } else { low.abs().max(high.abs()) * 0.2 };
        let (low, high) = if high > low { (low, high) } else { (low - wide / 2.0, high + wide / 2.0) };
        let (low, high) = if wide == 0.0 { (0.0, 1.0) } else { (low, high) };
        let shown = Shown::of(unit, low.abs().max(high.abs()));
        let step = round_step((high - low) / shown.factor / f64::from(ticks.max(1))) * shown.factor;
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let fits = step.is_finite() && step > 0.0 && (high - low).is_finite() && high > low;
        fits.then_some(Self { low, high, step, shown })
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper one.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The ticks with their labels, the lowest first.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let count = ((self.high - self.low) / self.step).round().clamp(0.0, 64.0) as i32;
        let decimals = decimals(self.step / self.shown.factor);
        (0..=count)
            .map(|place| self.low + self.step * f64::from(place))
            .map(|value| {
                let number = value / self.shown.factor;
                let number = if number.abs() < self.step / self.shown.factor / 1e3 { 0.0 } else { number };
                (value, format!("{number:.decimals$}{}", self.shown.word))
            })
            .collect()
    }
}

/// The next of 1, 2 and 5 times a power of ten that is not smaller.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let found =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least * 0.999_999);
    found.unwrap_or(power * 10.0)
}

fn decimals(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize
}

impl Shown {
    fn of(unit: &Unit, most: f64) -> Self {
        let shown = |factor: f64, word: &str| Self { factor, word: word.to_owned() };
        match unit {
            Unit::Ratio => shown(0.01, " %"),
            Unit::Seconds if most < 1e-3 => shown(1e-6, " µs"),
            Unit::Seconds if most < 2.0 => shown(1e-3, " ms"),
            Unit::Seconds if most < 600.0 => shown(1.0, " s"),
            Unit::Seconds if most < 36_000.0 => shown(60.0, " min"),
            Unit::Seconds => shown(3600.0, " h"),
            Unit::Bytes if most >= 2e9 => shown(1e9, " GB"),
            Unit::Bytes if most >= 2e6 => shown(1e6, " MB"),
            Unit::Bytes if most >= 2e3 => shown(1e3, " kB"),
            Unit::Bytes => shown(1.0, " B"),
            Unit::PerSecond => thousands(most, "/s"),
            Unit::PerMinute => thousands(most, "/min"),
            Unit::PerHour => thousands(most, "/h"),
            Unit::Rating(best) => shown(1.0, &format!("/{best}")),
            // What is counted is the metric's name; the axis has no room to say it again.
            Unit::None | Unit::Count(_) | Unit::Money(_) | Unit::MoneyPerHour(_) => thousands(most, ""),
        }
    }
}

fn thousands(most: f64, word: &str) -> Shown {
    let (factor, letter) = match most {
        most if most >= 2e9 => (1e9, "G"),
        most if most >= 2e6 => (1e6, "M"),
        most if most >= 2e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    Shown { factor, word: format!("{letter}{word}") }
}

/// Steps of a time axis, in seconds.
const STEPS: [i64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/// The axis of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Its left end.
    pub from: Timestamp,
    /// Its right end.
    pub to: Timestamp,
}

impl Times {
    /// Where a moment lies: 0 at the left end, 1 at the right one.
    pub fn place(&self, at: Timestamp) -> f64 {
        let wide = self.to.as_millisecond().saturating_sub(self.from.as_millisecond()).max(1);
        at.as_millisecond().saturating_sub(self.from.as_millisecond()) as f64 / wide as f64
    }

    /// The ticks with their labels, the first first: at most so many, at round distances from T-0; without a T-0
    /// they are distances from the right end.
    pub fn ticks(&self, t0: Option<Timestamp>, most: u16) -> Vec<(Timestamp, String)> {
        let zero = t0.unwrap_or(self.to).as_second();
        let (from, to) = (self.from.as_second() - zero, self.to.as_second() - zero);
        let least = (to - from) / i64::from(most.max(1));
        let days = (least / 86_400 + 1) * 86_400;
        let step = STEPS.into_iter().find(|step| *step >= least.max(1)).unwrap_or(days);
        let first = from.div_euclid(step) * step;
        (0..)
            .map(|count| first + count * step)
            .take_while(|second| *second <= to)
            .filter(|second| *second >= from)
            .filter_map(|second| {
                let label = label(second, step, t0.is_some());
                Some((Timestamp::from_second(zero.checked_add(second)?).ok()?, label))
            })
            .collect()
    }
}

fn label(second: i64, step: i64, on_clock: bool) -> String {
    let sign = if second < 0 { '-' } else { '+' };
    let s = second.unsigned_abs();
    let (days, hours, minutes, seconds) = (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
    match (second, step) {
        (0, _) if on_clock => "T-0".to_owned(),
        (0, _) => "now".to_owned(),
        _ if !on_clock => format!("{sign}{}", short_duration(second.abs())),
        _ if days >= 2 => format!("T{sign}{days}d{hours:02}h"),
        (_, step) if step < 60 => format!("T{sign}{:02}:{minutes:02}:{seconds:02}", s / 3600),
        _ => format!("T{sign}{:02}:{minutes:02}", s / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ends: (f64, f64), unit: Unit) -> Vec<String> {
        Values::of(ends, 4, &unit).expect("an axis").ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn values_have_round_ticks_in_their_unit() {
        assert_eq!(labels((0.0, 0.0113), Unit::Ratio), ["0.0 %", "0.5 %", "1.0 %", "1.5 %"]);
        assert_eq!(labels((0.0, 0.00113), Unit::Ratio), ["0.00 %", "0.05 %", "0.10 %", "0.15 %"]);
        assert_eq!(labels((0.0, 0.5), Unit::Seconds), ["0 ms", "200 ms", "400 ms", "600 ms"]);
        assert_eq!(labels((280.0, 361.0), Unit::PerSecond), ["250/s", "300/s", "350/s", "400/s"]);
        assert_eq!(labels((0.0, 5e8), Unit::Bytes), ["0 MB", "200 MB", "400 MB", "600 MB"]);
        assert_eq!(labels((-3.0, 4.0), Unit::None), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(labels((0.0, 120_000.0), Unit::None), ["0k", "50k", "100k", "150k"]);
    }

    #[test]
    fn odd_spans_have_an_axis_or_none_and_never_two_labels_alike() {
        for ends in
            [(0.0, 0.0), (5.0, 5.0), (-2.0, -2.0), (0.0, 1e-12), (1e300, 1.1e300), (0.0, f64::MIN_POSITIVE)]
        {
            for unit in [Unit::None, Unit::Ratio, Unit::Seconds, Unit::Bytes] {
                let Some(axis) = Values::of(ends, 5, &unit) else { continue };
                assert!(axis.low <= ends.0 && ends.1 <= axis.high, "{ends:?} {axis:?}");
                let mut all: Vec<String> = axis.ticks().into_iter().map(|(_, label)| label).collect();
                assert!(all.len() >= 2, "{ends:?}");
                if ends.1 > 1e-9 || ends.0 < 0.0 {
                    all.dedup();
                    assert_eq!(all.len(), axis.ticks().len(), "{ends:?} {all:?}");
                }
            }
        }
        assert_eq!(Values::of((f64::MIN, f64::MAX), 5, &Unit::None), None);
        assert_eq!(Values::of((f64::NAN, 1.0), 5, &Unit::None), None);
    }

    #[test]
    fn times_are_round_on_the_t_clock() {
        let t0: Timestamp = "2026-12-01T10:00:00Z".parse().expect("a time");
        let after =
            |seconds: i64| t0.checked_add(jiff::SignedDuration::from_secs(seconds)).expect("in range");
        let ticks = |from, to, most| {
            let axis = Times { from: after(from), to: after(to) };
            axis.ticks(Some(t0), most).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(ticks(-700, 2_520, 6), ["T-00:10", "T-0", "T+00:10", "T+00:20", "T+00:30", "T+00:40"]);
        assert_eq!(ticks(0, 60, 4), ["T-0", "T+00:00:15", "T+00:00:30", "T+00:00:45", "T+00:01:00"]);
        assert_eq!(ticks(180_000, 400_000, 3), ["T+3d00h", "T+4d00h"]);
        assert_eq!(ticks(5, 5, 3), ["T+00:00:05"]);
        let axis = Times { from: after(0), to: after(3600) };
        let plain: Vec<String> = axis.ticks(None, 4).into_iter().map(|(_, label)| label).collect();
        assert_eq!(plain, ["-1h", "-45m", "-30m", "-15m", "now"]);
    }
}
