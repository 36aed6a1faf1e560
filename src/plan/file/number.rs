//! Where numbers come from and what is said about them: `[source.*]`, `[metric.*]`, `[[quiet]]`, `[objective.*]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;

/// Where numbers come from: exactly one of the kinds. What it takes to be let in stands in the user's own
/// configuration, never here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["prometheus"] }, { "required": ["thanos"] }, { "required": ["mimir"] },
    { "required": ["victoriametrics"] }, { "required": ["metrics"] }, { "required": ["json"] },
    { "required": ["command"] }, { "required": ["alertmanager"] }, { "required": ["kubernetes"] },
]))]
pub struct Source {
    /// The base address of a Prometheus server.
    pub prometheus: Option<At<String>>,
    /// The base address of a Thanos querier.
    pub thanos: Option<At<String>>,
    /// The base address of a Grafana Mimir.
    pub mimir: Option<At<String>>,
    /// The tenant of a Mimir that has several.
    pub tenant: Option<At<String>>,
    /// The base address of a VictoriaMetrics.
    pub victoriametrics: Option<At<String>>,
    /// The address of a page of metrics as a program shows it, such as `http://shop:8080/metrics`.
    pub metrics: Option<At<String>>,
    /// The address of a JSON document; a metric's query is the path of a number in it.
    pub json: Option<At<String>>,
    /// A command that prints a number or JSON: program and arguments, never through a shell.
    pub command: Option<At<Vec<String>>>,
    /// The base address of an Alertmanager; a metric's query is a list of matchers, its number how many alerts fire.
    pub alertmanager: Option<At<String>>,
    /// A workload of the cluster, as `deployment/NAMESPACE/NAME`; a metric's query is `restarts` or `ready`.
    pub kubernetes: Option<At<String>>,
    /// How often it is asked; `15s` without it.
    pub every: Option<At<String>>,
    /// The source that is asked when this one does not answer.
    pub fallback: Option<At<String>>,
    /// The role or person to turn to when it is silent.
    pub owner: Option<At<String>>,
}

/// A number over time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The title as people write it; made from the metric's name without it.
    pub title: Option<At<String>>,
    /// Its source; without it a person types the numbers.
    pub source: Option<At<String>>,
    /// The query of the number itself, in its source's language; `{{side}}` when it has two sides.
    pub query: Option<At<String>>,
    /// A histogram's selector, with `{{side}}` for the side's label value.
    pub histogram: Option<At<String>>,
    /// The bounds of the histogram that matter, such as `["250ms", "500ms", "1s"]`, rising; without them half the
    /// target, the target and twice the target.
    #[serde(default)]
    pub bounds: Vec<At<String>>,
    /// The query that counts bad events, with `{{side}}`.
    pub bad: Option<At<String>>,
    /// The query that counts all events, with `{{side}}`.
    pub total: Option<At<String>>,
    /// What `{{side}}` stands for on either side.
    pub sides: Option<At<Sides>>,
    /// What is wanted, such as `< 0.1%`.
    pub target: Option<At<String>>,
    /// What is not accepted, such as `> 1% for 5m`.
    pub alert: Option<At<String>>,
    /// What rules mean by a baseline: `concurrent`, `before 1h` or `version 2.3.0`; of a number with two sides
    /// `concurrent` without it.
    pub baseline: Option<At<String>>,
}

/// The label values of the two sides.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    /// The new version's.
    pub canary: String,
    /// The old version's.
    pub baseline: String,
}

/// A time of every day in which numbers say nothing, such as a nightly restart.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// When it begins, such as `02:00`, in the zone of the release.
    pub at: At<String>,
    /// How long, such as `10m`.
    pub lasting: At<String>,
    /// Which metrics; all without it.
    #[serde(default)]
    pub metrics: Vec<At<String>>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// What the service owes its users: it makes the triggers of a budget that burns too fast.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The metric, one with `bad` and `total`.
    pub metric: At<String>,
    /// The share of good events owed, such as `99.9%`.
    pub share: At<String>,
    /// Over how long; `30d` without it.
    pub window: Option<At<String>>,
}
