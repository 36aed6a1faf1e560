//! `[rollout.*.judge]`.

use crate::base::{MetricId, Seconds};
use crate::plan::file::{self, At};
use crate::plan::rule::Action;
use crate::plan::{Judge, Metric, Plan, PlanError, Signal};

use super::desk::Desk;

/// How often a good version may be called bad.
const ALPHA: f64 = 0.01;
/// How often a bad version may be called good.
const BETA: f64 = 0.05;
/// How many times the old rate is still harmless.
const HARMLESS: f64 = 1.1;
/// How many times the old rate is not acceptable, of a share of bad events.
const UNACCEPTABLE: f64 = 2.0;
/// The same of events that take too long.
const TOO_SLOW: f64 = 1.5;
/// The most a rate may be said to be times another: beyond it nothing is a comparison any more.
const MOST: f64 = 32.0;
/// No promotion before this time in a step.
const DWELL: Seconds = Seconds(600);
/// Samples so soon after a step do not count.
const WARM_UP: Seconds = Seconds(180);

/// How the new version is judged.
pub(super) fn judge(desk: &Desk<'_>, plan: &Plan, written: &At<file::Judge>) -> Result<Judge, PlanError> {
    let (at, written) = (written.start, &written.value);
    let chance = |text: &Option<At<f64>>, usual: f64| match text {
        Some(share) if share.value > 0.0 && share.value <= 0.5 => Ok(share.value),
        Some(share) => {
            let message = format!("{} is no chance to be wrong with", share.value);
            Err(desk.place.error(share.start, message, "write a number above 0, at most 0.5, such as 0.01"))
        }
        None => Ok(usual),
    };
    let harmless = match &written.harmless {
        Some(times) if (1.0..MOST).contains(&times.value) => times.value,
        Some(times) => {
            let message = format!("{} times the old rate is no margin", times.value);
            return Err(desk.place.error(times.start, message, "write 1 or a little more, such as 1.1"));
        }
        None => HARMLESS,
    };
    let worse = match &written.worse {
        Some(actions) => desk.actions(&actions.0, at)?,
        None => vec![Action::Hold, Action::Ask],
    };
    let length = |text: &Option<At<String>>, usual| text.as_ref().map_or(Ok(usual), |text| desk.length(text));
    Ok(Judge {
        signals: signals(desk, plan, at, (written, harmless))?,
        alpha: chance(&written.alpha, ALPHA)?,
        beta: chance(&written.beta, BETA)?,
        harmless,
        dwell: length(&written.dwell, DWELL)?,
        warm_up: length(&written.warm_up, WARM_UP)?,
        worse,
        too_few: written.too_few,
    })
}

/// Whether both sides of a metric can be held against each other event by event.
fn can_be_judged(metric: &Metric) -> bool {
    metric.sides.is_some() && (metric.counts.is_some() || metric.histogram.is_some())
}

/// The signals, as written or all there are.
fn signals(
    desk: &Desk<'_>,
    plan: &Plan,
    at: usize,
    (written, harmless): (&file::Judge, f64),
) -> Result<Vec<Signal>, PlanError> {
    let mut signals: Vec<Signal> = Vec::new();
    for (name, said) in &written.signals.0 {
        let known = plan.metrics.iter().map(|metric| metric.id.as_str());
        let id = MetricId::new(desk.named(name, "metric", known)?);
        let Some(metric) = plan.metric(&id) else { continue };
        if signals.iter().any(|signal| signal.metric == id) {
            return Err(desk.wrong(name, "is judged twice", "name it once"));
        }
        signals.push(signal(desk, metric, name, (said, harmless))?);
    }
    if written.signals.0.is_empty() {
        let judged = plan.metrics.iter().filter(|metric| can_be_judged(metric) && has_bounds(metric));
        signals.extend(judged.map(|metric| Signal {
            metric: metric.id.clone(),
            weight: 1.0,
            unacceptable: usual(metric).max(harmless * 1.25),
        }));
    }
    if signals.is_empty() {
        let help = "give a [metric.*] `sides` with `bad` and `total`, or with `histogram`";
        return Err(desk.place.error(at, "there is nothing to judge by", help));
    }
    let total: f64 = signals.iter().map(|signal| signal.weight).sum();
    if total <= 0.0 {
        let help = "give at least one signal a weight above 0";
        return Err(desk.place.error(at, "no signal of the judge decides anything", help));
    }
    Ok(signals)
}

fn usual(metric: &Metric) -> f64 {
    if metric.counts.is_some() { UNACCEPTABLE } else { TOO_SLOW }
}

fn has_bounds(metric: &Metric) -> bool {
    metric.counts.is_some() || metric.histogram.as_ref().is_some_and(|histogram| !histogram.bounds.is_empty())
}

fn signal(
    desk: &Desk<'_>,
    metric: &Metric,
    name: &At<String>,
    (said, harmless): (&file::Signal, f64),
) -> Result<Signal, PlanError> {
    if !can_be_judged(metric) {
        let help =
            format!("add `sides` with `bad` and `total`, or with `histogram`, to [metric.{}]", metric.id);
        return Err(desk.wrong(name, "has no counts of both sides to judge by", help));
    }
    if !has_bounds(metric) {
        let help =
            format!("add `bounds = [\"250ms\", \"500ms\", \"1s\"]` or a target to [metric.{}]", metric.id);
        return Err(desk.wrong(name, "has a histogram without bounds, so nothing in it is slow", help));
    }
    let weight = match &said.weight {
        Some(weight) if (0.0..=1e6).contains(&weight.value) => weight.value,
        Some(weight) => {
            let message = format!("{} is no weight of a signal", weight.value);
            return Err(desk.place.error(weight.start, message, "write a number from 0, such as 2"));
        }
        None => 1.0,
    };
    let unacceptable = match &said.unacceptable {
        Some(times) if times.value > harmless && times.value <= MOST => times.value,
        Some(times) => {
            let message = format!(
                "{} times the old rate does not lie above {harmless}, which is harmless",
                times.value
            );
            let help = format!("write more than {harmless}, at most {MOST}, such as 2");
            return Err(desk.place.error(times.start, message, help));
        }
        None => usual(metric).max(harmless * 1.25),
    };
    Ok(Signal { metric: metric.id.clone(), weight, unacceptable })
}
