//! `[metric.*]`.

use crate::base::{MetricId, Quantity, Seconds, SourceId, Unit};
use crate::plan::file::{self, At};
use crate::plan::rule::{Check, Rule};
use crate::plan::{Baseline, Counts, Histogram, Metric, Plan, PlanError, Sides, Source, SourceKind};

use super::desk::{Desk, title};
use super::{document, sources};

/// What the queries write where the label value of a side belongs.
const SIDE: &str = "{{side}}";

/// The metrics of the plan file; without any, those of the document, whose numbers people type.
pub(super) fn metrics(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Metric>, PlanError> {
    if desk.file.metric.is_empty() {
        return Ok(desk.playbook.map(document::metrics).unwrap_or_default());
    }
    desk.file.metric.iter().map(|(name, metric)| one(desk, plan, name, metric)).collect()
}

fn one(desk: &Desk<'_>, plan: &Plan, name: &At<String>, metric: &file::Metric) -> Result<Metric, PlanError> {
    let source = source(desk, plan, metric)?;
    two_sides(desk, metric)?;
    let target = metric.target.as_ref().map(|rule| desk.rule(rule)).transpose()?;
    Ok(Metric {
        id: MetricId::new(name.as_str()),
        title: title(metric.title.as_ref(), name.as_str()),
        source: source.map(|source| source.id.clone()),
        query: metric.query.as_ref().map(|query| query.value.clone()),
        sides: metric.sides.as_ref().map(|sides| Sides {
            canary: sides.value.canary.clone(),
            baseline: sides.value.baseline.clone(),
        }),
        counts: counts(desk, metric)?,
        histogram: histogram(desk, metric, target.as_ref())?,
        target,
        alert: metric.alert.as_ref().map(|rule| desk.rule(rule)).transpose()?,
        baseline: baseline(desk, metric)?,
    })
}

/// Every query of a metric with its key.
fn asked(metric: &file::Metric) -> impl Iterator<Item = (&'static str, &At<String>)> {
    [
        ("query", &metric.query),
        ("histogram", &metric.histogram),
        ("bad", &metric.bad),
        ("total", &metric.total),
    ]
    .into_iter()
    .filter_map(|(key, query)| Some((key, query.as_ref()?)))
}

/// The source, which must understand what it is asked.
fn source<'p>(
    desk: &Desk<'_>,
    plan: &'p Plan,
    metric: &file::Metric,
) -> Result<Option<&'p Source>, PlanError> {
    let Some(named) = &metric.source else {
        return match asked(metric).next() {
            Some((_, query)) => {
                let help = "add `source = \"…\"` with the name of a [source.*]";
                Err(desk.place.error(query.start, "a query without a source to ask", help))
            }
            None => Ok(None),
        };
    };
    let id = SourceId::new(desk.named(named, "source", plan.sources.iter().map(|it| it.id.as_str()))?);
    let Some(source) = plan.sources.iter().find(|source| source.id == id) else { return Ok(None) };
    let command = matches!(source.kind, SourceKind::Command { .. });
    if asked(metric).next().is_none() && !command {
        let help = "add `query = '…'`, or leave the source out";
        return Err(desk.place.error(named.start, "a source without a query to ask it", help));
    }
    for (key, query) in asked(metric) {
        let wrong = match (&source.kind, key) {
            (SourceKind::Kubernetes { .. }, "query") if !of_workload(query.as_str()) => {
                Some("write `ready`, `restarts` or `restarts 10m`")
            }
            (SourceKind::Prometheus { .. } | SourceKind::Exposition { .. }, _) | (_, "query") => None,
            (SourceKind::Json { .. } | SourceKind::Command { .. }, "bad" | "total") => None,
            _ => Some("write `query` for a number of this source, or ask a source that has counts"),
        };
        if let Some(help) = wrong {
            let spoken = sources::spoken(&source.kind);
            let wrong = format!("is nothing to ask `{}`, which takes {spoken}", named.as_str());
            return Err(desk.wrong(query, &wrong, help));
        }
    }
    Ok(Some(source))
}

/// Whether a workload has an answer to it: how many of its pods are ready, or restarts in the last so long.
fn of_workload(query: &str) -> bool {
    let within = |length: &str| Seconds::parse(length).is_some();
    matches!(query, "ready" | "restarts") || query.strip_prefix("restarts ").is_some_and(within)
}

/// `sides` and `{{side}}` belong together.
fn two_sides(desk: &Desk<'_>, metric: &file::Metric) -> Result<(), PlanError> {
    let sided = asked(metric).find(|(_, query)| query.as_str().contains(SIDE));
    match (&metric.sides, sided) {
        (None, Some((_, query))) => {
            let help = "add `sides = { canary = \"…\", baseline = \"…\" }` with the two values of the label";
            Err(desk.place.error(query.start, "`{{side}}` stands for nothing here", help))
        }
        (Some(sides), None) if asked(metric).next().is_none() => {
            let help = "add a `query`, `bad` and `total`, or `histogram`; or leave the sides out";
            Err(desk.place.error(sides.start, "sides without anything to ask for them", help))
        }
        (Some(sides), None) => {
            let help = "write `{{side}}` where the label's value belongs, such as `track=\"{{side}}\"`";
            Err(desk.place.error(
                sides.start,
                "no query says `{{side}}`, so both sides would be the same",
                help,
            ))
        }
        (Some(sides), Some(_)) if sides.value.canary == sides.value.baseline => {
            let help = "write the label value of the new version and that of the old one";
            Err(desk.place.error(sides.start, "both sides are the same", help))
        }
        _ => Ok(()),
    }
}

