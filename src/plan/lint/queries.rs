//! Queries in the commands of a playbook that pass on an empty answer, or compare a rate with a ratio. Those of the
//! plan file are looked at where it is resolved.

use super::Notes;
use super::page::Line;
use crate::plan::finding::Severity;

pub fn lint_page(notes: &mut Notes<'_>) {
    let page = notes.page;
    for line in page.lines() {
        first_of_many(notes, line);
        count_by_increase(notes, line);
        rate_as_ratio(notes, line);
    }
}

fn first_of_many(notes: &mut Notes<'_>, line: &Line) {
    if line.text.contains("jq") && line.text.contains("result[0]") {
        notes.add(
            ("passes-on-no-data", Severity::Error),
            line.number,
            "the first of the answer's series is taken; when there is none this reads `null`, and the comparison after it lets the release on".into(),
            "make it a metric of the plan file: no data, NaN and several series are never a pass there",
        );
    }
}

fn count_by_increase(notes: &mut Notes<'_>, line: &Line) {
    if line.text.contains("increase(") && line.text.contains("restart") {
        notes.add(
            ("restarts-by-increase", Severity::Warning),
            line.number,
            "`increase` extrapolates to the edges of its window, so 3 restarts can read as 3.33".into(),
            "count restarts from the containers' own restart count",
        );
    }
}

/// A name that says ratio, a query that says events a second.
fn rate_as_ratio(notes: &mut Notes<'_>, line: &Line) {
    let lower = line.text.to_lowercase();
    let named =
        ["error_rate", "error rate", "failure_rate", "failure rate"].iter().any(|name| lower.contains(name));
    let Some(query) = lower.split("query=").nth(1) else { return };
    let query = query.split('\'').next().unwrap_or(query);
    if named && query.contains("rate(") && !query.contains('/') {
        notes.add(
            ("rate-as-ratio", Severity::Error),
            line.number,
            "a rate of failures a second is compared as if it were a share of requests".into(),
            "divide by the rate of all requests, or say a limit in failures a second",
        );
    }
}
