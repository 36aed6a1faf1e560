//! The numbers a command's own report gives, for the rule of its gate.
//!
//! Two forms are read and nothing is guessed: an output that is one JSON object gives its numeric fields, else each
//! line that is only `name: number` or `name = number` gives one. A name given twice with different numbers gives
//! none, so a rule over it cannot be answered.

use std::collections::BTreeMap;

use crate::plan::rule::Facts;

/// The numbers in an output, as facts.
pub(super) fn facts(output: &str) -> Facts {
    let mut found: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for (name, value) in of_json(output).unwrap_or_else(|| of_lines(output)) {
        let same = found.get(&name).is_none_or(|known| *known == Some(value));
        found.insert(name, same.then_some(value));
    }
    let known = found.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.fold(Facts::new(), |facts, (name, value)| facts.with_number(&name, value))
}

fn of_json(output: &str) -> Option<Vec<(String, f64)>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(output.trim()).ok()?;
    Some(object.into_iter().filter_map(|(name, value)| Some((name, value.as_f64()?))).collect())
}

fn of_lines(output: &str) -> Vec<(String, f64)> {
    let number = |line: &str| {
        let (name, value) = line.split_once([':', '='])?;
        let value: f64 = value.trim().parse().ok()?;
        let name = name.trim();
        let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.'));
        (plain && !name.is_empty() && value.is_finite()).then(|| (name.to_owned(), value))
    };
    output.lines().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plainly_said_is_a_number() {
        let value = |output: &str, name: &str| facts(output).named(name).map(|fact| fact.now.value);
        assert_eq!(value("tests: 12\nfailed = 0\n", "failed"), Some(0.0));
        assert_eq!(value("{\"tests\": 12, \"name\": \"x\"}", "tests"), Some(12.0));
        assert_eq!(value("12 passed; 0 failed", "failed"), None);
        assert_eq!(value("failed: 0\nfailed: 1\nfailed: 0", "failed"), None, "two answers are none");
        assert_eq!(value("failed: 1\nfailed: 1", "failed"), Some(1.0));
        assert_eq!(value("failed: NaN", "failed"), None);
        assert_eq!(value("at 12:30: 5", "at 12"), None);
    }
}
