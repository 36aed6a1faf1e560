//! What a rule says at one sample: of its number, or of the counts in its window.
//!
//! What is known only between two ends (a quantile between two bounds of a histogram, a count with samples missing)
//! is asked at both: the rule has an answer when they agree.

use super::settings::{Reads, Watched};
use super::standing::Unsure;
use super::tape::{Tape, earlier};
use crate::analysis::{Measure, Quality, Sample, Sum, Tally};
use crate::base::{Seconds, Timestamp, Unit};
use crate::plan::rule::{Check, Direction, Doubt, Fact, Facts, Op, Outcome, Rule};

/// So many samples may be missing in a window before its count says nothing of what stayed below a limit.
const HOLES: usize = 2;
/// Stands for a number without an upper end; far enough from overflow to be multiplied by a unit.
const BOUNDLESS: f64 = 1e300;
/// Stands for the lower end of a time or a size of which nothing is known: above zero, as all of them are.
const NEXT_TO_NOTHING: f64 = 1e-300;
/// A number that is above a bound by less than this share counts as just above it.
const JUST: f64 = 1e-9;

/// What a rule says at one sample.
pub(super) struct Look {
    pub answer: Said,
    /// The number it is about.
    pub value: Option<f64>,
}

pub(super) enum Said {
    Yes,
    No,
    Unsure(Unsure),
}

/// A number as far as it is known.
struct Known {
    low: f64,
    high: f64,
    unit: Unit,
    within: Option<Seconds>,
    /// Samples missing in the window.
    missing: usize,
    /// True when the window begins before the time that counts.
    clipped: bool,
}

/// One who looks.
#[derive(Clone, Copy)]
pub(super) struct Looker<'a> {
    pub what: &'a Watched<'a>,
    pub own: &'a Tape,
    pub other: Option<&'a Tape>,
    pub captured: Option<f64>,
    /// The window of counts, in seconds; none means each sample by itself.
    pub window: Option<i64>,
}

impl Looker<'_> {
    /// Whether a sample can be asked at all.
    pub fn of_use(&self, sample: &Sample) -> bool {
        match sample.measure {
            Measure::None => false,
            Measure::Number(_) => sample.quality == Quality::Ok,
            Measure::Tally(tally) => {
                sample.tally().is_some()
                    && (tally.total > 0 || self.window.is_some() || counts(self.what.rule))
            }
        }
    }

    /// The counts a rule looks at, at a sample: none of a number.
    pub fn sum(&self, tape: &Tape, place: usize) -> Option<(Sum, bool)> {
        let sample = tape.get(place)?;
        let tally = sample.tally()?;
        let Some(window) = self.window else { return Some((Sum { tally, samples: 1, missing: 0 }, false)) };
        let (begin, clipped) = self.begin(earlier(sample.at, window));
        Some((tape.sum(place, begin), clipped))
    }

    /// A beginning, not before the time that counts.
    pub fn begin(&self, wanted: Timestamp) -> (Timestamp, bool) {
        match self.what.course.from {
            Some(from) if from > wanted => (from, true),
            _ => (wanted, false),
        }
    }

    fn known(&self, tape: &Tape, place: usize) -> Result<Known, Unsure> {
        let rule = self.what.rule;
        let sample = tape.get(place).ok_or(Unsure::Nothing)?;
        if let Measure::Number(value) = sample.measure {
            let unit = rule.unit().filter(|unit| **unit != Unit::Ratio).cloned().unwrap_or(Unit::None);
            return Ok(Known { low: value, high: value, unit, within: None, missing: 0, clipped: false });
        }
        let (sum, clipped) = self.sum(tape, place).ok_or(Unsure::Silent(sample.quality))?;
        let missing = sum.missing;
        let within = self.window.and_then(|window| u64::try_from(window).ok()).map(Seconds);
        if counts(rule) {
            let unit = rule.unit().cloned().unwrap_or(Unit::None);
            let span = self.window.unwrap_or(tape.every) as f64;
            let [bad, ..] = sum.tally.bad;
            let low = bad as f64 * per(&unit).map_or(1.0, |seconds| seconds / span);
            let high = if missing > 0 || clipped { BOUNDLESS } else { low };
            return Ok(Known { low, high, unit, within, missing, clipped });
        }
        if sum.tally.total == 0 {
            return Err(Unsure::Silent(Quality::NoTraffic));
        }
        if missing > HOLES && missing > sum.samples {
            return Err(Unsure::Holes { missing });
        }
        let (low, high, unit) = match self.what.reads {
            Reads::Plain => {
                let [bad, ..] = sum.tally.bad;
                let share = bad as f64 / sum.tally.total as f64;
                (share, share, Unit::Ratio)
            }
            Reads::Quantile { share, bounds } => {
                let (low, high) = quantile(sum.tally, share, bounds);
                (low, high, rule.unit().cloned().unwrap_or(Unit::None))
            }
        };
        Ok(Known { low, high, unit, within, missing: 0, clipped: false })
    }

    /// What the rule says at a sample.
    pub fn look(&self, place: usize) -> Look {
        let own = match self.known(self.own, place) {
            Ok(own) => own,
            Err(unsure) => return Look { answer: Said::Unsure(unsure), value: None },
        };
        let value = Some(if own.high < BOUNDLESS { own.high } else { own.low });
        let bases = match self.baseline(place) {
            Some(Ok((low, high))) => vec![Some(low), Some(high)],
            Some(Err(unsure)) => return Look { answer: Said::Unsure(unsure), value },
            None => vec![None],
        };
        let point = own.low == own.high && bases.first() == bases.last();
        let ends = if own.low == own.high { vec![own.low] } else { vec![own.low, own.high] };
        let asked: Vec<Outcome> = ends
            .iter()
            .flat_map(|end| bases.iter().map(move |base| (*end, *base)))
            .map(|(end, base)| self.ask(end, base, &own))
            .collect();
        Look { answer: said(self.what.rule, &asked, point, &own), value }
    }

    /// The baseline, as far as it is known, for a rule that needs one.
    fn baseline(&self, place: usize) -> Option<Result<(f64, f64), Unsure>> {
        if !self.what.rule.needs_baseline() {
            return None;
        }
        if let Some(captured) = self.captured {
            return Some(Ok((captured, captured)));
        }
        let other = self.other?;
        let at = self.own.get(place)?.at;
        let near = other.near(at, |sample| self.of_use(sample));
        let none = || Unsure::Doubt(Doubt::NoBaseline { name: self.what.name.to_owned() });
        let known = near.ok_or_else(none).and_then(|near| self.known(other, near));
        Some(known.map(|known| (known.low, known.high)))
    }

    fn ask(&self, value: f64, base: Option<f64>, own: &Known) -> Outcome {
        let fact = Fact {
            baseline: base,
            within: own.within.filter(|_| self.what.rule.tests().any(|test| test.within.is_some())),
            ..Fact::new(value, own.unit.clone())
        };
        // A rule that speaks of one number needs no name for it.
        let facts = if self.what.rule.speaks_of_one() {
            Facts::of(fact)
        } else {
            Facts::of(fact.clone()).with(self.what.name, fact)
        };
        self.what.rule.evaluate(&facts)
    }
}

