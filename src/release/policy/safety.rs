//! Hold and rollback: never refused for a gate, a lease, a version or missing numbers.

use crate::base::{RolloutId, TriggerId, Untrusted, Weight};
use crate::plan::Watched;
use crate::release::act::{Act, Outcome};
use crate::release::cause::{HoldCause, TriggerPhase};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::rollouts;
use crate::release::retry::{self, Cleanup};
use crate::release::sequence;
use crate::release::state::RolloutPhase;

type Granted = Result<(), Refusal>;

pub fn hold(draft: &mut Draft<'_>, rollout: Option<&RolloutId>, reason: &Untrusted) -> Granted {
    let targets = targets(draft, rollout, |phase| {
        !matches!(phase, RolloutPhase::RollingBack | RolloutPhase::RolledBack | RolloutPhase::Completed)
    })?;
    if targets.is_empty() {
        return Err(nothing("hold"));
    }
    let mut raised = false;
    for rollout in targets {
        let state = rollouts::standing(draft, &rollout);
        if state.holds.iter().any(|hold| hold.cause == HoldCause::Person) {
            continue;
        }
        take_over(draft, &rollout, &mut raised);
        draft.push(Event::RolloutHeld { rollout, cause: HoldCause::Person, reason: reason.clone() });
    }
    Ok(())
}

pub fn resume(draft: &mut Draft<'_>, rollout: Option<&RolloutId>) -> Granted {
    let plan = draft.plan;
    let targets = targets(draft, rollout, |_| true)?;
    // What only people can see is over when a person says so.
    let seen = plan.triggers.iter().filter(|trigger| matches!(trigger.when, Watched::Manual));
    for trigger in seen.filter(|trigger| trigger.rollout.as_ref().is_none_or(|of| targets.contains(of))) {
        if draft.state.triggers.get(&trigger.id).is_some_and(|known| known.phase == TriggerPhase::Fired) {
            draft.push(Event::TriggerMoved {
                trigger: trigger.id.clone(),
                to: TriggerPhase::Armed,
                since: draft.now,
                value: None,
                reason: Untrusted::default(),
            });
        }
    }
    for rollout in targets {
        let state = rollouts::standing(draft, &rollout);
        if !state.holds.is_empty() || state.drift.is_some() || state.contested.is_some() {
            draft.push(Event::RolloutResumed { rollout: rollout.clone() });
        }
        if state.automation_off {
            draft.push(Event::AutomationResumed { rollout });
        }
    }
    Ok(())
}

pub fn roll_back(draft: &mut Draft<'_>, rollout: Option<&RolloutId>, reason: &Untrusted) -> Granted {
    let targets = targets(draft, rollout, |phase| phase != RolloutPhase::Waiting)?;
    if targets.is_empty() {
        return Err(nothing("roll back"));
    }
    let mut raised = false;
    for rollout in targets {
        let state = rollouts::standing(draft, &rollout);
        match state.phase {
            RolloutPhase::RolledBack => {
                let planned = rollouts::known(draft, &rollout)?;
                if state.drift.is_some() && state.operation.is_none() {
                    take_over(draft, &rollout, &mut raised);
                    begin(draft, &rollout, None);
                } else if let Cleanup::ScaleDown(_) = retry::cleanup(&draft.state, planned, &state) {
                    take_over(draft, &rollout, &mut raised);
                    draft.intend(Act::ScaleDown { rollout, to: state.target() });
                }
            }
            RolloutPhase::RollingBack if state.operation.is_some() => {}
            RolloutPhase::RollingBack => {
                take_over(draft, &rollout, &mut raised);
                back(draft, &rollout);
            }
            _ => {
                take_over(draft, &rollout, &mut raised);
                begin(draft, &rollout, None);
            }
        }
    }
    if raised && !reason.raw().trim().is_empty() {
        draft.push(Event::Noted { note: reason.clone() });
    }
    Ok(())
}

/// Begins a rollback; whatever was in flight is superseded.
pub fn begin(draft: &mut Draft<'_>, rollout: &RolloutId, trigger: Option<&TriggerId>) {
    let state = rollouts::standing(draft, rollout);
    if let Some(operation) = state.operation {
        draft.push(Event::OperationEnded {
            operation,
            outcome: Outcome::Superseded,
            summary: Untrusted::new("a rollback took its place"),
            evidence: None,
        });
    }
    let to = state.last_known_good.map_or_else(|| "no traffic".to_owned(), |good| good.version);
    let steps = draft.plan.rollout(rollout).map_or(0, |planned| sequence::steps(draft.plan, planned).len());
    draft.push(Event::RollbackStarted {
        rollout: rollout.clone(),
        to,
        trigger: trigger.cloned(),
        steps: u32::try_from(steps).unwrap_or(u32::MAX),
    });
    back(draft, rollout);
}

/// Traffic goes back; a version that was taken away is brought up first, and its health looked at.
pub fn back(draft: &mut Draft<'_>, rollout: &RolloutId) {
    let state = rollouts::standing(draft, rollout);
    let rollout = rollout.clone();
    draft.intend(match state.retired {
        Some(_) => Act::Restore { rollout, to: state.target() },
        None => Act::SetWeight { rollout, step: 0, weight: Weight::ZERO, reason: None },
    });
}

/// A person's safety act fences every engine out and stops automation until a person turns it on.
fn take_over(draft: &mut Draft<'_>, rollout: &RolloutId, raised: &mut bool) {
    if !*raised {
        let epoch = draft.state.epoch.saturating_add(1);
        draft.push(Event::EpochRaised { epoch });
        *raised = true;
    }
    if !rollouts::standing(draft, rollout).automation_off {
        draft.push(Event::AutomationStopped { rollout: rollout.clone() });
    }
}

fn targets(
    draft: &Draft<'_>,
    rollout: Option<&RolloutId>,
    fits: impl Fn(RolloutPhase) -> bool,
) -> Result<Vec<RolloutId>, Refusal> {
    let named = match rollout {
        Some(rollout) => vec![rollouts::known(draft, rollout)?.id.clone()],
        None => draft.plan.rollouts.iter().map(|planned| planned.id.clone()).collect(),
    };
    Ok(named.into_iter().filter(|rollout| fits(rollouts::standing(draft, rollout).phase)).collect())
}

fn nothing(what: &str) -> Refusal {
    refuse(
        RefusalCode::WrongState,
        format!("there is nothing to {what}: no rollout is under way"),
        "with nothing in progress nothing is changed",
    )
}
