//! A rule held against numbers, at one moment.

use std::cmp::Ordering;

use crate::base::{Quantity, Unit};

use super::condition::{Check, Direction, Op, Rule, Test};
use super::doubt::{Doubt, Outcome};
use super::facts::{Better, Fact, Facts};
use super::unit::factors;

/// Numbers that differ by less than this share of the larger are equal: conversions between units round.
const SAME: f64 = 1e-12;

impl Rule {
    /// What the rule says of these numbers now; `lasting` is the caller's to accrue.
    ///
    /// `and` fails when any part fails, else is unknown when any part is; `or` holds when any part holds, else is
    /// unknown when any part is. A number that is missing, NaN or infinite makes its test unknown.
    pub fn evaluate(&self, facts: &Facts) -> Outcome {
        let fallback = facts.unnamed().filter(|_| self.speaks_of_one());
        let mut doubt = None;
        for tests in &self.any {
            match all(tests, facts, fallback) {
                Outcome::Holds => return Outcome::Holds,
                Outcome::Fails => {}
                Outcome::Unknown(why) => doubt = doubt.or(Some(why)),
            }
        }
        doubt.map_or(Outcome::Fails, Outcome::Unknown)
    }
}

/// One alternative; without any test it says nothing, and nothing is never true.
fn all(tests: &[Test], facts: &Facts, fallback: Option<&Fact>) -> Outcome {
    let mut doubt = tests.is_empty().then(|| Doubt::Missing { name: "an empty rule".to_owned() });
    for test in tests {
        match answer(test, facts, fallback) {
            Outcome::Holds => {}
            Outcome::Fails => return Outcome::Fails,
            Outcome::Unknown(why) => doubt = doubt.or(Some(why)),
        }
    }
    doubt.map_or(Outcome::Holds, Outcome::Unknown)
}

fn answer(test: &Test, facts: &Facts, fallback: Option<&Fact>) -> Outcome {
    let name = test.subject.as_ref().map_or("the value", |subject| subject.as_str());
    let fact = match &test.subject {
        Some(subject) => facts.named(subject.as_str()).or(fallback),
        None => facts.unnamed(),
    };
    match fact
        .ok_or_else(|| Doubt::Missing { name: name.to_owned() })
        .and_then(|fact| demand(test, name, fact))
    {
        Ok(true) => Outcome::Holds,
        Ok(false) => Outcome::Fails,
        Err(why) => Outcome::Unknown(why),
    }
}

fn demand(test: &Test, name: &str, fact: &Fact) -> Result<bool, Doubt> {
    let name = || name.to_owned();
    let value = fact.now.value;
    if !value.is_finite() {
        return Err(Doubt::NotFinite { name: name() });
    }
    if let (Some(have), Some(want)) = (fact.within, test.within)
        && have != want
    {
        return Err(Doubt::OtherSpan { name: name(), have, want });
    }
    let against = |limit: &Quantity| -> Result<Ordering, Doubt> {
        if !limit.value.is_finite() {
            return Err(Doubt::NotFinite { name: "the limit".to_owned() });
        }
        let (number, bound) =
            factors(&fact.now.unit, limit).map_err(|mismatch| Doubt::Unit { name: name(), mismatch })?;
        if fact.now.unit == Unit::None && limit.unit == Unit::Ratio && value.abs() > 1.0 {
            return Err(Doubt::BareShare { name: name(), value });
        }
        Ok(order(value * number, limit.value * bound))
    };
    let baseline = || match &test.against {
        Some(version) => fact
            .of_version(version.as_str())
            .filter(|b| b.is_finite())
            .ok_or_else(|| Doubt::NoVersion { name: name(), version: version.to_string() }),
        None => fact.baseline.filter(|b| b.is_finite()).ok_or_else(|| Doubt::NoBaseline { name: name() }),
    };
    let positive = || match baseline()? {
        base if base > 0.0 => Ok(base),
        _ => Err(Doubt::EmptyBaseline { name: name() }),
    };
    let way = |direction: Direction| match (direction, fact.better) {
        (Direction::Better | Direction::Worse, None) => Err(Doubt::NoDirection { name: name() }),
        (Direction::Better, Some(Better::More)) | (Direction::Worse, Some(Better::Less)) => Ok(Direction::Up),
        (Direction::Better, Some(Better::Less)) | (Direction::Worse, Some(Better::More)) => {
            Ok(Direction::Down)
        }
        (plain, _) => Ok(plain),
    };
    Ok(match &test.check {
        Check::Compare { op, value: limit } => op.accepts(against(limit)?),
        Check::Range { low, high } => against(low)?.is_ge() && against(high)?.is_le(),
        Check::Baseline { op, factor } if *factor == 1.0 => op.accepts(order(value, baseline()?)),
        Check::Baseline { op, factor } => op.accepts(order(value, finite(positive()? * factor, &name)?)),
        Check::Around { margin } => {
            let base = positive()?;
            order((value - base).abs(), finite(margin * base, &name)?).is_le()
        }
        Check::Change { direction, op, by } => {
            let base = positive()?;
            let change = match way(*direction)? {
                Direction::Down => base - value,
                Direction::Up => value - base,
                Direction::Either | Direction::Better | Direction::Worse => (value - base).abs(),
            };
            op.accepts(order(change, finite(by * base, &name)?))
        }
        Check::Trend { direction } => {
            let found = order(value, baseline()?);
            match way(*direction)? {
                Direction::Up => found.is_gt(),
                Direction::Down => found.is_lt(),
                Direction::Either | Direction::Better | Direction::Worse => found.is_ne(),
            }
        }
        Check::Present => value != 0.0,
    })
}

fn finite(limit: f64, name: &impl Fn() -> String) -> Result<f64, Doubt> {
    if limit.is_finite() { Ok(limit) } else { Err(Doubt::NotFinite { name: name() }) }
}

/// The order of two finite numbers, where nearly equal is equal.
fn order(a: f64, b: f64) -> Ordering {
    if (a - b).abs() <= SAME * a.abs().max(b.abs()) { Ordering::Equal } else { a.total_cmp(&b) }
}

impl Op {
    /// Whether the number may stand to the limit in this order.
    pub fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Above => order.is_gt(),
        }
    }
}
