//! What follows by itself: bound items, the poll, stages, soaks, blind rules, gates that run by the clock.
//!
//! Runs until nothing more follows; each rule adds only what is not so already, so it ends.

use crate::base::{GateId, ItemId, Untrusted};
use crate::plan::rule::Action;
use crate::plan::{Bound, Check, Rollout, Stage};
use crate::release::act::Act;
use crate::release::agreement;
use crate::release::cause::HoldCause;
use crate::release::draft::Draft;
use crate::release::event::{Event, Evidence};
use crate::release::explain;
use crate::release::policy::{approvals, gates, judge, requests, rollouts, safety, triggers, wake, warm};
use crate::release::request::{Proposal, RequestCause};
use crate::release::retry::{self, Cleanup};
use crate::release::sequence::{self, Next};
use crate::release::standing::{Word, standing};
use crate::release::state::{RolloutPhase, Status};

/// More rounds than any plan needs; a rule that would go on for ever is cut here.
const ROUNDS: usize = 64;

pub fn settle(draft: &mut Draft<'_>) {
    if draft.state.identity.is_none() {
        return;
    }
    if !draft.state.unknown_kinds.is_empty() {
        // What this build does not understand keeps it from everything but a way back that has begun.
        let plan = draft.plan;
        plan.rollouts.iter().for_each(|rollout| way_back(draft, rollout));
        return;
    }
    for _ in 0..ROUNDS {
        let before = draft.state.version;
        bound_items(draft);
        poll(draft);
        stages(draft);
        let planned = draft.plan;
        for rollout in &planned.rollouts {
            soak(draft, rollout);
            judge::asks(draft, rollout);
            blind(draft, rollout);
            way_back(draft, rollout);
            warm::keep(draft, rollout);
        }
        requests::withdraw(draft);
        due_gates(draft);
        if draft.state.version == before {
            return;
        }
    }
}

/// An item bound to a gate is ticked by its pass and opened by the loss of it.
fn bound_items(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    for item in &plan.items {
        match &item.bound {
            Some(Bound::Gate(gate)) => bound_to_gate(draft, &item.id, gate),
            Some(Bound::Message(message))
                if draft.state.sent.contains_key(message) && !settled(draft, &item.id) =>
            {
                draft.push(Event::ItemTicked { item: item.id.clone(), evidence: None });
            }
            _ => {}
        }
    }
}

fn bound_to_gate(draft: &mut Draft<'_>, item: &ItemId, gate: &GateId) {
    let Some(planned) = draft.plan.gate(gate) else { return };
    let run = draft.state.gates.get(gate).and_then(|known| known.newest()).map_or(0, |newest| newest.number);
    let evidence = Evidence::GateRun { gate: gate.clone(), run };
    let by_gate = draft.state.items.get(item).is_some_and(|known| known.by_gate);
    match standing(&draft.state, planned, draft.now).word {
        Word::Verdict(verdict) if verdict.is_pass() && !settled(draft, item) => {
            draft.push(Event::ItemTicked { item: item.clone(), evidence: Some(evidence) });
        }
        Word::Verdict(verdict) if !verdict.is_pass() && by_gate && settled(draft, item) => {
            let reason = Untrusted::new(format!("gate {gate} is {verdict}"));
            draft.push(Event::ItemReopened { item: item.clone(), reason });
        }
        _ => {}
    }
}

fn poll(draft: &mut Draft<'_>) {
    if draft.state.status == Status::Planned && approvals::complete(draft) {
        draft.push(Event::PollCompleted {});
    }
}

/// The current stage is the first that is not done and was not left with a waiver.
fn stages(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    for stage in &plan.stages {
        if !explain::has_exit(&draft.state, plan, stage) || !pending(draft, stage) {
            continue;
        }
        if !explain::exit(&draft.state, plan, &stage.id, draft.now).is_empty() {
            if draft.state.stage.as_ref() != Some(&stage.id) {
                draft.push(Event::StageEntered { stage: stage.id.clone() });
            }
            return;
        }
        draft.push(Event::StageLeft { stage: stage.id.clone(), waiver: None });
    }
}

/// A stage that was left stays so, unless one of its items was opened again; a waiver always stays.
fn pending(draft: &Draft<'_>, stage: &Stage) -> bool {
    match draft.state.left.get(&stage.id) {
        None => true,
        Some(Some(_)) => false,
        Some(None) => explain::open_items(&draft.state, draft.plan, stage, draft.now).next().is_some(),
    }
}

