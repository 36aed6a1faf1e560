//! The old version after full promotion: its control share ends with sign-off, and it is taken away when the plan says
//! so and all is well. Until then a rollback takes seconds.

use crate::base::{Timestamp, Weight};
use crate::plan::{Plan, Rollout};
use crate::release::act::{Act, Outcome};
use crate::release::cause::TriggerPhase;
use crate::release::draft::Draft;
use crate::release::policy::rollouts;
use crate::release::state::{OperationState, RolloutPhase, RolloutState, State, Status};
use crate::release::warm;

/// How often it is tried before a person has to look.
const TRIES: usize = 3;

/// Ends the control and takes the old version away, when that is due.
pub fn keep(draft: &mut Draft<'_>, planned: &Rollout) {
    let state = rollouts::standing(draft, &planned.id);
    if !is_due(&draft.state, draft.plan, planned, &state, draft.now) {
        return;
    }
    let rollout = planned.id.clone();
    let full = state.desired.is_some_and(|share| share.is_near(Weight::FULL));
    if !full {
        let step = u32::try_from(planned.steps.len()).unwrap_or(u32::MAX);
        draft.intend(Act::SetWeight { rollout, step, weight: Weight::FULL, reason: None });
    } else if planned.warm.is_some() {
        draft.intend(Act::Retire { rollout });
    }
}

/// When the old version is to be taken away by the clock.
pub fn due(state: &State, planned: &Rollout, known: &RolloutState) -> Option<Timestamp> {
    let tried = tries(state, planned, known);
    warm::warm(state, planned)?.until.filter(|_| known.retired.is_none() && tried < TRIES)
}

fn is_due(state: &State, plan: &Plan, planned: &Rollout, known: &RolloutState, now: Timestamp) -> bool {
    let over = match state.status {
        Status::Stable => true,
        Status::Watching | Status::Running => due(state, planned, known).is_some_and(|at| at <= now),
        _ => false,
    };
    over && planned.warm.is_some()
        && known.phase == RolloutPhase::Completed
        && known.retired.is_none()
        && known.operation.is_none()
        && tries(state, planned, known) < TRIES
        && (state.status == Status::Stable || is_well(state, plan, planned, known))
}

/// Nothing speaks against the new version: what would be needed to go back is given away.
fn is_well(state: &State, plan: &Plan, planned: &Rollout, known: &RolloutState) -> bool {
    let of = |rollout: &Option<crate::base::RolloutId>| rollout.as_ref().is_none_or(|of| of == &planned.id);
    let quiet = plan.triggers.iter().filter(|trigger| of(&trigger.rollout)).all(|trigger| {
        let phase = state.triggers.get(&trigger.id).map(|known| known.phase).unwrap_or_default();
        !matches!(phase, TriggerPhase::Pending | TriggerPhase::Fired | TriggerPhase::Unknown)
    });
    quiet && known.good_data && known.holds.is_empty() && known.drift.is_none() && !known.automation_off
}

/// How often it was tried since the last step was done, and did not end well.
fn tries(state: &State, planned: &Rollout, known: &RolloutState) -> usize {
    let Some(completed) = known.completed else { return 0 };
    let last = planned.steps.len();
    let ours = |act: &Act| match act {
        Act::Retire { rollout } => rollout == &planned.id,
        Act::SetWeight { rollout, step, .. } => rollout == &planned.id && *step as usize == last,
        _ => false,
    };
    let failed = |operation: &&OperationState| {
        operation.mark.at > completed
            && ours(&operation.act)
            && matches!(operation.outcome, Some(Outcome::Failed | Outcome::Unknown))
    };
    state.operations.values().filter(failed).count()
}
