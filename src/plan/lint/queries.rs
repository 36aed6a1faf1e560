//! Queries that pass on an empty answer, compare a rate with a ratio, or do not parse.

use super::Notes;
use super::page::Line;
use crate::plan::finding::{Code, Finding, Severity};
use crate::plan::{Check, Expect, Plan};

pub fn lint_page(notes: &mut Notes<'_>) {
    let page = notes.page;
    for line in page.lines() {
        first_of_many(notes, line);
        count_by_increase(notes, line);
        rate_as_ratio(notes, line);
    }
}

/// The queries of the plan file.
pub fn lint_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |code: &'static str, severity, message: String, help: &str| {
        findings.push(Finding {
            code: Code::new(code),
            severity,
            file: "plan".into(),
            line: 0,
            message,
            help: help.to_owned(),
        });
    };
    for metric in &plan.metrics {
        let counts = metric.counts.iter().flat_map(|counts| [&counts.bad, &counts.total]);
        for query in metric.query.iter().chain(counts) {
            if let Err(error) = promql_parser::parser::parse(&query.replace("{{side}}", "side")) {
                let what = crate::base::Untrusted::new(error.to_string()).line();
                let message = format!("the query of metric `{}` does not parse: {what}", metric.id);
                add("query-syntax", Severity::Error, message, "write it as Prometheus would take it");
            } else if metric.id.as_str().contains("rate") && query.contains("rate(") && !query.contains('/') {
                let message = format!("metric `{}` is a rate a second, not a ratio", metric.id);
                add("rate-as-ratio", Severity::Warning, message, "divide by the rate of all requests");
            }
        }
    }
    for gate in &plan.gates {
        if let Check::Command(command) = &gate.check {
            let shell = command
                .run
                .first()
                .is_some_and(|program| matches!(program.rsplit('/').next(), Some("sh" | "bash" | "zsh")));
            let piped = command.run.iter().any(|word| word.contains('|'));
            if shell && piped && gate.pass.is_none() && command.expect != Some(Expect::Some) {
                let message = format!("gate `{}` passes when the first part of its pipe fails", gate.id);
                add("passes-on-nothing", Severity::Warning, message, "run the program itself, or say `pass`");
            }
        }
    }
    findings
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
