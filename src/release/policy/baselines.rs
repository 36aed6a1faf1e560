//! Baselines: people ask for them or write them down, the engine reads them.

use crate::analysis::baseline::{BaselineName, Snapshot};
use crate::base::{Digest, MetricId, Seconds, Timestamp, Untrusted};
use crate::plan::Metric;
use crate::release::baseline::{due, question};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;

type Granted = Result<(), Refusal>;

/// No baseline is of a longer time: a source answers so many samples at once.
const LONGEST: Seconds = Seconds(24 * 3600);

/// What the engine read for one name.
pub struct Read<'a> {
    /// Which.
    pub name: &'a BaselineName,
    /// What it came to, with the digest of its samples; or why there is nothing.
    pub found: Result<(&'a Snapshot, Digest), &'a Untrusted>,
}

/// A person wants a baseline captured.
pub fn ask(
    draft: &mut Draft<'_>,
    metric: &MetricId,
    name: &BaselineName,
    (from, to): (Timestamp, Timestamp),
) -> Granted {
    let planned = known(draft, metric)?;
    if planned.source.is_none() {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("`{metric}` has no source to capture anything from"),
            format!("write its number down: `tminus baseline set {metric} --version VERSION VALUE`"),
        ));
    }
    named(name)?;
    if from >= to || to > draft.now {
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("from {from} to {to} is no time that is past"),
            "name a time that has ended, such as --from 2026-12-01T09:00:00Z --to 2026-12-01T10:00:00Z",
        ));
    }
    if to.as_second().saturating_sub(from.as_second()) > LONGEST.signed() {
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("a baseline is of {LONGEST} at most"),
            "name a shorter time that says what is usual, such as an hour",
        ));
    }
    if let (BaselineName::Before, Some(started)) = (name, draft.state.started)
        && to > started
    {
        return Err(refuse(
            RefusalCode::WrongState,
            "the release has started: what is there now is not what was before it",
            format!("let the time end before {started} with --to, or name a version with --version"),
        ));
    }
    let (metric, name) = (metric.clone(), name.clone());
    draft.push(Event::BaselineAsked { metric, name, from, to });
    Ok(())
}

/// A person writes down what a number was of a version.
pub fn set(draft: &mut Draft<'_>, metric: &MetricId, name: &BaselineName, value: f64) -> Granted {
    known(draft, metric)?;
    named(name)?;
    if name.of_version().is_none() {
        return Err(refuse(
            RefusalCode::Incomplete,
            "a number that is written down is of a version",
            "name it, such as --version 2.3.0",
        ));
    }
    if !value.is_finite() {
        return Err(refuse(RefusalCode::Incomplete, "that is no number", "write a finite number"));
    }
    let snapshot = Snapshot::said(value, draft.now);
    draft.push(Event::BaselineCaptured {
        metric: metric.clone(),
        name: name.clone(),
        snapshot,
        inputs: None,
    });
    Ok(())
}

/// The engine read what was due of a metric; what is due no longer is not taken.
pub fn read(draft: &mut Draft<'_>, metric: &MetricId, all: &[Read<'_>]) {
    let Some(asks) = draft.plan.metric(metric).map(question) else { return };
    let due: Vec<BaselineName> = due(&draft.state, draft.plan, draft.now)
        .into_iter()
        .filter(|capture| &capture.metric == metric)
        .flat_map(|capture| capture.windows.into_iter().map(|window| window.name))
        .collect();
    for Read { name, found } in all.iter().filter(|read| due.contains(read.name)) {
        let (metric, name) = (metric.clone(), (*name).clone());
        draft.push(match found {
            Ok((snapshot, inputs)) if snapshot.question == Some(asks) => {
                Event::BaselineCaptured { metric, name, snapshot: (*snapshot).clone(), inputs: Some(*inputs) }
            }
            Ok(_) => {
                let why = Untrusted::from("the metric asks another query since");
                Event::BaselineMissed { metric, name, why }
            }
            Err(why) => Event::BaselineMissed { metric, name, why: (*why).clone() },
        });
    }
}

fn known<'d>(draft: &Draft<'d>, metric: &MetricId) -> Result<&'d Metric, Refusal> {
    draft.plan.metric(metric).ok_or_else(|| {
        refuse(
            RefusalCode::Unknown,
            format!("there is no metric `{metric}`"),
            "name one of the plan's metrics",
        )
    })
}

fn named(name: &BaselineName) -> Granted {
    match name {
        BaselineName::Before => Ok(()),
        BaselineName::Version(version) if !version.is_empty() && version.chars().count() <= 80 => Ok(()),
        BaselineName::Version(_) => Err(refuse(
            RefusalCode::Incomplete,
            "that is no name of a version",
            "name one, such as --version 2.3.0",
        )),
        BaselineName::Yesterday | BaselineName::LastWeek => Err(refuse(
            RefusalCode::NotAllowed,
            "the days before are captured at T-0 only",
            "capture `before`, or a version",
        )),
    }
}
