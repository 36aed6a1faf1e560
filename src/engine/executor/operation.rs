//! One change to the world: observe, fence, act, observe, and how it ended.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{End, Hands, after, is_at, step, weight};
use crate::base::{OperationId, Seconds, Untrusted, Weight};
use crate::engine::ports::{DEADLINE, Errand, Fault, Fence};
use crate::plan::rule::Action;
use crate::plan::{Deploy, Plan, Procedure, ProcedureStep, Rollout, RouterKind};
use crate::release::{Act, Outcome};

/// How often a refused conditional write is read, fenced and tried anew.
pub(super) const WRITES: u32 = 5;
/// How long a written weight may take to be read back.
pub(super) const SETTLE: Seconds = Seconds(60);
/// The same for traffic on its way back, which is rather written again.
pub(super) const HURRY: Seconds = Seconds(10);
/// The pause between two readings back.
pub(super) const PAUSE: Seconds = Seconds(1);
/// How long bringing a version up or down may take.
const WORKLOAD: Seconds = Seconds(15 * 60);

/// An intended operation on its way to the world.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Its id, written on what it changes.
    pub operation: OperationId,
    /// What.
    pub act: Act,
    /// The canary's share last recorded before it, for one that is resumed.
    pub before: Before,
}

/// Whether somebody may already have begun it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Before {
    /// Nobody: its intent was just recorded here.
    Fresh,
    /// Perhaps: its intent was found at the start, and the router then gave the canary this share.
    Resumed(Option<Weight>),
}

/// Carries it out and says how it ended; never sends anything unfenced.
pub(super) async fn carry_out(hands: &Hands, order: &Order, plan: &Arc<Plan>) -> End {
    if let Act::Notify { action, text, .. } = &order.act {
        return tell(hands, order, *action, text).await;
    }
    if let Act::SetFlag { .. } | Act::KillFlag { .. } | Act::FlagsOff { .. } = &order.act {
        return super::flag::carry_out(hands, order, plan).await;
    }
    let Some(rollout) = order.act.rollout().and_then(|id| plan.rollout(id)) else {
        return End::new(Outcome::Failed, "the plan has no such rollout");
    };
    match &order.act {
        Act::SetWeight { weight, .. } => weight::set(hands, order, rollout, *weight).await,
        Act::Deploy { .. } => deploy(hands, order, rollout).await,
        Act::ScaleDown { to, .. } => scale_down(hands, order, rollout, to.as_deref()).await,
        Act::Restore { to, .. } => restore(hands, order, rollout, to.as_deref()).await,
        Act::Retire { .. } => retire(hands, order, rollout).await,
        Act::Step { step, .. } => step::take(hands, order, rollout, (*step, plan)).await,
        Act::Procedure { procedure, .. } => {
            match plan.procedures.iter().find(|known| &known.id == procedure) {
                Some(procedure) => run(hands, order, rollout, (procedure, plan)).await,
                None => End::new(Outcome::Failed, "the plan has no such procedure"),
            }
        }
        Act::SetFlag { .. } | Act::KillFlag { .. } | Act::FlagsOff { .. } | Act::Notify { .. } => {
            End::new(Outcome::Failed, "not an operation on a rollout")
        }
    }
}

pub(super) fn superseded() -> End {
    End::new(Outcome::Superseded, "somebody with a higher epoch acts now; nothing was sent")
}

/// The workload is declared by what should run, so doing it again after a restart changes nothing that is so.
async fn deploy(hands: &Hands, order: &Order, rollout: &Rollout) -> End {
    if let Before::Resumed(_) = order.before
        && !rollout.deploy.by.is_declared()
    {
        return End::new(
            Outcome::Unknown,
            "the engine stopped while it was deployed; look what runs and decide",
        );
    }
    let fence = Passage { hands, order };
    let work = || hands.world.workloads.deploy(rollout, fence.errand(WORKLOAD));
    ended(conditional(hands, "the workload", WORKLOAD, work).await)
}

/// The fence of one operation, as the world asks it between reading and writing.
pub(super) struct Passage<'a> {
    pub(super) hands: &'a Hands,
    pub(super) order: &'a Order,
}

impl Passage<'_> {
    pub(super) fn errand(&self, time: Seconds) -> Errand<'_> {
        Errand { operation: &self.order.operation, fence: self, time }
    }
}

impl Fence for Passage<'_> {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.hands.may_send(&self.order.operation))
    }
}

/// Does it, and does it anew when what it read had moved: then nothing was written.
async fn conditional<'a, T>(
    hands: &Hands,
    who: &str,
    time: Seconds,
    work: impl Fn() -> BoxFuture<'a, Result<T, Fault>>,
) -> Result<T, Fault> {
    let mut tries = WRITES;
    loop {
        tries -= 1;
        match hands.answer_within(time, who, work()).await {
            Err(Fault::Conflict(..)) if tries > 0 => hands.clock.until(after(hands.clock.now(), PAUSE)).await,
            answer => return answer,
        }
    }
}

