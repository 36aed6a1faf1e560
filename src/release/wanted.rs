//! What should be running now. Derived from state alone, so a restarted engine resumes it.

use crate::base::{GateId, OperationId, Timestamp};
use crate::plan::Plan;
use crate::release::baseline::{self, Capture};
use crate::release::retry::{self, Cleanup};
use crate::release::state::{State, Status};

/// What should be running.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Runs of gates that began and have not ended.
    pub gates: Vec<(GateId, u32)>,
    /// Operations that were intended and have not ended, oldest first.
    pub operations: Vec<OperationId>,
    /// Baselines that are to be captured.
    pub captures: Vec<Capture>,
    /// True while numbers and traffic matter.
    pub observe: bool,
    /// True while the engine must live on although nobody looks.
    pub alive: bool,
}

/// How long an engine without a client waits for the proof of a rollback, in seconds. A router that cannot see
/// requests never gives one, and no person's word would be a proof: the release stays unproven, and whoever opens
/// it later may still see the proof.
const PROOF: i64 = 3600;

/// What should be running at `now`.
pub fn wanted(state: &State, plan: &Plan, now: Timestamp) -> Wanted {
    let gates = state
        .gates
        .iter()
        .filter_map(|(id, gate)| {
            gate.runs.last().filter(|run| run.verdict.is_none()).map(|run| (id, run.number))
        })
        .map(|(id, run)| (id.clone(), run))
        .collect::<Vec<_>>();
    let mut open: Vec<_> = state.operations.iter().filter(|(_, known)| known.outcome.is_none()).collect();
    open.sort_by_key(|(_, known)| known.version);
    let operations = open.into_iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    let live = state.rollouts.values().any(|rollout| rollout.phase.is_live());
    let watching = !state.status.is_over() && state.started.is_some();
    let soon = crate::release::clock::next_due(state, plan, now)
        .is_some_and(|(at, _)| at.as_second() - now.as_second() < 3600);
    let unproven = state.rollouts.values().filter_map(|rollout| rollout.rollback.as_ref()).any(|back| {
        let waited = back.done.map(|done| now.as_second() - done.as_second());
        waited.is_some_and(|waited| waited < PROOF) && !back.proven
    });
    let retried =
        plan.rollouts.iter().filter_map(|planned| Some((planned, state.rollouts.get(&planned.id)?))).any(
            |(planned, known)| {
                matches!(retry::cleanup(state, planned, known),
                Cleanup::ScaleDown(failing) if failing.next.is_some())
            },
        );
    let captures = baseline::due(state, plan, now);
    let alive = !captures.is_empty()
        || live
        || retried
        || unproven
        || watching
        || soon
        || !gates.is_empty()
        || !operations.is_empty();
    // After a rollback people still look at numbers, and its proof may be to come.
    let ended = matches!(state.status, Status::Stable | Status::Cancelled);
    Wanted { gates, operations, captures, observe: !ended || live || unproven, alive }
}
