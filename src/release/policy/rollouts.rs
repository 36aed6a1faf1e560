//! Promotion: beginning a rollout, and going from step to step.

use crate::base::{RolloutId, Weight};
use crate::plan::Rollout;
use crate::release::act::Act;
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::explain;
use crate::release::policy::{lifecycle, shares};
use crate::release::request::{Request, RequestCause};
use crate::release::state::{RolloutPhase, RolloutState};

type Granted = Result<(), Refusal>;

pub fn promote(draft: &mut Draft<'_>, rollout: &RolloutId, to: Option<Weight>) -> Granted {
    let planned = known(draft, rollout)?;
    let state = standing(draft, rollout);
    match state.phase {
        RolloutPhase::Completed => return Ok(()),
        RolloutPhase::RollingBack | RolloutPhase::RolledBack => {
            return Err(refuse(
                RefusalCode::WrongState,
                format!("`{rollout}` was rolled back"),
                "open the next attempt with a new artifact",
            ));
        }
        _ => {}
    }
    if draft.state.status.is_over() {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("the release is {}", draft.state.status.as_str()),
            "open the next attempt",
        ));
    }
    let step = target(planned, &state, to)?;
    if draft.state.started.is_none() {
        lifecycle::start(draft, false)?;
    }
    let mut blockers = explain::ready(&draft.state, draft.plan, planned, draft.now);
    // Asked because there are too few events, a person goes on without the judge: to the next step, no further.
    let asked = |it: &Request| it.rollout == planned.id && it.cause == RequestCause::TooFew;
    if step != state.step + 1 || !draft.state.requests.iter().any(asked) {
        blockers.extend(explain::judged(&draft.state, planned));
    }
    blockers.extend(explain::skipped(&draft.state, draft.plan, planned, step, draft.now));
    if let Some(blocker) = blockers.into_iter().next() {
        return Err(refuse(RefusalCode::Blocked, blocker.message, blocker.help));
    }
    go(draft, planned, step);
    Ok(())
}

/// Goes to a step, numbered from 1; a rollout that has not begun brings the new version up first.
pub fn go(draft: &mut Draft<'_>, planned: &Rollout, step: u32) {
    let rollout = planned.id.clone();
    match standing(draft, &rollout).phase {
        RolloutPhase::Waiting => {
            draft.push(Event::RolloutStarted { rollout: rollout.clone() });
            draft.intend(Act::Deploy { rollout });
        }
        RolloutPhase::Deploying => draft.intend(Act::Deploy { rollout }),
        _ => set_weight(draft, planned, step),
    }
}

/// Intends the weight of a step.
pub fn set_weight(draft: &mut Draft<'_>, planned: &Rollout, step: u32) {
    if let Some(weight) = shares::of_step(draft, planned, step) {
        draft.intend(Act::SetWeight { rollout: planned.id.clone(), step, weight, reason: None });
    }
}

/// The plan's other rollouts that are not complete.
pub fn remaining(draft: &Draft<'_>, but: &RolloutId) -> Vec<RolloutId> {
    let others = draft.plan.rollouts.iter().map(|planned| &planned.id).filter(|id| *id != but);
    others.filter(|id| standing(draft, id).phase != RolloutPhase::Completed).cloned().collect()
}

/// Where a rollout stands.
pub fn standing(draft: &Draft<'_>, rollout: &RolloutId) -> RolloutState {
    draft.state.rollouts.get(rollout).cloned().unwrap_or_default()
}

/// The rollout of the plan, or why there is none.
pub fn known<'a>(draft: &Draft<'a>, rollout: &RolloutId) -> Result<&'a Rollout, Refusal> {
    draft.plan.rollout(rollout).ok_or_else(|| {
        let names: Vec<String> = draft.plan.rollouts.iter().map(|known| known.id.to_string()).collect();
        let help = if names.is_empty() {
            "the plan has no rollout; add `[rollout.NAME]` to the plan file".to_owned()
        } else {
            format!("the plan has: {}", names.join(", "))
        };
        refuse(RefusalCode::Unknown, format!("there is no rollout `{rollout}`"), help)
    })
}

fn target(planned: &Rollout, state: &RolloutState, to: Option<Weight>) -> Result<u32, Refusal> {
    let next = state.step + 1;
    let Some(weight) = to else { return Ok(next) };
    let number = (next..).zip(planned.steps.iter().skip(state.step as usize));
    let found = number.into_iter().find(|(_, step)| step.weight == weight).map(|(number, _)| number);
    let begun = !matches!(state.phase, RolloutPhase::Waiting | RolloutPhase::Deploying);
    match found {
        Some(step) if begun || step == 1 => Ok(step),
        Some(_) => Err(refuse(
            RefusalCode::WrongState,
            format!("the first step is {}", planned.steps.first().map_or(Weight::FULL, |step| step.weight)),
            "take the first step, then any later one",
        )),
        None => {
            let ahead: Vec<String> =
                planned.steps.iter().skip(state.step as usize).map(|step| step.weight.to_string()).collect();
            Err(refuse(
                RefusalCode::Unknown,
                format!("{weight} is not a step ahead"),
                format!("the steps ahead are {}", ahead.join(", ")),
            ))
        }
    }
}
