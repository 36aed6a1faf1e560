//! Requests: what machines ask of people, how people answer, and when a request is no longer about anything.

use crate::analysis::judge::Decision;
use crate::base::{RolloutId, Untrusted};
use crate::release::cause::{HoldCause, TriggerPhase};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::input::Wish;
use crate::release::policy::{rollouts, safety, triggers};
use crate::release::request::{Proposal, Request, RequestAnswer, RequestCause};
use crate::release::ruling::Ground;
use crate::release::state::RolloutPhase;

type Granted = Result<(), Refusal>;

/// Asks, unless the same is asked already or nothing is under way.
pub fn raise(draft: &mut Draft<'_>, rollout: &RolloutId, wants: Proposal, cause: RequestCause, why: &str) {
    let open = draft.state.requests.iter();
    let same = |it: &Request| &it.rollout == rollout && it.wants == wants && it.cause == cause;
    let under_way = draft.state.under_way().any(|known| known == rollout);
    if under_way && !open.into_iter().any(same) {
        draft.push(Event::RequestRaised { rollout: rollout.clone(), wants, cause, why: Untrusted::new(why) });
    }
}

/// A person says yes: what is asked for is done as if they had asked for it themselves.
pub fn grant(draft: &mut Draft<'_>, number: u64) -> Granted {
    let Request { rollout, wants, why, .. } = open(draft, number)?;
    match wants {
        Proposal::RollBack => safety::roll_back(draft, Some(&rollout), &Untrusted::default()),
        Proposal::StepBack => {
            triggers::step_back(draft, &rollout, None);
            Ok(())
        }
        Proposal::Hold => safety::hold(draft, Some(&rollout), &why),
        Proposal::Promote { to } | Proposal::Raise { to } => rollouts::promote(draft, &rollout, Some(to)),
    }?;
    if draft.state.requests.iter().any(|it| it.number == number) {
        answer(draft, number, RequestAnswer::Granted, "");
    }
    Ok(())
}

/// A person says no; the reason is for whoever reads it later.
pub fn decline(draft: &mut Draft<'_>, number: u64, reason: &Untrusted) -> Granted {
    open(draft, number)?;
    if reason.raw().trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            "a request declined without a reason",
            "say why it is not done",
        ));
    }
    answer(draft, number, RequestAnswer::Declined, reason.raw());
    Ok(())
}

/// A person did by themselves what was asked for.
pub fn done_by_hand(draft: &mut Draft<'_>, wish: &Wish) {
    let fits = |draft: &Draft<'_>, it: &Request| {
        let state = rollouts::standing(draft, &it.rollout);
        match wish {
            Wish::RollBack { .. } => {
                matches!(it.wants, Proposal::RollBack | Proposal::StepBack)
                    && matches!(state.phase, RolloutPhase::RollingBack | RolloutPhase::RolledBack)
            }
            Wish::Hold { .. } => {
                it.wants == Proposal::Hold && state.holds.iter().any(|hold| hold.cause == HoldCause::Person)
            }
            Wish::Promote { rollout, .. } => it.wants.is_forward() && rollout == &it.rollout,
            _ => false,
        }
    };
    let done: Vec<u64> =
        draft.state.requests.iter().filter(|it| fits(draft, it)).map(|it| it.number).collect();
    done.into_iter().for_each(|number| answer(draft, number, RequestAnswer::Granted, ""));
}

/// Takes back what is no longer about anything.
pub fn withdraw(draft: &mut Draft<'_>) {
    let gone: Vec<(u64, String)> =
        draft.state.requests.iter().filter_map(|it| Some((it.number, gone(draft, it)?))).collect();
    for (number, why) in gone {
        answer(draft, number, RequestAnswer::Withdrawn, &why);
    }
}

/// Why a request is no longer about anything.
fn gone(draft: &Draft<'_>, request: &Request) -> Option<String> {
    let Request { rollout, wants, cause, .. } = request;
    let state = rollouts::standing(draft, rollout);
    let said = |text: &str| Some(text.to_owned());
    if draft.state.status.is_over() {
        return said("the release is over");
    }
    match state.phase {
        RolloutPhase::Waiting => return said("the rollout has not begun"),
        RolloutPhase::RollingBack | RolloutPhase::RolledBack => return said("traffic goes back already"),
        RolloutPhase::Completed if *wants != Proposal::RollBack => return said("the rollout is complete"),
        _ => {}
    }
    if let Proposal::Promote { to } | Proposal::Raise { to } = wants {
        let next = draft.plan.rollout(rollout).and_then(|planned| planned.step(state.step + 1));
        if next.is_none_or(|next| next.weight != *to) || state.phase != RolloutPhase::Soaking {
            return said("it is at another step now");
        }
    }
    match cause {
        RequestCause::Trigger { trigger } => {
            let phase = draft.state.triggers.get(trigger).map(|known| known.phase).unwrap_or_default();
            (phase == TriggerPhase::Armed).then(|| format!("{trigger} is armed again"))
        }
        RequestCause::Blind => state.good_data.then(|| "good data is back".to_owned()),
        RequestCause::Judge => {
            let wanted = if wants.is_forward() { Decision::Promote } else { Decision::RollBack };
            let stands = state.ruled.is_some_and(|ruled| ruled.decision == wanted);
            (!stands).then(|| "the judge rules otherwise now".to_owned())
        }
        RequestCause::TooFew => {
            let tells = |ground| !matches!(ground, Ground::TooFew | Ground::Doubt);
            let stands = state.ruled.is_some_and(|ruled| !tells(ruled.ground));
            (!stands).then(|| "the judge can tell now".to_owned())
        }
    }
}

fn answer(draft: &mut Draft<'_>, request: u64, answer: RequestAnswer, reason: &str) {
    draft.push(Event::RequestAnswered { request, answer, reason: Untrusted::new(reason) });
}

fn open(draft: &Draft<'_>, number: u64) -> Result<Request, Refusal> {
    draft.state.requests.iter().find(|it| it.number == number).cloned().ok_or_else(|| {
        let open: Vec<String> = draft.state.requests.iter().map(|it| it.number.to_string()).collect();
        let help = match open.is_empty() {
            true => "nothing is asked for at present".to_owned(),
            false => format!("open are {}", open.join(", ")),
        };
        refuse(RefusalCode::Unknown, format!("there is no open request {number}"), help)
    })
}
