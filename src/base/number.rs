//! Numbers with their units, and shares of traffic.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share of traffic in percent, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Weight(f64);

impl Weight {
    /// No traffic.
    pub const ZERO: Self = Self(0.0);
    /// All traffic.
    pub const FULL: Self = Self(100.0);

    /// A share in percent; `None` outside 0 to 100 or when not a number.
    pub fn percent(value: f64) -> Option<Self> {
        (0.0..=100.0).contains(&value).then_some(Self(value))
    }
    /// The share in percent.
    pub fn value(self) -> f64 {
        self.0
    }
    /// True when two shares differ by no more than arithmetic on them does: a thousandth of a percent point.
    pub fn is_near(self, other: Self) -> bool {
        (self.0 - other.0).abs() < 1e-3
    }
    /// So many whole things as near to this share as they come: what is left, and what it gets. Neither is nothing
    /// while the share gives it something, even where one thing more is needed for that.
    pub fn parts(self, whole: u32) -> (u32, u32) {
        if self.0 <= 0.0 {
            return (whole, 0);
        }
        if self.0 >= 100.0 {
            return (0, whole);
        }
        let part = (f64::from(whole) * self.0 / 100.0).round() as u32;
        let part = part.min(whole.saturating_sub(1)).max(1);
        (whole.saturating_sub(part).max(1), part)
    }
    /// The share that one part has of two together; none when there is nothing.
    pub fn of_parts(rest: u32, part: u32) -> Option<Self> {
        let whole = f64::from(rest) + f64::from(part);
        (whole > 0.0).then(|| Self(f64::from(part) / whole * 100.0))
    }
    /// What is left for the other side.
    pub fn rest(self) -> Self {
        Self(100.0 - self.0)
    }
}

impl TryFrom<f64> for Weight {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        Self::percent(value).ok_or_else(|| format!("a weight is a percent share from 0 to 100, not {value}"))
    }
}

impl From<Weight> for f64 {
    fn from(weight: Weight) -> f64 {
        weight.0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            if self.0.fract() == 0.0 { format!("{:.0} %", self.0) } else { format!("{:.1} %", self.0) };
        f.pad(&text)
    }
}

/// What a number counts. Numbers of different units are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A bare number.
    None,
    /// A ratio; held as a fraction, written in percent: 1 % is 0.01.
    Ratio,
    /// A length of time, held in seconds.
    Seconds,
    /// A size, held in bytes.
    Bytes,
    /// A count per second.
    PerSecond,
    /// A count per minute.
    PerMinute,
    /// A count per hour.
    PerHour,
    /// A sum of money, by currency sign or code.
    Money(String),
    /// A sum of money an hour.
    MoneyPerHour(String),
    /// A rating out of the given best.
    Rating(u32),
    /// A count of the named thing: `restarts`, `critical`.
    Count(String),
}

/// A number with its unit, held in the unit's base (fraction, seconds, bytes).
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Quantity {
    /// The number in the unit's base.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
}

impl Quantity {
    /// A number of the given unit.
    pub fn new(value: f64, unit: Unit) -> Self {
        Self { value, unit }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.value;
        let text = match &self.unit {
            Unit::None => plain(v),
            Unit::Ratio => format!("{} %", plain(v * 100.0)),
            Unit::Seconds if v.abs() < 1.0 => format!("{} ms", plain(v * 1000.0)),
            Unit::Seconds if v.abs() < 120.0 => format!("{} s", plain(v)),
            Unit::Seconds => format!("{} min", plain(v / 60.0)),
            Unit::Bytes if v.abs() >= 1e9 => format!("{} GB", plain(v / 1e9)),
            Unit::Bytes if v.abs() >= 1e6 => format!("{} MB", plain(v / 1e6)),
            Unit::Bytes if v.abs() >= 1e3 => format!("{} kB", plain(v / 1e3)),
            Unit::Bytes => format!("{} B", plain(v)),
            Unit::PerSecond => format!("{}/s", plain(v)),
            Unit::PerMinute => format!("{}/min", plain(v)),
            Unit::PerHour => format!("{}/h", plain(v)),
            Unit::Money(currency) => format!("{currency}{}", plain(v)),
            Unit::MoneyPerHour(currency) => format!("{currency}{}/h", plain(v)),
            Unit::Rating(best) => format!("{}/{best}", plain(v)),
            Unit::Count(thing) => format!("{} {thing}", plain(v)),
        };
        f.pad(&text)
    }
}

/// At most three significant decimals, none that say nothing.
fn plain(value: f64) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    let text = if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 1.0 || value == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_stay_within_percent() {
        assert!(Weight::percent(100.1).is_none());
        assert!(Weight::percent(f64::NAN).is_none());
        assert_eq!(Weight::percent(25.0).map(|w| w.rest().to_string()).as_deref(), Some("75 %"));
    }

    #[test]
    fn whole_things_come_as_near_as_they_do() {
        let parts = |percent, whole| Weight::percent(percent).map(|weight| weight.parts(whole));
        let table = [
            (0.0, 10, (10, 0)),
            (5.0, 10, (9, 1)),
            (25.0, 10, (7, 3)),
            (50.0, 10, (5, 5)),
            (99.0, 10, (1, 9)),
            (100.0, 10, (0, 10)),
            (5.0, 1, (1, 1)),
            (100.0, 1, (0, 1)),
            (50.0, 0, (1, 1)),
        ];
        for (percent, whole, expected) in table {
            assert_eq!(parts(percent, whole), Some(expected), "{percent} of {whole}");
        }
        assert_eq!(Weight::of_parts(3, 1).map(Weight::value), Some(25.0));
        assert_eq!(Weight::of_parts(0, 0), None);
    }

    #[test]
    fn quantities_read_as_people_write_them() {
        let shown = |value, unit| Quantity::new(value, unit).to_string();
        assert_eq!(shown(0.001, Unit::Ratio), "0.1 %");
        assert_eq!(shown(0.5, Unit::Seconds), "500 ms");
        assert_eq!(shown(5e8, Unit::Bytes), "500 MB");
        assert_eq!(shown(f64::NAN, Unit::None), "no number");
    }
}
