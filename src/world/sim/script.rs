//! A script as it is written, in TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::analysis::Verdict;
use crate::base::{Seconds, Timestamp};

use super::cue::cue;
use super::error::ScriptError;

/// A whole play: the service, what goes wrong, and who acts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Script {
    /// One line for people.
    #[serde(default)]
    pub(super) summary: String,
    /// Where a virtual clock begins.
    pub(super) start: Start,
    /// The service.
    pub(super) service: Service,
    /// The old version.
    #[serde(default)]
    pub(super) stable: Side,
    /// The new version.
    #[serde(default)]
    pub(super) canary: Side,
    /// Numbers by metric id.
    #[serde(default)]
    pub(super) metric: BTreeMap<String, Number>,
    /// The runs of a gate, in order; the last one repeats.
    #[serde(default)]
    pub(super) gate: BTreeMap<String, Vec<GateRun>>,
    /// What is wrong with the numbers, and when.
    #[serde(default)]
    pub(super) outage: Vec<Outage>,
    /// What is wrong with the rest of the world, and when.
    #[serde(default)]
    pub(super) fault: Vec<PortFault>,
    /// What the cast has to know about items.
    #[serde(default)]
    pub(super) items: Items,
    /// Who acts.
    #[serde(default)]
    pub(super) cast: Vec<Member>,
    /// When the play is over.
    #[serde(default)]
    pub(super) end: End,
}

/// A moment, written as a TOML date and time with its offset.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub(super) struct Start(pub(super) Timestamp);

impl TryFrom<toml::value::Datetime> for Start {
    type Error = String;
    fn try_from(written: toml::value::Datetime) -> Result<Self, String> {
        written.to_string().parse().map(Self).map_err(|_| {
            format!("`{written}` is not a moment; write it with its offset, such as 2026-12-01T08:00:00Z")
        })
    }
}

/// The service as a whole.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Service {
    /// Requests a second, both sides together.
    pub(super) requests: f64,
    /// The version that runs and a rollback goes to.
    pub(super) old: String,
    /// The version that goes out.
    pub(super) new: String,
    /// Instances of the old version.
    pub(super) instances: u32,
    /// How long a deploy takes.
    pub(super) deploy: Seconds,
    /// How long requests take to follow a new weight.
    pub(super) delay: Seconds,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            requests: 240.0,
            old: "1.0.0".to_owned(),
            new: "1.1.0".to_owned(),
            instances: 10,
            deploy: Seconds(40),
            delay: Seconds(3),
        }
    }
}

/// One version of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Side {
    /// The share of requests that fail, as a fraction.
    pub(super) error_ratio: f64,
    /// The 95th percentile of latency, in seconds.
    pub(super) latency: f64,
    /// How the share of failures turns.
    pub(super) errors: Vec<Turn>,
    /// How latency turns.
    pub(super) slow: Vec<Turn>,
}

impl Default for Side {
    fn default() -> Self {
        Self { error_ratio: 0.0004, latency: 0.18, errors: Vec::new(), slow: Vec::new() }
    }
}

cue! {
    /// From then on, and while it lasts, a number is another one.
    Turn {
        /// The number: a fraction for errors, seconds for latency.
        #[serde(alias = "ratio", alias = "seconds", alias = "level")]
        to: f64,
        /// How long it takes to get there.
        #[serde(default)]
        over: Seconds,
    }
}

/// What a metric shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Number {
    /// What kind of number.
    pub(super) kind: Kind,
    /// Of which part of the service.
    #[serde(default)]
    pub(super) of: Part,
    /// The level of a gauge.
    #[serde(default)]
    pub(super) level: f64,
    /// How a gauge turns.
    #[serde(default)]
    pub(super) turns: Vec<Turn>,
}

/// Kinds of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The share of requests that fail, a fraction.
    ErrorRatio,
    /// The 95th percentile of latency in seconds.
    LatencyP95,
    /// Requests a second.
    RequestRate,
    /// A level that turns only by script.
    Gauge,
}

/// Parts of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// The new version; without traffic it has no numbers.
    Canary,
    /// The old version; without traffic it has no numbers.
    Stable,
    /// Both together.
    #[default]
    Whole,
}

