//! When to look again although nothing was said: soaks, blind rules, retries and gates by the clock. A metric's own
//! `for` is never among them: it counts by sample time.

use jiff::SignedDuration;

use crate::base::Timestamp;
use crate::plan::{Gate, Plan, Rollout};
use crate::release::policy::warm;
use crate::release::retry::{self, Cleanup};
use crate::release::sequence;
use crate::release::state::{RolloutPhase, RolloutState, State};

/// The earliest moment something is due by the clock alone.
pub fn wake_at(state: &State, plan: &Plan, now: Timestamp) -> Option<Timestamp> {
    let rollouts =
        plan.rollouts.iter().filter_map(|planned| Some((planned, state.rollouts.get(&planned.id)?)));
    let by_rollout = rollouts.flat_map(|(planned, known)| {
        [
            soak_due(planned, known, now),
            blind_due(planned, known),
            retry_due(state, planned, known),
            late_due(state, plan, planned, known),
            warm::due(state, planned, known),
        ]
    });
    let by_gate = plan.gates.iter().map(|gate| gate_due(state, plan, gate, now));
    by_rollout.chain(by_gate).flatten().filter(|at| *at > now).min()
}

fn soak_due(planned: &Rollout, state: &RolloutState, now: Timestamp) -> Option<Timestamp> {
    let counting = state.phase == RolloutPhase::Soaking && !state.soak.completed && state.holds.is_empty();
    let since = state.soak.good_since.filter(|_| counting)?;
    let step = planned.step(state.step)?;
    let left = step.soak.signed().saturating_sub(state.soak.counted);
    later(since, left).map(|at| at.max(now))
}

/// When the blind rule acts, while there is no good data.
pub fn blind_due(planned: &Rollout, state: &RolloutState) -> Option<Timestamp> {
    let rule = planned.blind.as_ref()?;
    let since = state.blind_since?;
    let under_way =
        matches!(state.phase, RolloutPhase::Shifting | RolloutPhase::Soaking) && !state.blind_acted;
    let above = state.desired.is_some_and(|weight| weight.value() >= rule.above.value());
    if under_way && above { later(since, rule.after.signed()) } else { None }
}

/// When a rollback has taken as long as it may, while it goes on and nobody said so.
pub fn late_due(state: &State, plan: &Plan, planned: &Rollout, known: &RolloutState) -> Option<Timestamp> {
    let back = known.rollback.as_ref().filter(|back| back.late.is_none() && back.steps > 0)?;
    let over = back.done.is_some() && sequence::is_over(state, plan, planned, known);
    if over { None } else { later(back.mark.at, planned.budget.signed()) }
}

/// When what failed on the way back is tried again: traffic first, then taking the new version away.
pub fn retry_due(state: &State, planned: &Rollout, known: &RolloutState) -> Option<Timestamp> {
    match retry::cleanup(state, planned, known) {
        Cleanup::ScaleDown(failing) => failing.next,
        _ => retry::write(state, &planned.id, known)?.next,
    }
}

/// When a gate that runs by the clock runs next; only while its stage is current.
pub fn gate_due(state: &State, plan: &Plan, gate: &Gate, now: Timestamp) -> Option<Timestamp> {
    let every = gate.every?;
    let known = state.gates.get(&gate.id);
    let here = gate.stage.is_none() || gate.stage == state.stage;
    if !here
        || state.status.is_over()
        || plan.gates.is_empty()
        || known.is_some_and(|known| known.is_running())
    {
        return None;
    }
    match known.and_then(|known| known.newest()).and_then(|run| run.ended) {
        Some(ended) => later(ended, every.signed().max(1)),
        None => Some(now),
    }
}

fn later(at: Timestamp, seconds: i64) -> Option<Timestamp> {
    at.checked_add(SignedDuration::from_secs(seconds)).ok()
}
