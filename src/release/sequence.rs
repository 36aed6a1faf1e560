//! The way back, step by step: what a rollback does, in which order, and how far it came.
//!
//! Invariants: traffic is first whatever a plan says; flags and the workload are in it whether a plan names them or
//! not; each step is an operation of its own, with its own intent and deadline, so what was done is never done again;
//! a step that acts waits for the ones before it to end well, a step that looks or tells does not.

use crate::base::{FlagId, MetricId, OperationId, Seconds, Timestamp, Untrusted, Weight};
use crate::plan::rule::Action;
use crate::plan::{FlagReach, Health, Plan, ProcedureStep, Rollout, StepKind, Watched};
use crate::release::act::{Act, Outcome};
use crate::release::agreement;
use crate::release::flag::Reach;
use crate::release::retry::{self, Cleanup};
use crate::release::state::{OperationState, RolloutPhase, RolloutState, State};

/// How long a step of the usual way back may take, in seconds.
const USUAL: u64 = 120;

/// One step of a rollback, as screens list it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepCard {
    /// What is done, how long it may take, whether it can be taken back.
    pub step: ProcedureStep,
    /// The operation that does it, once one was intended.
    pub operation: Option<OperationId>,
    /// When its newest try began.
    pub began: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended; none while it waits or runs.
    pub outcome: Option<Outcome>,
    /// One line for people.
    pub said: Untrusted,
}

/// How long a rollback has taken, against what it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopwatch {
    /// Seconds from the key to the end, or to now.
    pub elapsed: i64,
    /// What it may take.
    pub budget: Seconds,
    /// True until the last step has ended.
    pub running: bool,
}

impl Stopwatch {
    /// True when it took, or takes, longer than it may.
    pub fn is_late(self) -> bool {
        self.elapsed > self.budget.signed()
    }
}

/// The steps of a rollout's way back, in order, numbered from 1.
pub fn steps(plan: &Plan, rollout: &Rollout) -> Vec<ProcedureStep> {
    let procedure =
        rollout.rollback.as_ref().and_then(|id| plan.procedures.iter().find(|known| &known.id == id));
    let mut all: Vec<ProcedureStep> = match procedure {
        Some(procedure) => {
            let gates = procedure.verify.iter().map(|gate| {
                let within = plan.gate(gate).map_or(USUAL, |known| known.timeout.0);
                ProcedureStep::new(StepKind::Health(Health::Gate(gate.clone()))).within(within)
            });
            procedure.steps.iter().cloned().chain(gates).collect()
        }
        None => usual(plan, rollout),
    };
    let traffic = |step: &ProcedureStep| matches!(step.does, StepKind::Traffic { .. });
    let first = all.iter().find(|step| traffic(step)).cloned();
    all.retain(|step| !traffic(step));
    let named = |all: &[ProcedureStep], fits: fn(&StepKind) -> bool| all.iter().any(|step| fits(&step.does));
    if !named(&all, |does| matches!(does, StepKind::LastKnownGood)) {
        all.insert(0, ProcedureStep::new(StepKind::LastKnownGood).within(900));
    }
    if !rollout.flags.is_empty() && !named(&all, |does| matches!(does, StepKind::FlagsOff(_))) {
        all.insert(0, ProcedureStep::new(StepKind::FlagsOff(FlagReach::Rollout)).within(30));
    }
    let usual = ProcedureStep::new(StepKind::Traffic { weight: Weight::ZERO }).within(60);
    let within = first.map_or(usual.within, |first| first.within);
    all.insert(0, ProcedureStep { within, ..usual });
    all
}

/// What is looked at when a plan gives no procedure: that the last known good is ready, and that errors are well.
fn usual(plan: &Plan, rollout: &Rollout) -> Vec<ProcedureStep> {
    let mut all = Vec::new();
    if rollout.deploy.workload.is_some() || rollout.deploy.stable.is_some() {
        all.push(ProcedureStep::new(StepKind::Ready).within(USUAL));
    }
    all.extend(watched(plan).map(|metric| ProcedureStep::new(StepKind::Check { metric }).within(USUAL)));
    all
}

