//! How a trigger's rule is held against samples: what the plan says, and what follows where it says nothing.

use std::cmp::Ordering;

use crate::base::{Quantity, Unit};
use crate::plan::file;
use crate::plan::rule::{Action, Check, Op, Rule};
use crate::plan::{Arming, Gaps, Metric, Plan, PlanError, Proof, Scope, Terms, Watched};

use super::desk::Desk;

/// The terms of a trigger.
pub(super) fn terms(
    desk: &Desk<'_>,
    plan: &Plan,
    written: &file::Trigger,
    (when, actions, arming): (&Watched, &[Action], &Arming),
) -> Result<Terms, PlanError> {
    let metric = match when {
        Watched::Metric { metric, .. } | Watched::Burn { metric, .. } => plan.metric(metric),
        Watched::Gate { .. } | Watched::Manual => None,
    };
    let rule = match when {
        Watched::Metric { rule, .. } => Some(rule),
        _ => None,
    };
    let usual = Terms::default();
    let gives = metric.is_some_and(|metric| metric.counts.is_some()) && rule.is_some_and(bounds_a_share);
    let moves = actions
        .iter()
        .any(|action| matches!(action, Action::CutTraffic | Action::RollBack | Action::StepBack));
    let proof = match &written.proof {
        Some(proof) if proof.value == Proof::Evidence && !gives => {
            let help =
                "give the metric `bad` and `total` and a limit such as `> 1%`, or write `proof = \"point\"`";
            return Err(desk.place.error(
                proof.start,
                "evidence needs counts and a share they must not exceed",
                help,
            ));
        }
        Some(proof) => proof.value,
        None if gives && moves && *arming == Arming::Automatic => Proof::Evidence,
        None => Proof::Point,
    };
    Ok(Terms {
        proof,
        scope: scope(desk, written, when, metric)?,
        gaps: written.gaps.unwrap_or(Gaps::Tolerant),
        at_least: written.at_least.as_ref().map_or(usual.at_least, |count| count.value),
        exit: exit(desk, written, rule)?,
        warm_up: written.warm_up.as_ref().map_or(Ok(usual.warm_up), |length| desk.length(length))?,
    })
}

/// Whose numbers; a number with one side is the service's.
fn scope(
    desk: &Desk<'_>,
    written: &file::Trigger,
    when: &Watched,
    metric: Option<&Metric>,
) -> Result<Scope, PlanError> {
    let sides = metric.is_none_or(|metric| metric.sides.is_some());
    match &written.scope {
        Some(scope) if scope.value != Scope::Whole && !sides => {
            let help = "add `sides` to the metric and `{{side}}` to its query, or write `scope = \"whole\"`";
            Err(desk.place.error(scope.start, "this number has one side only", help))
        }
        Some(scope) => Ok(scope.value),
        None if !sides || matches!(when, Watched::Burn { .. }) => Ok(Scope::Whole),
        None => Ok(Scope::Canary),
    }
}

/// What must hold before it is armed again: it may not hold together with the rule itself.
fn exit(desk: &Desk<'_>, written: &file::Trigger, rule: Option<&Rule>) -> Result<Option<Rule>, PlanError> {
    let Some(text) = &written.exit else { return Ok(None) };
    let Some(rule) = rule else {
        let help = "leave `exit` out, or write a rule over a metric into `when`";
        return Err(desk.wrong(text, "is an exit of what has no limit", help));
    };
    let exit = desk.rule(text)?;
    if !exit.speaks_of_one() || exit.subjects().iter().any(|name| !rule.subjects().contains(name)) {
        let help = "write the limit alone, such as `< 0.5%`";
        return Err(desk.wrong(text, "speaks of another number than `when`", help));
    }
    if overlap(rule, &exit) {
        let help = "write a limit on the good side of the one that fires, such as the metric's target";
        return Err(desk.wrong(text, "holds while the trigger still fires", help));
    }
    Ok(Some(exit))
}

/// Whether a rule is an upper limit of a share.
fn bounds_a_share(rule: &Rule) -> bool {
    rule.any.len() == 1
        && rule.tests().all(|test| match &test.check {
            Check::Compare { op: Op::Above | Op::AtLeast, value } => match value.unit {
                Unit::Ratio => true,
                Unit::None => value.value < 1.0,
                _ => false,
            },
            _ => false,
        })
}

/// Whether two rules of one comparison can hold of one number at once.
pub(in crate::plan) fn overlap(enter: &Rule, exit: &Rule) -> bool {
    let (Some((enter, high)), Some((exit, low))) = (compared(enter), compared(exit)) else { return false };
    if high.unit != low.unit {
        return false;
    }
    let order = low.value.total_cmp(&high.value);
    match (enter, exit) {
        (Op::Above | Op::AtLeast, Op::Below | Op::AtMost) => order == Ordering::Greater,
        (Op::Below | Op::AtMost, Op::Above | Op::AtLeast) => order == Ordering::Less,
        (Op::Above | Op::AtLeast, Op::Above | Op::AtLeast)
        | (Op::Below | Op::AtMost, Op::Below | Op::AtMost) => true,
        _ => false,
    }
}

/// The comparison of a rule that is one.
fn compared(rule: &Rule) -> Option<(Op, &Quantity)> {
    let tests: Vec<_> = rule.tests().collect();
    match tests.as_slice() {
        [test] => match &test.check {
            Check::Compare { op, value } => Some((*op, value)),
            _ => None,
        },
        _ => None,
    }
}
