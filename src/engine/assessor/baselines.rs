//! What a gate's rule says of a number that is held against what it was: which baseline it is, and what to do when it
//! says nothing.
//!
//! Invariants: the other side is only compared at the same time; a baseline that says too little is refused with a
//! sentence, never passed over; who reads the answer is told which baseline it was, how old, and what is risky.

use crate::analysis::baseline::{BaselineName, Demand, Unusable};
use crate::analysis::threshold::answer;
use crate::analysis::{Samples, Tally, Verdict};
use crate::base::{Timestamp, Unit};
use crate::plan::rule::{Better, Check, Direction, Doubt, Fact, Facts, Outcome, Rule, Test};
use crate::plan::{Baseline, Metric};
use crate::release::State;
use crate::release::baseline::meant;

/// Counts of both sides are compared over so many intervals: a share of one interval says little.
const INTERVALS: i64 = 20;

/// What a rule says, or the verdict and the sentence when it cannot say anything.
#[derive(Debug, PartialEq)]
pub(super) enum Held {
    /// It holds, or not; what the number was held against, for people.
    Said { holds: bool, note: String },
    /// It has no answer.
    Unsaid { verdict: Verdict, why: String },
}

/// The samples a gate looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked<'a> {
    /// Those of the new version, or of the whole.
    pub own: Option<&'a Samples>,
    /// Those of the old version.
    pub other: Option<&'a Samples>,
}

/// A trigger's rule as it is held against samples, and what it is compared with.
#[derive(Debug, PartialEq)]
pub(super) struct Basis {
    /// The rule, of one baseline and with its ways up and down.
    pub rule: Rule,
    /// The number that was captured, when the rule is about one and it may be used.
    pub captured: Option<f64>,
    /// True when the other side at the same time is what it is compared with.
    pub concurrent: bool,
}

/// What a trigger's rule is compared with. What cannot be used is not replaced by something else: the rule is unknown.
pub(super) fn basis(metric: &Metric, rule: &Rule, (state, now): (&State, Timestamp)) -> Basis {
    let mut rule = rule.clone().of_the_metric();
    let version = match rule.versions().as_slice() {
        [only] => Some(BaselineName::version(only.as_str())),
        _ => None,
    };
    let name = match (&version, &metric.baseline) {
        (None, None) if rule.versions().is_empty() => None,
        (None, _) => meant(metric).filter(|_| rule.versions().is_empty()),
        (Some(name), _) => {
            // A rule of one version and of another baseline has two, and only one number can be handed on.
            let one = needs(&rule).all(|test| test.against.is_some()) || meant(metric).as_ref() == Some(name);
            one.then(|| name.clone())
        }
    };
    for test in rule.any.iter_mut().flatten() {
        if name.is_some() {
            test.against = None;
        }
        if let Check::Change { direction, .. } | Check::Trend { direction } = &mut test.check {
            *direction = match (*direction, metric.better()) {
                (Direction::Better, Some(Better::More)) | (Direction::Worse, Some(Better::Less)) => {
                    Direction::Up
                }
                (Direction::Better, Some(Better::Less)) | (Direction::Worse, Some(Better::More)) => {
                    Direction::Down
                }
                (plain, _) => plain,
            };
        }
    }
    let usable = |name: BaselineName| state.baselines.usable(metric, &name, &Demand::default(), now).ok();
    let concurrent = name.is_none() && metric.baseline == Some(Baseline::Concurrent);
    Basis { captured: name.and_then(usable).map(|found| found.value), rule, concurrent }
}

fn needs(rule: &Rule) -> impl Iterator<Item = &Test> {
    rule.tests().filter(|test| Rule::one((*test).clone()).needs_baseline())
}

/// What a rule says of the newest number of a metric.
pub(super) fn held(
    metric: &Metric,
    rule: &Rule,
    value: f64,
    looked: Looked<'_>,
    (state, now): (&State, Timestamp),
) -> Held {
    if !rule.needs_baseline() {
        return match answer(rule, metric.id.as_str(), value) {
            Outcome::Holds => Held::Said { holds: true, note: String::new() },
            Outcome::Fails => Held::Said { holds: false, note: String::new() },
            Outcome::Unknown(doubt) => Held::Unsaid { verdict: Verdict::Error, why: doubt.to_string() },
        };
    }
    match against(metric, rule, value, looked, (state, now)) {
        Ok((fact, note)) => match rule.evaluate(&Facts::of(fact.clone()).with(metric.id.as_str(), fact)) {
            Outcome::Holds => Held::Said { holds: true, note },
            Outcome::Fails => Held::Said { holds: false, note },
            Outcome::Unknown(doubt) => {
                let verdict = match &doubt {
                    Doubt::EmptyBaseline { .. } => Verdict::TooFew,
                    Doubt::NoBaseline { .. } | Doubt::NoVersion { .. } => Verdict::NoData,
                    _ => Verdict::Error,
                };
                Held::Unsaid { verdict, why: format!("{doubt}; {note}") }
            }
        },
        Err((verdict, why)) => Held::Unsaid { verdict, why },
    }
}