/// The metric that says whether errors are well when no step names one: the first that a rollback rests on.
fn watched(plan: &Plan) -> Option<MetricId> {
    let back = |actions: &[Action]| {
        actions.iter().any(|action| matches!(action, Action::RollBack | Action::CutTraffic))
    };
    plan.triggers.iter().filter(|trigger| back(&trigger.actions)).find_map(|trigger| match &trigger.when {
        Watched::Metric { metric, .. } => plan.metric(metric).map(|metric| metric.id.clone()),
        _ => None,
    })
}

/// The metrics that must be well before a rollback is proven, and whether the plan names them itself.
pub(super) fn checks(plan: &Plan, rollout: &Rollout) -> (Vec<MetricId>, Named) {
    let listed: Vec<MetricId> = rollout
        .rollback
        .as_ref()
        .and_then(|id| plan.procedures.iter().find(|known| &known.id == id))
        .into_iter()
        .flat_map(|procedure| &procedure.steps)
        .filter_map(|step| match &step.does {
            StepKind::Check { metric } => Some(metric.clone()),
            _ => None,
        })
        .collect();
    match listed.is_empty() {
        true => (watched(plan).into_iter().collect(), Named::No),
        false => (listed, Named::Yes),
    }
}

/// Whether a plan names what must be well after a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// In a `check` step.
    Yes,
    /// It is taken from its triggers.
    No,
}

/// Every step of a rollback that began, with how far it came.
pub fn cards(state: &State, plan: &Plan, planned: &Rollout) -> Vec<StepCard> {
    let Some(known) = state.rollouts.get(&planned.id).filter(|known| known.rollback.is_some()) else {
        return Vec::new();
    };
    let all = steps(plan, planned);
    let card = |(place, step): (usize, ProcedureStep)| match &step.does {
        StepKind::Check { metric } => {
            let done = known.rollback.as_ref().and_then(|back| back.done);
            let proof = agreement::well(state, metric);
            let outcome = match proof {
                agreement::Proof::Agrees(_) => done.map(|_| Outcome::Done),
                _ => None,
            };
            let said = Untrusted::new(proof.text());
            let ended = outcome.and(state.metrics.get(metric).map(|known| known.since)).max(done);
            StepCard { operation: None, began: done, ended: outcome.and(ended), outcome, said, step }
        }
        _ => {
            let newest = operation(state, planned, known, place + 1, &step);
            StepCard {
                operation: newest.map(|(id, _)| id.clone()),
                began: newest.map(|(_, operation)| operation.mark.at),
                ended: newest.and_then(|(_, operation)| operation.ended),
                outcome: newest.and_then(|(_, operation)| operation.outcome),
                said: newest.map(|(_, operation)| operation.summary.clone()).unwrap_or_default(),
                step,
            }
        }
    };
    all.into_iter().enumerate().map(card).collect()
}

/// The clock of a rollback that began.
pub fn stopwatch(state: &State, plan: &Plan, planned: &Rollout, now: Timestamp) -> Option<Stopwatch> {
    let known = state.rollouts.get(&planned.id)?;
    let back = known.rollback.as_ref()?;
    let acts = |card: &&StepCard| !matches!(card.step.does, StepKind::Check { .. });
    let cards = cards(state, plan, planned);
    let ended = back.done.is_some() && is_over(state, plan, planned, known);
    let last = cards.iter().filter(acts).filter_map(|card| card.ended).max().max(back.done);
    let until = last.filter(|_| ended).unwrap_or(now);
    Some(Stopwatch {
        elapsed: (until.as_second() - back.mark.at.as_second()).max(0),
        budget: planned.budget,
        running: !ended,
    })
}

/// What the way back does next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// Nothing more, or nothing yet.
    Nothing,
    /// This.
    Do(Act),
}

