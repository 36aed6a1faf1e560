//! `[trigger.*]`: what is watched, and what is done.

use crate::base::{GateId, RolloutId, Seconds, TriggerId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::rule::Subject;
use crate::plan::{Arming, Metric, Plan, PlanError, Terms, Trigger, Watched};

use super::desk::Desk;
use super::document;

/// What a `when` may say, for messages.
const FORMS: &str =
    "write `METRIC alert`, a rule such as `error-rate > 5% for 2m`, `gate NAME failing for 2m` or `manual`";

/// The triggers of the plan file; without any, those of the document, which a person fires.
pub(super) fn triggers(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Trigger>, PlanError> {
    if desk.file.trigger.is_empty() {
        return Ok(desk.playbook.map(document::triggers).unwrap_or_default());
    }
    let one = |(name, written): &(At<String>, file::Trigger)| {
        let known = plan.rollouts.iter().map(|rollout| rollout.id.as_str());
        let rollout = match &written.rollout {
            Some(rollout) => Some(RolloutId::new(desk.named(rollout, "rollout", known)?)),
            None => None,
        };
        Ok(Trigger {
            id: TriggerId::new(name.as_str()),
            title: Untrusted::new(written.title.as_ref().unwrap_or(&written.when).as_str()),
            when: watched(desk, plan, &written.when)?,
            severity: written.severity.as_ref().map_or_else(|| "P1".to_owned(), |text| text.value.clone()),
            actions: desk.actions(&written.actions.0, name.start)?,
            rollout,
            terms: Terms::default(),
            arming: Arming::Automatic,
        })
    };
    desk.file.trigger.iter().map(one).collect()
}

fn watched(desk: &Desk<'_>, plan: &Plan, when: &At<String>) -> Result<Watched, PlanError> {
    let words: Vec<&str> = when.as_str().split_whitespace().collect();
    match words.as_slice() {
        ["manual"] => return Ok(Watched::Manual),
        [metric, "alert"] => {
            let name = At { value: (*metric).to_owned(), start: when.start };
            let id = desk.named(&name, "metric", plan.metrics.iter().map(|metric| metric.id.as_str()))?;
            let metric = plan.metrics.iter().find(|metric| metric.id.as_str() == id);
            return match metric.and_then(|metric| Some((metric, metric.alert.clone()?))) {
                Some((metric, rule)) => Ok(Watched::Metric { metric: metric.id.clone(), rule }),
                None => {
                    let help =
                        format!("add `alert = \"> 1% for 5m\"` to [metric.{id}], or write the rule here");
                    Err(desk.wrong(when, "names a metric without an alert", help))
                }
            };
        }
        ["gate", gate, "failing", rest @ ..] => {
            let name = At { value: (*gate).to_owned(), start: when.start };
            let id = desk.named(&name, "gate", plan.gates.iter().map(|gate| gate.id.as_str()))?;
            let lasting = match rest {
                [] => Seconds(0),
                ["for", length @ ..] if !length.is_empty() => {
                    desk.length(&At { value: length.join(" "), start: when.start })?
                }
                _ => return Err(desk.wrong(when, "does not say for how long", FORMS)),
            };
            return Ok(Watched::Gate { gate: GateId::new(id), lasting });
        }
        [] => return Err(desk.wrong(when, "says nothing", FORMS)),
        _ => {}
    }
    let rule = desk.rule(when)?;
    let metric = match rule.subjects().as_slice() {
        [subject] if rule.speaks_of_one() => measured(desk, plan, when, subject)?,
        [] => return Err(desk.wrong(when, "does not name its metric", FORMS)),
        _ => {
            let help = "write one trigger for each metric; a trigger watches one";
            return Err(desk.wrong(when, "watches several numbers", help));
        }
    };
    Ok(Watched::Metric { metric: metric.id.clone(), rule })
}

/// The metric a rule's words mean: by its name or its title, however the words are joined.
fn measured<'p>(
    desk: &Desk<'_>,
    plan: &'p Plan,
    when: &At<String>,
    subject: &Subject,
) -> Result<&'p Metric, PlanError> {
    let key = subject.key();
    let means = |text: &str| Subject::new(text).is_some_and(|other| other.key() == key);
    let found = plan.metrics.iter().find(|it| means(it.id.as_str()) || means(it.title.raw()));
    found.ok_or_else(|| {
        let name = At { value: subject.as_str().to_owned(), start: when.start };
        let known = plan.metrics.iter().map(|metric| metric.id.as_str());
        match desk.named(&name, "metric", known) {
            Err(error) => error,
            Ok(_) => desk.wrong(when, "does not name its metric", FORMS),
        }
    })
}
