//! Numbers over time, and where they come from.

use crate::base::{MetricId, Quantity, Seconds, SourceId, Unit, Untrusted};
use crate::plan::rule::{Better, Check, Direction, Op, Rule};

/// Where numbers come from. What it takes to be let in (tokens, own certificate authorities) is never in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// What is asked, and how.
    pub kind: SourceKind,
    /// How often it is asked.
    pub every: Seconds,
    /// The source that is asked when this one does not answer.
    pub fallback: Option<SourceId>,
    /// The role or person to turn to when it is silent.
    pub owner: Option<String>,
}

/// What kind of source it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A server of the Prometheus HTTP API; a metric's query is PromQL.
    Prometheus {
        /// The base address.
        url: String,
        /// Whose server it is.
        dialect: Dialect,
    },
    /// A page of metrics as programs show it, Prometheus text or OpenMetrics; a query is a selector.
    Exposition {
        /// The address of the page.
        url: String,
    },
    /// A JSON document; a query is the path of a number in it.
    Json {
        /// The address of the document.
        url: String,
    },
    /// A command that prints a number, or JSON of which a query is the path.
    Command {
        /// Program and arguments.
        run: Vec<String>,
    },
    /// An Alertmanager: the number of alerts that fire; a query is a list of matchers.
    Alertmanager {
        /// The base address.
        url: String,
    },
    /// A workload of the cluster; a query is `restarts` or `ready`.
    Kubernetes {
        /// The workload, as `deployment/NAMESPACE/NAME`.
        workload: String,
    },
}

/// Whose server of the Prometheus HTTP API it is: what it adds, leaves out or names otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus itself.
    #[default]
    Prometheus,
    /// Thanos Query: whole answers are asked for.
    Thanos,
    /// Grafana Mimir: below `/prometheus`, for one tenant.
    Mimir {
        /// The tenant, when it has several.
        tenant: Option<String>,
    },
    /// VictoriaMetrics: its cache and its delay are switched off.
    VictoriaMetrics,
}

/// A number over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// The title as people write it.
    pub title: Untrusted,
    /// Its source; none means numbers are typed by a person.
    pub source: Option<SourceId>,
    /// The query of the number itself, in its source's own language.
    pub query: Option<String>,
    /// What `{{side}}` stands for in the queries; none when the number is of the whole service.
    pub sides: Option<Sides>,
    /// Counts for both sides, what the judge needs.
    pub counts: Option<Counts>,
    /// The histogram of both sides, the other thing the judge can use.
    pub histogram: Option<Histogram>,
    /// What is wanted.
    pub target: Option<Rule>,
    /// What is not accepted.
    pub alert: Option<Rule>,
    /// What rules that speak of a baseline mean by it; none means nobody has said.
    pub baseline: Option<Baseline>,
}

impl Metric {
    /// What its numbers count, as its limits say; counted events without limits are a share of them all.
    pub fn unit(&self) -> Unit {
        let limits = [&self.target, &self.alert];
        let counted = self.counts.is_some() || self.histogram.is_some();
        let usual = if counted { Unit::Ratio } else { Unit::None };
        limits.into_iter().flatten().find_map(Rule::unit).cloned().unwrap_or(usual)
    }

    /// A number of it, in the unit's base, as people write it.
    pub fn written(&self, value: f64) -> String {
        Quantity::new(value, self.unit()).to_string()
    }

    /// Reads a number as people write it, in the unit of the metric's limits; answers it in the unit's base. None
    /// for what is no number or of another unit.
    pub fn read(&self, text: &str) -> Option<f64> {
        // The grammar of rules knows how people write numbers and units.
        let rule = Rule::parse(&format!("> {}", text.trim())).ok()?;
        let Check::Compare { value, .. } = &rule.tests().next()?.check else { return None };
        let unit = self.unit();
        let fits = unit == Unit::None || unit == value.unit;
        (fits && rule.tests().count() == 1 && rule.lasting.is_none()).then_some(value.value)
    }

    /// Which way of the number is the good one, as its target or else its alert says; `None` when neither has a
    /// direction.
    pub fn better(&self) -> Option<Better> {
        let way = |rule: &Rule, wanted: bool| {
            rule.tests().find_map(|test| {
                let less = match &test.check {
                    Check::Compare { op, .. } | Check::Baseline { op, .. } => match op {
                        Op::Below | Op::AtMost => true,
                        Op::Above | Op::AtLeast => false,
                        Op::Equal | Op::NotEqual => return None,
                    },
                    Check::Change { direction, .. } | Check::Trend { direction } => match direction {
                        Direction::Down => true,
                        Direction::Up => false,
                        _ => return None,
                    },
                    _ => return None,
                };
                Some(if less == wanted { Better::Less } else { Better::More })
            })
        };
        let target = self.target.as_ref().and_then(|rule| way(rule, true));
        target.or_else(|| self.alert.as_ref().and_then(|rule| way(rule, false)))
    }
}

/// The label values of the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The canary's.
    pub canary: String,
    /// The baseline's.
    pub baseline: String,
}

/// What a number is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The other side, at the same time: the only one that a change of the world does not fool.
    Concurrent,
    /// What was captured before the release, over so long; risky, and refused when it is older than a day.
    Before {
        /// How long a time before the capture.
        span: Seconds,
    },
    /// What was measured of a named version.
    Version {
        /// Which.
        version: String,
    },
}

/// A time of the day in which a number says nothing, such as a nightly restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// When it begins, in minutes after midnight of the release's zone.
    pub at: u16,
    /// How long.
    pub lasting: Seconds,
    /// Which metrics; empty means all.
    pub metrics: Vec<MetricId>,
    /// Why, for people.
    pub reason: Untrusted,
}

/// What a service owes its users, for the watch after the release.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Its name in the plan.
    pub name: String,
    /// The metric, one with counts.
    pub metric: MetricId,
    /// The share of good events owed, such as 0.999.
    pub share: f64,
    /// Over how long.
    pub window: Seconds,
}

/// Counts of bad and of all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The query that counts bad events.
    pub bad: String,
    /// The query that counts all events.
    pub total: String,
}

/// How long events took.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The selector of the histogram, without `_bucket`.
    pub selector: String,
    /// The bounds that matter, rising, all of one unit, at most [`Histogram::BOUNDS`].
    pub bounds: Vec<Quantity>,
}

impl Histogram {
    /// How many bounds are held against each other at once.
    pub const BOUNDS: usize = 3;
}
