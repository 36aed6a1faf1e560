//! What has happened: facts in the past tense, never wishes.
//!
//! Invariants: a kind keeps its meaning for ever; a new optional field keeps the envelope's `v`, a new meaning is a
//! new kind; an unknown kind is kept and shown, and makes the stream read-only for this program except for hold
//! and rollback.

use serde::{Deserialize, Serialize};

use crate::analysis::Verdict;
use crate::analysis::baseline::{BaselineName, Snapshot};
use crate::base::{
    Digest, FlagId, GateId, ItemId, MetricId, Offset, OperationId, RoleId, RolloutId, Seconds, StageId,
    Timestamp, TriggerId, Untrusted, Weight,
};
use crate::release::act::{Act, Outcome};
use crate::release::cause::{HoldCause, TriggerPhase};
use crate::release::flag::FlagSeen;
use crate::release::owner::Owner;
use crate::release::request::{Choice, Proposal, RequestAnswer, RequestCause};
use crate::release::ruling::Ruling;

pub use crate::release::recorded::{Answer, Evidence, Recorded};

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "body")]
pub enum Event {
    /// The release exists. The first event of its stream.
    ReleaseCreated {
        /// The service or product.
        release: String,
        /// The version that goes out.
        version: String,
        /// Where to.
        environment: String,
    },
    /// This is the plan from now on.
    PlanAdopted {
        /// The digest of the binding text; also the blob's name.
        plan: Digest,
        /// The blob of the sources as read.
        sources: Digest,
        /// The version it brings, when the plan before brought another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// An attempt began: the first, or the next one with a new artifact.
    AttemptOpened {
        /// Its number, from 1.
        attempt: u32,
        /// The version or artifact it brings.
        artifact: String,
    },
    /// T-0 was set or moved.
    T0Set {
        /// The moment.
        t0: Timestamp,
    },
    /// An item was ticked.
    ItemTicked {
        /// Which.
        item: ItemId,
        /// What shows it is done, when there is something.
        evidence: Option<Evidence>,
    },
    /// An item was skipped.
    ItemSkipped {
        /// Which.
        item: ItemId,
        /// Why.
        reason: Untrusted,
    },
    /// An item is open again.
    ItemReopened {
        /// Which.
        item: ItemId,
        /// Why; empty for the undo of a tick.
        reason: Untrusted,
    },
    /// An item has an owner.
    ItemAssigned {
        /// Which.
        item: ItemId,
        /// Who; none takes the owner away.
        owner: Option<String>,
    },
    /// An item is due at another time.
    ItemRetimed {
        /// Which.
        item: ItemId,
        /// When; none takes the due time away.
        due: Option<Offset>,
    },
    /// Somebody wrote a note on an item.
    ItemNoted {
        /// Which.
        item: ItemId,
        /// The note.
        note: Untrusted,
    },
    /// Evidence was attached to an item.
    ItemAttached {
        /// Which.
        item: ItemId,
        /// What.
        evidence: Evidence,
    },
    /// An item was added by hand.
    ItemAdded {
        /// Its id, `added/N`.
        item: ItemId,
        /// The stage it is in.
        stage: StageId,
        /// Its text.
        text: Untrusted,
        /// The item it was split from, when it was.
        split_from: Option<ItemId>,
    },
    /// The document changed, and an item was found again under another id.
    ItemMatched {
        /// Its id before.
        item: ItemId,
        /// Its id now.
        to: ItemId,
    },
    /// A stage became current.
    StageEntered {
        /// Which.
        stage: StageId,
    },
    /// A stage was left.
    StageLeft {
        /// Which.
        stage: StageId,
        /// The reason of the waiver, when its exit criteria did not allow it; stays red.
        waiver: Option<Untrusted>,
    },
    /// A run of a gate began.
    GateStarted {
        /// Which.
        gate: GateId,
        /// The run's number, from 1.
        run: u32,
    },
    /// A run of a gate ended.
    GateFinished {
        /// Which.
        gate: GateId,
        /// The run's number.
        run: u32,
        /// What it says.
        verdict: Verdict,
        /// One line for people.
        summary: Untrusted,
        /// The captured output, a blob.
        evidence: Option<Digest>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// A role decided on a gate that asks for review, or a person answered a manual gate.
    GateReviewed {
        /// Which.
        gate: GateId,
        /// The run it was decided on, 0 when there was none.
        run: u32,
        /// The role that spoke, when one is named.
        role: Option<RoleId>,
        /// True lets on.
        accepted: bool,
        /// Why.
        reason: Untrusted,
    },
    /// A gate was waived; stays red in every report.
    GateWaived {
        /// Which.
        gate: GateId,
        /// Why.
        reason: Untrusted,
    },
    /// A role was asked for its go.
    ApprovalRequested {
        /// Which.
        role: RoleId,
    },
    /// A role answered.
    ApprovalGiven {
        /// Which.
        role: RoleId,
        /// What it said.
        answer: Answer,
        /// Why.
        reason: Untrusted,
        /// The head of the stream that was seen, a witness only.
        head: Digest,
    },
    /// An answer no longer counts.
    ApprovalVoided {
        /// Which.
        role: RoleId,
        /// Why.
        reason: Untrusted,
    },
    /// Every role that was needed said go.
    PollCompleted {},
    /// T-0 has come: the release runs.
    ReleaseStarted {
        /// True when a person accepted that there is nothing to go back to.
        first_release: bool,
    },
    /// What a rollback goes to was captured.
    LastKnownGoodCaptured {
        /// The rollout.
        rollout: RolloutId,
        /// The version or digest.
        version: String,
        /// Healthy instances.
        ready: u32,
        /// Wanted instances.
        of: u32,
        /// The digest of its image, when the cluster told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// What a rollback needs beside healthy instances went missing, or came back.
    ReadinessChanged {
        /// The rollout.
        rollout: RolloutId,
        /// What is missing; none when nothing is any more.
        red: Option<Untrusted>,
    },
    /// It was found out who moves the weight beside us.
    OwnerFound {
        /// The rollout.
        rollout: RolloutId,
        /// Who.
        owner: Owner,
    },
    /// A rollout began: its first step's operation follows.
    RolloutStarted {
        /// Which.
        rollout: RolloutId,
    },
    /// The intent to change the world; durable before anything is sent.
    OperationIntended {
        /// Its id.
        operation: OperationId,
        /// What will be done.
        act: Act,
        /// The highest epoch at the time.
        epoch: u64,
    },
    /// How a change to the world ended.
    OperationEnded {
        /// Which.
        operation: OperationId,
        /// How.
        outcome: Outcome,
        /// One line for people.
        summary: Untrusted,
        /// What it brought, a blob: a log, an answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Digest>,
    },
    /// Traffic was read back from the router.
    TrafficObserved {
        /// The rollout.
        rollout: RolloutId,
        /// What the object says the canary gets.
        configured: Option<Weight>,
        /// What requests say the canary gets.
        observed: Option<Weight>,
    },
    /// The router says another share than what is wanted, and no operation of ours did it.
    TrafficDrifted {
        /// The rollout.
        rollout: RolloutId,
        /// The canary's share that is wanted.
        from: Weight,
        /// The share it has.
        to: Weight,
        /// Who wrote it, when the object says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Untrusted>,
    },
    /// The router says what is wanted again.
    TrafficSettled {
        /// The rollout.
        rollout: RolloutId,
    },
    /// Somebody keeps writing another share: nothing more is written by itself until a person decides.
    TrafficContested {
        /// The rollout.
        rollout: RolloutId,
        /// Who, when the object says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Untrusted>,
    },
    /// A step's weight was reached and its soak began.
    StepReached {
        /// The rollout.
        rollout: RolloutId,
        /// The step, from 1.
        step: u32,
    },
    /// A soak has seen enough good data.
    SoakCompleted {
        /// The rollout.
        rollout: RolloutId,
        /// The step, from 1.
        step: u32,
    },
    /// The last step is done.
    RolloutCompleted {
        /// Which.
        rollout: RolloutId,
        /// The plan's rollouts that are not complete yet; empty for the last one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remaining: Vec<RolloutId>,
    },
    /// A rollout stands still.
    RolloutHeld {
        /// Which.
        rollout: RolloutId,
        /// What stopped it: says who may lift it.
        cause: HoldCause,
        /// Why.
        reason: Untrusted,
    },
    /// The hold of a machine was lifted because its cause is gone.
    HoldLifted {
        /// Which rollout.
        rollout: RolloutId,
        /// Which hold.
        cause: HoldCause,
    },
    /// The rule for having no good data acted, once for this spell.
    BlindRuleApplied {
        /// Which rollout.
        rollout: RolloutId,
        /// Since when there has been no good data.
        since: Timestamp,
    },
    /// A person lifted every hold.
    RolloutResumed {
        /// Which.
        rollout: RolloutId,
    },
    /// The engine may not act on its own here until a person turns it on.
    AutomationStopped {
        /// The rollout.
        rollout: RolloutId,
    },
    /// The engine may act on its own here again.
    AutomationResumed {
        /// The rollout.
        rollout: RolloutId,
    },
    /// A rollback began: its operations follow.
    RollbackStarted {
        /// The rollout.
        rollout: RolloutId,
        /// The version it goes back to.
        to: String,
        /// The trigger that asked for it, when it was not a person.
        trigger: Option<TriggerId>,
        /// How many steps it has; 0 in journals that know no steps.
        #[serde(default, skip_serializing_if = "is_zero")]
        steps: u32,
    },
    /// A rollback takes longer than it may.
    RollbackLate {
        /// The rollout.
        rollout: RolloutId,
        /// What it may take.
        budget: Seconds,
    },
    /// Traffic is back and was read back.
    RolledBack {
        /// The rollout.
        rollout: RolloutId,
        /// The version it went back to.
        to: String,
        /// False when configured weight and pods agree but requests could not be seen.
        proven: bool,
    },
    /// A window of samples crossed an edge.
    Assessed {
        /// The metric.
        metric: MetricId,
        /// The verdict before.
        from: Verdict,
        /// The verdict now.
        to: Verdict,
        /// The time of the first sample that says so.
        since: Timestamp,
        /// The newest number, in the unit's base.
        value: Option<f64>,
        /// The digest of the samples that decided.
        inputs: Digest,
    },
    /// Good data for a rollout began or stopped: the edge a soak counts by.
    DataQualityChanged {
        /// The rollout.
        rollout: RolloutId,
        /// True while every metric that matters has good data.
        good: bool,
        /// The time of the sample that says so.
        since: Timestamp,
    },
    /// A trigger moved to another state.
    TriggerMoved {
        /// Which.
        trigger: TriggerId,
        /// The state now.
        to: TriggerPhase,
        /// The time of the sample or the act that says so.
        since: Timestamp,
        /// The number behind it, in the unit's base.
        value: Option<f64>,
        /// Why, when it is kept from firing or unknown.
        #[serde(default)]
        reason: Untrusted,
    },
    /// The judge ruled on a rollout, otherwise than before.
    Ruled {
        /// The rollout.
        rollout: RolloutId,
        /// What it ruled.
        ruling: Ruling,
    },
    /// A machine asks a person for something it may not do by itself.
    RequestRaised {
        /// The rollout.
        rollout: RolloutId,
        /// What it asks for.
        wants: Proposal,
        /// What makes it ask.
        cause: RequestCause,
        /// Why, in one sentence.
        why: Untrusted,
    },
    /// A request is no longer open.
    RequestAnswered {
        /// Its number.
        request: u64,
        /// How it ended.
        answer: RequestAnswer,
        /// Why.
        #[serde(default)]
        reason: Untrusted,
    },
    /// A person chose what a trigger does that the playbook says both of.
    TriggerChosen {
        /// Which.
        trigger: TriggerId,
        /// What it does from now on.
        choice: Choice,
    },
    /// A person typed a number that no source gives.
    NumberTyped {
        /// The metric.
        metric: MetricId,
        /// The number, in the unit's base.
        value: f64,
    },
    /// A person wants to know what a number was.
    BaselineAsked {
        /// The metric.
        metric: MetricId,
        /// What it will be called.
        name: BaselineName,
        /// Samples after this moment count.
        from: Timestamp,
        /// Up to and with this one.
        to: Timestamp,
    },
    /// What a number was before the release, or of a version, is kept to be compared with.
    BaselineCaptured {
        /// The metric.
        metric: MetricId,
        /// What it is called.
        name: BaselineName,
        /// What the number was, with what it rests on.
        snapshot: Snapshot,
        /// The blob of the samples; none for what a person said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<Digest>,
    },
    /// What a number was could not be captured.
    BaselineMissed {
        /// The metric.
        metric: MetricId,
        /// What it would have been called.
        name: BaselineName,
        /// Why.
        why: Untrusted,
    },
    /// A feature flag was read, and is otherwise than it was recorded before.
    FlagObserved {
        /// The flag.
        flag: FlagId,
        /// As it is.
        seen: FlagSeen,
    },
    /// A message of the plan went out.
    MessageSent {
        /// Its name in the plan.
        message: String,
    },
    /// A person let outward messages and checkpoints go on after a hold or a rollback.
    MessagesRearmed {},
    /// A note on the release.
    Noted {
        /// The note.
        note: Untrusted,
    },
    /// Wall clock and boot clock came apart by more than two seconds.
    ClockJumped {
        /// By how much, in seconds.
        seconds: i64,
    },
    /// An engine took the release.
    EngineStarted {
        /// The number that fences the others.
        epoch: u64,
    },
    /// The epoch was raised by a person's safety act.
    EpochRaised {
        /// The number that fences the others.
        epoch: u64,
    },
    /// The release is over and watched no longer.
    ReleaseStable {},
    /// The release was called off.
    ReleaseCancelled {
        /// Why.
        reason: Untrusted,
    },
}

/// Serde asks by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
