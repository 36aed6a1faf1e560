//! What may change a release: commands of people and reports of the engine.

use serde::{Deserialize, Serialize};

use crate::analysis::Verdict;
use crate::analysis::baseline::{BaselineName, Snapshot};
use crate::base::{
    Actor, Assurance, Digest, FlagId, GateId, ItemId, MetricId, Offset, OperationId, RoleId, RolloutId,
    StageId, Timestamp, TriggerId, Untrusted, Via, Weight,
};
use crate::release::act::Outcome;
use crate::release::cause::{KeptBack, TriggerPhase};
use crate::release::event::{Answer, Evidence};
use crate::release::flag::{FlagSeen, Reach};
use crate::release::owner::Owner;
use crate::release::request::Choice;
use crate::release::ruling::Ruling;

/// Something that may change a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from", content = "is")]
pub enum Input {
    /// A person, or a script that stands in for one, wants something.
    Command(Command),
    /// The engine saw something.
    Report(Report),
}

/// What a person wants, with who they are and what they saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Made by the client; the same id is done once however often it is sent.
    pub id: uuid::Uuid,
    /// Who.
    pub actor: Actor,
    /// How sure we are of who.
    pub assurance: Assurance,
    /// By which door.
    pub via: Via,
    /// The stream's version on the screen it was decided on; hazardous wishes are refused when the world moved.
    pub seen: Option<u64>,
    /// What.
    pub wish: Wish,
}

