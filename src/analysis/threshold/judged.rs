//! What a number says now against its limits.

use crate::analysis::{Quality, Samples, Verdict};
use crate::base::{Timestamp, Unit};
use crate::plan::rule::{Doubt, Fact, Facts, Outcome, Rule};

/// How the newest answer of a source was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nobody asked yet.
    #[default]
    None,
    /// It was whole.
    Whole,
    /// It came with a warning or was cut; the text says which.
    Partial(String),
    /// There was none; the text says why.
    Fault(String),
}

/// The limits of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// What its number is called in rules that name it.
    pub name: &'a str,
    /// What is wanted.
    pub target: Option<&'a Rule>,
    /// What is not accepted.
    pub alert: Option<&'a Rule>,
    /// What a rule that speaks of a baseline is compared with; without it such a rule has no answer.
    pub against: Option<f64>,
}

/// What a number says now.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The word.
    pub verdict: Verdict,
    /// The time of the first sample that says so; none when there is no sample.
    pub since: Option<Timestamp>,
    /// The newest number, in the unit's base.
    pub value: Option<f64>,
    /// Why, when it is not about the number.
    pub reason: String,
}

/// Pass inside the target, fail on alert, warn between; anything doubtful is never pass.
pub fn judge(samples: &Samples, limits: &Limits<'_>, answer: &Answer, now: Timestamp) -> Judged {
    let (newest, speaks) = samples.speaks(now);
    let value = newest.map(|(_, value)| value);
    let at = newest.map(|(at, _)| at);
    let doubtful = |verdict, reason: String| Judged { verdict, since: at, value, reason };
    if let Answer::Fault(why) = answer {
        return doubtful(Verdict::Error, why.clone());
    }
    let latest = samples.latest();
    // A part of an answer is a number all the same: it may warn, and never passes.
    if let Some(part) =
        latest.filter(|part| part.quality == Quality::Partial && part.at >= at.unwrap_or(part.at))
        && let Some(number) = part.number()
        && now.as_second().saturating_sub(part.at.as_second()).abs() <= 3 * samples.every()
    {
        let verdict = word(number, limits).0;
        let verdict = if verdict.is_pass() { Verdict::Warn } else { verdict };
        let reason = match answer {
            Answer::Partial(why) => why.clone(),
            _ => "a part of the answer is missing".to_owned(),
        };
        return Judged { verdict, since: Some(part.at), value: Some(number), reason };
    }
    let Some((_, number)) = newest else {
        let reason = latest.map_or("no samples", |latest| silence(latest.quality));
        return doubtful(Verdict::NoData, reason.to_owned());
    };
    if !speaks {
        let age = at.map_or(0, |at| now.as_second() - at.as_second());
        let reason = if age < 0 {
            format!("the newest sample is {} s ahead of the clock", age.saturating_neg())
        } else {
            format!("the newest sample is {age} s old")
        };
        return doubtful(Verdict::Stale, reason);
    }
    let (verdict, reason) = word(number, limits);
    if let Answer::Partial(why) = answer {
        let verdict = if verdict.is_pass() { Verdict::Warn } else { verdict };
        return doubtful(verdict, why.clone());
    }
    let since =
        samples.good().take_while(|(_, number)| word(*number, limits).0 == verdict).map(|(at, _)| at).last();
    Judged { verdict, since, value, reason }
}

/// Why a source that answers gives no number.
pub(super) fn silence(quality: Quality) -> &'static str {
    match quality {
        Quality::Ok => "the newest answer has no number",
        Quality::WarmUp => "too soon after a step to count",
        Quality::NoTraffic => "no traffic: there is nothing to divide by",
        Quality::NoSeries => "no samples: the source knows no such series",
        Quality::Stale => "the newest answer is too old",
        Quality::Partial => "a part of the answer is missing",
        Quality::Error => "the source does not answer",
    }
}

/// What one number says against its limits.
fn word(number: f64, limits: &Limits<'_>) -> (Verdict, String) {
    let ask = |rule: Option<&Rule>| rule.map(|rule| compared(rule, limits.name, number, limits.against));
    match (ask(limits.alert), ask(limits.target)) {
        (Some(Outcome::Holds), _) => (Verdict::Fail, String::new()),
        (Some(Outcome::Unknown(doubt)), _) | (_, Some(Outcome::Unknown(doubt))) => {
            (doubted(&doubt), doubt.to_string())
        }
        (_, Some(Outcome::Fails)) => (Verdict::Warn, String::new()),
        (_, Some(Outcome::Holds) | None) => (Verdict::Pass, String::new()),
    }
}

fn doubted(doubt: &Doubt) -> Verdict {
    match doubt {
        Doubt::Missing { .. } | Doubt::NotFinite { .. } => Verdict::NoData,
        Doubt::NoBaseline { .. } | Doubt::EmptyBaseline { .. } => Verdict::TooFew,
        _ => Verdict::Error,
    }
}

/// What a rule says of one number. The number is in the unit the rule's limit is in; a share stays without a unit,
/// so that a number above one is doubted instead of read as hundreds of percent.
pub fn answer(rule: &Rule, name: &str, number: f64) -> Outcome {
    compared(rule, name, number, None)
}

/// The same of a number that is held against another one.
fn compared(rule: &Rule, name: &str, number: f64, against: Option<f64>) -> Outcome {
    let unit = rule.unit().filter(|unit| **unit != Unit::Ratio).cloned().unwrap_or(Unit::None);
    let fact = Fact::new(number, unit);
    let fact = against.into_iter().fold(fact, Fact::against);
    rule.evaluate(&Facts::of(fact.clone()).with(name, fact))
}
