//! `[source.*]` and `[metric.*]`.

use crate::base::{MetricId, Quantity, Seconds, SourceId};
use crate::plan::file::{self, At};
use crate::plan::rule::Check;
use crate::plan::{Counts, Dialect, Histogram, Metric, Plan, PlanError, Sides, Source, SourceKind};

use super::desk::{Desk, title};
use super::document;

/// How often a source is asked when nobody says.
const EVERY: Seconds = Seconds(15);

/// The sources of the plan file.
pub(super) fn sources(desk: &Desk<'_>) -> Result<Vec<Source>, PlanError> {
    let one = |(name, source): &(At<String>, file::Source)| {
        Ok(Source {
            id: SourceId::new(name.as_str()),
            kind: SourceKind::Prometheus {
                url: desk.address(&source.prometheus)?,
                dialect: Dialect::Prometheus,
            },
            every: source.every.as_ref().map_or(Ok(EVERY), |every| desk.length(every))?,
            fallback: None,
            owner: None,
        })
    };
    desk.file.source.iter().map(one).collect()
}

/// The metrics of the plan file; without any, those of the document, whose numbers people type.
pub(super) fn metrics(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Metric>, PlanError> {
    if desk.file.metric.is_empty() {
        return Ok(desk.playbook.map(document::metrics).unwrap_or_default());
    }
    desk.file.metric.iter().map(|(name, metric)| one(desk, plan, name, metric)).collect()
}

fn one(desk: &Desk<'_>, plan: &Plan, name: &At<String>, metric: &file::Metric) -> Result<Metric, PlanError> {
    let source = match &metric.source {
        Some(source) => Some(desk.named(source, "source", plan.sources.iter().map(|it| it.id.as_str()))?),
        None => None,
    };
    let asked = [&metric.query, &metric.histogram, &metric.bad, &metric.total];
    if let (None, Some(query)) = (source, asked.into_iter().flatten().next()) {
        let help = "add `source = \"…\"` with the name of a [source.*]";
        return Err(desk.place.error(query.start, "a query without a source to ask", help));
    }
    if let (Some(_), None, Some(named)) = (source, asked.into_iter().flatten().next(), &metric.source) {
        let help = "add `query = '…'`, or leave the source out";
        return Err(desk.place.error(named.start, "a source without a query to ask it", help));
    }
    Ok(Metric {
        id: MetricId::new(name.as_str()),
        title: title(metric.title.as_ref(), name.as_str()),
        source: source.map(SourceId::new),
        query: metric.query.as_ref().map(|query| query.value.clone()),
        sides: metric.sides.as_ref().map(|sides| Sides {
            canary: sides.value.canary.clone(),
            baseline: sides.value.baseline.clone(),
        }),
        counts: counts(desk, metric)?,
        histogram: histogram(desk, metric)?,
        target: metric.target.as_ref().map(|rule| desk.rule(rule)).transpose()?,
        alert: metric.alert.as_ref().map(|rule| desk.rule(rule)).transpose()?,
        baseline: None,
    })
}

fn counts(desk: &Desk<'_>, metric: &file::Metric) -> Result<Option<Counts>, PlanError> {
    match (&metric.bad, &metric.total, &metric.sides) {
        (Some(bad), Some(total), Some(_)) => {
            Ok(Some(Counts { bad: bad.value.clone(), total: total.value.clone() }))
        }
        (None, None, Some(sides)) if metric.histogram.is_none() => {
            let help = "add `bad` and `total`, or `histogram`; or leave the sides out";
            Err(desk.place.error(sides.start, "sides without counts or a histogram", help))
        }
        (None, None, _) => Ok(None),
        (bad, total, _) => {
            let at = bad.as_ref().or(total.as_ref()).map_or(0, |it| it.start);
            let help = "write all three: `bad`, `total` and `sides = { canary = \"…\", baseline = \"…\" }`";
            Err(desk.place.error(at, "counts need `bad`, `total` and `sides`", help))
        }
    }
}

fn histogram(desk: &Desk<'_>, metric: &file::Metric) -> Result<Option<Histogram>, PlanError> {
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
        bounds.push(read);
    }
    Ok(Some(Histogram { selector: selector.value.clone(), bounds }))
}

/// A number with its unit, read by the grammar of rules.
fn quantity(text: &At<String>) -> Option<Quantity> {
    let rule = crate::plan::rule::Rule::parse(&format!("< {}", text.as_str())).ok()?;
    match rule.tests().collect::<Vec<_>>().as_slice() {
        [test] => match &test.check {
            Check::Compare { value, .. } if rule.lasting.is_none() => Some(value.clone()),
            _ => None,
        },
        _ => None,
    }
}
