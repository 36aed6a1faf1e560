//! Triggers: edges of rules into phases, and phases into actions.

use std::collections::BTreeSet;

use crate::base::{RolloutId, Timestamp, TriggerId, Untrusted};
use crate::plan::Trigger;
use crate::plan::rule::Action;
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::{Act, Event, HoldCause, TriggerPhase};
use crate::release::policy::{rollouts, safety};
use crate::release::state::RolloutPhase;

/// A rule that becomes pending this often within one step, and never fires, holds the rollout.
const FLAPS: u32 = 3;

/// A trigger's rule crossed an edge, at a sample's time and value.
pub fn moved(draft: &mut Draft<'_>, trigger: &TriggerId, to: TriggerPhase, sample: (Timestamp, Option<f64>)) {
    let Some(planned) = draft.plan.trigger(trigger) else { return };
    if draft.state.triggers.get(trigger).map(|known| known.phase).unwrap_or_default() == to {
        return;
    }
    if to == TriggerPhase::Fired {
        let acted = draft.state.triggers.get(trigger).and_then(|known| known.acted.clone());
        fire(draft, planned, sample, &Untrusted::default(), acted);
        return;
    }
    record(draft, trigger, to, sample, "");
    if to == TriggerPhase::Pending {
        hold_when_flapping(draft, planned);
    }
}

/// A person saw what no metric shows.
pub fn fire_by_hand(draft: &mut Draft<'_>, trigger: &TriggerId, reason: &Untrusted) -> Result<(), Refusal> {
    let Some(planned) = draft.plan.trigger(trigger) else {
        return Err(refuse(
            RefusalCode::Unknown,
            format!("there is no trigger `{trigger}`"),
            "name one of the plan's triggers",
        ));
    };
    if reason.raw().trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            "a trigger fired by hand needs a reason",
            "say what you saw",
        ));
    }
    let now = draft.now;
    fire(draft, planned, (now, None), reason, None);
    Ok(())
}

/// Fires for the rollouts under way that it has not acted on in this spell.
fn fire(
    draft: &mut Draft<'_>,
    planned: &Trigger,
    sample: (Timestamp, Option<f64>),
    reason: &Untrusted,
    acted: Option<BTreeSet<RolloutId>>,
) {
    let under_way: BTreeSet<RolloutId> = draft.state.under_way().cloned().collect();
    let mut begun = scope(draft, planned);
    begun.retain(|rollout| under_way.contains(rollout));
    let before = acted.is_some();
    let acted = acted.unwrap_or_default();
    if before && begun.iter().all(|rollout| acted.contains(rollout)) {
        record(draft, &planned.id, TriggerPhase::Fired, sample, "it goes on; what it does was done");
        return;
    }
    if begun.is_empty() && !draft.plan.rollouts.is_empty() {
        record(draft, &planned.id, TriggerPhase::Suppressed, sample, "no rollout is under way");
        return;
    }
    begun.retain(|rollout| !acted.contains(rollout));
    let free: Vec<RolloutId> =
        begun.iter().filter(|rollout| !rollouts::standing(draft, rollout).automation_off).cloned().collect();
    let note = if free.is_empty() && !begun.is_empty() {
        "automation is off: people are told, nothing is changed".to_owned()
    } else {
        reason.raw().to_owned()
    };
    record(draft, &planned.id, TriggerPhase::Fired, sample, &note);
    for action in &planned.actions {
        act(draft, planned, *action, &free);
    }
}

fn act(draft: &mut Draft<'_>, planned: &Trigger, action: Action, rollouts: &[RolloutId]) {
    match action {
        Action::RollBack | Action::CutTraffic => {
            for rollout in rollouts {
                if rollouts::standing(draft, rollout).phase != RolloutPhase::RollingBack {
                    safety::begin(draft, rollout, Some(&planned.id));
                }
            }
        }
        Action::StepBack => rollouts.iter().for_each(|rollout| step_back(draft, planned, rollout)),
        Action::Hold => {
            for rollout in rollouts {
                let cause = HoldCause::Trigger { trigger: planned.id.clone() };
                hold(draft, rollout, cause, &format!("{} fired", planned.id));
            }
        }
        Action::Ask | Action::Review | Action::Page | Action::Notify | Action::FlagsOff => {
            tell(draft, action, &format!("{} {} fired", planned.severity, planned.id));
        }
    }
}

/// Tells people; an action that needs a person says which in its first word.
pub fn tell(draft: &mut Draft<'_>, action: Action, what: &str) {
    let text = match action {
        Action::Ask => format!("{what}: roll back?"),
        Action::Review => format!("{what}: review it"),
        Action::FlagsOff => format!("{what}: switch the feature flags off by hand"),
        _ => what.trim().to_owned(),
    };
    draft.intend(Act::Notify { action, text: Untrusted::new(text.trim()), message: None });
}

/// Holds a rollout that is under way, once for each cause.
pub fn hold(draft: &mut Draft<'_>, rollout: &RolloutId, cause: HoldCause, reason: &str) {
    let state = rollouts::standing(draft, rollout);
    let under_way =
        matches!(state.phase, RolloutPhase::Deploying | RolloutPhase::Shifting | RolloutPhase::Soaking);
    if under_way && !state.holds.iter().any(|hold| hold.cause == cause) {
        draft.push(Event::RolloutHeld { rollout: rollout.clone(), cause, reason: Untrusted::new(reason) });
    }
}

fn step_back(draft: &mut Draft<'_>, planned: &Trigger, rollout: &RolloutId) {
    let state = rollouts::standing(draft, rollout);
    match (state.phase, draft.plan.rollout(rollout)) {
        (RolloutPhase::Soaking, Some(known)) if state.step > 1 => {
            rollouts::set_weight(draft, known, state.step - 1);
        }
        (RolloutPhase::RollingBack, _) | (_, None) => {}
        _ => safety::begin(draft, rollout, Some(&planned.id)),
    }
}

fn hold_when_flapping(draft: &mut Draft<'_>, planned: &Trigger) {
    let pendings = draft.state.triggers.get(&planned.id).map_or(0, |known| known.pendings);
    if pendings < FLAPS {
        return;
    }
    for rollout in scope(draft, planned) {
        if !rollouts::standing(draft, &rollout).automation_off {
            let cause = HoldCause::Flapping { trigger: planned.id.clone() };
            let reason = format!("{} crossed its limit {pendings} times in this step", planned.id);
            hold(draft, &rollout, cause, &reason);
        }
    }
}

fn scope(draft: &Draft<'_>, planned: &Trigger) -> Vec<RolloutId> {
    match &planned.rollout {
        Some(rollout) => vec![rollout.clone()],
        None => draft.plan.rollouts.iter().map(|rollout| rollout.id.clone()).collect(),
    }
}

fn record(
    draft: &mut Draft<'_>,
    trigger: &TriggerId,
    to: TriggerPhase,
    (since, value): (Timestamp, Option<f64>),
    reason: &str,
) {
    draft.push(Event::TriggerMoved {
        trigger: trigger.clone(),
        to,
        since,
        value,
        reason: Untrusted::new(reason),
    });
}
