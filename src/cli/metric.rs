//! `tminus metric type|scrape|query`: numbers that no source gives, and a look at those that do.

mod look;

pub(super) use look::failure;

use clap::Subcommand;

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::{MetricId, Untrusted};
use crate::plan::rule::{Check, Rule};
use crate::release::{View, Wish};

/// Looks at numbers or writes them down.
#[derive(Debug, clap::Args)]
pub struct Metric {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write down a number that no source gives; it goes stale like any other
    #[command(
        after_help = "Example:\n  tminus metric type satisfaction 4.2\n  tminus metric type churn 0.8%"
    )]
    Type {
        /// The metric, one without a source
        metric: String,
        /// The number, with its unit
        #[arg(allow_hyphen_values = true)]
        value: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Look at a page of metrics once, in Prometheus text or OpenMetrics
    #[command(after_help = "Example:\n  tminus metric scrape http://localhost:8080/metrics --json")]
    Scrape(look::Scrape),
    /// Ask a server of the Prometheus HTTP API, now or over a time
    #[command(
        after_help = "Example:\n  tminus metric query --source http://localhost:9090 'up' --range 1h --step 15s --json"
    )]
    Query(look::Query),
}

impl Metric {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such metric, it has a source, or the value is no number of its unit; when nobody answers, or
    /// what is not understood.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Scrape(scrape) => scrape.run(context),
            Verb::Query(query) => query.run(context),
            Verb::Type { metric, value, acting } => {
                let desk = acting.desk(context)?;
                let metric = names::metric(desk.view(), &metric)?;
                let value = number(desk.view(), &metric, &value)?;
                desk.send(Wish::TypeNumber { metric, value })
            }
        }
    }
}

/// The number in the base of the metric's unit, which its limits give.
fn number(view: &View, metric: &MetricId, typed: &str) -> Result<f64, Failure> {
    let shown = Untrusted::new(typed).line();
    let wrong = |why: String, help: String| Failure::usage(why).help(help);
    // The grammar of rules knows how people write numbers and units.
    let read = Rule::parse(&format!("> {}", typed.trim()))
        .ok()
        .and_then(|rule| rule.tests().next().map(|test| test.check.clone()));
    let Some(Check::Compare { value, .. }) = read else {
        return Err(wrong(
            format!("`{shown}` is no number"),
            "write one as the playbook does, such as 4.2, 0.8% or 350ms".into(),
        ));
    };
    let planned = view.plan.metric(metric);
    let limit = planned.and_then(|known| known.alert.as_ref().or(known.target.as_ref()));
    match limit.and_then(Rule::unit) {
        Some(unit) if *unit != value.unit => Err(wrong(
            format!("`{shown}` is not in the unit of the limits of `{metric}`"),
            format!("write it as they are: {}", limit.map(ToString::to_string).unwrap_or_default()),
        )),
        _ => Ok(value.value),
    }
}