/// A step that has seen enough good data is soaked; the last one completes the rollout.
fn soak(draft: &mut Draft<'_>, planned: &Rollout) {
    if draft.plan.metrics.is_empty() && !rollouts::standing(draft, &planned.id).good_data {
        let since = draft.now;
        draft.push(Event::DataQualityChanged { rollout: planned.id.clone(), good: true, since });
    }
    let state = rollouts::standing(draft, &planned.id);
    let Some(step) = planned.step(state.step) else { return };
    if state.phase != RolloutPhase::Soaking || !state.holds.is_empty() {
        return;
    }
    let (rollout, number) = (planned.id.clone(), state.step);
    if !state.soak.completed {
        if state.soak.elapsed(draft.now) < step.soak.signed() {
            return;
        }
        draft.push(Event::SoakCompleted { rollout: rollout.clone(), step: number });
    }
    let clear = explain::promote(&draft.state, draft.plan, planned, draft.now).is_empty();
    if planned.step(number + 1).is_none() {
        if clear {
            let remaining = rollouts::remaining(draft, &rollout);
            draft.push(Event::RolloutCompleted { rollout, remaining });
        }
    } else if step.auto && clear && !state.automation_off && explain::parted(&draft.state).is_none() {
        rollouts::go(draft, planned, number + 1);
    }
}

/// No good data for too long above a weight: the plan says what is done, once for each spell.
fn blind(draft: &mut Draft<'_>, planned: &Rollout) {
    let state = rollouts::standing(draft, &planned.id);
    if state.good_data {
        if state.holds.iter().any(|hold| hold.cause == HoldCause::Blind) {
            draft.push(Event::HoldLifted { rollout: planned.id.clone(), cause: HoldCause::Blind });
        }
        return;
    }
    let due = wake::blind_due(planned, &state).is_some_and(|at| at <= draft.now);
    let (Some(rule), Some(since), true) = (&planned.blind, state.blind_since, due) else { return };
    draft.push(Event::BlindRuleApplied { rollout: planned.id.clone(), since });
    for action in &rule.actions {
        // The action before may have changed it.
        let state = rollouts::standing(draft, &planned.id);
        let back = state.phase == RolloutPhase::RollingBack;
        match action {
            Action::RollBack | Action::CutTraffic if !state.automation_off && !back => {
                safety::begin(draft, &planned.id, None)
            }
            Action::StepBack
                if !state.automation_off
                    && state.contested.is_none()
                    && state.phase == RolloutPhase::Soaking
                    && state.step > 1 =>
            {
                rollouts::set_weight(draft, planned, state.step - 1);
            }
            Action::Hold | Action::StepBack => {
                let reason = format!("no good data for {}", rule.after);
                triggers::hold(draft, &planned.id, HoldCause::Blind, &reason);
            }
            Action::RollBack | Action::CutTraffic => {}
            told => {
                let what = format!("no good data for {} on {}", rule.after, planned.id);
                if *told == Action::Ask {
                    requests::raise(draft, &planned.id, Proposal::RollBack, RequestCause::Blind, &what);
                }
                triggers::tell(draft, *told, &what);
            }
        }
    }
}

/// A rollback goes on until traffic is back and every step of it has ended, in this order; it is proven when all
/// agree, and late when it takes longer than it may.
fn way_back(draft: &mut Draft<'_>, planned: &Rollout) {
    let state = rollouts::standing(draft, &planned.id);
    let Some(rollback) = &state.rollback else { return };
    let rollout = || planned.id.clone();
    if wake::late_due(&draft.state, draft.plan, planned, &state).is_some_and(|at| at <= draft.now) {
        draft.push(Event::RollbackLate { rollout: rollout(), budget: planned.budget });
        let what = format!("the rollback of {} takes longer than {}", planned.id, planned.budget);
        triggers::tell(draft, Action::Page, &what);
    }
    if retry::write(&draft.state, &planned.id, &state).is_some_and(|failing| failing.is_due(draft.now)) {
        safety::back(draft, &planned.id);
        return;
    }
    let unproven = rollback.done.is_some() && !rollback.proven && state.phase == RolloutPhase::RolledBack;
    if unproven && agreement::is_proven(&draft.state, draft.plan, planned) {
        draft.push(Event::RolledBack { rollout: rollout(), to: rollback.to.clone(), proven: true });
    }
    if let Next::Do(act) = sequence::next(&draft.state, draft.plan, planned, draft.now) {
        draft.intend(act);
    }
    if rollback.steps > 0 {
        return;
    }
    match retry::cleanup(&draft.state, planned, &state) {
        Cleanup::ScaleDown(failing) if failing.is_due(draft.now) => {
            draft.intend(Act::ScaleDown { rollout: rollout(), to: state.target() });
        }
        Cleanup::Procedure(procedure) => draft.intend(Act::Procedure { rollout: rollout(), procedure }),
        Cleanup::Nothing | Cleanup::ScaleDown(_) | Cleanup::Unfinished(_) => {}
    }
}

fn due_gates(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    for gate in plan.gates.iter().filter(|gate| !matches!(gate.check, Check::Manual)) {
        if wake::gate_due(&draft.state, plan, gate, draft.now).is_some_and(|at| at <= draft.now) {
            gates::begin(draft, &gate.id);
        }
    }
}

fn settled(draft: &Draft<'_>, item: &ItemId) -> bool {
    draft.state.items.get(item).is_some_and(|known| known.tick.is_settled())
}
