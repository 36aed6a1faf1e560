//! Gates, metrics, triggers and procedures as the document has them: read, judged and done by people.

use crate::base::{GateId, MetricId, ProcedureId, Seconds, TriggerId, Untrusted};
use crate::plan::playbook::{GateAction, Playbook};
use crate::plan::rule::{Action, Rule};
use crate::plan::{
    Check, Gate, Metric, Otherwise, Procedure, ProcedureStep, StepKind, Terms, Trigger, Watched,
};

use super::Ids;
use crate::plan::resolve::arming;

/// The words of a document's action column, and what they ask for; the strongest first.
const ACTIONS: [(&str, Action); 22] = [
    ("cut traffic", Action::CutTraffic),
    ("traffic cutoff", Action::CutTraffic),
    ("cut off traffic", Action::CutTraffic),
    ("flag off", Action::FlagsOff),
    ("flags off", Action::FlagsOff),
    ("disable feature", Action::FlagsOff),
    ("feature flag", Action::FlagsOff),
    ("roll back", Action::RollBack),
    ("rollback", Action::RollBack),
    ("revert", Action::RollBack),
    ("step back", Action::StepBack),
    ("reduce traffic", Action::StepBack),
    ("hold", Action::Hold),
    ("pause", Action::Hold),
    ("halt", Action::Hold),
    ("stop", Action::Hold),
    ("review", Action::Review),
    ("page", Action::Page),
    ("alert", Action::Notify),
    ("notify", Action::Notify),
    ("inform", Action::Notify),
    ("tell", Action::Notify),
];
/// Words that leave the last word to a person.
const CAREFUL: [&str; 6] = ["consider", "assess", "evaluate", "investigate", "decide", "manual"];

/// The gates, each a person's to judge; the criteria are part of the title.
pub(crate) fn gates(playbook: &Playbook) -> Vec<Gate> {
    let mut ids = Ids::default();
    let one = |gate: &crate::plan::playbook::Gate| {
        let criteria: Vec<String> = gate.criteria.iter().map(|words| words.text.line()).collect();
        let title = match criteria.as_slice() {
            [] => gate.name.clone(),
            list => Untrusted::new(format!("{}: {}", gate.name.line(), list.join("; "))),
        };
        Gate {
            id: GateId::new(ids.take(&gate.name)),
            title,
            item: None,
            stage: None,
            check: Check::Manual,
            pass: None,
            otherwise: match gate.action {
                Some(GateAction::Warn) => Otherwise::Warn,
                Some(GateAction::Require) => Otherwise::Require,
                // The document does not say whose review it is, so only a pass lets on.
                Some(GateAction::Block | GateAction::Review) | None => Otherwise::Block,
            },
            timeout: Seconds(0),
            fresh: None,
            every: None,
        }
    };
    playbook.gates.iter().map(one).collect()
}

/// The metrics, whose numbers people type; targets and alerts where they are rules.
pub(crate) fn metrics(playbook: &Playbook) -> Vec<Metric> {
    let mut ids = Ids::default();
    let rule = |text: &Option<Untrusted>| text.as_ref().and_then(|text| Rule::parse(text.raw()).ok());
    let one = |metric: &crate::plan::playbook::Metric| Metric {
        id: MetricId::new(ids.take(&metric.name)),
        title: metric.name.clone(),
        source: None,
        query: None,
        sides: None,
        counts: None,
        histogram: None,
        target: rule(&metric.target),
        alert: rule(&metric.alert),
        baseline: None,
    };
    playbook.metrics.iter().map(one).collect()
}

/// The triggers, fired by people.
pub(crate) fn triggers(playbook: &Playbook) -> Vec<Trigger> {
    let mut ids = Ids::default();
    let one = |trigger: &crate::plan::playbook::Trigger| Trigger {
        id: TriggerId::new(ids.take(&trigger.condition)),
        title: match trigger.lasting {
            Some(lasting) => Untrusted::new(format!("{} for {lasting}", trigger.condition.raw())),
            None => trigger.condition.clone(),
        },
        when: Watched::Manual,
        severity: trigger.severity.as_ref().map(Untrusted::line).unwrap_or_default(),
        actions: actions(trigger),
        rollout: None,
        terms: Terms::default(),
        arming: arming::of_document(playbook, trigger.said),
    };
    playbook.triggers.iter().map(one).collect()
}

/// What a document asks for: the words of its action column; without one, whom it tells, or how bad it is. A person
/// is asked when the words leave it open or say nothing known.
pub(crate) fn actions(trigger: &crate::plan::playbook::Trigger) -> Vec<Action> {
    let low = |text: &Option<Untrusted>| {
        text.as_ref().map(|text| text.raw().to_lowercase().replace('-', " ")).unwrap_or_default()
    };
    let (words, told, severity) = (low(&trigger.action), low(&trigger.notify), low(&trigger.severity));
    let mut found: Vec<Action> =
        ACTIONS.iter().filter(|(word, _)| words.contains(word)).map(|(_, action)| *action).collect();
    if CAREFUL.iter().any(|word| words.contains(word)) {
        found
            .retain(|action| matches!(action, Action::Hold | Action::Review | Action::Page | Action::Notify));
        found.push(Action::Ask);
    }
    if told.contains("pager") {
        found.push(Action::Page);
    }
    if !told.is_empty() {
        found.push(Action::Notify);
    }
    if found.is_empty() {
        let only_said = severity.contains("info") || severity.contains("warning");
        found.push(if only_said { Action::Notify } else { Action::Ask });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The procedures: numbered steps and command blocks in the order of the document, all for people.
pub(crate) fn procedures(playbook: &Playbook) -> Vec<Procedure> {
    let mut ids = Ids::default();
    let one = |procedure: &crate::plan::playbook::Procedure| {
        let steps = procedure.steps.iter().map(|step| (step.line, step.text.clone()));
        let commands = procedure.commands.iter().filter_map(|line| {
            let command = playbook.commands.iter().find(|command| command.line == *line)?;
            Some((command.line, command.text.clone()))
        });
        let mut steps: Vec<(u32, Untrusted)> = steps.chain(commands).collect();
        steps.sort_by_key(|(line, _)| *line);
        Procedure {
            id: ProcedureId::new(ids.take(&procedure.title)),
            title: procedure.title.clone(),
            steps: steps.into_iter().map(|(_, text)| ProcedureStep::new(StepKind::Manual { text })).collect(),
            verify: Vec::new(),
        }
    };
    playbook.procedures.iter().map(one).collect()
}
