//! `[flag.*]`: feature flags that belong to the release.

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;

/// A feature flag: kept by a service (`http`) or in a JSON file (`file`).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Flag {
    /// The title for people.
    pub title: Option<At<String>>,
    /// The address of the flag: read by GET, written by PUT.
    pub http: Option<At<String>>,
    /// The environment variable that holds the bearer token.
    pub token_env: Option<At<String>>,
    /// The body of the PUT, JSON with `{{percent}}` and `{{enabled}}`.
    pub body: Option<At<String>>,
    /// The body of the PUT that turns it off; `body` with 0 and false without it.
    pub off: Option<At<String>>,
    /// Posted to turn it off at once, whatever its percentage.
    pub kill: Option<At<String>>,
    /// Posted to turn every flag of the service off.
    pub disable_all: Option<At<String>>,
    /// A JSON file, relative to the plan file.
    pub file: Option<At<String>>,
    /// The flag in the file, as a JSON pointer; the whole file without it.
    pub pointer: Option<At<String>>,
    /// Where its percentage stands, as a JSON pointer: in the answer, or below the flag in the file.
    pub percent: Option<At<String>>,
    /// Where it says whether it is on, as a JSON pointer.
    pub enabled: Option<At<String>>,
    /// Where it says which environments it is on in, as a JSON pointer to a list.
    pub environments_at: Option<At<String>>,
    /// Where it says that its kill switch was pulled, as a JSON pointer.
    pub killed: Option<At<String>>,
    /// The environments it may be on in; every one without it.
    pub environments: Vec<At<String>>,
    /// Flags that must be on before it is turned on.
    pub requires: Vec<At<String>>,
}
