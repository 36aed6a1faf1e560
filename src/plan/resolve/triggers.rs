//! `[trigger.*]`: what is watched, and what is done.

use crate::base::{GateId, MetricId, RolloutId, Seconds, TriggerId, Untrusted};
use crate::plan::file::At;
use crate::plan::rule::Subject;
use crate::plan::{Metric, Plan, PlanError, Trigger, Watched};

use super::desk::Desk;
use super::{arming, document, objectives, terms};

/// What a `when` may say, for messages.
const FORMS: &str = "write `METRIC alert`, a rule such as `error-rate > 5% for 2m`, \
                     `METRIC burns 14.4x of 99.9% over 1h and 5m`, `gate NAME failing for 2m` or `manual`";

/// The triggers of the plan file; without any, those of the document, which a person fires. Those that objectives
/// make come last.
pub(super) fn triggers(desk: &mut Desk<'_>, plan: &Plan) -> Result<Vec<Trigger>, PlanError> {
    let file = desk.file;
    let mut triggers = Vec::new();
    if file.trigger.is_empty() {
        triggers.extend(desk.playbook.map(document::triggers).unwrap_or_default());
    }
    for (name, written) in file.trigger.iter() {
        let known = plan.rollouts.iter().map(|rollout| rollout.id.as_str());
        let rollout = match &written.rollout {
            Some(rollout) => Some(RolloutId::new(desk.named(rollout, "rollout", known)?)),
            None => None,
        };
        let when = watched(desk, plan, &written.when)?;
        let actions = desk.actions(&written.actions.0, name.start)?;
        let title = Untrusted::new(written.title.as_ref().unwrap_or(&written.when).as_str());
        let arming = arming::arming(desk, plan, (name, written), (&when, &title, &triggers));
        let terms = terms::terms(desk, plan, written, (&when, &actions, &arming))?;
        triggers.push(Trigger {
            id: TriggerId::new(name.as_str()),
            title,
            when,
            severity: written.severity.as_ref().map_or_else(|| "P1".to_owned(), |text| text.value.clone()),
            actions,
            rollout,
            terms,
            arming,
        });
    }
    triggers.extend(objectives::triggers(desk, plan)?);
    Ok(triggers)
}

fn watched(desk: &Desk<'_>, plan: &Plan, when: &At<String>) -> Result<Watched, PlanError> {
    let words: Vec<&str> = when.as_str().split_whitespace().collect();
    match words.as_slice() {
        ["manual"] => return Ok(Watched::Manual),
        [metric, "alert"] => return alert(desk, plan, when, metric),
        [metric, "burns", rest @ ..] => return burn(desk, plan, when, (metric, rest)),
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

/// `METRIC alert`.
fn alert(desk: &Desk<'_>, plan: &Plan, when: &At<String>, metric: &str) -> Result<Watched, PlanError> {
    let name = At { value: metric.to_owned(), start: when.start };
    let id = desk.named(&name, "metric", plan.metrics.iter().map(|metric| metric.id.as_str()))?;
    let metric = plan.metrics.iter().find(|metric| metric.id.as_str() == id);
    match metric.and_then(|metric| Some((metric, metric.alert.clone()?))) {
        Some((metric, rule)) => Ok(Watched::Metric { metric: metric.id.clone(), rule }),
        None => {
            let help = format!("add `alert = \"> 1% for 5m\"` to [metric.{id}], or write the rule here");
            Err(desk.wrong(when, "names a metric without an alert", help))
        }
    }
}

/// `METRIC burns 14.4x of 99.9% over 1h and 5m`.
fn burn(
    desk: &Desk<'_>,
    plan: &Plan,
    when: &At<String>,
    (metric, words): (&str, &[&str]),
) -> Result<Watched, PlanError> {
    let help = "write it as `METRIC burns 14.4x of 99.9% over 1h and 5m`";
    let part = |text: &str| At { value: text.to_owned(), start: when.start };
    let known = || plan.metrics.iter().map(|metric| metric.id.as_str());
    let id = MetricId::new(desk.named(&part(metric), "metric", known())?);
    let [factor, "of", share, "over", long, "and", short] = words else {
        return Err(desk.wrong(when, "does not say how fast, of what and over which times", help));
    };
    let factor = factor.strip_suffix(['x', 'X']).and_then(|number| number.parse::<f64>().ok());
    let Some(factor) = factor.filter(|factor| (1.0..=1000.0).contains(factor)) else {
        return Err(desk.wrong(when, "does not say how many times too fast", help));
    };
    if plan.metric(&id).is_none_or(|metric| metric.counts.is_none()) {
        let help = format!("add `bad` and `total` to [metric.{id}]");
        return Err(desk.wrong(when, "burns a budget of a metric that counts no events", help));
    }
    let (long, short) = (desk.some_length(&part(long))?, desk.some_length(&part(short))?);
    if short >= long {
        let help = "write the long time first; the short one is usually a twelfth of it";
        return Err(desk.wrong(when, "has a short time that is not the shorter", help));
    }
    Ok(Watched::Burn { metric: id, share: objectives::share(desk, &part(share))?, factor, long, short })
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
