//! Which units may be held against each other, and by what factor.

use crate::base::{Quantity, Unit};

use super::condition::{Check, Rule};

/// Two units that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number in {have} cannot be held against a limit in {limit}; {help}")]
pub struct UnitMismatch {
    /// The number's unit, in words.
    pub have: String,
    /// The limit's unit, in words.
    pub limit: String,
    /// What to write instead.
    pub help: String,
}

impl Rule {
    /// Whether numbers of this unit can be held against every limit of the rule that speaks of them: all of its
    /// tests if it speaks of one number, else the tests without a name.
    ///
    /// # Errors
    /// The first limit of another kind, with what to write instead.
    pub fn check_unit(&self, unit: &Unit) -> Result<(), UnitMismatch> {
        let all = self.speaks_of_one();
        for test in self.tests().filter(|test| all || test.subject.is_none()) {
            match &test.check {
                Check::Compare { value, .. } => {
                    factors(unit, value)?;
                }
                Check::Range { low, high } => {
                    factors(unit, low)?;
                    factors(unit, high)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The integers to multiply the number and the limit with before comparing them.
///
/// A bare number is read in the base of the limit's unit (fractions, seconds, bytes, per second): the convention
/// of Prometheus. There is no such convention for rates per minute or hour, so those must be declared. Zero is
/// zero in every unit.
pub(super) fn factors(have: &Unit, limit: &Quantity) -> Result<(f64, f64), UnitMismatch> {
    let same = (1.0, 1.0);
    match (have, &limit.unit) {
        (a, b) if a == b => Ok(same),
        (_, Unit::None) if limit.value == 0.0 => Ok(same),
        (Unit::Count(_) | Unit::Ratio | Unit::Rating(_), Unit::None) => Ok(same),
        (
            Unit::None,
            Unit::Ratio
            | Unit::Rating(_)
            | Unit::Count(_)
            | Unit::Seconds
            | Unit::Bytes
            | Unit::PerSecond
            | Unit::Money(_),
        ) => Ok(same),
        (Unit::Rating(a), Unit::Rating(b)) => Ok((f64::from(*b), f64::from(*a))),
        (a, b) => match (per_hour(a), per_hour(b)) {
            (Some(number), Some(limit)) => Ok((number, limit)),
            _ => Err(mismatch(a, limit)),
        },
    }
}

/// How many of the rate make one an hour.
fn per_hour(unit: &Unit) -> Option<f64> {
    match unit {
        Unit::PerSecond => Some(3600.0),
        Unit::PerMinute => Some(60.0),
        Unit::PerHour => Some(1.0),
        _ => None,
    }
}

fn mismatch(have: &Unit, limit: &Quantity) -> UnitMismatch {
    let help = match (have, &limit.unit) {
        (Unit::None, wanted) => format!("declare the number's unit as {}", words(wanted)),
        (wanted, _) => format!("write the limit in {}, such as `{}`", words(wanted), example(wanted)),
    };
    UnitMismatch { have: words(have), limit: words(&limit.unit), help }
}

fn words(unit: &Unit) -> String {
    match unit {
        Unit::None => "no unit".to_owned(),
        Unit::Ratio => "percent".to_owned(),
        Unit::Seconds => "time".to_owned(),
        Unit::Bytes => "bytes".to_owned(),
        Unit::PerSecond => "counts per second".to_owned(),
        Unit::PerMinute => "counts per minute".to_owned(),
        Unit::PerHour => "counts per hour".to_owned(),
        Unit::Money(currency) => format!("money ({currency})"),
        Unit::MoneyPerHour(currency) => format!("money per hour ({currency})"),
        Unit::Rating(best) => format!("ratings out of {best}"),
        Unit::Count(thing) => format!("counts of {thing}"),
    }
}

fn example(unit: &Unit) -> String {
    match unit {
        Unit::None => "> 10".to_owned(),
        Unit::Ratio => "> 1%".to_owned(),
        Unit::Seconds => "> 500 ms".to_owned(),
        Unit::Bytes => "< 500 MB".to_owned(),
        Unit::PerSecond => "> 100/s".to_owned(),
        Unit::PerMinute => "> 100/min".to_owned(),
        Unit::PerHour => "> 100/h".to_owned(),
        Unit::Money(currency) => format!("> {currency}10000"),
        Unit::MoneyPerHour(currency) => format!("> {currency}10000/h"),
        Unit::Rating(best) => format!("> 4/{best}"),
        Unit::Count(thing) => format!("> 3 {thing}"),
    }
}
