//! What is true: the fold of the events of one stream and nothing else.
//!
//! Invariants: `apply` is total, does no I/O and reads no clock; the same events give the same state; state never
//! says that traffic moved before an observation said so.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analysis::Verdict;
use crate::base::{
    Actor, Assurance, Digest, FlagId, GateId, ItemId, MetricId, Offset, OperationId, RoleId, RolloutId,
    StageId, Timestamp, TriggerId, Untrusted, Weight,
};
use crate::release::act::{Act, Outcome};
use crate::release::baseline::Baselines;
use crate::release::cause::{HoldCause, TriggerPhase};
use crate::release::event::{Answer, Evidence};
use crate::release::flag::FlagState;
use crate::release::owner::Owner;
use crate::release::request::{Choice, Proposal, Request, Typed};
use crate::release::ruling::Ruled;

/// One release in one environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// The stream's version: how many events made this state.
    pub version: u64,
    /// The hash of the newest event.
    pub head: Option<Digest>,
    /// The time of the newest event.
    pub updated: Option<Timestamp>,
    /// The release's name, version and environment, once it exists.
    pub identity: Option<Identity>,
    /// Where the release stands.
    pub status: Status,
    /// The current attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// The digest of the adopted plan.
    pub plan: Option<Digest>,
    /// The blob of the sources the plan was made from.
    pub sources: Option<Digest>,
    /// The version the plan brings; an attempt opened by hand may bring another.
    pub planned_version: Option<String>,
    /// T-0, when a person set it; the plan's own holds otherwise.
    pub t0: Option<Timestamp>,
    /// When the release was started.
    pub started: Option<Timestamp>,
    /// True when a person accepted that there is nothing to go back to.
    pub first_release: bool,
    /// The stage people are in.
    pub stage: Option<StageId>,
    /// Stages that were left, with the waiver's reason when there was one.
    pub left: BTreeMap<StageId, Option<Untrusted>>,
    /// What is known of each item that was touched; an untouched item is open.
    pub items: BTreeMap<ItemId, ItemState>,
    /// Items added by hand, in order.
    pub added: Vec<AddedItem>,
    /// What is known of each gate that ran or was decided.
    pub gates: BTreeMap<GateId, GateState>,
    /// What each role said.
    pub approvals: BTreeMap<RoleId, ApprovalState>,
    /// Where each rollout stands.
    pub rollouts: BTreeMap<RolloutId, RolloutState>,
    /// Where each trigger stands.
    pub triggers: BTreeMap<TriggerId, TriggerState>,
    /// The verdict of each metric, as last recorded.
    pub metrics: BTreeMap<MetricId, MetricState>,
    /// Every operation and how it ended.
    pub operations: BTreeMap<OperationId, OperationState>,
    /// How many operations of each kind and target began: what makes their ids unique.
    pub operation_counts: BTreeMap<String, u32>,
    /// What is known of each feature flag that was read or changed.
    pub flags: BTreeMap<FlagId, FlagState>,
    /// What machines ask of people and is not answered yet, oldest first.
    pub requests: Vec<Request>,
    /// What people chose for triggers that the playbook says both of.
    pub choices: BTreeMap<TriggerId, Choice>,
    /// The newest numbers that people typed, oldest first.
    pub typed: BTreeMap<MetricId, Vec<Typed>>,
    /// What is kept to compare numbers with; of all versions of the service.
    pub baselines: Baselines,
    /// Messages of the plan that went out in this attempt, and when.
    pub sent: BTreeMap<String, Timestamp>,
    /// After a hold or rollback, outward messages and checkpoints wait until a person re-arms them.
    pub messages_stopped: bool,
    /// The newest event that a hazardous wish must have seen: its version, who made it and its kind.
    pub moved: Option<Moved>,
    /// When the newest engine began: before it nobody looked, so nobody can have been blind.
    pub engine_since: Option<Timestamp>,
    /// The highest epoch seen.
    pub epoch: u64,
    /// Kinds of events this program does not know: the stream is read-only here, save hold and rollback.
    pub unknown_kinds: Vec<String>,
}

/// The newest event that changes what a hazardous wish would mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The stream's version it made.
    pub version: u64,
    /// Who and when.
    pub mark: Mark,
    /// What, in a few words.
    pub what: &'static str,
}

/// What goes out and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The service or product.
    pub release: String,
    /// The version.
    pub version: String,
    /// The environment.
    pub environment: String,
}

/// Where a release stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing adopted yet.
    #[default]
    Draft,
    /// A plan is adopted.
    Planned,
    /// Every approver said go.
    Approved,
    /// T-0 came; also when one rollout is back and another is not.
    Running,
    /// All traffic of every rollout is on the new version; the watch goes on.
    Watching,
    /// Over and well.
    Stable,
    /// Traffic is back on the old version: of every rollout that had begun.
    RolledBack,
    /// Called off.
    Cancelled,
}