/// The number with all that the rule compares it with, and what that is.
fn against(
    metric: &Metric,
    rule: &Rule,
    value: f64,
    looked: Looked<'_>,
    (state, now): (&State, Timestamp),
) -> Result<(Fact, String), (Verdict, String)> {
    let unit = rule.unit().filter(|unit| **unit != Unit::Ratio).cloned().unwrap_or(Unit::None);
    let mut fact = Fact::new(value, unit);
    let mut notes = Vec::new();
    if let Some(better) = metric.better() {
        fact = fact.is_better(better);
    } else if rule.needs_direction() {
        let id = &metric.id;
        let why = format!(
            "nobody said whether more or less of {id} is better; add `target = \"< …\"` or `\"> …\"` to [metric.{id}]"
        );
        return Err((Verdict::Error, why));
    }
    let kept = |name: &BaselineName| {
        let found = state.baselines.usable(metric, name, &Demand::default(), now);
        found.map_err(|why| (word(&why), why.to_string()))
    };
    for version in rule.versions() {
        let name = BaselineName::version(version.as_str());
        let found = kept(&name)?;
        fact = fact.was(version.as_str(), found.value);
        notes.push(compared(metric, value, found.value, &found.line));
    }
    if needs(rule).any(|test| test.against.is_none()) {
        let (now_is, was, line) = match (meant(metric), &metric.baseline) {
            (Some(name), _) => {
                let found = kept(&name)?;
                (value, found.value, found.line)
            }
            (None, Some(Baseline::Concurrent)) => concurrent(metric, value, looked)?,
            (None, _) => return Err((Verdict::Error, unnamed(metric))),
        };
        fact.now.value = now_is;
        fact = fact.against(was);
        notes.push(compared(metric, now_is, was, &line));
    }
    Ok((fact, notes.join("; ")))
}

/// Both sides at the same time: of counts their shares over the same intervals, of numbers the nearest to the newest.
fn concurrent(
    metric: &Metric,
    value: f64,
    Looked { own, other }: Looked<'_>,
) -> Result<(f64, f64, String), (Verdict, String)> {
    let id = &metric.id;
    let nothing = |what: &str| {
        (
            Verdict::NoData,
            format!("{id} has no samples of the {what} version to compare with; look at `sides`"),
        )
    };
    let own = own.ok_or_else(|| nothing("new"))?;
    let other = other.ok_or_else(|| nothing("old"))?;
    let (at, _) = own.newest().ok_or_else(|| nothing("new"))?;
    let span = INTERVALS * own.every();
    let from = at.checked_sub(jiff::SignedDuration::from_secs(span)).unwrap_or(Timestamp::MIN);
    let (here, there) = (own.sum(from, at), other.sum(from, at));
    if here.samples > 0 && there.samples > 0 {
        let least = Demand::default().events;
        if there.tally.total < least {
            let have = there.tally.total;
            let why = format!(
                "the old version had {have} events in the last {span} s, fewer than {least}; wait, or give it more traffic"
            );
            return Err((Verdict::TooFew, why));
        }
        let share = |Tally { total, bad: [bad, ..] }: Tally| (total > 0).then(|| bad as f64 / total as f64);
        let (Some(is), Some(was)) = (share(here.tally), share(there.tally)) else {
            return Err((Verdict::TooFew, "the new version had no events; give it traffic".to_owned()));
        };
        let line = format!("the old version at the same time, {} events over {span} s", there.tally.total);
        return Ok((is, was, line));
    }
    let near = |sample: &(Timestamp, f64)| (sample.0.as_second() - at.as_second()).abs() <= other.every();
    let (_, was) = other.good().find(near).ok_or_else(|| nothing("old"))?;
    Ok((value, was, "the old version at the same time".to_owned()))
}

/// Which way a number went, in percent of what it was, for people.
fn compared(metric: &Metric, value: f64, was: f64, line: &str) -> String {
    let change = match (was > 0.0, metric.better(), value.total_cmp(&was)) {
        (true, better, order) if order.is_ne() => {
            let share = (value / was - 1.0).abs() * 100.0;
            let word = match (better, order.is_gt()) {
                (Some(Better::More), true) | (Some(Better::Less), false) => "better",
                (Some(_), _) => "worse",
                (None, true) => "more",
                (None, false) => "less",
            };
            format!("{share:.1} % {word} than ")
        }
        _ => "against ".to_owned(),
    };
    format!("{change}{} ({line})", metric.written(was))
}

fn word(why: &Unusable) -> Verdict {
    match why {
        Unusable::None { .. } | Unusable::Missed { .. } => Verdict::NoData,
        Unusable::Old { .. } => Verdict::Stale,
        Unusable::Few { .. } => Verdict::TooFew,
        Unusable::OtherQuestion { .. } => Verdict::Error,
    }
}

fn unnamed(metric: &Metric) -> String {
    let id = &metric.id;
    format!(
        "the baseline of {id} is not named; add `baseline = \"concurrent\"` (with `sides`), `\"before 1h\"` or \
         `\"version 2.3.0\"` to [metric.{id}]"
    )
}

#[cfg(test)]
mod tests;
