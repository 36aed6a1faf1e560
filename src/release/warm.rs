//! The old version after full promotion: how long it is kept, and what a rollback costs once it is gone.

use crate::base::{RolloutId, Seconds, Timestamp, Weight};
use crate::plan::{Rollout, Step};
use crate::release::act::{Act, Outcome};
use crate::release::state::{RolloutPhase, State, Status};

/// The old version after full promotion, as screens show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmCard {
    /// When it is taken away; none when it is kept until sign-off.
    pub until: Option<Timestamp>,
    /// The share of the traffic it keeps as a control.
    pub control: Weight,
    /// When it was taken away; none while it is up and a rollback takes seconds.
    pub retired: Option<Timestamp>,
    /// How long bringing it back would take, as long as the newest deploy took; none when nobody knows.
    pub restore: Option<Seconds>,
}

impl WarmCard {
    /// Seconds until it is taken away.
    pub fn left(&self, now: Timestamp) -> Option<i64> {
        let until = self.until.filter(|_| self.retired.is_none())?;
        Some((until.as_second() - now.as_second()).max(0))
    }
}

/// How the old version is kept, once all steps are done.
pub fn warm(state: &State, planned: &Rollout) -> Option<WarmCard> {
    let known = state.rollouts.get(&planned.id)?;
    let completed = known.completed.filter(|_| known.phase == RolloutPhase::Completed)?;
    let keep = planned.warm.map(|warm| jiff::SignedDuration::from_secs(warm.keep.signed()));
    Some(WarmCard {
        until: keep.and_then(|keep| completed.checked_add(keep).ok()),
        control: control(state, planned),
        retired: known.retired,
        restore: restore(state, &planned.id),
    })
}

/// How long bringing a version up took the last time it was seen.
pub fn restore(state: &State, rollout: &RolloutId) -> Option<Seconds> {
    let up = |act: &Act| matches!(act, Act::Deploy { .. } | Act::Restore { .. });
    let newest = state
        .operations
        .values()
        .filter(|known| known.act.rollout() == Some(rollout) && up(&known.act))
        .filter(|known| known.outcome == Some(Outcome::Done))
        .max_by_key(|known| known.version)?;
    let took = newest.ended?.as_second() - newest.mark.at.as_second();
    u64::try_from(took).ok().map(Seconds)
}

/// The share the old version keeps as a control: until sign-off.
fn control(state: &State, planned: &Rollout) -> Weight {
    match planned.warm {
        Some(warm) if state.status != Status::Stable => warm.control,
        _ => Weight::ZERO,
    }
}

/// The share a step really gives the new version: the last one leaves the control its share.
pub fn share(state: &State, planned: &Rollout, step: &Step) -> Weight {
    let last = planned.steps.last().is_some_and(|last| last.weight == step.weight);
    let left = control(state, planned);
    if last && step.weight == Weight::FULL { left.rest() } else { step.weight }
}