/// Traffic leaves first: while the router says the canary has some, or does not say, nothing is taken away.
async fn scale_down(hands: &Hands, order: &Order, rollout: &Rollout, to: Option<&str>) -> End {
    let split = match hands.answer("the router", hands.world.router.read(rollout)).await {
        Ok(split) if is_at(&split, Weight::ZERO) => split,
        Ok(split) => {
            return End::new(Outcome::Failed, "the canary still has traffic; nothing was taken away")
                .at(split);
        }
        Err(fault) => return End::new(Outcome::Failed, format!("{fault}; nothing was taken away")),
    };
    if is_all_code(rollout) {
        let text = "the old and the new version run as one: nothing is to be taken away";
        return End::new(Outcome::Skipped, text).at(split);
    }
    let fence = Passage { hands, order };
    let work = || hands.world.workloads.scale_down(rollout, to, fence.errand(WORKLOAD));
    ended(conditional(hands, "the workload", WORKLOAD, work).await).at(split)
}

/// Both versions are in one program behind a flag, and the plan deploys nothing.
fn is_all_code(rollout: &Rollout) -> bool {
    let flag = rollout.router.as_ref().is_some_and(|router| matches!(router.kind, RouterKind::Flag { .. }));
    flag && rollout.deploy == Deploy::default()
}

/// What a rollback goes to is brought up and looked at before traffic goes to it.
async fn restore(hands: &Hands, order: &Order, rollout: &Rollout, to: Option<&str>) -> End {
    let fence = Passage { hands, order };
    let work = || hands.world.workloads.restore(rollout, to, fence.errand(WORKLOAD));
    ended(conditional(hands, "the workload", WORKLOAD, work).await)
}

/// The old version goes only while the router says that the new one has everything.
async fn retire(hands: &Hands, order: &Order, rollout: &Rollout) -> End {
    let split = match hands.answer("the router", hands.world.router.read(rollout)).await {
        Ok(split) if is_at(&split, Weight::FULL) => split,
        Ok(split) => {
            return End::new(Outcome::Failed, "the old version still has traffic; nothing was taken away")
                .at(split);
        }
        Err(fault) => return End::new(Outcome::Failed, format!("{fault}; nothing was taken away")),
    };
    let fence = Passage { hands, order };
    let work = || hands.world.workloads.retire(rollout, fence.errand(WORKLOAD));
    ended(conditional(hands, "the workload", WORKLOAD, work).await).at(split)
}

/// The steps in order, up to the first that does not end well, then the gates that verify it.
async fn run(hands: &Hands, order: &Order, rollout: &Rollout, (procedure, plan): (&Procedure, &Plan)) -> End {
    if let Before::Resumed(_) = order.before {
        return End::new(Outcome::Unknown, "the engine stopped during it; look what was done and decide");
    }
    let fence = Passage { hands, order };
    let mut listed = 0;
    for (place, step) in procedure.steps.iter().enumerate() {
        if !hands.may_send(&order.operation).await {
            return superseded();
        }
        let work = hands.world.workloads.step(rollout, step, fence.errand(step.within));
        match hands.answer_within(step.within, "the step", work).await {
            Ok((outcome, _)) if outcome.is_done() => {}
            Ok((Outcome::Skipped, _)) => listed += 1,
            Ok((outcome, said)) => return End::new(outcome, told(place, step, &said.line())),
            Err(fault) => return End::new(outcome_of(&fault), told(place, step, &fault.to_string())),
        }
    }
    for gate in procedure.verify.iter().filter_map(|id| plan.gate(id)) {
        match hands.within(gate.timeout, hands.world.checks.run(gate)).await {
            Some(finding) if finding.verdict.is_pass() => {}
            Some(finding) => {
                let text = format!("{}: {} {}", gate.id, finding.verdict, finding.summary.line());
                return End::new(Outcome::Failed, text);
            }
            None => return End::new(Outcome::Failed, format!("{} did not end in time", gate.id)),
        }
    }
    let steps = procedure.steps.len();
    if listed > 0 && listed == steps {
        return End::new(Outcome::Skipped, format!("{listed} steps for a person to do"));
    }
    let rest = if listed > 0 { format!(", {listed} for a person to do") } else { String::new() };
    End::new(Outcome::Done, format!("{} of {steps} steps done{rest}", steps - listed))
}

fn told(place: usize, step: &ProcedureStep, said: &str) -> String {
    format!("step {} ({}): {said}", place + 1, Untrusted::new(step.title()).cell(60))
}

async fn tell(hands: &Hands, order: &Order, action: Action, text: &Untrusted) -> End {
    if let Before::Resumed(_) = order.before {
        return End::new(Outcome::Unknown, "the engine stopped while it was said; ask whether it was heard");
    }
    // Telling people needs no fence: it is said at most once and changes nothing.
    ended(hands.answer_within(DEADLINE, "the notifier", hands.world.notifier.tell(action, text)).await)
}

pub(super) fn ended(answer: Result<Untrusted, Fault>) -> End {
    match answer {
        Ok(said) => End::new(Outcome::Done, said),
        Err(fault) => End::new(outcome_of(&fault), fault.to_string()),
    }
}

/// No answer leaves it unknown; a clear no does not.
pub(super) fn outcome_of(fault: &Fault) -> Outcome {
    match fault {
        Fault::Unreachable(..) | Fault::Foreign(..) => Outcome::Unknown,
        Fault::Untrusted(..) => Outcome::Skipped,
        Fault::Superseded(_) => Outcome::Superseded,
        Fault::Refused(..)
        | Fault::Forbidden(..)
        | Fault::Conflict(..)
        | Fault::Throttled(..)
        | Fault::Owned { .. }
        | Fault::Unsupported(_) => Outcome::Failed,
    }
}
