//! `[procedure.*]`: ordered lists of operations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;

/// An ordered list of operations with verification.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// The title as people write it; made from the procedure's name without it.
    pub title: Option<At<String>>,
    /// What is done, in order.
    pub steps: Vec<At<ProcedureStep>>,
    /// What must be true afterwards: gates.
    #[serde(default)]
    pub verify: Vec<At<String>>,
}

/// One step of a procedure; exactly one kind.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProcedureStep {
    /// The canary's share of the traffic in percent; `0` in a rollback.
    #[schemars(range(min = 0, max = 100))]
    pub traffic: Option<At<f64>>,
    /// `off` turns the flags of the rollout off, `off-all` every flag of the plan.
    pub flags: Option<At<String>>,
    /// `last-known-good` brings the workload back to what it ran, by digest.
    pub workload: Option<At<String>>,
    /// `ready` waits until every wanted instance of the last known good is ready.
    pub wait: Option<At<String>>,
    /// An address that must answer well, or a gate of the plan.
    pub health: Option<At<String>>,
    /// A metric that must be well after traffic is back.
    pub check: Option<At<String>>,
    /// `canary` or `stable`: the log of its pods is kept.
    pub logs: Option<At<String>>,
    /// Where an incident is opened, by a POST of JSON.
    pub incident: Option<At<String>>,
    /// The incident's title; that of the rollback without it.
    pub title: Option<At<String>>,
    /// The incident's severity; `critical` without it.
    pub severity: Option<At<String>>,
    /// The environment variable that holds the bearer token of the incident call.
    pub token_env: Option<At<String>>,
    /// What people are told.
    pub notify: Option<At<String>>,
    /// A command: program and arguments, never through a shell.
    pub run: Option<At<Vec<String>>>,
    /// Extra environment of the command.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What the command must print: `empty` or `something`.
    pub expect: Option<At<String>>,
    /// A text the command's output must hold.
    pub contains: Option<At<String>>,
    /// What a person does.
    pub manual: Option<At<String>>,
    /// How long it may take; `10m` without it.
    pub within: Option<At<String>>,
    /// False for what cannot be taken back: a migration, a public tag.
    pub undoable: Option<bool>,
}
