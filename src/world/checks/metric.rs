//! A metric's newest numbers held against a rule.

use crate::analysis::Verdict;
use crate::base::{MetricId, Seconds, Timestamp, Unit};
use crate::engine::ports::{Ask, Numbers, Reading};
use crate::plan::Plan;
use crate::plan::rule::{Fact, Facts, Outcome, Rule};

use super::Found;

/// A newest number older than so many intervals of its source is stale.
const STALE: i64 = 4;

/// Reads a metric and judges it by the gate's rule, or else by the metric's own.
pub(super) async fn read(
    plan: &Plan,
    id: &MetricId,
    pass: Option<&Rule>,
    numbers: &dyn Numbers,
    now: Timestamp,
) -> Found {
    let Some(metric) = plan.metric(id) else {
        return Found::new(Verdict::Error, format!("there is no metric `{id}` in the plan"));
    };
    let source = metric.source.as_ref().and_then(|id| plan.sources.iter().find(|source| &source.id == id));
    let Some(source) = source else {
        return Found::new(Verdict::NoData, format!("{id} has no source: a person types its numbers"));
    };
    let Some(want) = want(pass, metric.target.as_ref(), metric.alert.as_ref()) else {
        return Found::new(
            Verdict::Error,
            format!("nothing to hold {id} against: give it a target or an alert"),
        );
    };
    let every = source.every.signed().max(1);
    let window = want.rule().lasting.unwrap_or(Seconds(0)).signed().saturating_add(every * STALE);
    let from = now.checked_sub(jiff::SignedDuration::from_secs(window)).unwrap_or(now);
    match numbers.read(Ask { source, metric, from, to: now }).await {
        Ok(reading) => judge(&want, &reading, now, every),
        Err(fault) => Found::new(Verdict::Error, fault.to_string()),
    }
}

/// What a number has to do.
enum Want<'a> {
    Hold(&'a Rule),
    Not(&'a Rule),
}

impl<'a> Want<'a> {
    fn rule(&self) -> &'a Rule {
        match self {
            Self::Hold(rule) | Self::Not(rule) => rule,
        }
    }
}

fn want<'a>(pass: Option<&'a Rule>, target: Option<&'a Rule>, alert: Option<&'a Rule>) -> Option<Want<'a>> {
    pass.or(target).map(Want::Hold).or(alert.map(Want::Not))
}

/// All numbers of the rule's span count; a doubt about any of them is no pass.
fn judge(want: &Want<'_>, reading: &Reading, now: Timestamp, every: i64) -> Found {
    let rule = want.rule();
    let newest = reading.canary().iter().rev().find_map(|it| Some((it.at, it.number()?)));
    let Some((at, value)) = newest else { return Found::new(Verdict::NoData, "no number in the answer") };
    let age = now.as_second() - at.as_second();
    if age > every * STALE {
        return Found::new(Verdict::Stale, format!("the newest number is {age} s old"));
    }
    let begin = at.as_second() - rule.lasting.unwrap_or(Seconds(0)).signed();
    let span = reading.canary().iter().filter(|it| it.at.as_second() >= begin);
    let mut verdict = Verdict::Pass;
    let mut why = format!("{value} against {rule}");
    for sample in span {
        let outcome = sample.number().map(|value| rule.evaluate(&Facts::of(Fact::new(value, Unit::None))));
        let good = match (want, outcome) {
            (_, None) => {
                (verdict, why) = (verdict.max(Verdict::TooFew), format!("{why}, with gaps"));
                continue;
            }
            (_, Some(Outcome::Unknown(doubt))) => return Found::new(Verdict::Error, doubt.to_string()),
            (Want::Hold(_), Some(outcome)) => outcome.holds(),
            (Want::Not(_), Some(outcome)) => !outcome.holds(),
        };
        if !good {
            verdict = Verdict::Fail;
        }
    }
    match &reading.partial {
        Some(reason) => Found::new(verdict.max(Verdict::Warn), format!("{why}; {}", reason.line())),
        None => Found::new(verdict, why),
    }
}

#[cfg(test)]
mod tests;
