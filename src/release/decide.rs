//! All policy: an input becomes events, or a refusal, and a time to look again.
//!
//! Invariants: pure; the same state, plan, input and time give the same decision; rollback and hold are never refused
//! for a gate, a lease, a version or missing numbers; what follows from an event by itself follows in the same batch.

use crate::base::Timestamp;
use crate::plan::Plan;
use crate::release::decision::{Decision, Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::input::{Command, Input, Report, Wish};
use crate::release::policy;
use crate::release::state::State;

/// What follows from an input. For [`Wish::AdoptPlan`], `plan` is the plan to adopt.
pub fn decide(state: &State, plan: &Plan, input: &Input, now: Timestamp) -> Decision {
    let mut draft = Draft::new(state, plan, now, input);
    let granted = match input {
        Input::Command(command) => grant(&mut draft, command),
        Input::Report(report) => {
            take(&mut draft, report);
            Ok(())
        }
    };
    match granted {
        Ok(()) => {
            policy::settle::settle(&mut draft);
            let wake_at = policy::wake::wake_at(&draft.state, plan, now);
            let (events, after) = draft.finish();
            Decision { events, after, wake_at, refused: None }
        }
        Err(refusal) => Decision { refused: Some(refusal), ..Decision::default() },
    }
}

fn grant(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    may(draft, command)?;
    carry_out(draft, &command.wish)?;
    policy::requests::done_by_hand(draft, &command.wish);
    Ok(())
}

fn carry_out(draft: &mut Draft<'_>, wish: &Wish) -> Result<(), Refusal> {
    match wish {
        Wish::AdoptPlan { plan, sources, matched } => {
            policy::lifecycle::adopt(draft, *plan, *sources, matched)
        }
        Wish::OpenAttempt { artifact } => policy::lifecycle::open_attempt(draft, artifact),
        Wish::SetT0 { t0 } => policy::lifecycle::set_t0(draft, *t0),
        Wish::LeaveStage { waiver } => policy::lifecycle::leave_stage(draft, waiver.as_ref()),
        Wish::Start { accept_first_release } => policy::lifecycle::start(draft, *accept_first_release),
        Wish::DeclareStable => policy::lifecycle::stable(draft),
        Wish::Cancel { reason } => policy::lifecycle::cancel(draft, reason),
        Wish::RearmMessages => policy::lifecycle::rearm(draft),
        Wish::Tick { item, evidence, waiver } => {
            policy::items::tick(draft, item, evidence.as_ref(), waiver.as_ref())
        }
        Wish::Untick { item, reason } => policy::items::untick(draft, item, reason),
        Wish::Skip { item, reason } => policy::items::skip(draft, item, reason),
        Wish::Assign { item, owner } => policy::items::assign(draft, item, owner.as_deref()),
        Wish::Retime { item, due } => policy::items::retime(draft, item, *due),
        Wish::Note { item, note } => policy::items::note(draft, item.as_ref(), note),
        Wish::Attach { item, evidence } => policy::items::attach(draft, item, evidence),
        Wish::AddItem { stage, text, split_from } => {
            policy::items::add(draft, stage, text, split_from.as_ref())
        }
        Wish::RunGate { gate } => policy::gates::run(draft, gate),
        Wish::ReviewGate { gate, accepted, reason } => policy::gates::review(draft, gate, *accepted, reason),
        Wish::WaiveGate { gate, reason } => policy::gates::waive(draft, gate, reason),
        Wish::RequestApproval { role } => policy::approvals::request(draft, role.as_ref()),
        Wish::Approve { role, answer, reason } => policy::approvals::answer(draft, role, *answer, reason),
        Wish::SendMessage { message } => policy::messages::send(draft, message),
        Wish::Promote { rollout, to } => policy::rollouts::promote(draft, rollout, *to),
        Wish::SetWeight { rollout, weight, reason } => policy::shares::set(draft, rollout, *weight, reason),
        Wish::StepBack { rollout, reason } => policy::shares::step_back(draft, rollout, reason),
        Wish::Hold { rollout, reason } => policy::safety::hold(draft, rollout.as_ref(), reason),
        Wish::Resume { rollout } => policy::safety::resume(draft, rollout.as_ref()),
        Wish::RollBack { rollout, reason } => policy::safety::roll_back(draft, rollout.as_ref(), reason),
        Wish::Grant { request } => policy::requests::grant(draft, *request),
        Wish::Decline { request, reason } => policy::requests::decline(draft, *request, reason),
        Wish::Choose { trigger, choice } => policy::triggers::choose(draft, trigger, *choice),
        Wish::TypeNumber { metric, value } => policy::reports::typed(draft, metric, *value),
        Wish::CaptureBaseline { metric, name, since, until } => {
            policy::baselines::ask(draft, metric, name, (*since, *until))
        }
        Wish::SetBaseline { metric, name, value } => policy::baselines::set(draft, metric, name, *value),
        Wish::SetFlag { flag, percent, reason } => policy::flags::set(draft, flag, *percent, reason),
        Wish::KillFlag { flag, reason } => policy::flags::kill(draft, flag, reason),
        Wish::FlagsOff { flags, reach, reason } => policy::flags::off(draft, flags, *reach, reason),
        Wish::FireTrigger { trigger, reason } => policy::triggers::fire_by_hand(draft, trigger, reason),
    }
}

/// What holds for every wish: the release exists, this program understands the stream, and the world has not moved
/// under a hazardous one.
fn may(draft: &Draft<'_>, command: &Command) -> Result<(), Refusal> {
    if command.wish.is_safety() {
        return Ok(());
    }
    if draft.state.identity.is_none() && !matches!(command.wish, Wish::AdoptPlan { .. }) {
        return Err(refuse(
            RefusalCode::WrongState,
            "there is no release yet",
            "open a playbook or a plan first",
        ));
    }
    if let Some(kind) = draft.state.unknown_kinds.first() {
        return Err(refuse(
            RefusalCode::ReadOnly,
            format!("the journal holds events of a kind this build does not know: {kind}"),
            "use the newer build that wrote them; hold and rollback still work here",
        ));
    }
    let forward =
        |number: u64| draft.state.requests.iter().any(|it| it.number == number && it.wants.is_forward());
    let hazardous = match command.wish {
        Wish::Promote { .. } | Wish::SetWeight { .. } | Wish::StepBack { .. } => true,
        Wish::Start { .. } | Wish::Resume { .. } => true,
        Wish::Grant { request } => forward(request),
        _ => false,
    };
    if hazardous
        && let (Some(seen), Some(moved)) = (command.seen, &draft.state.moved)
        && moved.version > seen
    {
        let ago = draft.now.as_second() - moved.mark.at.as_second();
        return Err(refuse(
            RefusalCode::Moved,
            format!("{} {} {ago} s ago, after what you saw", moved.mark.by.name(), moved.what),
            "look again and decide on what is true now",
        ));
    }
    Ok(())
}

fn take(draft: &mut Draft<'_>, report: &Report) {
    match report {
        Report::EngineStarted { epoch } => policy::reports::engine_started(draft, *epoch),
        Report::Woke => {}
        Report::GateFinished { gate, run, verdict, summary, evidence, took_ms } => {
            let end =
                policy::gates::End { verdict: *verdict, summary, evidence: *evidence, took_ms: *took_ms };
            policy::gates::finish(draft, gate, *run, &end);
        }
        Report::OperationEnded { operation, outcome, summary, configured, observed, evidence, restore } => {
            let end = policy::operations::End {
                outcome: *outcome,
                summary,
                configured: *configured,
                observed: *observed,
                evidence: *evidence,
                restore,
            };
            policy::operations::end(draft, operation, &end);
        }
        Report::Readiness { rollout, version, ready, of } => {
            policy::reports::readiness(draft, rollout, version, (*ready, *of));
        }
        Report::Needs { rollout, digest, red } => {
            policy::reports::needs(draft, rollout, digest.as_deref(), red.as_ref());
        }
        Report::Owned { rollout, owner } => policy::drift::owned(draft, rollout, owner),
        Report::Traffic { rollout, configured, observed, by } => {
            policy::drift::traffic(draft, rollout, (*configured, *observed), by.as_ref());
        }
        Report::Flag { flag, seen } => policy::flags::seen(draft, flag, seen),
        Report::Assessed { metric, verdict, since, value, inputs } => {
            let edge =
                policy::reports::Edge { verdict: *verdict, since: *since, value: *value, inputs: *inputs };
            policy::reports::assessed(draft, metric, &edge);
        }
        Report::DataQuality { rollout, good, since } => policy::reports::data(draft, rollout, *good, *since),
        Report::Trigger { trigger, phase, since, value } => {
            policy::triggers::moved(draft, trigger, *phase, (*since, *value));
        }
        Report::Kept { trigger, why, since, value } => {
            policy::triggers::kept(draft, trigger, *why, (*since, *value));
        }
        Report::Ruled { rollout, ruling } => policy::judge::ruled(draft, rollout, ruling),
        Report::BaselinesRead { metric, found, missed } => {
            let found = found.iter().map(|(name, snapshot, inputs)| policy::baselines::Read {
                name,
                found: Ok((snapshot, *inputs)),
            });
            let missed = missed.iter().map(|(name, why)| policy::baselines::Read { name, found: Err(why) });
            policy::baselines::read(draft, metric, &found.chain(missed).collect::<Vec<_>>());
        }
        Report::ClockJumped { seconds } => policy::reports::clock_jumped(draft, *seconds),
    }
}
