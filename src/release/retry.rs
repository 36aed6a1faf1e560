//! What is still to do on the way back, and when: told by state alone, so every engine says the same.
//!
//! Invariants: traffic goes back first and is tried for ever, ever more slowly; nothing is taken away before it was
//! read back; the plan's procedure runs after that and never twice; what nobody knows the end of is a person's.

use crate::base::{RolloutId, Timestamp, Weight};
use crate::plan::Rollout;
use crate::release::act::{Act, Outcome};
use crate::release::state::{OperationState, RolloutPhase, RolloutState, State};

/// Seconds before the second try; each later pause is twice the one before.
const FIRST: i64 = 5;
/// The longest pause, in seconds: traffic on a bad version is looked after every minute.
const LONGEST: i64 = 60;
/// How often taking the new version away is tried before a person has to look.
const TRIES: u32 = 5;

/// Tries that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// How many.
    pub tries: u32,
    /// What the newest said, in one line.
    pub why: String,
    /// When the next one is; none when a person has to look.
    pub next: Option<Timestamp>,
}

impl Failing {
    /// True when the next try is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next.is_some_and(|at| at <= now)
    }
}

/// What comes next after traffic is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Nothing, or nothing yet.
    Nothing,
    /// The new version could not be taken away.
    ScaleDown(Failing),
    /// The new version is gone: the plan's procedure runs.
    Procedure(crate::base::ProcedureId),
    /// The plan's procedure did not end well, in one line.
    Unfinished(String),
}

/// The writes of a rollback that is not done, when the newest has ended.
pub fn write(state: &State, rollout: &RolloutId, known: &RolloutState) -> Option<Failing> {
    if known.phase != RolloutPhase::RollingBack || known.operation.is_some() {
        return None;
    }
    let back = |act: &Act| match act {
        Act::SetWeight { step: 0, weight, .. } => *weight == Weight::ZERO,
        Act::Restore { .. } => true,
        _ => false,
    };
    failing(&since(state, rollout, known, back), u32::MAX)
}

/// What is to be done about a rollout whose traffic is back.
pub fn cleanup(state: &State, planned: &Rollout, known: &RolloutState) -> Cleanup {
    if known.phase != RolloutPhase::RolledBack || known.operation.is_some() {
        return Cleanup::Nothing;
    }
    let down = since(state, &planned.id, known, |act| matches!(act, Act::ScaleDown { .. }));
    match down.last().and_then(|newest| newest.outcome) {
        None | Some(Outcome::Unknown) => return Cleanup::Nothing,
        Some(Outcome::Failed | Outcome::Superseded) => {
            return failing(&down, TRIES).map_or(Cleanup::Nothing, Cleanup::ScaleDown);
        }
        Some(Outcome::Done | Outcome::Adopted | Outcome::Skipped) => {}
    }
    let ran = since(state, &planned.id, known, |act| matches!(act, Act::Procedure { .. }));
    match (ran.last().map(|newest| (newest.outcome, newest)), &planned.rollback) {
        // Journals that know no steps run the procedure whole.
        (None, Some(procedure)) if known.rollback.as_ref().is_some_and(|back| back.steps == 0) => {
            Cleanup::Procedure(procedure.clone())
        }
        (Some((Some(Outcome::Failed | Outcome::Superseded), newest)), _) => {
            Cleanup::Unfinished(newest.summary.line())
        }
        _ => Cleanup::Nothing,
    }
}

/// The operations of this kind since the rollback began, oldest first.
fn since<'a>(
    state: &'a State,
    rollout: &RolloutId,
    known: &RolloutState,
    kind: impl Fn(&Act) -> bool,
) -> Vec<&'a OperationState> {
    let Some(back) = &known.rollback else { return Vec::new() };
    let fits = |operation: &&OperationState| {
        operation.mark.at >= back.mark.at && operation.act.rollout() == Some(rollout) && kind(&operation.act)
    };
    let mut found: Vec<&OperationState> = state.operations.values().filter(fits).collect();
    found.sort_by_key(|operation| operation.version);
    found
}

fn failing(tried: &[&OperationState], most: u32) -> Option<Failing> {
    let newest = tried.last()?;
    let tries = u32::try_from(tried.len()).unwrap_or(u32::MAX);
    let pause = FIRST.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST);
    let at = newest.ended?.checked_add(jiff::SignedDuration::from_secs(pause)).ok();
    Some(Failing { tries, why: newest.summary.line(), next: at.filter(|_| tries < most) })
}
