//! Numbers and the limits they are held against, as short as a pane needs them.

use crate::plan::Metric;
use crate::plan::rule::{Check, Op, Rule};
use crate::tui::theme::Symbols;

use super::sparkline::Limits;

/// The first demand of a rule in few cells: `< 0.1 %`, `≥ 80 %`; `rule` for one that is not a plain limit.
pub fn rule_text(rule: &Rule, symbols: &Symbols) -> String {
    let [at_least, at_most, unequal] = symbols.compare;
    let sign = |op: Op| match op {
        Op::AtLeast => at_least,
        Op::AtMost => at_most,
        Op::NotEqual => unequal,
        other => other.as_str(),
    };
    match rule.tests().next().map(|test| &test.check) {
        Some(Check::Compare { op, value }) => format!("{} {value}", sign(*op)),
        Some(Check::Range { low, high }) => format!("{low} to {high}"),
        Some(Check::Baseline { op, factor }) => format!("{} {factor}x baseline", sign(*op)),
        Some(Check::Around { margin }) => format!("baseline +/- {} %", margin * 100.0),
        Some(Check::Change { op, by, .. }) => format!("change {} {} %", sign(*op), by * 100.0),
        Some(Check::Trend { .. }) => "no trend".to_owned(),
        Some(Check::Present) => "present".to_owned(),
        None => "rule".to_owned(),
    }
}

/// The plain limits of a metric, for its sparkline.
pub fn limits(metric: &Metric) -> Limits {
    let plain = |rule: &Option<Rule>| {
        rule.as_ref().and_then(|rule| match rule.tests().next().map(|test| &test.check) {
            Some(Check::Compare { op, value }) => Some((*op, value.value)),
            _ => None,
        })
    };
    let target = plain(&metric.target);
    let alert = plain(&metric.alert);
    let low = match (target, alert) {
        (_, Some((op, _))) => matches!(op, Op::Below | Op::AtMost),
        (Some((op, _)), None) => matches!(op, Op::Above | Op::AtLeast),
        (None, None) => false,
    };
    Limits { alert: alert.map(|(_, value)| value), target: target.map(|(_, value)| value), low }
}
