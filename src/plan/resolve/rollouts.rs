//! `[rollout.*]`.

use crate::base::{FlagId, GateId, ProcedureId, RolloutId, Seconds, StageId, Weight};
use crate::plan::file::{self, At};
use crate::plan::{Blind, Plan, PlanError, Rollout, Step, Strategy};

use super::desk::Desk;
use super::{judge, routers};

/// The rollouts of the plan file.
pub(super) fn rollouts(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Rollout>, PlanError> {
    let one = |(name, written): &(At<String>, file::Rollout)| {
        let known = plan.procedures.iter().map(|procedure| procedure.id.as_str());
        let rollback = match &written.rollback {
            Some(procedure) => Some(ProcedureId::new(desk.named(procedure, "procedure", known)?)),
            None => None,
        };
        let stages = plan.stages.iter().map(|stage| stage.id.as_str());
        let stage = match &written.stage {
            Some(stage) => Some(StageId::new(desk.referred(stage, "stage", stages)?)),
            None => None,
        };
        Ok(Rollout {
            id: RolloutId::new(name.as_str()),
            stage,
            strategy: written.strategy.unwrap_or(Strategy::Canary),
            router: written.router.as_ref().map(|it| routers::router(desk, plan, it)).transpose()?,
            deploy: routers::deploy(desk, &written.deploy)?,
            flags: flags(desk, plan, &written.flags)?,
            warm: written.warm.as_ref().map(|it| routers::warm(desk, it)).transpose()?,
            steps: steps(desk, plan, &written.steps)?,
            blind: written.blind.as_ref().map(|blind| self::blind(desk, blind)).transpose()?,
            judge: written.judge.as_ref().map(|judge| judge::judge(desk, plan, judge)).transpose()?,
            rollback,
            budget: written.budget.as_ref().map_or(Ok(Rollout::BUDGET), |text| desk.some_length(text))?,
        })
    };
    desk.file.rollout.iter().map(one).collect()
}

fn flags(desk: &Desk<'_>, plan: &Plan, list: &[At<String>]) -> Result<Vec<FlagId>, PlanError> {
    let known = || plan.flags.iter().map(|flag| flag.id.as_str());
    list.iter().map(|flag| Ok(FlagId::new(desk.named(flag, "flag", known())?))).collect()
}

/// The steps: weights rise and the last is all traffic.
fn steps(desk: &Desk<'_>, plan: &Plan, list: &At<Vec<At<file::Step>>>) -> Result<Vec<Step>, PlanError> {
    let mut steps: Vec<Step> = Vec::new();
    for At { value: step, .. } in &list.value {
        let at = step.weight.start;
        let Some(weight) = Weight::percent(step.weight.value) else {
            let message = format!("a weight of {} is no share of the traffic", step.weight.value);
            return Err(desk.place.error(at, message, "write percent from 0 to 100, such as `weight = 25`"));
        };
        if let Some(before) = steps.last().filter(|before| before.weight >= weight) {
            let message =
                format!("the weight {weight} does not rise from {} of the step before", before.weight);
            return Err(desk.place.error(
                at,
                message,
                "order the steps by weight, each more than the one before",
            ));
        }
        steps.push(Step {
            weight,
            soak: step.soak.as_ref().map_or(Ok(Seconds(0)), |soak| desk.length(soak))?,
            gates: gate_names(desk, plan, &step.gates)?,
            auto: step.auto,
        });
    }
    if steps.last().is_none_or(|last| last.weight != Weight::FULL) {
        let at = list.value.last().map_or(list.start, |last| last.value.weight.start);
        let help = "end the steps with `{ weight = 100 }`";
        return Err(desk.place.error(at, "the last step does not bring all traffic", help));
    }
    Ok(steps)
}

fn blind(desk: &Desk<'_>, blind: &file::Blind) -> Result<Blind, PlanError> {
    let above = match &blind.above {
        Some(share) => desk.share(share)?,
        None => Weight::ZERO,
    };
    let after = desk.length(&blind.after)?;
    Ok(Blind { after, above, actions: desk.actions(&blind.actions.0, blind.after.start)? })
}

/// Gates named in a list.
pub(super) fn gate_names(
    desk: &Desk<'_>,
    plan: &Plan,
    list: &[At<String>],
) -> Result<Vec<GateId>, PlanError> {
    let known = || plan.gates.iter().map(|gate| gate.id.as_str());
    list.iter().map(|gate| Ok(GateId::new(desk.named(gate, "gate", known())?))).collect()
}
