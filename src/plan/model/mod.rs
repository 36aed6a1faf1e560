//! What should happen: the plan, resolved from a playbook and a plan file.
//!
//! Invariants: plain data; every id that one part names exists in another part (the plan file's reader refuses
//! what does not); lists are in the order of the documents.

mod deploy;
mod flag;
mod gate;
mod number;
mod procedure;
mod rollout;
mod router;
mod trigger;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    CheckpointId, Digest, FlagId, GateId, ItemId, MetricId, Offset, RoleId, RolloutId, Seconds, StageId,
    Timestamp, TriggerId, Untrusted,
};

pub use deploy::{Deploy, DeployBy, GitOps, Workflow, Workload, WorkloadKind};
pub use flag::{Flag, FlagApi, FlagPointers, FlagStore};
pub use gate::{Check, CommandCheck, Expect, Gate, GitCheck, GitFact, HttpCheck, Otherwise};
pub use number::{Baseline, Counts, Dialect, Histogram, Metric, Objective, Quiet, Sides, Source, SourceKind};
pub use procedure::{FlagReach, Health, IncidentCall, LogsOf, Procedure, ProcedureStep, StepKind, Undo};
pub use rollout::{Blind, Judge, Rollout, Signal, Step, Strategy, TooFew, Warm};
pub use router::{Router, RouterKind, SideNames};
pub use trigger::{Arming, Gaps, Proof, Scope, Terms, Trigger, Watched};

/// Everything that should happen in one release.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What goes out, where and when.
    pub release: ReleaseSpec,
    /// Who decides and owns.
    pub roles: Vec<Role>,
    /// The parts of the release, in order.
    pub stages: Vec<Stage>,
    /// Every box to tick, in the order of the document.
    pub items: Vec<Item>,
    /// The checks that decide.
    pub gates: Vec<Gate>,
    /// Where numbers come from.
    pub sources: Vec<Source>,
    /// Numbers over time.
    pub metrics: Vec<Metric>,
    /// Rules with actions.
    pub triggers: Vec<Trigger>,
    /// Times of the day in which numbers say nothing.
    pub quiet: Vec<Quiet>,
    /// What the service owes its users.
    pub objectives: Vec<Objective>,
    /// How each service goes out.
    pub rollouts: Vec<Rollout>,
    /// Feature flags that belong to the release.
    pub flags: Vec<Flag>,
    /// Ordered lists of operations, among them the rollback.
    pub procedures: Vec<Procedure>,
    /// The monitoring plan.
    pub checkpoints: Vec<Checkpoint>,
    /// What is said to whom, when.
    pub messages: Vec<Message>,
    /// Values for placeholders.
    pub vars: BTreeMap<String, String>,
    /// Everything that was read to make this plan.
    pub sources_digest: Digest,
    /// The digest of the binding text; approvals rest on it.
    pub digest: Digest,
}

/// What goes out, where and when.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseSpec {
    /// The service or product.
    pub name: String,
    /// The version that goes out.
    pub version: String,
    /// Major, minor, patch or hotfix.
    pub kind: ReleaseKind,
    /// The moment everything is counted from, when it is known.
    pub t0: Option<Timestamp>,
    /// The zone people live in, an IANA name.
    pub zone: String,
    /// How long the release may take from T-0.
    pub window: Option<Seconds>,
    /// The environment's name.
    pub environment: String,
    /// Confirms, header and assurance follow from it.
    pub production: bool,
    /// The cluster context, when there is one.
    pub context: Option<String>,
}

/// The kind of change, as semantic versioning has it, and the hotfix.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseKind {
    /// Breaking changes.
    Major,
    /// New features.
    #[default]
    Minor,
    /// Fixes.
    Patch,
    /// An urgent fix.
    Hotfix,
}

impl ReleaseKind {
    /// All of them, the largest first.
    pub const ALL: [Self; 4] = [Self::Major, Self::Minor, Self::Patch, Self::Hotfix];

    /// The word of the plan file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Hotfix => "hotfix",
        }
    }
    /// Reads the word of the plan file, in any case; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }
}

/// A role that owns items, decides on gates or approves.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// The title as people write it.
    pub title: Untrusted,
    /// Who may speak for it; empty means anybody may, and says so on screen.
    pub people: Vec<String>,
    /// Which kinds of release need its go; empty means it does not approve.
    pub approves: Vec<ReleaseKind>,
    /// Its place in an ordered chain; equal places may answer in any order.
    pub order: u32,
    /// Who is asked when it does not answer.
    pub escalate: Option<Escalation>,
}

