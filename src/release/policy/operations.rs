//! What the end of an operation means.

use crate::base::{Digest, ItemId, OperationId, RolloutId, Untrusted, Weight};
use crate::plan::RouterKind;
use crate::release::act::{Act, Outcome};
use crate::release::agreement;
use crate::release::cause::HoldCause;
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::{rollouts, safety};
use crate::release::state::RolloutPhase;

/// Requests to the canary below this share are none: probes and stragglers.
pub const NO_TRAFFIC: f64 = 0.5;

/// How an operation ended.
pub struct End<'a> {
    pub outcome: Outcome,
    pub summary: &'a Untrusted,
    pub configured: Option<Weight>,
    pub observed: Option<Weight>,
    pub evidence: Option<Digest>,
    pub restore: &'a [Untrusted],
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
        evidence: end.evidence,
    });
    end.restore.iter().for_each(|what| to_restore(draft, what));
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
        // What was put back once more after a rollback is back already.
        Act::SetWeight { rollout, step: 0, .. } => {
            let rolling = rollouts::standing(draft, rollout).phase == RolloutPhase::RollingBack;
            if rolling && end.outcome.is_done() && is(Weight::ZERO) {
                back(draft, rollout);
            }
        }
        Act::Restore { rollout, .. } => {
            if end.outcome.is_done() {
                safety::back(draft, rollout);
            }
        }
        Act::SetWeight { rollout, step, weight, .. } => {
            let done = end.outcome.is_done()
                && (is(*weight) || (end.configured.is_some() && by_pods(draft, rollout)));
            let over = rollouts::standing(draft, rollout).phase == RolloutPhase::Completed;
            if done && !over {
                draft.push(Event::StepReached { rollout: rollout.clone(), step: *step });
            } else if !done {
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
        | Act::Retire { .. }
        | Act::Step { .. }
        | Act::Notify { .. } => {}
    }
}

/// Whole pods come as near to a share as they can: what was read back then is what is held from now on.
fn by_pods(draft: &Draft<'_>, rollout: &RolloutId) -> bool {
    let router = draft.plan.rollout(rollout).and_then(|planned| planned.router.as_ref());
    router
        .is_some_and(|router| matches!(router.kind, RouterKind::Deployment { .. } | RouterKind::Argo { .. }))
}

/// Traffic is back: say so. The rest of the rollback follows.
fn back(draft: &mut Draft<'_>, rollout: &RolloutId) {
    let to = rollouts::standing(draft, rollout).rollback.map(|rollback| rollback.to).unwrap_or_default();
    let planned = draft.plan.rollout(rollout);
    let proven = planned.is_some_and(|planned| agreement::is_proven(&draft.state, draft.plan, planned));
    draft.push(Event::RolledBack { rollout: rollout.clone(), to, proven });
}

/// What an operation left behind becomes an item of the current stage, or of the last one.
fn to_restore(draft: &mut Draft<'_>, what: &Untrusted) {
    let stage = draft.state.stage.clone().or_else(|| draft.plan.stages.last().map(|stage| stage.id.clone()));
    let Some(stage) = stage else {
        draft.push(Event::Noted { note: what.clone() });
        return;
    };
    if draft.state.added.iter().any(|item| item.text == *what && item.stage == stage) {
        return;
    }
    let item = ItemId::new(format!("added/{}", draft.state.added.len() + 1));
    draft.push(Event::ItemAdded { item, stage, text: what.clone(), split_from: None });
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