fn said(rule: &Rule, asked: &[Outcome], point: bool, own: &Known) -> Said {
    let doubt = asked.iter().find_map(|outcome| match outcome {
        Outcome::Unknown(doubt) => Some(doubt.clone()),
        _ => None,
    });
    let holds = asked.iter().filter(|outcome| outcome.holds()).count();
    match (doubt, holds) {
        (Some(doubt), _) => Said::Unsure(Unsure::Doubt(doubt)),
        (None, all) if all == asked.len() && (point || one_way(rule)) => Said::Yes,
        (None, 0) if point || one_way(rule) => Said::No,
        // What was counted is below the limit, and too little is missing to bring it above.
        (None, _) if own.missing <= HOLES && (own.missing > 0 || own.clipped) => match asked.first() {
            Some(Outcome::Fails) => Said::No,
            _ => Said::Unsure(Unsure::Holes { missing: own.missing }),
        },
        (None, _) if own.missing > 0 => Said::Unsure(Unsure::Holes { missing: own.missing }),
        _ => {
            let high = if own.high < BOUNDLESS { own.high } else { f64::INFINITY };
            Said::Unsure(Unsure::Between { low: own.low, high })
        }
    }
}

/// Whether what a rule says at two numbers it says at all between them.
fn one_way(rule: &Rule) -> bool {
    let mut tests = rule.tests();
    let (Some(test), None) = (tests.next(), tests.next()) else { return false };
    match test.check {
        Check::Compare { op, .. } | Check::Baseline { op, .. } => !matches!(op, Op::Equal | Op::NotEqual),
        Check::Change { direction, .. } | Check::Trend { direction } => {
            matches!(direction, Direction::Up | Direction::Down)
        }
        Check::Range { .. } | Check::Around { .. } | Check::Present => false,
    }
}

/// Whether a rule over counts asks how many, and not what share: its limit is a count or a rate, or a whole number of
/// one or more, or any whole number over a window.
pub(super) fn counts(rule: &Rule) -> bool {
    rule.tests().any(|test| match &test.check {
        Check::Compare { value, .. } | Check::Range { high: value, .. } => match &value.unit {
            Unit::Count(_) => true,
            Unit::None => value.value.fract() == 0.0 && (value.value >= 1.0 || test.within.is_some()),
            unit => per(unit).is_some(),
        },
        _ => false,
    })
}

/// How many seconds a rate is over.
fn per(unit: &Unit) -> Option<f64> {
    match unit {
        Unit::PerSecond => Some(1.0),
        Unit::PerMinute => Some(60.0),
        Unit::PerHour => Some(3600.0),
        _ => None,
    }
}

/// Between which bounds a quantile lies, by the counts above each.
fn quantile(tally: Tally, share: f64, bounds: &[f64]) -> (f64, f64) {
    let rank = share * tally.total as f64 * (1.0 - JUST);
    let (mut low, mut high) = (NEXT_TO_NOTHING, BOUNDLESS);
    for (bound, slower) in bounds.iter().zip(tally.bad) {
        if tally.total.saturating_sub(slower) as f64 >= rank {
            high = high.min(*bound);
        } else {
            // It is above the bound, not at it.
            low = low.max(bound * (1.0 + JUST));
        }
    }
    (low, high)
}
