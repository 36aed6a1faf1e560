//! How a phrase is read, for people and scripts: what `tminus rule parse` prints.

use serde::{Serialize, Serializer};

use crate::base::{Quantity, Unit};

use super::condition::{Check, Direction, Rule, Test};
use super::missing::{Missing, doubt, missing};
use super::written::{Numbers, Written};

/// How a phrase is read. One test stands at the top; of several, `all` must hold, or `any` of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// The rule in the words tminus writes.
    pub rule: String,
    /// What is tested.
    #[serde(flatten)]
    pub tests: Tests,
    /// How long it must last, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// What is probably not meant, although it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Missing>,
}

/// The tests of a phrase.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Tests {
    /// One test.
    One(Box<Part>),
    /// All must hold.
    All {
        /// They, left to right.
        all: Vec<Part>,
    },
    /// One of the alternatives must hold.
    Any {
        /// They, left to right.
        any: Vec<Tests>,
    },
}

/// One test; what the phrase does not say is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    /// The number's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// `<`, `<=`, `=`, `!=`, `>=`, `>`; `between` two values; `+/-` a share of the reference; `increasing`,
    /// `decreasing`, `improving`, `worsening`, `changing`; `present` for what is or is not.
    pub operator: String,
    /// The number as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// The upper end, when it is a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Number>,
    /// The unit as it is written; `x` of a multiple.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The same in the base of its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// What it is held against: `baseline`, or the name of a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Which way a change from the reference counts: `up`, `down`, `either`, `better`, `worse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<&'static str>,
    /// The time it is counted over, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// What it ranges over, in the words of the phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
}

/// A number in the base of its unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Base {
    /// The number; of a range the lower end.
    pub value: Number,
    /// The upper end of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Number>,
    /// `ratio`, `seconds`, `bytes`, `per-second`, `per-minute`, `per-hour`, a currency, a currency an hour, `/5` of a
    /// rating; nothing for a bare number or a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A number that JSON shows without a fraction when it has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 9_007_199_254_740_992.0 {
            // Up to 2^53 every whole number is exact, so the conversion loses nothing.
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// How a phrase is read.
///
/// # Errors
/// What it lacks to be a rule, or what it is instead.
pub fn reading(text: &str) -> Result<Reading, Missing> {
    let rule = match Rule::parse(text) {
        Ok(rule) => rule,
        Err(error) => return Err(missing(text, &error)),
    };
    let mut numbers = Numbers::of(text);
    let mut any: Vec<Tests> = Vec::new();
    for tests in &rule.any {
        let mut all: Vec<Part> = tests.iter().map(|test| part(test, &mut numbers)).collect();
        any.push(match (all.pop(), all.is_empty()) {
            (Some(only), true) => Tests::One(Box::new(only)),
            (last, _) => Tests::All { all: all.into_iter().chain(last).collect() },
        });
    }
    let tests = match (any.pop(), any.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Tests::Any { any: any.into_iter().chain(last).collect() },
    };
    let finding = doubt(text, &rule);
    Ok(Reading { rule: rule.to_string(), tests, duration: rule.lasting.map(|span| span.0), finding })
}

fn part(test: &Test, numbers: &mut Numbers) -> Part {
    let name = test.subject.as_ref().map(|subject| subject.as_str().to_owned());
    let mut part = Part {
        metric: name,
        window: test.within.map(|span| span.0).or_else(|| test.subject.as_ref()?.window().map(|span| span.0)),
        over: test.scope.as_ref().map(|scope| scope.as_str().to_owned()),
        ..Part::default()
    };
    let reference = || Some(test.against.as_ref().map_or("baseline", |version| version.as_str()).to_owned());
    match &test.check {
        Check::Compare { op, value } => {
            part.operator = op.to_string();
            let of_change = test.subject.as_ref().is_some_and(|subject| subject.is_change());
            part.reference = Some("baseline".to_owned()).filter(|_| of_change && value.unit == Unit::Ratio);
            quantity(&mut part, value, numbers);
        }
        Check::Range { low, high } => {
            part.operator = "between".to_owned();
            range(&mut part, (low, high), numbers);
        }
        Check::Baseline { op, factor } => {
            part.operator = op.to_string();
            part.reference = reference();
            if let Some(written) = numbers.share(*factor) {
                shown(&mut part, written);
                part.base = Some(Base { value: Number(*factor), high: None, unit: None });
            }
        }
        Check::Around { margin } => {
            part.operator = "+/-".to_owned();
            part.reference = reference();
            share(&mut part, *margin, numbers);
        }
        Check::Change { direction, op, by } => {
            part.operator = op.to_string();
            part.reference = reference();
            part.change = Some(way(*direction));
            share(&mut part, *by, numbers);
        }
        Check::Trend { direction } => {
            part.operator = Check::Trend { direction: *direction }.to_string();
            part.reference = reference();
            part.change = Some(way(*direction));
        }
        Check::Present => part.operator = "present".to_owned(),
    }
    part
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Either => "either",
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Better => "better",
        Direction::Worse => "worse",
    }
}

fn shown(part: &mut Part, written: &Written) {
    part.value = Some(Number(written.value));
    part.unit = Some(written.unit.clone()).filter(|unit| !unit.is_empty());
}

fn quantity(part: &mut Part, value: &Quantity, numbers: &mut Numbers) {
    match numbers.quantity(value) {
        Some(written) => shown(part, written),
        // `no critical` is none of them, `any` more than none: the number is not written.
        None => part.value = Some(Number(value.value)),
    }
    if let Unit::Count(thing) = &value.unit {
        part.unit = Some(thing.clone());
        part.metric = part.metric.take().or_else(|| Some(thing.clone()));
    }
    part.base = Some(Base { value: Number(value.value), high: None, unit: unit(&value.unit) });
}

fn range(part: &mut Part, (low, high): (&Quantity, &Quantity), numbers: &mut Numbers) {
    let base = |value: f64| Number(value);
    part.base = Some(Base { value: base(low.value), high: Some(base(high.value)), unit: unit(&low.unit) });
    // The lower end mostly leaves its unit to the upper one: `400-600 MB`.
    match numbers.quantity(high).cloned() {
        Some(end) if end.value != 0.0 => {
            part.value = Some(Number(round(low.value / high.value * end.value)));
            shown_high(part, &end);
        }
        _ => (part.value, part.high) = (Some(Number(low.value)), Some(Number(high.value))),
    }
}

fn shown_high(part: &mut Part, end: &Written) {
    part.high = Some(Number(end.value));
    part.unit = Some(end.unit.clone()).filter(|unit| !unit.is_empty());
}

fn share(part: &mut Part, by: f64, numbers: &mut Numbers) {
    if let Some(written) = numbers.share(by) {
        shown(part, written);
        part.base = Some(Base { value: Number(by), high: None, unit: unit(&Unit::Ratio) });
    }
}

/// Without what division adds behind the digits people write.
fn round(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// The word for a unit's base.
fn unit(unit: &Unit) -> Option<String> {
    Some(match unit {
        Unit::None | Unit::Count(_) => return None,
        Unit::Ratio => "ratio".to_owned(),
        Unit::Seconds => "seconds".to_owned(),
        Unit::Bytes => "bytes".to_owned(),
        Unit::PerSecond => "per-second".to_owned(),
        Unit::PerMinute => "per-minute".to_owned(),
        Unit::PerHour => "per-hour".to_owned(),
        Unit::Money(currency) => currency.clone(),
        Unit::MoneyPerHour(currency) => format!("{currency}/hour"),
        Unit::Rating(best) => format!("/{best}"),
    })
}
