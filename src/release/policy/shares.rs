//! A person sets a share by hand, or goes back a step.

use crate::base::{RolloutId, Untrusted, Weight};
use crate::plan::Rollout;
use crate::release::act::{Act, Outcome};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::explain;
use crate::release::policy::{rollouts, safety};
use crate::release::state::{RolloutPhase, RolloutState};
use crate::release::warm;

type Granted = Result<(), Refusal>;

/// Gives the canary a share. Up it needs what a promotion needs; down it needs a reason alone, and takes the place of
/// what is under way; no share at all is a rollback, unless the plan has a step of none.
pub fn set(draft: &mut Draft<'_>, rollout: &RolloutId, weight: Weight, reason: &Untrusted) -> Granted {
    let planned = rollouts::known(draft, rollout)?;
    let state = movable(draft, rollout)?;
    if reason.raw().trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            "a weight set by hand needs a reason",
            "say why; it stands in the log beside the weight",
        ));
    }
    let first = planned.steps.first().map_or(Weight::FULL, |step| step.weight);
    if weight == Weight::ZERO && first > Weight::ZERO {
        return safety::roll_back(draft, Some(rollout), reason);
    }
    let now = state.configured.or(state.desired).unwrap_or(Weight::ZERO);
    // Somebody else's share that a person keeps is taken over, not written.
    if now.is_near(weight) && state.operation.is_none() {
        if state.drift.is_some() || state.contested.is_some() {
            draft.push(Event::RolloutResumed { rollout: rollout.clone() });
        }
        return Ok(());
    }
    let step = step_of(planned, weight);
    if weight > now {
        up(draft, planned, &state, step)?;
    } else {
        supersede(draft, &state);
    }
    draft.intend(Act::SetWeight { rollout: rollout.clone(), step, weight, reason: Some(reason.clone()) });
    Ok(())
}

/// Goes back to the step before; from the first one, all the way.
pub fn step_back(draft: &mut Draft<'_>, rollout: &RolloutId, reason: &Untrusted) -> Granted {
    let planned = rollouts::known(draft, rollout)?;
    let state = movable(draft, rollout)?;
    let Some(step) = planned.step(state.step.saturating_sub(1)) else {
        return safety::roll_back(draft, Some(rollout), reason);
    };
    supersede(draft, &state);
    let why = Some(reason).filter(|reason| !reason.raw().trim().is_empty()).cloned();
    draft.intend(Act::SetWeight {
        rollout: rollout.clone(),
        step: state.step - 1,
        weight: step.weight,
        reason: why,
    });
    Ok(())
}

/// The step a share belongs to: the highest that asks for no more, at least the first.
fn step_of(planned: &Rollout, weight: Weight) -> u32 {
    let reached = planned.steps.iter().take_while(|step| step.weight <= weight).count();
    u32::try_from(reached).unwrap_or(u32::MAX).max(1)
}

/// What a promotion needs: nothing in the way, the judge, and the gates of the steps that are left out.
fn up(draft: &Draft<'_>, planned: &Rollout, state: &RolloutState, step: u32) -> Granted {
    let mut blockers = explain::promote(&draft.state, draft.plan, planned, draft.now);
    if step > state.step {
        blockers.extend(explain::skipped(&draft.state, draft.plan, planned, step, draft.now));
    }
    match blockers.into_iter().next() {
        Some(blocker) => Err(refuse(RefusalCode::Blocked, blocker.message, blocker.help)),
        None => Ok(()),
    }
}

fn movable(draft: &Draft<'_>, rollout: &RolloutId) -> Result<RolloutState, Refusal> {
    let state = rollouts::standing(draft, rollout);
    let (message, help) = match state.phase {
        RolloutPhase::Waiting | RolloutPhase::Deploying => {
            (format!("`{rollout}` has no traffic yet"), "take its first step")
        }
        RolloutPhase::RollingBack | RolloutPhase::RolledBack => {
            (format!("`{rollout}` was rolled back"), "open the next attempt with a new artifact")
        }
        RolloutPhase::Completed if state.retired.is_some() => (
            format!("the old version of `{rollout}` was taken away"),
            "roll back: that brings it up again first",
        ),
        _ if draft.state.status.is_over() => {
            (format!("the release is {}", draft.state.status.as_str()), "open the next attempt")
        }
        _ => return Ok(state),
    };
    Err(refuse(RefusalCode::WrongState, message, help))
}

/// Less traffic on the new version does not wait for what is under way.
fn supersede(draft: &mut Draft<'_>, state: &RolloutState) {
    if let Some(operation) = &state.operation {
        draft.push(Event::OperationEnded {
            operation: operation.clone(),
            outcome: Outcome::Superseded,
            summary: Untrusted::new("a smaller share took its place"),
            evidence: None,
        });
    }
}

/// The share a step gives the new version now.
pub fn of_step(draft: &Draft<'_>, planned: &Rollout, step: u32) -> Option<Weight> {
    planned.step(step).map(|step| warm::share(&draft.state, planned, step))
}