impl Status {
    /// True when nothing can happen any more in this attempt.
    pub fn is_over(self) -> bool {
        matches!(self, Status::Stable | Status::RolledBack | Status::Cancelled)
    }
    /// The word on screens and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Planned => "planned",
            Status::Approved => "approved",
            Status::Running => "running",
            Status::Watching => "watching",
            Status::Stable => "stable",
            Status::RolledBack => "rolled-back",
            Status::Cancelled => "cancelled",
        }
    }
}

/// Who did something, when, and how sure we are of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// How sure we are.
    pub assurance: Assurance,
}

/// How far an item is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tick {
    /// To be done.
    #[default]
    Open,
    /// Done.
    Done(Mark),
    /// Left out, with a reason; counted apart from done.
    Skipped(Mark, Untrusted),
    /// Was done and is open again.
    Reopened(Mark, Untrusted),
}

impl Tick {
    /// True when the item holds nothing up.
    pub fn is_settled(&self) -> bool {
        matches!(self, Tick::Done(_) | Tick::Skipped(..))
    }
}

/// What is known of an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ItemState {
    /// How far it is.
    pub tick: Tick,
    /// The owner, when somebody changed what the plan says; the inner none takes the owner away.
    pub owner: Option<Option<String>>,
    /// The due time, when somebody changed what the plan says; the inner none takes it away.
    pub due: Option<Option<Offset>>,
    /// Notes in order.
    pub notes: Vec<(Mark, Untrusted)>,
    /// Evidence in order.
    pub evidence: Vec<Evidence>,
    /// True while it is done because its gate passed: then the loss of the pass opens it again.
    pub by_gate: bool,
}

/// An item added by hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AddedItem {
    /// Its id.
    pub id: ItemId,
    /// The stage it is in.
    pub stage: StageId,
    /// Its text.
    pub text: Untrusted,
    /// The item it was split from.
    pub split_from: Option<ItemId>,
}

/// What is known of a gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GateState {
    /// The newest runs, oldest first; the journal keeps all.
    pub runs: Vec<Run>,
    /// When the first of the present row of runs without a pass ended; only runs that began after the release did.
    pub failing: Option<Timestamp>,
    /// The newest review, with the run it was made on.
    pub review: Option<Review>,
    /// The waiver, when there is one.
    pub waiver: Option<(Mark, Untrusted)>,
}

impl GateState {
    /// How many of the newest runs are kept here: what a screen shows of a gate that runs every half minute.
    pub const KEPT: usize = 20;

    /// How often it ran.
    pub fn count(&self) -> u32 {
        self.runs.last().map_or(0, |run| run.number)
    }
    /// The newest run that ended.
    pub fn newest(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.verdict.is_some())
    }
    /// True while a run has begun and not ended.
    pub fn is_running(&self) -> bool {
        self.runs.last().is_some_and(|run| run.verdict.is_none())
    }
}

/// One execution of a gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Its number, from 1.
    pub number: u32,
    /// Who started it, and when.
    pub started: Mark,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What it says; none while it runs.
    pub verdict: Option<Verdict>,
    /// One line for people.
    pub summary: Untrusted,
    /// The captured output.
    pub evidence: Option<Digest>,
    /// The attempt it belongs to.
    pub attempt: u32,
}

/// A decision on a gate that asks for one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    /// Who and when.
    pub mark: Mark,
    /// The run it was made on, 0 when there was none.
    pub run: u32,
    /// True lets on.
    pub accepted: bool,
    /// Why.
    pub reason: Untrusted,
}

/// What a role said.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ApprovalState {
    /// When it was first asked.
    pub requested: Option<Timestamp>,
    /// The answer that counts; none while waiting.
    pub answer: Option<Answer>,
    /// Who said it.
    pub mark: Option<Mark>,
    /// Why.
    pub reason: Untrusted,
    /// The reason the last answer no longer counts.
    pub void: Option<Untrusted>,
}

/// Where a rollout stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RolloutState {
    /// The part it is in.
    pub phase: RolloutPhase,
    /// The step whose weight was reached, from 1; 0 before the first.
    pub step: u32,
    /// The canary's share that is wanted; none before anything was.
    pub desired: Option<Weight>,
    /// What the router came to for it where it can come no nearer: whole pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Weight>,
    /// The canary's share the router says it gives, as last recorded.
    pub configured: Option<Weight>,
    /// The canary's share of requests, as last recorded.
    pub observed: Option<Weight>,
    /// The soak of the current step.
    pub soak: Soak,
    /// Holds that are on; each must be lifted.
    pub holds: Vec<Hold>,
    /// When it began.
    pub begun: Option<Timestamp>,
    /// True when the engine may not act on its own here.
    pub automation_off: bool,
    /// What a rollback goes to.
    pub last_known_good: Option<LastKnownGood>,
    /// The operation in flight, when there is one.
    pub operation: Option<OperationId>,
    /// The rollback, once one began.
    pub rollback: Option<Rollback>,
    /// True while there is good data; false until the engine has seen some.
    pub good_data: bool,
    /// Since when a rollout under way has had no good data.
    pub blind_since: Option<Timestamp>,
    /// True when the blind rule has acted for the present spell.
    pub blind_acted: bool,
    /// When each step was reached, oldest first: from then on samples are of another share.
    pub stages: Vec<Timestamp>,
    /// What the judge last ruled at this step; a rollback it ruled stays.
    pub ruled: Option<Ruled>,
    /// What the judge has asked for since its ruling or the step changed: it asks once.
    pub asked: Vec<Proposal>,
    /// When the last step was done.
    pub completed: Option<Timestamp>,
    /// When the old version was taken away; none while it is up.
    pub retired: Option<Timestamp>,
    /// Another share than what is wanted, while the router says so.
    pub drift: Option<Drift>,
    /// Who moves the weight beside us, as last found out.
    pub owner: Owner,
    /// What a rollback needs and does not have, and since when.
    pub red: Option<(Timestamp, Untrusted)>,
    /// When the newest write of ours was read back.
    pub written: Option<Timestamp>,
    /// How often it was overwritten since soon after; a person who acts begins anew.
    pub reverts: u32,
    /// Since when nothing is written by itself, because somebody keeps writing another share.
    pub contested: Option<Timestamp>,
}

