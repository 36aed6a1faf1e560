//! `[procedure.*]`: each step is of one kind, with a deadline of its own.

use crate::base::{GateId, MetricId, ProcedureId, Untrusted, Weight};
use crate::plan::file::{self, At};
use crate::plan::{
    FlagReach, Health, IncidentCall, LogsOf, Plan, PlanError, Procedure, ProcedureStep, StepKind, Undo,
};

use super::desk::{Desk, title};
use super::rollouts::gate_names;
use super::{document, gates};

/// What a step can be, for messages.
const KINDS: &str = "`traffic = 0`, `flags = \"off\"`, `workload = \"last-known-good\"`, `wait = \"ready\"`, `health = \"…\"`, `check = \"METRIC\"`, `logs = \"canary\"`, `incident = \"https://…\"`, `notify = \"…\"`, `run = [\"…\"]` or `manual = \"…\"`";

/// The procedures of the plan file; without any, those of the document, which people follow.
pub(super) fn procedures(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Procedure>, PlanError> {
    if desk.file.procedure.is_empty() {
        return Ok(desk.playbook.map(document::procedures).unwrap_or_default());
    }
    let one = |(name, written): &(At<String>, file::Procedure)| {
        if written.steps.is_empty() {
            let help = "add `steps = [{ run = [\"…\"] }, { manual = \"…\" }]`";
            return Err(desk.wrong(name, "is a procedure without a step", help));
        }
        Ok(Procedure {
            id: ProcedureId::new(name.as_str()),
            title: title(written.title.as_ref(), name.as_str()),
            steps: written.steps.iter().map(|it| step(desk, plan, it)).collect::<Result<_, _>>()?,
            verify: gate_names(desk, plan, &written.verify)?,
        })
    };
    desk.file.procedure.iter().map(one).collect()
}

fn step(desk: &Desk<'_>, plan: &Plan, written: &At<file::ProcedureStep>) -> Result<ProcedureStep, PlanError> {
    let step = &written.value;
    let share = step.traffic.as_ref().map(|traffic| at(traffic.start));
    let program = step.run.as_ref().map(|run| at(run.start));
    let kinds = [
        ("traffic", share.as_ref()),
        ("flags", step.flags.as_ref()),
        ("workload", step.workload.as_ref()),
        ("wait", step.wait.as_ref()),
        ("health", step.health.as_ref()),
        ("check", step.check.as_ref()),
        ("logs", step.logs.as_ref()),
        ("incident", step.incident.as_ref()),
        ("notify", step.notify.as_ref()),
        ("run", program.as_ref()),
        ("manual", step.manual.as_ref()),
    ];
    let given: Vec<(&str, &At<String>)> =
        kinds.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect();
    let (kind, value) = match given.as_slice() {
        [one] => *one,
        [] => {
            return Err(desk.place.error(
                written.start,
                "a step that does nothing",
                format!("write {KINDS}"),
            ));
        }
        [(first, _), (second, at), ..] => {
            let message = format!("a step does one thing, and this has `{first}` and `{second}`");
            return Err(desk.place.error(at.start, message, "make two steps of it"));
        }
    };
    fits(desk, kind, step)?;
    Ok(ProcedureStep {
        does: does(desk, plan, step, (kind, value))?,
        within: step.within.as_ref().map_or(Ok(ProcedureStep::WITHIN), |text| desk.some_length(text))?,
        undo: if step.undoable == Some(false) { Undo::Never } else { Undo::Possible },
    })
}

/// A place without a text.
fn at(start: usize) -> At<String> {
    At { value: String::new(), start }
}

fn does(
    desk: &Desk<'_>,
    plan: &Plan,
    step: &file::ProcedureStep,
    (kind, value): (&str, &At<String>),
) -> Result<StepKind, PlanError> {
    let text = || Untrusted::new(value.as_str());
    Ok(match kind {
        "traffic" => StepKind::Traffic { weight: traffic(desk, step.traffic.as_ref())? },
        "flags" => StepKind::FlagsOff(word(
            desk,
            value,
            [("off", FlagReach::Rollout), ("off-all", FlagReach::Release)],
        )?),
        "workload" => word(desk, value, [("last-known-good", StepKind::LastKnownGood)])?,
        "wait" => word(desk, value, [("ready", StepKind::Ready)])?,
        "health" => StepKind::Health(health(desk, plan, value)?),
        "check" => {
            let known = plan.metrics.iter().map(|metric| metric.id.as_str());
            StepKind::Check { metric: MetricId::new(desk.named(value, "metric", known)?) }
        }
        "logs" => {
            StepKind::Logs(word(desk, value, [("canary", LogsOf::Canary), ("stable", LogsOf::Stable)])?)
        }
        "incident" => StepKind::Incident(IncidentCall {
            url: desk.address(value)?,
            title: step.title.as_ref().map(|title| Untrusted::new(title.as_str())),
            severity: step.severity.as_ref().map_or_else(|| "critical".to_owned(), |it| it.value.clone()),
            token_env: step.token_env.as_ref().map(|name| name.value.clone()),
        }),
        "notify" => StepKind::Notify { text: text() },
        "manual" => StepKind::Manual { text: text() },
        _ => match &step.run {
            Some(run) => {
                let output = (&step.expect, &step.contains);
                StepKind::Command(gates::command(desk, run, &step.env, output)?)
            }
            None => StepKind::Manual { text: text() },
        },
    })
}

/// Keys that only one kind has.
fn fits(desk: &Desk<'_>, kind: &str, step: &file::ProcedureStep) -> Result<(), PlanError> {
    let only = |key: &str, given: Option<&At<String>>, of: &str| match given {
        Some(given) if kind != of => {
            let message = format!("a `{kind}` step has no `{key}`");
            Err(desk.place.error(given.start, message, format!("leave it out; it belongs to `{of}`")))
        }
        _ => Ok(()),
    };
    only("title", step.title.as_ref(), "incident")?;
    only("severity", step.severity.as_ref(), "incident")?;
    only("token-env", step.token_env.as_ref(), "incident")?;
    only("expect", step.expect.as_ref(), "run")?;
    only("contains", step.contains.as_ref(), "run")
}

fn traffic(desk: &Desk<'_>, written: Option<&At<f64>>) -> Result<Weight, PlanError> {
    let Some(written) = written else { return Ok(Weight::ZERO) };
    Weight::percent(written.value).ok_or_else(|| {
        let message = format!("{} is no share of the traffic", written.value);
        desk.place.error(written.start, message, "write percent from 0 to 100, such as `traffic = 0`")
    })
}

fn health(desk: &Desk<'_>, plan: &Plan, value: &At<String>) -> Result<Health, PlanError> {
    if value.as_str().contains("://") {
        return Ok(Health::Url(desk.address(value)?));
    }
    let known = plan.gates.iter().map(|gate| gate.id.as_str());
    Ok(Health::Gate(GateId::new(desk.named(value, "gate", known)?)))
}

fn word<T, const N: usize>(
    desk: &Desk<'_>,
    value: &At<String>,
    known: [(&str, T); N],
) -> Result<T, PlanError> {
    let words = known.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    let found = known.into_iter().find(|(word, _)| *word == value.as_str());
    found
        .map(|(_, meant)| meant)
        .ok_or_else(|| desk.wrong(value, "is no word for this", format!("write {words}")))
}