/// One run of a gate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GateRun {
    /// What it says.
    pub(super) verdict: Verdict,
    /// How long it takes.
    #[serde(default)]
    pub(super) takes: Seconds,
    /// One line for people.
    pub(super) says: String,
    /// What it printed.
    #[serde(default)]
    pub(super) output: String,
}

cue! {
    /// Numbers that do not come as they should.
    Outage {
        /// How.
        is: Silence,
        /// Which metrics; none is all.
        #[serde(default)]
        metrics: Vec<String>,
    }
}

/// The ways in which numbers fail to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Silence {
    /// The source does not answer.
    Unreachable,
    /// It answers with nothing for that time.
    NoData,
    /// It answers with what is not a number.
    Nan,
    /// Nothing newer comes.
    Stale,
    /// It answers and warns that something is missing.
    Partial,
}

cue! {
    /// Something outside that does not work.
    PortFault {
        /// Where.
        at: Place,
        /// How.
        is: Trouble,
        /// How long a slow answer takes.
        #[serde(default)]
        takes: Seconds,
    }
}

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// Reading the router.
    RouterRead,
    /// Writing the router.
    RouterWrite,
    /// Bringing the new version up.
    Deploy,
    /// Taking the new version away.
    ScaleDown,
    /// A step of a procedure.
    Step,
    /// Asking what a rollback goes to.
    Readiness,
    /// Telling people.
    Notify,
}

/// The ways to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Trouble {
    /// It answers no, and does nothing.
    Refused,
    /// Nobody answers, and nothing is done.
    Unreachable,
    /// It is done, and nobody answers.
    Lost,
    /// It works, late.
    Slow,
    /// It works for half of the instances.
    Half,
}

/// What the cast has to know about items.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Items {
    /// Words of the ids of items that nobody ticks before all traffic has moved.
    pub(super) after_rollout: Vec<String>,
}

/// Somebody who acts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Member {
    /// The name, as the roster has it.
    pub(super) name: String,
    /// The roles this person speaks for.
    #[serde(default)]
    pub(super) roles: Vec<String>,
    /// What this person does.
    pub(super) does: Vec<Duty>,
    /// Comes this long after the start.
    #[serde(default)]
    pub(super) after: Seconds,
    /// Looks again after this long.
    #[serde(default = "Member::pace")]
    pub(super) pace: Seconds,
    /// Says no-go in the roll-call, for this reason.
    pub(super) no_go: Option<String>,
}

impl Member {
    fn pace() -> Seconds {
        Seconds(20)
    }
}

/// What a scripted person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Duty {
    /// Ticks items of the current stage.
    Tick,
    /// Leaves a stage that is done.
    Leave,
    /// Runs gates that have not passed.
    Gates,
    /// Decides on gates that ask a person.
    Review,
    /// Sends the plan's messages when their time has come.
    Messages,
    /// Opens the roll-call.
    Request,
    /// Answers for the roles this person has.
    Approve,
    /// Starts the release at T-0.
    Start,
    /// Begins rollouts and goes to the next step.
    Promote,
    /// Rolls back when it is asked for.
    RollBack,
    /// Goes on to a larger share when there are too few events to tell.
    Raise,
}

/// When the play is over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct End {
    /// What ends it.
    pub(super) when: Final,
    /// It ends then in any case, counted from the start.
    pub(super) at_latest: Seconds,
}

impl Default for End {
    fn default() -> Self {
        Self { when: Final::Completed, at_latest: Seconds(86_400) }
    }
}

/// What a play comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Final {
    /// All traffic is on the new version.
    Completed,
    /// Traffic is back on the old one.
    RolledBack,
    /// A rollout has been held for so long.
    HeldFor(Seconds),
}

impl TryFrom<String> for Final {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "completed" => Ok(Self::Completed),
            "rolled-back" => Ok(Self::RolledBack),
            other => {
                other.strip_prefix("held-for ").and_then(Seconds::parse).map(Self::HeldFor).ok_or_else(|| {
                    format!("`{text}` is no end; write \"completed\", \"rolled-back\" or \"held-for 20m\"")
                })
            }
        }
    }
}

impl Script {
    /// Reads a script.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, ScriptError> {
        toml::from_str(text).map_err(|error| ScriptError::from_toml(name, text, &error))
    }
}
