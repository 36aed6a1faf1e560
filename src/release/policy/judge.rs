//! The judge's word: what its rulings do, and what it asks when it may not or cannot tell.
//!
//! A rule that fired acts by itself and comes first; what is not known holds; missing numbers never promote and never
//! roll back.

use crate::analysis::judge::Decision;
use crate::base::{RolloutId, Weight};
use crate::plan::rule::Action;
use crate::plan::{Judge, Rollout, TooFew};
use crate::release::cause::HoldCause;
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::explain;
use crate::release::policy::{requests, rollouts, safety, triggers};
use crate::release::request::{Proposal, RequestCause};
use crate::release::ruling::{Ground, Ruling};
use crate::release::state::{RolloutPhase, RolloutState};

/// The judge rules. What it ruled before in the same way is not recorded again, but once after each soak.
pub fn ruled(draft: &mut Draft<'_>, rollout: &RolloutId, ruling: &Ruling) {
    let Some(judge) = draft.plan.rollout(rollout).and_then(|planned| planned.judge.as_ref()) else { return };
    let state = rollouts::standing(draft, rollout);
    if !matches!(state.phase, RolloutPhase::Shifting | RolloutPhase::Soaking) {
        return;
    }
    let before = state.ruled.as_ref();
    let same = before.is_some_and(|it| (it.decision, it.ground) == (ruling.decision, ruling.ground));
    if same && before.is_some_and(|it| it.soaked || !state.soak.completed) {
        return;
    }
    draft.push(Event::Ruled { rollout: rollout.clone(), ruling: ruling.clone() });
    // A rule that fired has acted by itself.
    if ruling.decision == Decision::RollBack && ruling.ground == Ground::Evidence && !same {
        worse(draft, rollout, judge, ruling);
    }
}

/// The new version is worse: what the plan says is done, or asked for where automation is off.
fn worse(draft: &mut Draft<'_>, rollout: &RolloutId, judge: &Judge, ruling: &Ruling) {
    let why = ruling.why.raw();
    let off = rollouts::standing(draft, rollout).automation_off;
    let ask = |draft: &mut Draft<'_>, wants| requests::raise(draft, rollout, wants, RequestCause::Judge, why);
    let mut stopped = false;
    for action in &judge.worse {
        match action {
            Action::RollBack | Action::CutTraffic if off => ask(draft, Proposal::RollBack),
            Action::RollBack | Action::CutTraffic => {
                if rollouts::standing(draft, rollout).phase != RolloutPhase::RollingBack {
                    safety::begin(draft, rollout, None);
                }
            }
            Action::StepBack if off => ask(draft, Proposal::StepBack),
            Action::StepBack => triggers::step_back(draft, rollout, None),
            Action::Hold if off => ask(draft, Proposal::Hold),
            Action::Hold => triggers::hold(draft, rollout, HoldCause::Judge, why),
            Action::Ask | Action::Review => {
                ask(draft, Proposal::RollBack);
                triggers::tell(draft, *action, why);
            }
            Action::Page | Action::Notify | Action::FlagsOff => {
                triggers::tell(draft, *action, why);
                continue;
            }
        }
        stopped = true;
    }
    // A plan that only tells people leaves the choice to them.
    if !stopped {
        ask(draft, Proposal::RollBack);
    }
}

/// What the judge asks at the end of a soak: to go on, where the plan wants a person for it, or what to do with too
/// few events.
pub fn asks(draft: &mut Draft<'_>, planned: &Rollout) {
    let state = rollouts::standing(draft, &planned.id);
    let (Some(judge), Some(ruled)) = (&planned.judge, &state.ruled) else { return };
    let (Some(step), Some(next)) = (planned.step(state.step), planned.step(state.step + 1)) else { return };
    if state.phase != RolloutPhase::Soaking || !state.soak.completed || !state.holds.is_empty() {
        return;
    }
    let to = next.weight;
    let why = ruled.why.raw().to_owned();
    if ruled.decision == Decision::Promote {
        let clear = explain::promote(&draft.state, draft.plan, planned, draft.now).is_empty();
        if clear && (!step.auto || state.automation_off) {
            once(draft, &state, planned, (Proposal::Promote { to }, RequestCause::Judge), &why);
        }
    } else if matches!(ruled.ground, Ground::TooFew | Ground::Doubt) && ruled.soaked {
        let clear = explain::ready(&draft.state, draft.plan, planned, draft.now).is_empty();
        // At all traffic nothing is left to compare with: that is never gone to without a verdict.
        let few = ruled.ground == Ground::TooFew && to != Weight::FULL;
        let may = few && !state.automation_off && explain::parted(&draft.state).is_none();
        match judge.too_few {
            TooFew::Extend => {}
            TooFew::Raise if may => {
                if clear {
                    rollouts::go(draft, planned, state.step + 1);
                }
            }
            TooFew::Ask | TooFew::Raise => {
                if clear {
                    once(draft, &state, planned, (Proposal::Raise { to }, RequestCause::TooFew), &why);
                }
            }
        }
    }
}

/// Asks once for a step and a ruling.
fn once(
    draft: &mut Draft<'_>,
    state: &RolloutState,
    planned: &Rollout,
    (wants, cause): (Proposal, RequestCause),
    why: &str,
) {
    if !state.asked.contains(&wants) {
        requests::raise(draft, &planned.id, wants, cause, why);
    }
}
