//! What a rule says, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Quantity, Seconds, Unit};

use super::subject::Subject;

/// A condition on numbers, and for how long it must last before it counts.
///
/// Evaluation looks at one moment; who evaluates over time accrues [`Rule::lasting`] on sample timestamps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// Alternatives joined by `or`, at least one; each is a list of tests joined by `and`, at least one.
    pub any: Vec<Vec<Test>>,
    /// How long it must stay true (`for 5m`); `None` when the text does not say.
    pub lasting: Option<Seconds>,
}

/// One number held against one demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The number's name; `None` when the place of the rule says which (a metric's own `alert`).
    pub subject: Option<Subject>,
    /// The demand.
    pub check: Check,
    /// The span the number is counted over (`in 5m`).
    pub within: Option<Seconds>,
    /// What the number ranges over (`on any server`, `of sessions`): kept for people.
    pub scope: Option<Subject>,
    /// The version whose number is the baseline (`better than 2.3.0`); `None` means the number's own baseline.
    pub against: Option<Subject>,
}

/// The demand of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `> 1%`
    Compare {
        /// The comparison.
        op: Op,
        /// The limit.
        value: Quantity,
    },
    /// `400-600 MB`, both ends included.
    Range {
        /// The least that is in.
        low: Quantity,
        /// The most that is in; of the same unit.
        high: Quantity,
    },
    /// `> 2x baseline`; `no increase` is `<=` once the baseline.
    Baseline {
        /// The comparison.
        op: Op,
        /// How many times the baseline.
        factor: f64,
    },
    /// `baseline +/- 10%`: no further from it than this fraction of it.
    Around {
        /// The fraction: 10 % is 0.1.
        margin: f64,
    },
    /// `> 20% change`, `drops > 20%`: the change from the baseline as a fraction of it.
    Change {
        /// Which way counts.
        direction: Direction,
        /// The comparison.
        op: Op,
        /// The fraction: 20 % is 0.2.
        by: f64,
    },
    /// `increasing`, `decreasing`: any change that way from the baseline.
    Trend {
        /// Which way.
        direction: Direction,
    },
    /// `present`, `failing`: the number, as a flag, is not zero.
    Present,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Op {
    /// The sign people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::AtLeast => ">=",
            Self::Above => ">",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The way a number moves against its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Up or down.
    Either,
    /// More than the baseline.
    Up,
    /// Less than the baseline.
    Down,
    /// The good way; which that is, the number's own [`super::Better`] says.
    Better,
    /// The other way.
    Worse,
}

impl Rule {
    /// A rule of one test, without a duration.
    pub fn one(test: Test) -> Self {
        Self { any: vec![vec![test]], lasting: None }
    }

    /// Its tests, left to right.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.any.iter().flatten()
    }

    /// The names it needs, each once, left to right.
    pub fn subjects(&self) -> Vec<&Subject> {
        let mut out: Vec<&Subject> = Vec::new();
        for subject in self.tests().filter_map(|test| test.subject.as_ref()) {
            if !out.iter().any(|seen| seen.key() == subject.key()) {
                out.push(subject);
            }
        }
        out
    }

    /// Whether it speaks of one number only: of none by name, or of one.
    pub fn speaks_of_one(&self) -> bool {
        let named = self.tests().filter(|test| test.subject.is_some()).count();
        named == 0 || (named == self.tests().count() && self.subjects().len() == 1)
    }

    /// Whether any part of it needs a baseline.
    pub fn needs_baseline(&self) -> bool {
        self.tests().any(|test| {
            matches!(
                test.check,
                Check::Baseline { .. } | Check::Around { .. } | Check::Change { .. } | Check::Trend { .. }
            )
        })
    }

    /// The versions it is held against, each once, left to right.
    pub fn versions(&self) -> Vec<&Subject> {
        let mut out: Vec<&Subject> = Vec::new();
        for version in self.tests().filter_map(|test| test.against.as_ref()) {
            if !out.contains(&version) {
                out.push(version);
            }
        }
        out
    }

    /// Whether it speaks of a good or a bad way, so that somebody must have said which way that is.
    pub fn needs_direction(&self) -> bool {
        self.tests().any(|test| {
            matches!(
                test.check,
                Check::Change { direction: Direction::Better | Direction::Worse, .. }
                    | Check::Trend { direction: Direction::Better | Direction::Worse }
            )
        })
    }

    /// The same where the place of the rule names the number: `no regression > 10%` of a metric is a change of it for
    /// the worse, where beside a report of benchmarks it is a number called so.
    pub fn of_the_metric(mut self) -> Self {
        for test in self.any.iter_mut().flatten() {
            let worse = match test.subject.as_ref().map(Subject::key) {
                Some(name) if name.ends_with("regression") || name.ends_with("degradation") => {
                    Direction::Worse
                }
                Some(name) if name.ends_with("improvement") => Direction::Better,
                _ => continue,
            };
            if let Check::Compare { op, value } = &test.check
                && value.unit == Unit::Ratio
            {
                test.check = Check::Change { direction: worse, op: *op, by: value.value };
                test.subject = None;
            }
        }
        self
    }

    /// The unit of its first limit that has one: what a metric's numbers are in when nobody says otherwise.
    pub fn unit(&self) -> Option<&Unit> {
        self.tests().find_map(|test| match &test.check {
            Check::Compare { value, .. } | Check::Range { low: value, .. } if value.unit != Unit::None => {
                Some(&value.unit)
            }
            _ => None,
        })
    }
}

impl Test {
    /// A demand on the number the place of the rule names.
    pub fn new(check: Check) -> Self {
        Self { subject: None, check, within: None, scope: None, against: None }
    }

    /// The same demand on a number of this name.
    pub fn of(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }
}
