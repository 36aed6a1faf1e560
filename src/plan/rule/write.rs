//! The canonical text of a rule, which parses back to it.

use std::fmt;

use crate::base::{Quantity, Seconds, Unit};

use super::condition::{Check, Direction, Rule, Test};

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any: Vec<String> = self
            .any
            .iter()
            .map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))
            .collect();
        let mut text = any.join(" or ");
        if let Some(lasting) = self.lasting {
            text.push_str(&format!(" for {}", exact_span(lasting)));
        }
        f.pad(&text)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(subject) = &self.subject {
            parts.push(subject.to_string());
        }
        if self.check != Check::Present || !self.subject.as_ref().is_some_and(super::Subject::is_state) {
            let version = self.against.as_ref().map(|version| format!("version {version}"));
            parts.push(said(&self.check, version.as_deref()));
        }
        if let Some(within) = self.within {
            parts.push(format!("in {}", exact_span(within)));
        }
        if let Some(scope) = &self.scope {
            parts.push(scope.to_string());
        }
        f.pad(&parts.join(" "))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&said(self, None))
    }
}

/// A demand in words; what it is held against when that is not the number's own baseline.
fn said(check: &Check, version: Option<&str>) -> String {
    let base = version.unwrap_or("baseline");
    let behind = |text: String, joint: &str| match version {
        Some(version) => format!("{text} {joint} {version}"),
        None => text,
    };
    match check {
        Check::Compare { op, value } => format!("{op} {}", exact(value)),
        Check::Range { low, high } => format!("{} to {}", exact(low), exact(high)),
        Check::Baseline { op, factor } if *factor == 1.0 => format!("{op} {base}"),
        Check::Baseline { op, factor } => format!("{op} {}x {base}", decimal(*factor, 0)),
        Check::Around { margin } if version.is_some() => {
            format!("within {}% of {base}", decimal(*margin, -2))
        }
        Check::Around { margin } => format!("baseline +/- {}%", decimal(*margin, -2)),
        Check::Change { direction, op, by } => {
            let by = format!("{op} {}%", decimal(*by, -2));
            match direction {
                Direction::Either => behind(format!("{by} change"), "from"),
                Direction::Up => behind(format!("rises {by}"), "from"),
                Direction::Down => behind(format!("drops {by}"), "from"),
                Direction::Better if version.is_none() => format!("{by} improvement"),
                Direction::Better => behind(format!("{by} better"), "than"),
                Direction::Worse => behind(format!("{by} worse"), "than"),
            }
        }
        Check::Trend { direction } => {
            let word = match direction {
                Direction::Either => "changing",
                Direction::Up => "increasing",
                Direction::Down => "decreasing",
                Direction::Better => "improving",
                Direction::Worse => "worsening",
            };
            behind(word.to_owned(), "from")
        }
        Check::Present => "present".to_owned(),
    }
}

/// A quantity without rounding; [`Quantity`]'s own text is for reading and rounds.
fn exact(quantity: &Quantity) -> String {
    let v = quantity.value;
    match &quantity.unit {
        Unit::None => decimal(v, 0),
        Unit::Ratio => format!("{}%", decimal(v, -2)),
        Unit::Seconds => seconds(v),
        Unit::Bytes => {
            let (tens, sign) = match v.abs() {
                size if size >= 1e9 => (9, "GB"),
                size if size >= 1e6 => (6, "MB"),
                size if size >= 1e3 => (3, "kB"),
                _ => (0, "B"),
            };
            format!("{} {sign}", decimal(v, tens))
        }
        Unit::PerSecond => format!("{}/s", decimal(v, 0)),
        Unit::PerMinute => format!("{}/min", decimal(v, 0)),
        Unit::PerHour => format!("{}/h", decimal(v, 0)),
        Unit::Money(currency) => money(currency, v),
        Unit::MoneyPerHour(currency) => format!("{}/h", money(currency, v)),
        Unit::Rating(best) => format!("{}/{best}", decimal(v, 0)),
        Unit::Count(thing) => format!("{} {thing}", decimal(v, 0)),
    }
}

fn money(currency: &str, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let gap = if currency.starts_with(char::is_alphabetic) { " " } else { "" };
    format!("{sign}{currency}{gap}{}", decimal(value.abs(), 0))
}

fn seconds(value: f64) -> String {
    // Up to a week hours are shown as hours: 24 h is a length, a day is a step in a calendar.
    for (scale, least, sign) in [(86_400.0, 7.0, "d"), (3600.0, 1.0, "h"), (60.0, 1.0, "min")] {
        let count = value / scale;
        if count.abs() >= least && count.fract() == 0.0 && count * scale == value {
            return format!("{} {sign}", decimal(count, 0));
        }
    }
    if value != 0.0 && value.abs() < 1.0 {
        format!("{} ms", decimal(value, -3))
    } else {
        format!("{} s", decimal(value, 0))
    }
}

/// The shortest decimal that, shifted by so many tens, is exactly this number.
fn decimal(value: f64, tens: i32) -> String {
    if !value.is_finite() {
        return "no-number".to_owned();
    }
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // The point stands after this many digits of `digits`.
    let point = exponent.parse::<i32>().unwrap_or(0) + 1 - tens;
    let sign = if value < 0.0 { "-" } else { "" };
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let body = if digits.chars().all(|digit| digit == '0') {
        "0".to_owned()
    } else if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point >= length {
        format!("{digits}{}", zeros(point - length))
    } else {
        let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{rest}")
    };
    format!("{sign}{body}")
}

/// A length of time with all its parts: `1w2d`, `24h`, `1h30m5s`.
fn exact_span(span: Seconds) -> String {
    let mut rest = span.0;
    let mut out = String::new();
    let parts = [(604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let long = span.0 >= 604_800;
    for (scale, sign) in parts.into_iter().filter(|(scale, _)| long || *scale < 86_400) {
        let count = rest / scale;
        rest %= scale;
        if count > 0 {
            out.push_str(&format!("{count}{sign}"));
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}