fn counts(desk: &Desk<'_>, metric: &file::Metric) -> Result<Option<Counts>, PlanError> {
    match (&metric.bad, &metric.total) {
        (Some(bad), Some(total)) => {
            for count in [bad, total].into_iter().filter(|_| metric.sides.is_some()) {
                if !count.as_str().contains(SIDE) {
                    let help = "write `{{side}}` where the label's value belongs, or leave the sides out";
                    return Err(desk.wrong(count, "counts both sides at once", help));
                }
            }
            Ok(Some(Counts { bad: bad.value.clone(), total: total.value.clone() }))
        }
        (None, None) => Ok(None),
        (bad, total) => {
            let at = bad.as_ref().or(total.as_ref()).map_or(0, |it| it.start);
            let help = "write both: `bad` counts the bad events and `total` all of them";
            Err(desk.place.error(at, "counts need `bad` and `total`", help))
        }
    }
}

fn histogram(
    desk: &Desk<'_>,
    metric: &file::Metric,
    target: Option<&Rule>,
) -> Result<Option<Histogram>, PlanError> {
    let Some(selector) = &metric.histogram else {
        return match metric.bounds.first() {
            Some(bound) => {
                let help = "add `histogram = '…'`, or leave the bounds out";
                Err(desk.place.error(bound.start, "bounds without a histogram", help))
            }
            None => Ok(None),
        };
    };
    if metric.sides.is_none() {
        let help = "add `sides = { canary = \"…\", baseline = \"…\" }`";
        return Err(desk.place.error(selector.start, "a histogram needs both sides", help));
    }
    let mut bounds: Vec<Quantity> = Vec::new();
    for bound in &metric.bounds {
        let read = quantity(bound).ok_or_else(|| {
            desk.wrong(bound, "is not a number with its unit", "write a bound such as `250ms` or `1s`")
        })?;
        if bounds.last().is_some_and(|last| last.unit != read.unit || last.value >= read.value) {
            let help = "write the bounds rising and in units of one kind, such as `250ms`, `500ms`, `1s`";
            return Err(desk.wrong(bound, "does not rise from the bound before", help));
        }
        if bounds.len() == Histogram::BOUNDS {
            let help = format!("keep the {} that matter most", Histogram::BOUNDS);
            return Err(desk.wrong(bound, "is one bound too many", help));
        }
        bounds.push(read);
    }
    if bounds.is_empty() {
        bounds = target.and_then(wanted).map(|middle| around(&middle)).unwrap_or_default();
    }
    Ok(Some(Histogram { selector: selector.value.clone(), bounds }))
}

/// The limit of a target of one comparison, such as `< 500 ms`.
fn wanted(target: &Rule) -> Option<Quantity> {
    match target.tests().collect::<Vec<_>>().as_slice() {
        [test] => match &test.check {
            Check::Compare { value, .. } if value.value > 0.0 && value.unit != Unit::Ratio => {
                Some(value.clone())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Half of it, itself and twice of it.
fn around(middle: &Quantity) -> Vec<Quantity> {
    [0.5, 1.0, 2.0].map(|times| Quantity::new(middle.value * times, middle.unit.clone())).to_vec()
}

/// What rules mean by a baseline.
fn baseline(desk: &Desk<'_>, metric: &file::Metric) -> Result<Option<Baseline>, PlanError> {
    let Some(text) = &metric.baseline else {
        return Ok(metric.sides.as_ref().map(|_| Baseline::Concurrent));
    };
    let words: Vec<&str> = text.as_str().split_whitespace().collect();
    match words.as_slice() {
        ["concurrent"] if metric.sides.is_none() => {
            let help = "add `sides` and write `{{side}}` into the query, or write `before 1h`";
            Err(desk.wrong(text, "needs the other side at the same time, and this number has one", help))
        }
        ["concurrent"] => Ok(Some(Baseline::Concurrent)),
        ["before", length @ ..] if !length.is_empty() => {
            let span = desk.some_length(&At { value: length.join(" "), start: text.start })?;
            Ok(Some(Baseline::Before { span }))
        }
        ["version", version] => Ok(Some(Baseline::Version { version: bare(version) })),
        _ => {
            let help = "write `concurrent`, `before 1h` or `version 2.3.0`";
            Err(desk.wrong(text, "is no baseline", help))
        }
    }
}

/// A version without the letter people put before it.
fn bare(version: &str) -> String {
    version
        .strip_prefix('v')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(version)
        .to_owned()
}

/// A number with its unit, read by the grammar of rules.
fn quantity(text: &At<String>) -> Option<Quantity> {
    let rule = Rule::parse(&format!("< {}", text.as_str())).ok()?;
    match rule.tests().collect::<Vec<_>>().as_slice() {
        [test] => match &test.check {
            Check::Compare { value, .. } if rule.lasting.is_none() => Some(value.clone()),
            _ => None,
        },
        _ => None,
    }
}
