//! The course of the release: `[stage.*]`, `[item.*]`, `[checkpoint.*]`, `[message.*]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::{At, OneOrMany};

/// A part of the release: of the playbook, by any suffix of its id that only one stage has, or a new one when
/// there is no playbook.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The heading of a stage that is in no playbook.
    pub title: Option<At<String>>,
    /// When it begins, such as `T-2h`.
    pub at: Option<At<String>>,
    /// Boxes to tick beside those of the playbook.
    #[serde(default)]
    pub items: Vec<At<String>>,
    /// What must be true before it is left.
    pub exit: Option<Exit>,
}

/// What must be true before a stage is left.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// `all`, `none`, or the items that hold it; `all` without it.
    pub items: Option<OneOrMany>,
    /// Gates that must allow it.
    #[serde(default)]
    pub gates: Vec<At<String>>,
    /// True when the roll-call must be complete.
    #[serde(default)]
    pub approvals: bool,
}

/// What the plan adds to an item; named by any suffix of its id that only one item has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// A role or a person.
    pub owner: Option<At<String>>,
    /// When it is due, such as `T-2h` or `T+1d`.
    pub due: Option<At<String>>,
}

/// A row of the monitoring plan.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// When, such as `T+4h`.
    pub at: At<String>,
    /// What to look at.
    pub text: String,
    /// A role or a person.
    pub owner: Option<At<String>>,
}

/// What is said to whom.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who hears it.
    pub audience: String,
    /// When, such as `T-0`.
    pub at: Option<At<String>>,
    /// The text; placeholders are bound by `[vars]`.
    pub text: String,
    /// The item its sending ticks.
    pub item: Option<At<String>>,
    /// An http or https address it is posted to; a person sends it without one.
    pub webhook: Option<At<String>>,
}
