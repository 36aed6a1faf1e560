//! The score of a canary: groups of metrics, weighted.

use std::collections::{BTreeMap, BTreeSet};

use super::Class;

/// A metric that was classified.
#[derive(Clone, Debug)]
pub struct Scored {
    pub class: Class,
    pub critical: bool,
    pub groups: Vec<String>,
}

/// The summary, 0 to 100. A group of which nothing is known counts 100: missing data raises it.
pub fn summary(metrics: &[Scored], weights: &BTreeMap<String, f64>) -> f64 {
    if metrics.iter().any(|metric| metric.critical && metric.class != Class::Pass) {
        return 0.0;
    }
    let unknown = metrics.iter().filter(|metric| metric.class == Class::Nodata).count();
    if unknown * 2 >= metrics.len() {
        return 0.0;
    }
    let groups: BTreeSet<&String> = metrics.iter().flat_map(|metric| &metric.groups).collect();
    let given: f64 = weights.values().sum();
    let without = groups.iter().filter(|group| !weights.contains_key(**group)).count();
    let each = if without == 0 { 0.0 } else { (100.0 - given) / without as f64 };
    let sum: f64 = groups
        .iter()
        .map(|group| weights.get(*group).copied().unwrap_or(each) / 100.0 * score(metrics, group))
        .sum();
    (sum * 100.0).round() / 100.0
}

fn score(metrics: &[Scored], group: &str) -> f64 {
    let members = || metrics.iter().filter(|metric| metric.groups.iter().any(|name| name == group));
    let judged = members().filter(|metric| !matches!(metric.class, Class::Nodata | Class::Error)).count();
    let passed = members().filter(|metric| metric.class == Class::Pass).count();
    if judged == 0 { 100.0 } else { 100.0 * passed as f64 / judged as f64 }
}
