//! What goes out, where, and who has a say: `[release]`, `[environment.*]`, `[role.*]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::plan::ReleaseKind;

use super::at::At;

/// What goes out and when.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The service or product; its stream in the journal is named after it.
    pub name: Option<At<String>>,
    /// The version that goes out.
    pub version: Option<At<String>>,
    /// The kind of change: it decides whose go is needed.
    #[serde(rename = "type")]
    pub kind: Option<ReleaseKind>,
    /// T-0 with its offset from UTC, such as `2026-12-01T10:00:00Z`.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub t0: Option<At<toml::value::Datetime>>,
    /// The zone people live in, an IANA name such as `Europe/Zurich`; UTC without it.
    pub zone: Option<At<String>>,
    /// How long the release may take from T-0, such as `4h`.
    pub window: Option<At<String>>,
    /// Which `[environment.*]` this goes to, when there are several.
    pub environment: Option<At<String>>,
}

/// Where a release may go.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Header, confirms and assurance follow from it; an environment is production unless this says `false`.
    pub production: Option<bool>,
    /// The cluster context.
    pub context: Option<At<String>>,
}

/// A role that owns items, decides on gates or approves.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The title as people write it; made from the role's name without it.
    pub title: Option<At<String>>,
    /// Who may speak for it; anybody, when nobody is named.
    #[serde(default)]
    pub people: Vec<At<String>>,
    /// Which kinds of release need its go; none without it.
    #[serde(default)]
    pub approves: Vec<ReleaseKind>,
    /// Its place in the roll-call; equal places answer in any order.
    pub order: Option<u32>,
    /// Who is asked when it does not answer.
    pub escalate: Option<Escalate>,
}

/// Who is asked next, and after how long.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// A role or a person.
    pub to: At<String>,
    /// The wait before that, such as `30m`.
    pub after: Option<At<String>>,
}
