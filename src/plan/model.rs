//! What should happen: the plan, resolved from a playbook and a plan file.
//!
//! Invariants: plain data; every id that one part names exists in another part (the plan file's reader refuses
//! what does not); lists are in the order of the documents.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    CheckpointId, Digest, GateId, ItemId, MetricId, Offset, ProcedureId, Quantity, RoleId, RolloutId,
    Seconds, SourceId, StageId, Timestamp, TriggerId, Untrusted, Weight,
};
use crate::plan::rule::{Action, Rule};

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
    /// How each service goes out.
    pub rollouts: Vec<Rollout>,
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

/// A check that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its id.
    pub id: GateId,
    /// The title as people write it.
    pub title: Untrusted,
    /// The item its pass ticks.
    pub item: Option<ItemId>,
    /// The stage it belongs to.
    pub stage: Option<StageId>,
    /// What is looked at.
    pub check: Check,
    /// What must hold of the numbers found; without it the check's own success decides.
    pub pass: Option<Rule>,
    /// What a verdict other than pass means.
    pub otherwise: Otherwise,
    /// How long one run may take.
    pub timeout: Seconds,
    /// How long a pass stays fresh; after that it is stale.
    pub fresh: Option<Seconds>,
    /// How often it runs by itself while its stage is current; none means on request and at stage entry.
    pub every: Option<Seconds>,
}

/// What a gate looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// A command: exit code, and numbers from its report.
    Command(CommandCheck),
    /// An HTTP request.
    Http(HttpCheck),
    /// Facts of a git repository.
    Git(GitCheck),
    /// The newest value of a metric.
    Metric {
        /// Which metric.
        metric: MetricId,
    },
    /// A person looks and says; the criteria are the title.
    Manual,
}

/// A command to run, never through a shell.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandCheck {
    /// Program and arguments.
    pub run: Vec<String>,
    /// Extra environment.
    pub env: BTreeMap<String, String>,
    /// What its standard output must be, when the exit code is not all.
    pub expect: Option<Expect>,
}

/// What an output must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing at all.
    Empty,
    /// Something.
    Some,
    /// This text somewhere in it.
    Contains(String),
}

/// An HTTP request and the answer wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCheck {
    /// Where to; http or https.
    pub url: String,
    /// The status wanted.
    pub status: u16,
    /// A text the body must hold.
    pub contains: Option<String>,
}

/// Facts of a git repository, all of which must be true.
#[derive(Clone, Debug, PartialEq)]
pub struct GitCheck {
    /// The repository, relative to the plan's folder.
    pub repository: String,
    /// What must be true.
    pub facts: Vec<GitFact>,
}

/// One fact of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitFact {
    /// Nothing changed and nothing untracked.
    Clean,
    /// HEAD is on this branch.
    Branch(String),
    /// This annotated tag exists.
    Tag(String),
    /// This tag is on the named remote, as asked of it.
    Pushed {
        /// The tag.
        tag: String,
        /// The remote's name.
        remote: String,
    },
}

/// What a verdict other than pass means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Only pass lets on.
    #[default]
    Block,
    /// Goes on, stays yellow.
    Warn,
    /// The named role decides.
    Review(RoleId),
    /// The evidence must exist and be fresh; its content is not judged.
    Require,
}

/// Where numbers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// The base address of a Prometheus-compatible server.
    pub prometheus: String,
    /// How often it is asked.
    pub every: Seconds,
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
    /// The query.
    pub query: Option<String>,
    /// Counts for both sides, what the judge needs.
    pub counts: Option<Counts>,
    /// The histogram of both sides, the other thing the judge can use.
    pub histogram: Option<Histogram>,
    /// What is wanted.
    pub target: Option<Rule>,
    /// What is not accepted.
    pub alert: Option<Rule>,
}

/// Counts of bad and of all events for both sides; `{{side}}` in the queries is the side's label value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The query that counts bad events.
    pub bad: String,
    /// The query that counts all events.
    pub total: String,
    /// The canary's label value.
    pub canary: String,
    /// The baseline's label value.
    pub baseline: String,
}

/// A histogram of both sides; `{{side}}` in the selector is the side's label value.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The selector of the histogram, without `_bucket`.
    pub selector: String,
    /// The canary's label value.
    pub canary: String,
    /// The baseline's label value.
    pub baseline: String,
    /// The bounds that matter, rising, all of one unit.
    pub bounds: Vec<Quantity>,
}

/// A rule with a severity and actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its id.
    pub id: TriggerId,
    /// What it says, as people write it.
    pub title: Untrusted,
    /// What it watches.
    pub when: Watched,
    /// P0, P1 and so on, as written.
    pub severity: String,
    /// What is done when it fires, in order.
    pub actions: Vec<Action>,
    /// The rollout it acts on; none means every rollout.
    pub rollout: Option<RolloutId>,
}

/// What a trigger watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// A rule over a metric, with its own `for`.
    Metric {
        /// Which metric.
        metric: MetricId,
        /// What must hold to fire.
        rule: Rule,
    },
    /// A gate that does not pass for so long.
    Gate {
        /// Which gate.
        gate: GateId,
        /// For how long.
        lasting: Seconds,
    },
    /// A person says so.
    Manual,
}

/// How one service goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Its id.
    pub id: RolloutId,
    /// The stage it belongs to: every earlier stage must be left before it begins.
    pub stage: Option<StageId>,
    /// Canary, blue-green or rolling.
    pub strategy: Strategy,
    /// What splits the traffic: kind and its settings, as written.
    pub router: BTreeMap<String, String>,
    /// What is deployed, as written.
    pub deploy: BTreeMap<String, String>,
    /// The steps; the last one is all traffic.
    pub steps: Vec<Step>,
    /// What happens when there is no good data.
    pub blind: Option<Blind>,
    /// The procedure a rollback runs beside the typed traffic and workload operations.
    pub rollback: Option<ProcedureId>,
}

/// The way traffic moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// In steps by share.
    #[default]
    Canary,
    /// All at once, back at once.
    BlueGreen,
    /// Pod by pod.
    Rolling,
}

/// One step of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The canary's share.
    pub weight: Weight,
    /// How long good data must be seen before the next step.
    pub soak: Seconds,
    /// Gates that must allow the next step.
    pub gates: Vec<GateId>,
    /// True when the engine goes on by itself once everything allows.
    pub auto: bool,
}

/// What happens when there is no good data above a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Blind {
    /// After how long without good data.
    pub after: Seconds,
    /// Only at or above this canary share.
    pub above: Weight,
    /// What is done.
    pub actions: Vec<Action>,
}

/// An ordered list of operations with verification.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// Its id.
    pub id: ProcedureId,
    /// The title as people write it.
    pub title: Untrusted,
    /// What is done, in order.
    pub steps: Vec<ProcedureStep>,
    /// What must be true afterwards, as gates.
    pub verify: Vec<GateId>,
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcedureStep {
    /// A command, never through a shell; needs trust.
    Command(CommandCheck),
    /// Something a person does.
    Manual {
        /// What to do.
        text: Untrusted,
    },
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

impl Rollout {
    /// The step of that number, from 1.
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}