impl Role {
    /// True when this person may speak for the role. A login without a domain is the address of that name.
    pub fn has(&self, person: &str) -> bool {
        let is = |named: &String| match (named.split_once('@'), person.split_once('@')) {
            (Some((login, _)), None) => login.eq_ignore_ascii_case(person),
            (None, Some((login, _))) => named.eq_ignore_ascii_case(login),
            _ => named.eq_ignore_ascii_case(person),
        };
        self.people.is_empty() || self.people.iter().any(is)
    }
}

/// Who is asked, and after how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// The role or person asked next.
    pub to: String,
    /// The wait before that; none means at once on demand.
    pub after: Option<Seconds>,
}

/// A part of the release.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Its id.
    pub id: StageId,
    /// The heading as written.
    pub title: Untrusted,
    /// When it should begin.
    pub at: Option<Offset>,
    /// The line of its heading, 1-based; 0 when it is not from a document.
    pub line: u32,
    /// What must be true before it is left.
    pub exit: Exit,
}

/// What must be true before a stage is left, beside its items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exit {
    /// Whose items must be done or skipped.
    pub items: ExitItems,
    /// These gates must allow it.
    pub gates: Vec<GateId>,
    /// The roll-call must be complete.
    pub approvals: bool,
}

/// Which items hold a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ExitItems {
    /// Every item of the stage.
    #[default]
    All,
    /// Only these.
    Listed(Vec<ItemId>),
    /// None: the stage is left by hand.
    None,
}

/// A box to tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The stage it is in.
    pub stage: StageId,
    /// The bold or numbered group above it.
    pub group: Option<Untrusted>,
    /// Its text, Markdown stripped.
    pub text: Untrusted,
    /// Its line, 1-based; 0 when added by hand.
    pub line: u32,
    /// How deep it is nested, 0 at the top.
    pub depth: u8,
    /// The item it is nested under.
    pub parent: Option<ItemId>,
    /// A role or a person.
    pub owner: Option<String>,
    /// When it is due.
    pub due: Option<Offset>,
    /// What ticks it, when it is not a person.
    pub bound: Option<Bound>,
    /// True when the document already shows it ticked.
    pub ticked: bool,
}

/// What ticks an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The pass of this gate.
    Gate(GateId),
    /// The sending of this message, by place in the plan's list.
    Message(String),
}
/// A row of the monitoring plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Its id.
    pub id: CheckpointId,
    /// When.
    pub at: Offset,
    /// What to look at.
    pub text: Untrusted,
    /// Who.
    pub owner: Option<String>,
}

/// What is said to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its name in the plan.
    pub name: String,
    /// Who hears it.
    pub audience: Untrusted,
    /// When.
    pub at: Option<Offset>,
    /// The text, placeholders bound.
    pub text: Untrusted,
    /// Where it is posted; none means a person sends it.
    pub webhook: Option<String>,
}
impl Plan {
    /// The item of that id.
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.items.iter().find(|item| &item.id == id)
    }
    /// The gate of that id.
    pub fn gate(&self, id: &GateId) -> Option<&Gate> {
        self.gates.iter().find(|gate| &gate.id == id)
    }
    /// The role of that id.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| &role.id == id)
    }
    /// The rollout of that id.
    pub fn rollout(&self, id: &RolloutId) -> Option<&Rollout> {
        self.rollouts.iter().find(|rollout| &rollout.id == id)
    }
    /// The flag of that id.
    pub fn flag(&self, id: &FlagId) -> Option<&Flag> {
        self.flags.iter().find(|flag| &flag.id == id)
    }
    /// The metric of that id.
    pub fn metric(&self, id: &MetricId) -> Option<&Metric> {
        self.metrics.iter().find(|metric| &metric.id == id)
    }
    /// The trigger of that id.
    pub fn trigger(&self, id: &TriggerId) -> Option<&Trigger> {
        self.triggers.iter().find(|trigger| &trigger.id == id)
    }
    /// The stage of that id.
    pub fn stage(&self, id: &StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| &stage.id == id)
    }
    /// The roles whose go this kind of release needs, in the order they are asked.
    pub fn approvers(&self) -> Vec<&Role> {
        let mut roles: Vec<&Role> =
            self.roles.iter().filter(|role| role.approves.contains(&self.release.kind)).collect();
        roles.sort_by_key(|role| role.order);
        roles
    }
}
