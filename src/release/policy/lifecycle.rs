//! From draft to stable: plans, attempts, T-0, stages, the end.

use crate::base::{Digest, ItemId, RolloutId, Timestamp, Untrusted};
use crate::plan::Bound;
use crate::release::clock;
use crate::release::decision::{Blocker, Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::{Event, Evidence};
use crate::release::explain;
use crate::release::policy::{approvals, rollouts};
use crate::release::state::{RolloutPhase, Status};

type Granted = Result<(), Refusal>;

pub fn adopt(draft: &mut Draft<'_>, plan: Digest, sources: Digest, matched: &[(ItemId, ItemId)]) -> Granted {
    let spec = &draft.plan.release;
    if draft.state.identity.is_none() {
        draft.push(Event::ReleaseCreated {
            release: spec.name.clone(),
            version: spec.version.clone(),
            environment: spec.environment.clone(),
        });
        draft.push(Event::PlanAdopted { plan, sources, version: None });
        draft.push(Event::AttemptOpened { attempt: 1, artifact: spec.version.clone() });
        return Ok(());
    }
    if draft.state.plan == Some(plan) && draft.state.sources == Some(sources) {
        return Ok(());
    }
    let binding = draft.state.plan != Some(plan);
    let version = Some(&spec.version).filter(|version| draft.state.planned_version.as_ref() != Some(version));
    let going_out = draft.state.identity.as_ref().map(|identity| identity.version.clone());
    // A person may have opened the attempt before the plan followed.
    let next = version.filter(|version| going_out.as_ref() != Some(version)).cloned();
    if let (Some(next), Some(rollout)) = (&next, under_way(draft)) {
        return Err(refuse(
            RefusalCode::WrongState,
            format!(
                "the plan brings {next} while {rollout} is under way with {}",
                going_out.unwrap_or_default()
            ),
            "finish the rollout or roll it back, then adopt the plan: it opens the next attempt",
        ));
    }
    draft.push(Event::PlanAdopted { plan, sources, version: version.cloned() });
    for (item, to) in matched {
        let touched = draft.state.items.contains_key(item) && !draft.state.items.contains_key(to);
        if touched && draft.plan.item(item).is_none() && draft.plan.item(to).is_some() {
            draft.push(Event::ItemMatched { item: item.clone(), to: to.clone() });
        }
    }
    if binding {
        approvals::void_all(draft, "the plan changed");
    }
    next.map_or(Ok(()), |version| open_attempt(draft, &version))
}

fn under_way(draft: &Draft<'_>) -> Option<RolloutId> {
    let live = draft.state.rollouts.iter().find(|(_, known)| known.phase.is_live());
    live.map(|(rollout, _)| rollout.clone())
}

pub fn open_attempt(draft: &mut Draft<'_>, artifact: &str) -> Granted {
    if artifact.trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            "the attempt has no artifact",
            "name a version or a digest",
        ));
    }
    if under_way(draft).is_some() {
        return Err(refuse(
            RefusalCode::WrongState,
            "a rollout is under way",
            "finish it or roll it back before the next attempt",
        ));
    }
    let resting: Vec<ItemId> = draft
        .state
        .items
        .iter()
        .filter(|(_, known)| known.tick.is_settled())
        .filter(|(item, known)| {
            let message = draft.plan.item(item).is_some_and(|it| matches!(it.bound, Some(Bound::Message(_))));
            message || known.evidence.iter().any(|evidence| matches!(evidence, Evidence::GateRun { .. }))
        })
        .map(|(item, _)| item.clone())
        .collect();
    let attempt = draft.state.attempt.saturating_add(1);
    draft.push(Event::AttemptOpened { attempt, artifact: artifact.to_owned() });
    approvals::void_all(draft, "the artifact changed");
    for item in resting {
        draft.push(Event::ItemReopened { item, reason: Untrusted::new("it rested on the old artifact") });
    }
    Ok(())
}

