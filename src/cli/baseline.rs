//! `tminus baseline capture|set|list`: what numbers were before a release, or of a version.

use clap::Subcommand;
use serde::Serialize;

use super::acting::Acting;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::analysis::baseline::{BaselineName, Demand, Level};
use crate::base::{MetricId, Timestamp, Untrusted};
use crate::plan::Metric;
use crate::release::baseline::{USUAL, window};
use crate::release::{View, Wish};

/// What numbers were.
#[derive(Debug, clap::Args)]
pub struct Baseline {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read what a number was, and keep it
    #[command(
        after_help = "Example:\n  tminus baseline capture latency --version 2.3.0 --from 2026-11-30T09:00:00Z --to 2026-11-30T10:00:00Z"
    )]
    Capture {
        /// The metric, one with a source
        metric: String,
        /// The version it is of; without it, the time before the release
        #[arg(long)]
        version: Option<String>,
        /// From when on; without it, an hour before the end
        #[arg(long, value_name = "TIME")]
        from: Option<Timestamp>,
        /// Until when; without it, now
        #[arg(long, value_name = "TIME")]
        to: Option<Timestamp>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Write down what a number was of a version, such as from a report of benchmarks
    #[command(after_help = "Example:\n  tminus baseline set latency --version 2.3.0 20ms")]
    Set {
        /// The metric
        metric: String,
        /// The number, with its unit
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// The version
        #[arg(long)]
        version: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// List what is kept, how old it is, and whether anything is compared with it
    #[command(after_help = "Example:\n  tminus baseline list --json")]
    List,
}

/// One baseline as scripts see it.
#[derive(Debug, Serialize)]
struct Row {
    metric: MetricId,
    name: BaselineName,
    value: Option<f64>,
    is: &'static str,
    from: Timestamp,
    to: Timestamp,
    samples: u32,
    events: Option<u64>,
    phi: Option<f64>,
    age: i64,
    by: String,
    question: Option<String>,
    inputs: Option<String>,
    usable: bool,
    note: String,
}

impl Baseline {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such metric, the value is no number of its unit, or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Capture { metric, version, from, to, acting } => {
                let desk = acting.desk(context)?;
                let metric = names::metric(desk.view(), &metric)?;
                let name = version.map_or(BaselineName::Before, |version| BaselineName::version(&version));
                let end = to.unwrap_or(desk.view().now);
                let usual = window(BaselineName::Before, USUAL, end);
                desk.capture(metric, name, (from.unwrap_or(usual.from), end))
            }
            Verb::Set { metric, value, version, acting } => {
                let desk = acting.desk(context)?;
                let metric = names::metric(desk.view(), &metric)?;
                let value = number(desk.view(), &metric, &value)?;
                desk.send(Wish::SetBaseline { metric, name: BaselineName::version(&version), value })
            }
            Verb::List => list(context),
        }
    }
}

/// The number in the base of the metric's unit.
fn number(view: &View, metric: &MetricId, typed: &str) -> Result<f64, Failure> {
    view.plan.metric(metric).and_then(|metric| metric.read(typed)).ok_or_else(|| {
        let shown = Untrusted::new(typed).line();
        Failure::usage(format!("`{shown}` is no number in the unit of `{metric}`"))
            .help("write it as the metric's limits are, such as 20ms, 0.1% or 10000")
    })
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::open(context, Purpose::Read)?;
    let view = desk.view();
    let rows: Vec<Row> = view.plan.metrics.iter().flat_map(|metric| rows(view, metric)).collect();
    if context.out.is_json() {
        context.out.json(&rows)?;
        return Ok(Exit::Ok);
    }
    if rows.is_empty() {
        context.out.text(
            "no baseline is kept; `tminus baseline capture METRIC --version VERSION` reads one, \
             `tminus baseline set METRIC --version VERSION VALUE` writes one down",
        )?;
    }
    for row in rows {
        let value = row.value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        let word = if row.usable { "kept   " } else { "refused" };
        context.out.text(format!("{word}  {:<20} {value:<12} {}", row.metric, row.note))?;
    }
    Ok(Exit::Ok)
}

fn rows<'a>(view: &'a View, metric: &'a Metric) -> impl Iterator<Item = Row> + 'a {
    let known = &view.state.baselines;
    let kept = known.kept.get(&metric.id).into_iter().flatten();
    kept.map(move |(name, kept)| {
        let usable = known.usable(metric, name, &Demand::default(), view.now);
        let snapshot = &kept.snapshot;
        Row {
            metric: metric.id.clone(),
            name: name.clone(),
            value: snapshot.value(),
            is: match snapshot.level {
                Level::Counts { .. } => "counts",
                Level::Median { .. } => "median",
                Level::Said { .. } => "said",
            },
            from: snapshot.from,
            to: snapshot.to,
            samples: snapshot.samples,
            events: snapshot.events(),
            phi: snapshot.phi,
            age: snapshot.age(view.now),
            by: kept.mark.by.name().to_owned(),
            question: snapshot.question.map(|digest| digest.to_string()),
            inputs: kept.inputs.map(|digest| digest.to_string()),
            usable: usable.is_ok(),
            note: usable.map_or_else(|why| why.to_string(), |usable| usable.line),
        }
    })
}
