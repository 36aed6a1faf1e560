//! What the end of an operation means.

use crate::base::{OperationId, RolloutId, Untrusted, Weight};
use crate::release::act::{Act, Outcome};
use crate::release::cause::HoldCause;
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::rollouts;
use crate::release::state::RolloutPhase;

/// Requests to the canary below this share are none: probes and stragglers.
pub const NO_TRAFFIC: f64 = 0.5;

/// How an operation ended.
pub struct End<'a> {
    pub outcome: Outcome,
    pub summary: &'a Untrusted,
    pub configured: Option<Weight>,
    pub observed: Option<Weight>,
}

pub fn end(draft: &mut Draft<'_>, operation: &OperationId, end: &End<'_>) {
    let Some(known) = draft.state.operations.get(operation).filter(|known| known.outcome.is_none()) else {
        return;
    };
    let act = known.act.clone();
    let current = act
        .rollout()
        .is_none_or(|rollout| rollouts::standing(draft, rollout).operation.as_ref() == Some(operation));
    draft.push(Event::OperationEnded {
        operation: operation.clone(),
        outcome: end.outcome,
        summary: end.summary.clone(),
    });
    if let Act::SetWeight { rollout, .. } = &act {
        draft.push(Event::TrafficObserved {
            rollout: rollout.clone(),
            configured: end.configured,
            observed: end.observed,
        });
    }
    if current {
        follow(draft, operation, &act, end);
    }
}

fn follow(draft: &mut Draft<'_>, operation: &OperationId, act: &Act, end: &End<'_>) {
    let is = |weight: Weight| end.configured.is_some_and(|have| have.is_near(weight));
    match act {
        Act::Deploy { rollout } => match draft.plan.rollout(rollout) {
            Some(planned) if end.outcome.is_done() => {
                // Held while it came up: no traffic until a person goes on.
                if rollouts::standing(draft, rollout).holds.is_empty() {
                    rollouts::set_weight(draft, planned, 1);
                }
            }
            _ => hold(draft, rollout, operation, "the new version did not come up"),
        },
        Act::SetWeight { rollout, step: 0, .. } => {
            if end.outcome.is_done() && is(Weight::ZERO) {
                back(draft, rollout, end.observed);
            }
        }
        Act::SetWeight { rollout, step, weight } => {
            if end.outcome.is_done() && is(*weight) {
                draft.push(Event::StepReached { rollout: rollout.clone(), step: *step });
            } else {
                hold(draft, rollout, operation, "traffic did not move as wanted");
            }
        }
        Act::Notify { message: Some(message), .. } if end.outcome.is_done() => {
            draft.push(Event::MessageSent { message: message.clone() });
        }
        Act::ScaleDown { .. }
        | Act::Procedure { .. }
        | Act::SetFlag { .. }
        | Act::KillFlag { .. }
        | Act::FlagsOff { .. }
        | Act::Notify { .. } => {}
    }
}

/// Traffic is back: say so, then take the new version away. The rest of the rollback follows when it is gone.
fn back(draft: &mut Draft<'_>, rollout: &RolloutId, observed: Option<Weight>) {
    let to = rollouts::standing(draft, rollout).rollback.map(|rollback| rollback.to).unwrap_or_default();
    let proven = observed.is_some_and(|share| share.value() <= NO_TRAFFIC);
    draft.push(Event::RolledBack { rollout: rollout.clone(), to, proven });
    draft.intend(Act::ScaleDown { rollout: rollout.clone() });
}

fn hold(draft: &mut Draft<'_>, rollout: &RolloutId, operation: &OperationId, what: &str) {
    if rollouts::standing(draft, rollout).phase == RolloutPhase::RollingBack {
        return;
    }
    let summary = draft.state.operations.get(operation).map(|known| known.summary.line()).unwrap_or_default();
    draft.push(Event::RolloutHeld {
        rollout: rollout.clone(),
        cause: HoldCause::Operation { operation: operation.clone() },
        reason: Untrusted::new(format!("{what}: {summary}")),
    });
}