/// What a person can want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wish")]
pub enum Wish {
    /// Make the release and adopt its plan; or adopt a changed plan.
    AdoptPlan {
        /// The digest of the binding text.
        plan: Digest,
        /// The blob of the sources.
        sources: Digest,
        /// Items of the document before that are found again under another id: old and new.
        #[serde(default)]
        matched: Vec<(ItemId, ItemId)>,
    },
    /// Begin the next attempt with another artifact.
    OpenAttempt {
        /// The version or artifact.
        artifact: String,
    },
    /// Set or move T-0.
    SetT0 {
        /// The moment.
        t0: Timestamp,
    },
    /// Tick an item.
    Tick {
        /// Which.
        item: ItemId,
        /// What shows it is done.
        evidence: Option<Evidence>,
        /// Why it is ticked by hand, when something else should have ticked it.
        waiver: Option<Untrusted>,
    },
    /// Open an item again.
    Untick {
        /// Which.
        item: ItemId,
        /// Why.
        reason: Untrusted,
    },
    /// Leave an item out.
    Skip {
        /// Which.
        item: ItemId,
        /// Why.
        reason: Untrusted,
    },
    /// Give an item an owner.
    Assign {
        /// Which.
        item: ItemId,
        /// Who; none takes the owner away.
        owner: Option<String>,
    },
    /// Move an item's due time.
    Retime {
        /// Which.
        item: ItemId,
        /// When; none takes it away.
        due: Option<Offset>,
    },
    /// Write a note, on an item or on the release.
    Note {
        /// The item; none for the release.
        item: Option<ItemId>,
        /// The note.
        note: Untrusted,
    },
    /// Attach evidence to an item.
    Attach {
        /// Which.
        item: ItemId,
        /// What.
        evidence: Evidence,
    },
    /// Add an item.
    AddItem {
        /// The stage.
        stage: StageId,
        /// The text.
        text: Untrusted,
        /// The item it is split from.
        split_from: Option<ItemId>,
    },
    /// Leave the current stage, with a waiver when its exit criteria do not allow it.
    LeaveStage {
        /// The reason of the waiver.
        waiver: Option<Untrusted>,
    },
    /// Run a gate.
    RunGate {
        /// Which.
        gate: GateId,
    },
    /// Decide on a gate that asks for review, or answer a manual one.
    ReviewGate {
        /// Which.
        gate: GateId,
        /// True lets on.
        accepted: bool,
        /// Why.
        reason: Untrusted,
    },
    /// Let a gate be; stays red.
    WaiveGate {
        /// Which.
        gate: GateId,
        /// Why.
        reason: Untrusted,
    },
    /// Ask a role for its go.
    RequestApproval {
        /// Which; none asks all that are next.
        role: Option<RoleId>,
    },
    /// Answer for a role.
    Approve {
        /// Which.
        role: RoleId,
        /// What.
        answer: Answer,
        /// Why.
        reason: Untrusted,
    },
    /// Send a message of the plan.
    SendMessage {
        /// Its name.
        message: String,
    },
    /// T-0: start the release.
    Start {
        /// Accepts that there is nothing to go back to: no traffic, workload to zero. A version that is there and not
        /// healthy is something, and is not accepted.
        accept_first_release: bool,
    },
    /// Begin a rollout, or go to its next step, or to a later one.
    Promote {
        /// Which rollout.
        rollout: RolloutId,
        /// The weight wanted; none is the next step's.
        to: Option<Weight>,
    },
    /// Stand still.
    Hold {
        /// Which rollout; none is every one.
        rollout: Option<RolloutId>,
        /// Why.
        reason: Untrusted,
    },
    /// Lift a hold, and let the engine act on its own again.
    Resume {
        /// Which rollout; none is every one.
        rollout: Option<RolloutId>,
    },
    /// Put traffic back. Never refused for a gate, a lease, ownership or missing metrics.
    RollBack {
        /// Which rollout; none is every one that has begun.
        rollout: Option<RolloutId>,
        /// Why; may come later.
        reason: Untrusted,
    },
    /// Turn a feature flag on for a share of users, or off at none.
    SetFlag {
        /// Which.
        flag: FlagId,
        /// The share.
        percent: Weight,
        /// Why.
        reason: Untrusted,
    },
    /// Pull a feature flag's kill switch. Never refused for a gate or for what depends on it.
    KillFlag {
        /// Which.
        flag: FlagId,
        /// Why; may come later.
        reason: Untrusted,
    },
    /// Turn feature flags off, all at once.
    FlagsOff {
        /// Which; empty for every one of the plan.
        flags: Vec<FlagId>,
        /// Whether others where they are kept go with them.
        #[serde(default)]
        reach: Reach,
        /// Why; may come later.
        reason: Untrusted,
    },
    /// Give the canary a share that is no step of the plan. Up it is a promotion and needs the same; down it is free.
    SetWeight {
        /// Which rollout.
        rollout: RolloutId,
        /// The share.
        weight: Weight,
        /// Why.
        reason: Untrusted,
    },
    /// Go back one step; from the first one, all the way.
    StepBack {
        /// Which rollout.
        rollout: RolloutId,
        /// Why; may come later.
        reason: Untrusted,
    },
    /// Fire a trigger that only a person can see.
    FireTrigger {
        /// Which.
        trigger: TriggerId,
        /// What was seen.
        reason: Untrusted,
    },
    /// Do what a machine asks for.
    Grant {
        /// The request's number.
        request: u64,
    },
    /// Do not do what a machine asks for.
    Decline {
        /// The request's number.
        request: u64,
        /// Why.
        reason: Untrusted,
    },
    /// Choose what a trigger does that the playbook says both of.
    Choose {
        /// Which.
        trigger: TriggerId,
        /// What it does from now on.
        choice: Choice,
    },
    /// Write down a number that no source gives.
    TypeNumber {
        /// The metric, one without a source.
        metric: MetricId,
        /// The number, in the unit's base.
        value: f64,
    },
    /// Capture what a number was before the release, or of a version.
    CaptureBaseline {
        /// The metric, one with a source.
        metric: MetricId,
        /// What it will be called.
        name: BaselineName,
        /// Samples after this moment count.
        since: Timestamp,
        /// Up to and with this one.
        until: Timestamp,
    },
    /// Write down what a number was of a version.
    SetBaseline {
        /// The metric.
        metric: MetricId,
        /// The version.
        name: BaselineName,
        /// The number, in the unit's base.
        value: f64,
    },
    /// Let outward messages and checkpoints go on after a hold or a rollback.
    RearmMessages,
    /// The watch is over and all is well.
    DeclareStable,
    /// Call the release off.
    Cancel {
        /// Why.
        reason: Untrusted,
    },
}

impl Wish {
    /// True for a hold, a rollback and flags turned off: never refused for a gate, a lease, a build or a version.
    pub fn is_safety(&self) -> bool {
        matches!(
            self,
            Wish::Hold { .. } | Wish::RollBack { .. } | Wish::KillFlag { .. } | Wish::FlagsOff { .. }
        )
    }
}

