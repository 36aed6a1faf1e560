//! What is looked at: `[gate.*]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;

/// A check that decides. It looks at one of `run`, `http`, `git`, `metric`; with none of them a person looks.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The title as people write it; made from the gate's name without it.
    pub title: Option<At<String>>,
    /// The item its pass ticks: any suffix of its id that only one item has.
    pub item: Option<At<String>>,
    /// The stage it belongs to; its item's stage without it.
    pub stage: Option<At<String>>,
    /// A command: program and arguments, never through a shell.
    pub run: Option<At<Vec<String>>>,
    /// Extra environment of the command.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What the command must print: `empty` or `something`.
    pub expect: Option<At<String>>,
    /// A text the command's output or the answer's body must hold.
    pub contains: Option<At<String>>,
    /// A report of the command in JUnit's format.
    pub junit: Option<At<String>>,
    /// An http or https address to ask.
    pub http: Option<At<String>>,
    /// The status the answer must have; 200 without it.
    pub status: Option<At<u16>>,
    /// Facts of a repository: `clean`, `branch NAME`, `tag NAME`, `pushed NAME to REMOTE`.
    pub git: Option<At<Vec<At<String>>>>,
    /// The repository, relative to the plan file; its folder without it.
    pub repository: Option<At<String>>,
    /// A metric, held against `pass` or its own target.
    pub metric: Option<At<String>>,
    /// Says outright that a person looks.
    pub manual: Option<At<bool>>,
    /// What must hold of the numbers found, such as `failed = 0 and tests > 0`.
    pub pass: Option<At<String>>,
    /// What a verdict other than pass means: `block`, `warn`, `require` or `review:ROLE`; `block` without it.
    #[serde(rename = "else")]
    #[schemars(regex(pattern = r"^(block|warn|require|review:.+)$"))]
    pub otherwise: Option<At<String>>,
    /// How long one run may take; `10m` for commands and `10s` for everything else without it.
    pub timeout: Option<At<String>>,
    /// How long a pass stays fresh; for ever without it.
    pub fresh: Option<At<String>>,
    /// How often it runs by itself while its stage is current.
    pub every: Option<At<String>>,
}