/// The next step after traffic is back.
pub(super) fn next(state: &State, plan: &Plan, planned: &Rollout, now: Timestamp) -> Next {
    let Some(known) = state.rollouts.get(&planned.id) else { return Next::Nothing };
    if known.phase != RolloutPhase::RolledBack || known.operation.is_some() {
        return Next::Nothing;
    }
    let Some(back) = known.rollback.as_ref() else { return Next::Nothing };
    if back.steps == 0 {
        return Next::Nothing;
    }
    let mut stopped = false;
    for (place, step) in steps(plan, planned).into_iter().enumerate().skip(1) {
        let newest = operation(state, planned, known, place + 1, &step).map(|(_, operation)| operation);
        let outcome = newest.and_then(|newest| newest.outcome);
        match (&step.does, outcome) {
            (StepKind::Check { .. }, _) => {}
            (_, Some(Outcome::Done | Outcome::Adopted | Outcome::Skipped)) => {}
            (StepKind::LastKnownGood, Some(Outcome::Failed | Outcome::Superseded)) => {
                match retry::cleanup(state, planned, known) {
                    Cleanup::ScaleDown(failing) if failing.is_due(now) => {
                        return Next::Do(act(plan, planned, (known, place + 1), &step));
                    }
                    Cleanup::ScaleDown(failing) if failing.next.is_some() => return Next::Nothing,
                    _ => stopped = true,
                }
            }
            (does, Some(_)) => stopped |= acts(does),
            (_, None) if newest.is_some() => return Next::Nothing,
            (does, None) if stopped && acts(does) => {}
            (_, None) => return Next::Do(act(plan, planned, (known, place + 1), &step)),
        }
    }
    Next::Nothing
}

/// True when nothing of the way back is to be done any more: every step ended, or waits for a person.
pub(super) fn is_over(state: &State, plan: &Plan, planned: &Rollout, known: &RolloutState) -> bool {
    let waits = matches!(retry::cleanup(state, planned, known),
        Cleanup::ScaleDown(failing) if failing.next.is_some());
    known.phase == RolloutPhase::RolledBack
        && known.operation.is_none()
        && !waits
        && next(state, plan, planned, Timestamp::MAX) == Next::Nothing
}

/// Changes something, rather than to look or to tell.
fn acts(does: &StepKind) -> bool {
    match does {
        StepKind::Traffic { .. } | StepKind::LastKnownGood | StepKind::Command(_) => true,
        StepKind::FlagsOff(_)
        | StepKind::Ready
        | StepKind::Health(_)
        | StepKind::Check { .. }
        | StepKind::Logs(_)
        | StepKind::Incident(_)
        | StepKind::Notify { .. }
        | StepKind::Manual { .. } => false,
    }
}

fn act(plan: &Plan, planned: &Rollout, (known, number): (&RolloutState, usize), step: &ProcedureStep) -> Act {
    let rollout = planned.id.clone();
    match &step.does {
        StepKind::FlagsOff(reach) if !flags(plan, planned, *reach).is_empty() => {
            let flags = flags(plan, planned, *reach);
            Act::FlagsOff { rollout: Some(rollout), flags, reach: Reach::default() }
        }
        StepKind::LastKnownGood => Act::ScaleDown { rollout, to: known.target() },
        _ => Act::Step { rollout, step: u32::try_from(number).unwrap_or(u32::MAX) },
    }
}

/// The flags a step turns off: a rollout that names none means every one of the plan.
fn flags(plan: &Plan, planned: &Rollout, reach: FlagReach) -> Vec<FlagId> {
    match reach {
        FlagReach::Rollout if !planned.flags.is_empty() => planned.flags.clone(),
        FlagReach::Rollout | FlagReach::Release => plan.flags.iter().map(|flag| flag.id.clone()).collect(),
    }
}

/// The newest operation of a step since the rollback began.
fn operation<'a>(
    state: &'a State,
    planned: &Rollout,
    known: &RolloutState,
    number: usize,
    step: &ProcedureStep,
) -> Option<(&'a OperationId, &'a OperationState)> {
    let back = known.rollback.as_ref()?;
    let does = |act: &Act| match (&step.does, act) {
        (StepKind::Traffic { .. }, Act::SetWeight { step: 0, .. })
        | (StepKind::LastKnownGood, Act::ScaleDown { .. })
        | (StepKind::FlagsOff(_), Act::FlagsOff { .. }) => true,
        (_, Act::Step { step, .. }) => usize::try_from(*step) == Ok(number),
        _ => false,
    };
    let fits = |operation: &OperationState| {
        operation.version > back.version
            && operation.act.rollout() == Some(&planned.id)
            && does(&operation.act)
    };
    let found = state.operations.iter().filter(|(_, operation)| fits(operation));
    found.max_by_key(|(_, operation)| operation.version)
}
