//! Points in time, lengths of time and offsets from T-0.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time, UTC, RFC 3339 in text.
pub type Timestamp = jiff::Timestamp;

/// A length of time in whole seconds; text form `90s`, `30m`, `4h`, `1h30m`, `2d`, `1w`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seconds(pub u64);

impl Seconds {
    /// Reads `90s`, `30m`, `4h`, `1h30m`, `2d`, `1w`; `None` when it is not such a text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut total = 0u64;
        let mut digits = String::new();
        let mut parts = 0;
        let mut chars = text.chars().filter(|c| !c.is_whitespace()).peekable();
        while let Some(c) = chars.next() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let mut unit = c.to_string();
            while let Some(next) = chars.peek().copied().filter(|next| next.is_ascii_alphabetic()) {
                unit.push(next);
                chars.next();
            }
            let scale = match unit.to_ascii_lowercase().as_str() {
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
                "d" | "day" | "days" => 86_400,
                "w" | "week" | "weeks" => 604_800,
                _ => return None,
            };
            total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(scale)?)?;
            digits.clear();
            parts += 1;
        }
        (digits.is_empty() && parts > 0).then_some(Self(total))
    }
    /// As seconds for arithmetic with timestamps; caps at what a signed number holds.
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&short_duration(self.signed()))
    }
}

impl TryFrom<String> for Seconds {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
            .ok_or_else(|| format!("`{text}` is not a length of time; write 90s, 30m, 4h, 2d or 1w"))
    }
}

impl From<Seconds> for String {
    fn from(seconds: Seconds) -> String {
        short_duration(seconds.signed())
    }
}

/// A place on the T-clock. Days are calendar steps in the release's zone, seconds are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Offset {
    /// Calendar days from the day of T-0, negative before it.
    pub days: i32,
    /// Exact seconds added to that, negative before it.
    pub seconds: i64,
}

impl Offset {
    /// T-0 itself.
    pub const ZERO: Self = Self { days: 0, seconds: 0 };

    /// So many calendar days from T-0.
    pub fn days(days: i32) -> Self {
        Self { days, seconds: 0 }
    }
    /// So many exact seconds from T-0.
    pub fn seconds(seconds: i64) -> Self {
        Self { days: 0, seconds }
    }
    /// The point in time this is, for a T-0 and a zone; `None` when out of the calendar.
    pub fn at(self, t0: Timestamp, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
        let day = t0.to_zoned(zone.clone()).checked_add(jiff::Span::new().try_days(self.days).ok()?).ok()?;
        day.timestamp().checked_add(jiff::SignedDuration::from_secs(self.seconds)).ok()
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = i64::from(self.days) * 86_400 + self.seconds;
        let sign = if total < 0 { '-' } else { '+' };
        if total == 0 {
            return f.pad("T-0");
        }
        f.pad(&format!("T{sign}{}", short_duration(total.abs())))
    }
}

/// `45s`, `12m`, `4h`, `1h30m`, `3d`, `2w`: the two largest parts, for people and for plan files.
pub fn short_duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let mut rest = seconds.unsigned_abs();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::from(sign);
    for (scale, unit) in [(604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")] {
        if rest >= scale {
            out.push_str(&format!("{}{unit}", rest / scale));
            rest %= scale;
        }
    }
    out
}

/// A running clock: `12:20`, `1:04:09`.
pub fn clock_text(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let s = seconds.unsigned_abs();
    if s >= 3600 {
        format!("{sign}{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{sign}{:02}:{:02}", s / 60, s % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_back_as_written() {
        for text in ["90s", "30m", "4h", "1h30m", "2d", "1w"] {
            let seconds = Seconds::parse(text).expect(text);
            assert_eq!(Seconds::parse(&seconds.to_string()), Some(seconds), "{text}");
        }
        assert_eq!(Seconds::parse("5 minutes"), Some(Seconds(300)));
        for text in ["", "5", "m", "5 parsecs", "99999999999999999999w"] {
            assert_eq!(Seconds::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_a_calendar_step_and_an_hour_is_exact() {
        // The night of 2026-03-28 in Zurich is 23 hours long.
        let zone = jiff::tz::TimeZone::get("Europe/Zurich").expect("zone");
        let t0: Timestamp = "2026-03-28T11:00:00Z".parse().expect("time");
        let day = Offset::days(1).at(t0, &zone).expect("in range");
        let hours = Offset::seconds(86_400).at(t0, &zone).expect("in range");
        assert_eq!(hours.as_second() - day.as_second(), 3600);
    }
}
