//! The roll-call: who is asked in which order, what they said, and what makes it void.

use crate::base::{RoleId, Untrusted};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::{Answer, Event};
use crate::release::state::State;

type Granted = Result<(), Refusal>;

pub fn request(draft: &mut Draft<'_>, role: Option<&RoleId>) -> Granted {
    let asked: Vec<RoleId> = match role {
        Some(role) => {
            known(draft, role)?;
            vec![role.clone()]
        }
        None => next(draft),
    };
    for role in asked {
        if draft.state.approvals.get(&role).is_none_or(|known| known.requested.is_none()) {
            draft.push(Event::ApprovalRequested { role });
        }
    }
    Ok(())
}

pub fn answer(draft: &mut Draft<'_>, role: &RoleId, answer: Answer, reason: &Untrusted) -> Granted {
    known(draft, role)?;
    if draft.state.status.is_over() {
        let status = draft.state.status.as_str();
        return Err(refuse(
            RefusalCode::WrongState,
            format!("the release is {status}"),
            "open the next attempt; its roll-call starts anew",
        ));
    }
    if answer == Answer::NoGo && reason.raw().trim().is_empty() {
        return Err(refuse(RefusalCode::Incomplete, "a no-go needs a reason", "say what would change it"));
    }
    if answer == Answer::Go
        && let Some(first) = before(draft, role)
    {
        return Err(refuse(
            RefusalCode::Blocked,
            format!("{first} answers before {role}"),
            format!("wait for the go of {first}"),
        ));
    }
    let same = draft.state.approvals.get(role).is_some_and(|known| {
        known.answer == Some(answer) && known.mark.as_ref().is_some_and(|mark| mark.by == draft.actor)
    });
    if same {
        return Ok(());
    }
    let head = draft.state.head.unwrap_or_else(|| crate::base::Digest::of(""));
    draft.push(Event::ApprovalGiven { role: role.clone(), answer, reason: reason.clone(), head });
    Ok(())
}

/// Voids every go; the reason is shown to each role.
pub fn void_all(draft: &mut Draft<'_>, reason: &str) {
    if draft.state.started.is_some() {
        return;
    }
    let given: Vec<RoleId> = draft
        .state
        .approvals
        .iter()
        .filter(|(_, known)| known.answer == Some(Answer::Go))
        .map(|(role, _)| role.clone())
        .collect();
    for role in given {
        draft.push(Event::ApprovalVoided { role, reason: Untrusted::new(reason) });
    }
}

/// True when every role that is needed said go, and somebody is needed.
pub fn complete(draft: &Draft<'_>) -> bool {
    let needed = draft.plan.approvers();
    !needed.is_empty() && needed.iter().all(|role| said_go(&draft.state, &role.id))
}

pub fn said_go(state: &State, role: &RoleId) -> bool {
    state.approvals.get(role).is_some_and(|known| known.answer == Some(Answer::Go))
}

/// The roles that may answer now: those of the lowest place without a go.
fn next(draft: &Draft<'_>) -> Vec<RoleId> {
    let waiting: Vec<_> =
        draft.plan.approvers().into_iter().filter(|role| !said_go(&draft.state, &role.id)).collect();
    let lowest = waiting.iter().map(|role| role.order).min();
    waiting.into_iter().filter(|role| Some(role.order) == lowest).map(|role| role.id.clone()).collect()
}

fn before(draft: &Draft<'_>, role: &RoleId) -> Option<RoleId> {
    let order = draft.plan.role(role)?.order;
    draft
        .plan
        .approvers()
        .into_iter()
        .find(|other| other.order < order && !said_go(&draft.state, &other.id))
        .map(|other| other.id.clone())
}

fn known(draft: &Draft<'_>, role: &RoleId) -> Granted {
    if draft.plan.approvers().iter().any(|known| &known.id == role) {
        return Ok(());
    }
    let names: Vec<String> = draft.plan.approvers().iter().map(|role| role.id.to_string()).collect();
    let help = if names.is_empty() {
        "the plan asks nobody; give a role `approves`".to_owned()
    } else {
        format!("these are asked: {}", names.join(", "))
    };
    Err(refuse(RefusalCode::Unknown, format!("role `{role}` is not asked for this kind of release"), help))
}
