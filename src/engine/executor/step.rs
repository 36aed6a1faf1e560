//! One step of a rollback on its way to the world.
//!
//! Invariants: a step ends within its own time; what acts and was begun by an engine that stopped is never repeated;
//! more than one line of what a step said is kept as evidence.

use super::operation::{Before, Order, Passage, outcome_of, superseded};
use super::{End, Hands};
use crate::base::{GateId, Untrusted};
use crate::engine::ports::Fault;
use crate::plan::rule::Action;
use crate::plan::{Health, Plan, ProcedureStep, Rollout, StepKind};
use crate::release::{Outcome, sequence};

/// Takes the step of that number and says how it ended.
pub(super) async fn take(
    hands: &Hands,
    order: &Order,
    rollout: &Rollout,
    (number, plan): (u32, &Plan),
) -> End {
    let steps = sequence::steps(plan, rollout);
    let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
    let Some(step) = place.and_then(|place| steps.get(place)) else {
        return End::new(Outcome::Failed, "the rollback has no such step");
    };
    if !again(&step.does) && order.before != Before::Fresh {
        let text = "the engine stopped during it; look whether it was done and decide";
        return End::new(Outcome::Unknown, text);
    }
    if !hands.may_send(&order.operation).await {
        return superseded();
    }
    match &step.does {
        StepKind::Health(Health::Gate(gate)) => health(hands, step, gate, plan).await,
        StepKind::Notify { text } => {
            let told = hands.world.notifier.tell(Action::Notify, text);
            let answer = hands.answer_within(step.within, "the notifier", told).await;
            said(answer.map(|said| (Outcome::Done, said)))
        }
        StepKind::Manual { text } => {
            // A person finds it where they look for what is to be done.
            let end = End::new(Outcome::Skipped, "for a person to do: it is an item now");
            End { restore: vec![text.clone()], ..end }
        }
        StepKind::Traffic { .. } | StepKind::LastKnownGood | StepKind::Check { .. } => {
            End::new(Outcome::Failed, "not a step that is taken by itself")
        }
        StepKind::FlagsOff(_) => End::new(Outcome::Skipped, "the plan has no flags"),
        StepKind::Ready
        | StepKind::Health(Health::Url(_))
        | StepKind::Logs(_)
        | StepKind::Incident(_)
        | StepKind::Command(_) => {
            let fence = Passage { hands, order };
            let work = hands.world.workloads.step(rollout, step, fence.errand(step.within));
            said(hands.answer_within(step.within, "the step", work).await)
        }
    }
}

/// True for a step that may be done twice: it looks, or says what should be so.
fn again(does: &StepKind) -> bool {
    !matches!(does, StepKind::Command(_) | StepKind::Incident(_) | StepKind::Notify { .. })
}

async fn health(hands: &Hands, step: &ProcedureStep, gate: &GateId, plan: &Plan) -> End {
    let Some(gate) = plan.gate(gate) else {
        return End::new(Outcome::Failed, format!("the plan has no gate {gate}"));
    };
    match hands.within(step.within, hands.world.checks.run(gate)).await {
        Some(found) => {
            let outcome = if found.verdict.is_pass() { Outcome::Done } else { Outcome::Failed };
            let text = format!("{}: {} {}", gate.id, found.verdict, found.summary.line());
            End { evidence: found.evidence, ..End::new(outcome, text) }
        }
        None => End::new(Outcome::Failed, format!("{} did not end within {}", gate.id, step.within)),
    }
}

fn said(answer: Result<(Outcome, Untrusted), Fault>) -> End {
    match answer {
        Ok((outcome, said)) => match said.raw().split_once('\n') {
            Some((first, rest)) if !rest.trim().is_empty() => {
                let end = End::new(outcome, Untrusted::new(first));
                End { evidence: Some(said.raw().as_bytes().to_vec()), ..end }
            }
            _ => End::new(outcome, said),
        },
        Err(fault) => End::new(outcome_of(&fault), fault.to_string()),
    }
}
