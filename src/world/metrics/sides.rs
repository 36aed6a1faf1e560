//! The sides of a metric, and what `{{side}}` stands for on each.

use crate::analysis::Arm;
use crate::plan::Metric;

/// Where a side's own value is written into a query or an address.
const PLACE: &str = "{{side}}";

/// One side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side<'a> {
    /// Whose.
    pub arm: Arm,
    /// What `{{side}}` stands for; none for the whole.
    value: Option<&'a str>,
}

impl Side<'_> {
    /// A text with this side's value in it.
    pub fn fill(&self, text: &str) -> String {
        match self.value {
            Some(value) => text.replace(PLACE, value),
            None => text.to_owned(),
        }
    }
}

/// The sides that a text is about: both when it names a side and the metric says what that is, else the whole.
pub fn sides<'a>(metric: &'a Metric, text: &str) -> Vec<Side<'a>> {
    match &metric.sides {
        Some(sides) if text.contains(PLACE) => vec![
            Side { arm: Arm::Canary, value: Some(&sides.canary) },
            Side { arm: Arm::Baseline, value: Some(&sides.baseline) },
        ],
        _ => vec![Side { arm: Arm::Whole, value: None }],
    }
}
