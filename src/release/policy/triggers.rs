//! Triggers: edges of rules into phases, and phases into actions.

use std::collections::BTreeSet;

use crate::base::{RolloutId, Timestamp, TriggerId, Untrusted};
use crate::plan::rule::Action;
use crate::plan::{Arming, Trigger};
use crate::release::act::Act;
use crate::release::cause::{HoldCause, KeptBack, TriggerPhase};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::{requests, rollouts, safety};
use crate::release::request::{Choice, Proposal, RequestCause};
use crate::release::state::{RolloutPhase, RolloutState};

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
    if to == TriggerPhase::Armed {
        lift_shared(draft, trigger);
    }
    if to == TriggerPhase::Pending {
        hold_when_flapping(draft, planned);
    }
}

/// A trigger is kept from firing. Where both versions break its rule, something they share is broken: nothing is
/// rolled back for it, the rollout stands still and somebody is woken.
pub fn kept(draft: &mut Draft<'_>, trigger: &TriggerId, why: KeptBack, sample: (Timestamp, Option<f64>)) {
    let Some(planned) = draft.plan.trigger(trigger) else { return };
    let known = draft.state.triggers.get(trigger);
    if known.is_some_and(|it| it.phase == TriggerPhase::Suppressed && it.reason.raw() == why.as_str()) {
        return;
    }
    record(draft, trigger, TriggerPhase::Suppressed, sample, why.as_str());
    if why != KeptBack::Shared {
        return;
    }
    let what = format!("both versions break {trigger}");
    let mut held = false;
    for rollout in scope(draft, planned) {
        if !rollouts::standing(draft, &rollout).automation_off {
            let before = draft.state.version;
            hold(draft, &rollout, HoldCause::Shared { trigger: trigger.clone() }, &what);
            held |= draft.state.version != before;
        }
    }
    if held {
        tell(draft, Action::Page, &format!("{} {what}: it is held, not rolled back", planned.severity));
    }
}

fn lift_shared(draft: &mut Draft<'_>, trigger: &TriggerId) {
    let cause = HoldCause::Shared { trigger: trigger.clone() };
    let held = |(_, state): &(&RolloutId, &RolloutState)| state.holds.iter().any(|hold| hold.cause == cause);
    let rollouts: Vec<RolloutId> =
        draft.state.rollouts.iter().filter(held).map(|(rollout, _)| rollout.clone()).collect();
    for rollout in rollouts {
        draft.push(Event::HoldLifted { rollout, cause: cause.clone() });
    }
}

/// A person saw what no metric shows.
pub fn fire_by_hand(draft: &mut Draft<'_>, trigger: &TriggerId, reason: &Untrusted) -> Result<(), Refusal> {
    let Some(planned) = draft.plan.trigger(trigger) else { return Err(unknown(trigger)) };
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

fn unknown(trigger: &TriggerId) -> Refusal {
    refuse(
        RefusalCode::Unknown,
        format!("there is no trigger `{trigger}`"),
        "name one of the plan's triggers",
    )
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
    let asking = asks(draft, planned);
    let note = match &asking {
        Some(why) => why.clone(),
        None if free.is_empty() && !begun.is_empty() => {
            "automation is off: people are told, nothing is changed".to_owned()
        }
        None => reason.raw().to_owned(),
    };
    record(draft, &planned.id, TriggerPhase::Fired, sample, &note);
    let seen = if reason.is_empty() { String::new() } else { format!(": {}", reason.raw().trim()) };
    let why = format!("{} {} fired{seen}", planned.severity, planned.id);
    for action in &planned.actions {
        match proposal(*action) {
            Some(wants) if asking.is_some() || *action == Action::Ask => {
                let cause = RequestCause::Trigger { trigger: planned.id.clone() };
                begun.iter().for_each(|rollout| requests::raise(draft, rollout, wants, cause.clone(), &why));
                if *action == Action::Ask {
                    tell(draft, Action::Ask, &why);
                }
            }
            _ => act(draft, planned, *action, &free),
        }
    }
}

/// Why a trigger asks instead of acting; none when it acts.
fn asks(draft: &Draft<'_>, planned: &Trigger) -> Option<String> {
    let chosen = draft.state.choices.get(&planned.id);
    match (&planned.arming, chosen) {
        (Arming::Automatic, _) | (Arming::Contested { .. }, Some(Choice::Automatic)) => None,
        (Arming::Request, _) | (Arming::Contested { .. }, Some(Choice::Request)) => {
            Some("it asks a person".to_owned())
        }
        (Arming::Contested { lines: (first, second) }, None) => {
            Some(format!("it asks a person: lines {first} and {second} of the playbook say different things"))
        }
    }
}

/// What an action that changes something asks for, when it may not be done.
fn proposal(action: Action) -> Option<Proposal> {
    match action {
        Action::RollBack | Action::CutTraffic | Action::Ask => Some(Proposal::RollBack),
        Action::StepBack => Some(Proposal::StepBack),
        Action::Hold => Some(Proposal::Hold),
        Action::Review | Action::Page | Action::Notify | Action::FlagsOff => None,
    }
}

/// A person chose what a trigger does that the playbook says both of.
pub fn choose(draft: &mut Draft<'_>, trigger: &TriggerId, choice: Choice) -> Result<(), Refusal> {
    let Some(planned) = draft.plan.trigger(trigger) else { return Err(unknown(trigger)) };
    if !matches!(planned.arming, Arming::Contested { .. }) {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("the playbook does not contradict itself about `{trigger}`"),
            "write `arming` into its part of the plan file",
        ));
    }
    if draft.state.choices.get(trigger) != Some(&choice) {
        draft.push(Event::TriggerChosen { trigger: trigger.clone(), choice });
    }
    Ok(())
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
        Action::StepBack => rollouts.iter().for_each(|rollout| step_back(draft, rollout, Some(&planned.id))),
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

/// Goes back one step; from the first, all the way.
pub fn step_back(draft: &mut Draft<'_>, rollout: &RolloutId, trigger: Option<&TriggerId>) {
    let state = rollouts::standing(draft, rollout);
    match (state.phase, draft.plan.rollout(rollout)) {
        // A write that somebody else overwrites is not made again by itself.
        (RolloutPhase::Soaking, Some(_))
            if state.step > 1 && state.contested.is_some() && trigger.is_some() =>
        {
            safety::begin(draft, rollout, trigger);
        }
        (RolloutPhase::Soaking, Some(known)) if state.step > 1 => {
            rollouts::set_weight(draft, known, state.step - 1);
        }
        (RolloutPhase::RollingBack, _) | (_, None) => {}
        _ => safety::begin(draft, rollout, trigger),
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