pub fn set_t0(draft: &mut Draft<'_>, t0: Timestamp) -> Granted {
    if draft.state.started.is_some() {
        return Err(refuse(
            RefusalCode::WrongState,
            "the release has started",
            "T-0 is what it was; open the next attempt to count anew",
        ));
    }
    if clock::t0(&draft.state, draft.plan) != Some(t0) {
        draft.push(Event::T0Set { t0 });
    }
    Ok(())
}

pub fn leave_stage(draft: &mut Draft<'_>, waiver: Option<&Untrusted>) -> Granted {
    let Some(stage) = draft.state.stage.clone() else {
        return Err(refuse(RefusalCode::WrongState, "no stage is current", "every stage has been left"));
    };
    let blockers = explain::exit(&draft.state, draft.plan, &stage, draft.now);
    let reason = waiver.filter(|reason| !reason.raw().trim().is_empty());
    if let (Some(first), None) = (blockers.first(), reason) {
        return Err(refuse(
            RefusalCode::Blocked,
            format!("`{stage}` is not done: {} ({} in all)", first.message, blockers.len()),
            "finish it, or leave it with a reason: it stays red in every report",
        ));
    }
    let waiver = if blockers.is_empty() { None } else { reason.cloned() };
    draft.push(Event::StageLeft { stage, waiver });
    Ok(())
}

pub fn start(draft: &mut Draft<'_>, accept_first_release: bool) -> Granted {
    if draft.state.started.is_some() {
        return Ok(());
    }
    if draft.state.status.is_over() {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("the release is {}", draft.state.status.as_str()),
            "open the next attempt",
        ));
    }
    let absent: Vec<Blocker> =
        draft.plan.rollouts.iter().filter_map(|rollout| explain::no_target(&draft.state, rollout)).collect();
    let blockers = explain::start(&draft.state, draft.plan, draft.now);
    let accepted = |blocker: &Blocker| accept_first_release && absent.contains(blocker);
    if let Some(blocker) = blockers.iter().find(|blocker| !accepted(blocker)) {
        return Err(refuse(RefusalCode::Blocked, blocker.message.clone(), blocker.help.clone()));
    }
    if clock::t0(&draft.state, draft.plan).is_none() {
        draft.push(Event::T0Set { t0: draft.now });
    }
    let first_release = accept_first_release && !absent.is_empty();
    draft.push(Event::ReleaseStarted { first_release });
    Ok(())
}

pub fn stable(draft: &mut Draft<'_>) -> Granted {
    match draft.state.status {
        Status::Stable => Ok(()),
        Status::Watching => {
            draft.push(Event::ReleaseStable {});
            Ok(())
        }
        // Also when a plan without the rollout that was missing has been adopted since.
        Status::Running if draft.plan.rollouts.iter().all(|planned| complete(draft, &planned.id)) => {
            draft.push(Event::ReleaseStable {});
            Ok(())
        }
        status => Err(refuse(
            RefusalCode::WrongState,
            format!("the release is {}", status.as_str()),
            "only a release that is being watched can be called stable",
        )),
    }
}

fn complete(draft: &Draft<'_>, rollout: &RolloutId) -> bool {
    rollouts::standing(draft, rollout).phase == RolloutPhase::Completed
}

pub fn cancel(draft: &mut Draft<'_>, reason: &Untrusted) -> Granted {
    if draft.state.status.is_over() {
        return Ok(());
    }
    let begun = |phase: RolloutPhase| phase.is_live() || phase == RolloutPhase::Completed;
    if draft.state.rollouts.values().any(|rollout| begun(rollout.phase)) {
        return Err(refuse(
            RefusalCode::WrongState,
            "traffic has been moved",
            "roll back instead: that puts traffic back and ends the attempt",
        ));
    }
    draft.push(Event::ReleaseCancelled { reason: reason.clone() });
    Ok(())
}

pub fn rearm(draft: &mut Draft<'_>) -> Granted {
    if draft.state.messages_stopped {
        draft.push(Event::MessagesRearmed {});
    }
    Ok(())
}
