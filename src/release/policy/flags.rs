//! Feature flags: turning them on is asked for like a promotion, turning them off is never refused.

use crate::base::{FlagId, Untrusted, Weight};
use crate::plan::{Flag, RouterKind};
use crate::release::act::{Act, Outcome};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::flag::{FlagSeen, Reach};
use crate::release::state::RolloutPhase;

type Granted = Result<(), Refusal>;

/// Turns a flag on for a share of users, or off at none.
pub fn set(draft: &mut Draft<'_>, flag: &FlagId, percent: Weight, reason: &Untrusted) -> Granted {
    let planned = known(draft, flag)?;
    if percent > Weight::ZERO {
        may_rise(draft, planned, reason)?;
    } else {
        supersede(draft, flag);
    }
    draft.intend(Act::SetFlag { flag: flag.clone(), percent });
    note(draft, reason);
    Ok(())
}

/// Pulls a flag's kill switch.
pub fn kill(draft: &mut Draft<'_>, flag: &FlagId, reason: &Untrusted) -> Granted {
    known(draft, flag)?;
    supersede(draft, flag);
    draft.intend(Act::KillFlag { flag: flag.clone() });
    note(draft, reason);
    Ok(())
}

/// Turns flags off, all at once; without a name, every one of the plan.
pub fn off(draft: &mut Draft<'_>, flags: &[FlagId], reach: Reach, reason: &Untrusted) -> Granted {
    let flags: Vec<FlagId> = match flags {
        [] => draft.plan.flags.iter().map(|flag| flag.id.clone()).collect(),
        named => named.iter().map(|flag| Ok(known(draft, flag)?.id.clone())).collect::<Result<_, _>>()?,
    };
    if flags.is_empty() {
        return Err(none());
    }
    flags.iter().for_each(|flag| supersede(draft, flag));
    draft.intend(Act::FlagsOff { rollout: None, flags, reach });
    note(draft, reason);
    Ok(())
}

/// A flag was read: recorded when it is otherwise than before.
pub fn seen(draft: &mut Draft<'_>, flag: &FlagId, seen: &FlagSeen) {
    let before = draft.state.flags.get(flag).filter(|state| state.mark.is_some()).map(|state| &state.seen);
    if before != Some(seen) {
        draft.push(Event::FlagObserved { flag: flag.clone(), seen: seen.clone() });
    }
}

/// Whatever was to turn it on is not sent any more.
pub fn supersede(draft: &mut Draft<'_>, flag: &FlagId) {
    let open = draft.state.operations.iter().filter(|(_, known)| known.outcome.is_none());
    let rising = open.filter(
        |(_, known)| matches!(&known.act, Act::SetFlag { flag: of, percent } if of == flag && *percent > Weight::ZERO),
    );
    let rising: Vec<_> = rising.map(|(operation, _)| operation.clone()).collect();
    for operation in rising {
        let summary = Untrusted::new("the flag is turned off");
        let outcome = Outcome::Superseded;
        draft.push(Event::OperationEnded { operation, outcome, summary, evidence: None });
    }
}

/// What stands against turning a flag on, as far as the journal knows; what it requires is read when it is done.
fn may_rise(draft: &Draft<'_>, flag: &Flag, reason: &Untrusted) -> Granted {
    let id = &flag.id;
    if reason.raw().trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("`{id}` turned on without a reason"),
            "say why; turning it off needs none",
        ));
    }
    let environment = &draft.plan.release.environment;
    if !flag.is_for(environment) {
        return Err(refuse(
            RefusalCode::NotAllowed,
            format!("`{id}` is for {}, and this release goes to {environment}", flag.environments.join(", ")),
            format!("add \"{environment}\" to `environments` of `[flag.{id}]` and adopt the plan"),
        ));
    }
    if draft.state.status.is_over() {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("the release is {}", draft.state.status.as_str()),
            "open the next attempt; a flag can still be turned off",
        ));
    }
    for rollout in &draft.plan.rollouts {
        let splits = rollout
            .router
            .as_ref()
            .is_some_and(|router| matches!(&router.kind, RouterKind::Flag { flag } if flag == id));
        if splits {
            return Err(refuse(
                RefusalCode::Blocked,
                format!("the rollout `{}` moves `{id}` by its steps", rollout.id),
                "promote the rollout; or kill the flag to turn it off at once",
            ));
        }
        let phase = draft.state.rollouts.get(&rollout.id).map(|state| state.phase).unwrap_or_default();
        let back = matches!(phase, RolloutPhase::RollingBack | RolloutPhase::RolledBack);
        if back && rollout.flags.contains(id) {
            return Err(refuse(
                RefusalCode::WrongState,
                format!("`{}` was rolled back, and `{id}` with it", rollout.id),
                "open the next attempt with a new artifact",
            ));
        }
    }
    let open = draft.state.operations.values().find(|it| it.outcome.is_none() && it.act.flags().contains(id));
    match open {
        Some(open) => Err(refuse(
            RefusalCode::Blocked,
            format!("{} is under way", open.act.key()),
            "wait until it has ended, and look at the flag again",
        )),
        None => Ok(()),
    }
}

fn note(draft: &mut Draft<'_>, reason: &Untrusted) {
    if !reason.raw().trim().is_empty() {
        draft.push(Event::Noted { note: reason.clone() });
    }
}

fn known<'a>(draft: &Draft<'a>, flag: &FlagId) -> Result<&'a Flag, Refusal> {
    draft.plan.flag(flag).ok_or_else(|| {
        let names: Vec<&str> = draft.plan.flags.iter().map(|known| known.id.as_str()).collect();
        match names.is_empty() {
            true => none(),
            false => refuse(
                RefusalCode::Unknown,
                format!("there is no flag `{flag}`"),
                format!("the plan has: {}", names.join(", ")),
            ),
        }
    })
}

fn none() -> Refusal {
    refuse(RefusalCode::Unknown, "the plan has no flag", "add `[flag.NAME]` to the plan file")
}
