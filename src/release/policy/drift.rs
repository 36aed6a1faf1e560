//! Traffic as it is: what others write is told, never fought over.
//!
//! Invariants: a share that we did not write holds a rollout that is under way; after a rollback it is put back once;
//! overwritten twice, nothing more is written by itself until a person decides.

use crate::base::{RolloutId, Untrusted, Weight};
use crate::plan::rule::Action;
use crate::release::act::Act;
use crate::release::cause::HoldCause;
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::owner::Owner;
use crate::release::policy::{rollouts, triggers};
use crate::release::state::{RolloutPhase, RolloutState};

/// A write of ours that is overwritten this often is contested.
const REVERTS: u32 = 2;

/// Traffic as the router and requests say; the proof of a rollback may come this way.
pub fn traffic(
    draft: &mut Draft<'_>,
    rollout: &RolloutId,
    (configured, observed): (Option<Weight>, Option<Weight>),
    by: Option<&Untrusted>,
) {
    if draft.plan.rollout(rollout).is_none() {
        return;
    }
    let state = rollouts::standing(draft, rollout);
    if state.configured != configured || state.observed != observed {
        draft.push(Event::TrafficObserved { rollout: rollout.clone(), configured, observed });
    }
    if let (Some(is), None) = (configured, &state.operation) {
        compare(draft, rollout, &state, is, by);
    }
}

/// What is wanted against what is.
fn compare(
    draft: &mut Draft<'_>,
    rollout: &RolloutId,
    state: &RolloutState,
    is: Weight,
    by: Option<&Untrusted>,
) {
    let Some(wanted) = wanted(state) else { return };
    if is.is_near(wanted) {
        settled(draft, rollout, state);
        return;
    }
    if state.drift.as_ref().is_some_and(|drift| drift.to.is_near(is)) {
        return;
    }
    draft.push(Event::TrafficDrifted { rollout: rollout.clone(), from: wanted, to: is, by: by.cloned() });
    let who = by.map_or_else(|| "somebody".to_owned(), |by| by.line());
    let what = format!("{who} set {is}, wanted is {wanted}");
    triggers::hold(draft, rollout, HoldCause::Drift, &what);
    let after = rollouts::standing(draft, rollout);
    if after.reverts >= REVERTS {
        if after.contested.is_none() {
            draft.push(Event::TrafficContested { rollout: rollout.clone(), by: by.cloned() });
            triggers::tell(
                draft,
                Action::Page,
                &format!("{rollout}: {what}, again: nothing more is written"),
            );
        }
    } else if state.phase == RolloutPhase::RolledBack {
        triggers::tell(draft, Action::Page, &format!("{rollout} was rolled back and {what}: it is put back"));
        draft.intend(Act::SetWeight {
            rollout: rollout.clone(),
            step: 0,
            weight: Weight::ZERO,
            reason: None,
        });
    }
}

/// The share the router should say; none while that is not known or being changed.
fn wanted(state: &RolloutState) -> Option<Weight> {
    match state.phase {
        RolloutPhase::Waiting | RolloutPhase::RollingBack => None,
        RolloutPhase::RolledBack => Some(Weight::ZERO),
        // What did not move as wanted is held for that, and is nobody else's doing.
        _ if state.holds.iter().any(|hold| matches!(hold.cause, HoldCause::Operation { .. })) => None,
        _ => state.nearest.or(state.desired),
    }
}

fn settled(draft: &mut Draft<'_>, rollout: &RolloutId, state: &RolloutState) {
    if state.drift.is_some() {
        draft.push(Event::TrafficSettled { rollout: rollout.clone() });
    }
    if state.holds.iter().any(|hold| hold.cause == HoldCause::Drift) && state.contested.is_none() {
        draft.push(Event::HoldLifted { rollout: rollout.clone(), cause: HoldCause::Drift });
    }
}

/// Who moves the weight beside us; what could not be found out changes nothing.
pub fn owned(draft: &mut Draft<'_>, rollout: &RolloutId, owner: &Owner) {
    let known = rollouts::standing(draft, rollout).owner;
    let first = known == Owner::Unknown && *owner == Owner::Nobody;
    if draft.plan.rollout(rollout).is_none() || *owner == Owner::Unknown || known == *owner || first {
        return;
    }
    draft.push(Event::OwnerFound { rollout: rollout.clone(), owner: owner.clone() });
}
