//! What others do to traffic, and what a rollback still lacks, as reasons to wait.

use super::blocker;
use crate::plan::{Plan, Rollout, StepKind};
use crate::release::act::Outcome;
use crate::release::agreement::{self, Proof};
use crate::release::decision::Blocker;
use crate::release::sequence;
use crate::release::state::{RolloutPhase, RolloutState, State};

/// Somebody keeps writing another share: nothing is written by itself.
pub(super) fn contested(known: &RolloutState, rollout: &Rollout) -> Option<Blocker> {
    known.contested?;
    let by = known.drift.as_ref().and_then(|drift| drift.by.as_ref()).map(|by| by.line());
    let owner = known.owner.title();
    let who = owner.or(by).unwrap_or_else(|| "somebody".to_owned());
    Some(blocker(
        "contested",
        format!("{}: the weight is contested: {who} overwrote it twice", rollout.id),
        format!("change it where {who} takes it from, then resume; a rollback goes through the owner"),
    ))
}

/// What a rollback needs is missing.
pub(super) fn red(known: &RolloutState, rollout: &Rollout) -> Option<Blocker> {
    let (_, red) = known.red.as_ref()?;
    Some(blocker(
        "target",
        format!("{}: a rollback is not ready: {}", rollout.id, red.line()),
        "make it ready first; a rollback is tried all the same",
    ))
}

/// The router says another share than what is wanted, where no hold says so.
pub(super) fn drifted(known: &RolloutState, rollout: &Rollout) -> Option<Blocker> {
    let drift = known.drift.as_ref()?;
    let held =
        matches!(known.phase, RolloutPhase::Deploying | RolloutPhase::Shifting | RolloutPhase::Soaking);
    if held {
        return None;
    }
    let who = drift.by.as_ref().map_or_else(|| "somebody".to_owned(), |by| by.line());
    Some(blocker(
        "drift",
        format!("{}: {who} set {}, wanted is {}", rollout.id, drift.to, drift.from),
        match known.phase {
            RolloutPhase::RolledBack => "roll back again: that goes through who owns the weight",
            _ => "set the weight you want with a reason, or resume to take this one over",
        },
    ))
}

/// Steps of the way back that did not end well; the workload says so itself.
pub(super) fn failed_steps(state: &State, plan: &Plan, rollout: &Rollout) -> Vec<Blocker> {
    let failed = |outcome: Option<Outcome>| matches!(outcome, Some(Outcome::Failed | Outcome::Superseded));
    sequence::cards(state, plan, rollout)
        .into_iter()
        .enumerate()
        .filter(|(_, card)| {
            !matches!(card.step.does, StepKind::LastKnownGood | StepKind::Traffic { .. })
                && failed(card.outcome)
        })
        .map(|(place, card)| {
            let title = crate::base::Untrusted::new(card.step.title()).cell(60);
            let number = place + 1;
            let said = card.said.line();
            blocker(
                "operation",
                format!("{}: step {number} of the rollback, {title}, did not end well: {said}", rollout.id),
                "look how far it came and do what is left by hand",
            )
        })
        .collect()
}

/// A rollback whose proof is not whole, with what does not agree.
pub(super) fn unproven(
    state: &State,
    plan: &Plan,
    rollout: &Rollout,
    known: &RolloutState,
) -> Option<Blocker> {
    let back = known.rollback.as_ref()?;
    if back.done.is_none() || back.proven || known.phase != RolloutPhase::RolledBack {
        return None;
    }
    let lacks: Vec<String> = agreement::agreement(state, plan, rollout)
        .into_iter()
        .filter(|it| matches!(it.proof, Proof::Differs(_) | Proof::Unknown(_)))
        .map(|it| it.proof.text().to_owned())
        .collect();
    Some(blocker(
        "data",
        format!("{} is back, unproven: {}", rollout.id, lacks.join("; ")),
        "the proof follows when all agree; an engine nobody looks at waits an hour for it",
    ))
}