/// What the engine saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "report")]
pub enum Report {
    /// The engine took the release.
    EngineStarted {
        /// Its epoch.
        epoch: u64,
    },
    /// Time passed; anything due by now may happen.
    Woke,
    /// A run of a gate ended.
    GateFinished {
        /// Which.
        gate: GateId,
        /// The run.
        run: u32,
        /// What it says.
        verdict: Verdict,
        /// One line for people.
        summary: Untrusted,
        /// The captured output.
        evidence: Option<Digest>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// An operation ended.
    OperationEnded {
        /// Which.
        operation: OperationId,
        /// How.
        outcome: Outcome,
        /// One line for people.
        summary: Untrusted,
        /// The canary's share the router says after it.
        configured: Option<Weight>,
        /// The canary's share of requests after it.
        observed: Option<Weight>,
        /// What it brought, a blob.
        evidence: Option<Digest>,
        /// What a person has to undo later.
        restore: Vec<Untrusted>,
    },
    /// What runs now, healthy and wanted: what a rollback would go to.
    Readiness {
        /// The rollout.
        rollout: RolloutId,
        /// The version or digest.
        version: String,
        /// Healthy instances.
        ready: u32,
        /// Wanted instances.
        of: u32,
    },
    /// What a rollback needs beside healthy instances.
    Needs {
        /// The rollout.
        rollout: RolloutId,
        /// The digest of what runs, when the cluster tells.
        digest: Option<String>,
        /// What is missing; none when nothing is.
        red: Option<Untrusted>,
    },
    /// Who moves the weight beside us.
    Owned {
        /// The rollout.
        rollout: RolloutId,
        /// Who.
        owner: Owner,
    },
    /// Traffic was read and differs from what was last recorded in a way that matters.
    Traffic {
        /// The rollout.
        rollout: RolloutId,
        /// What the object says the canary gets.
        configured: Option<Weight>,
        /// What requests say the canary gets.
        observed: Option<Weight>,
        /// Who wrote the weight last, when it was not us and the object says.
        by: Option<Untrusted>,
    },
    /// A feature flag was read.
    Flag {
        /// Which.
        flag: FlagId,
        /// As it is.
        seen: FlagSeen,
    },
    /// A metric crossed an edge.
    Assessed {
        /// Which.
        metric: MetricId,
        /// The verdict now.
        verdict: Verdict,
        /// The time of the first sample that says so.
        since: Timestamp,
        /// The newest number.
        value: Option<f64>,
        /// The digest of the samples.
        inputs: Digest,
    },
    /// Good data began or stopped.
    DataQuality {
        /// The rollout.
        rollout: RolloutId,
        /// True while every metric that matters has good data.
        good: bool,
        /// The time of the sample that says so.
        since: Timestamp,
    },
    /// A trigger's rule crossed an edge; `fired` means it held for its whole time by sample time.
    Trigger {
        /// Which.
        trigger: TriggerId,
        /// Where it stands.
        phase: TriggerPhase,
        /// The time of the sample that says so.
        since: Timestamp,
        /// The number behind it.
        value: Option<f64>,
    },
    /// A trigger would be pending or fire, and something keeps it from that.
    Kept {
        /// Which.
        trigger: TriggerId,
        /// What keeps it.
        why: KeptBack,
        /// The time of the sample that says so.
        since: Timestamp,
        /// The number behind it.
        value: Option<f64>,
    },
    /// The judge rules otherwise than before, or for the first time after a soak.
    Ruled {
        /// Which rollout.
        rollout: RolloutId,
        /// What it rules.
        ruling: Ruling,
    },
    /// What was due of a metric's baselines was read.
    BaselinesRead {
        /// Which metric.
        metric: MetricId,
        /// What each came to, with the blob of its samples.
        found: Vec<(BaselineName, Snapshot, Digest)>,
        /// Which could not be had, and why.
        missed: Vec<(BaselineName, Untrusted)>,
    },
    /// Wall clock and boot clock came apart.
    ClockJumped {
        /// By how much, in seconds.
        seconds: i64,
    },
}