impl RolloutState {
    /// What a rollback goes to, as the cluster knows it: the digest, or the version where no digest is known.
    pub fn target(&self) -> Option<String> {
        let good = self.last_known_good.as_ref()?;
        Some(good.digest.clone().unwrap_or_else(|| good.version.clone()))
    }
}

/// A share that somebody else wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The canary's share that is wanted.
    pub from: Weight,
    /// The share it has.
    pub to: Weight,
    /// Who wrote it, when the object says.
    pub by: Option<Untrusted>,
    /// When it was seen.
    pub since: Timestamp,
}

/// The part a rollout is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutPhase {
    /// Not begun.
    #[default]
    Waiting,
    /// The new version is being brought up.
    Deploying,
    /// Traffic is being moved.
    Shifting,
    /// At a step's weight.
    Soaking,
    /// All traffic is on the new version.
    Completed,
    /// Traffic is going back.
    RollingBack,
    /// Traffic is back.
    RolledBack,
}

/// How much good data a step has seen. Only time with good data and a live engine counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Soak {
    /// Seconds counted before `good_since`.
    pub counted: i64,
    /// Since when the present spell of good data counts.
    pub good_since: Option<Timestamp>,
    /// True once it has seen enough.
    pub completed: bool,
}

impl Soak {
    /// Seconds counted by `now`.
    pub fn elapsed(&self, now: Timestamp) -> i64 {
        let spell = self.good_since.map_or(0, |since| (now.as_second() - since.as_second()).max(0));
        self.counted.saturating_add(spell)
    }
}

/// A reason to stand still.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hold {
    /// Who recorded it, and when.
    pub mark: Mark,
    /// What stopped it: says who may lift it.
    pub cause: HoldCause,
    /// Why.
    pub reason: Untrusted,
}

/// What a rollback goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastKnownGood {
    /// The version or digest.
    pub version: String,
    /// Healthy instances.
    pub ready: u32,
    /// Wanted instances.
    pub of: u32,
    /// When this was recorded; a screen shows what was seen since.
    pub since: Timestamp,
    /// The digest of its image, when the cluster told.
    pub digest: Option<String>,
}

/// A rollback that began.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rollback {
    /// The version it goes back to.
    pub to: String,
    /// Who or what asked for it, and when.
    pub mark: Mark,
    /// The trigger that asked, when it was not a person.
    pub trigger: Option<TriggerId>,
    /// When traffic was read back; none while it goes on.
    pub done: Option<Timestamp>,
    /// False until all agree: the router, what runs, requests and errors.
    pub proven: bool,
    /// The stream's version that began it: its steps are newer.
    pub version: u64,
    /// How many steps it has; 0 in journals that know no steps.
    pub steps: u32,
    /// When it had taken longer than it may.
    pub late: Option<Timestamp>,
}

/// Where a trigger stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TriggerState {
    /// The state.
    pub phase: TriggerPhase,
    /// Since when, by the time of the sample.
    pub since: Option<Timestamp>,
    /// The number behind it.
    pub value: Option<f64>,
    /// Why, when it is kept from firing or unknown.
    pub reason: Untrusted,
    /// How often it became pending since the last step was reached.
    pub pendings: u32,
    /// Once it fired, the rollouts it fired for in this spell, which lasts until it is armed again: what is unknown
    /// for a while is not over.
    pub acted: Option<BTreeSet<RolloutId>>,
}

/// The verdict of a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricState {
    /// What it says.
    pub verdict: Verdict,
    /// Since when.
    pub since: Timestamp,
    /// The number behind it.
    pub value: Option<f64>,
}

/// One change to the world.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationState {
    /// What.
    pub act: Act,
    /// Who asked for it, and when the intent was recorded.
    pub mark: Mark,
    /// The stream's version its intent made: the order operations are done in.
    pub version: u64,
    /// The epoch it was intended under.
    pub epoch: u64,
    /// How it ended; none while nobody knows.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// One line for people.
    pub summary: Untrusted,
    /// What it brought, a blob.
    pub evidence: Option<Digest>,
}
