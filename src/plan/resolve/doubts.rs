//! What can be read in a plan file and is probably not meant: numbers that are not what they are called, windows that
//! hold too few scrapes, baselines nobody named. Each with its line and what to write instead.

use crate::base::{Quantity, Unit, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::finding::Severity::{self, Error, Warning};
use crate::plan::nearest::nearest;
use crate::plan::rule::{Check, Rule, query};
use crate::plan::{self, Code, Expect, Metric, Plan, SourceKind, Watched};

use super::desk::Desk;
use super::terms::overlap;

/// A window needs this many scrapes to hold a rate, whichever of them is late.
const SCRAPES: u64 = 4;
/// Words that look like units and are none here.
const NO_UNITS: [&str; 14] = [
    "bps",
    "kbps",
    "mbps",
    "gbps",
    "mbit",
    "gbit",
    "iops",
    "cores",
    "millicores",
    "mcpu",
    "permille",
    "bp",
    "hz",
    "fps",
];

/// Everything about the numbers of the plan file.
pub(super) fn doubts(desk: &mut Desk<'_>, plan: &Plan) {
    let file = desk.file;
    for (name, written) in file.metric.iter() {
        let Some(metric) = plan.metrics.iter().find(|metric| metric.id.as_str() == name.as_str()) else {
            continue;
        };
        let mut notes = Notes { desk, id: Untrusted::new(name.as_str()).cell(40) };
        notes.queries(plan, metric, written);
        notes.limits(metric, written);
    }
    for (name, written) in file.trigger.iter() {
        let mut notes = Notes { desk, id: Untrusted::new(name.as_str()).cell(40) };
        let trigger = plan.triggers.iter().find(|trigger| trigger.id.as_str() == name.as_str());
        let Some(plan::Trigger { when: Watched::Metric { metric, rule }, .. }) = trigger else { continue };
        let Some(metric) = plan.metric(metric) else { continue };
        // The alert of a metric is looked at where it is written.
        if metric.alert.as_ref() != Some(rule) {
            notes.rule(metric, rule, &written.when);
            notes.rate(metric, rule, written.when.start);
        }
    }
    for (name, written) in file.gate.iter() {
        let Some(gate) = plan.gates.iter().find(|gate| gate.id.as_str() == name.as_str()) else { continue };
        let mut notes = Notes { desk, id: Untrusted::new(name.as_str()).cell(40) };
        match &gate.check {
            plan::Check::Command(command) => notes.command(gate, command, written),
            plan::Check::Metric { metric } => {
                if let (Some(metric), Some(rule), Some(text)) =
                    (plan.metric(metric), &gate.pass, &written.pass)
                {
                    notes.rule(metric, rule, text);
                    notes.rate(metric, rule, text.start);
                }
            }
            _ => {}
        }
    }
}

/// Findings about one entry.
struct Notes<'n, 'd> {
    desk: &'n mut Desk<'d>,
    id: String,
}

impl Notes<'_, '_> {
    fn add(
        &mut self,
        at: usize,
        (code, severity): (&'static str, Severity),
        said: (impl Into<String>, impl Into<String>),
    ) {
        let finding = self.desk.place.weighed(at, (Code::new(code), severity), said);
        self.desk.findings.push(finding);
    }

    fn queries(&mut self, plan: &Plan, metric: &Metric, written: &file::Metric) {
        let source = plan.sources.iter().find(|source| Some(&source.id) == metric.source.as_ref());
        let Some(source) = source else { return };
        let promql = match &source.kind {
            SourceKind::Prometheus { .. } => true,
            SourceKind::Exposition { .. } => false,
            _ => return,
        };
        let asked = [&written.query, &written.bad, &written.total, &written.histogram];
        for text in asked.into_iter().flatten() {
            if let Err(error) = query::read(text.as_str()) {
                let what = Untrusted::new(error).cell(160);
                let message = format!("the query of metric `{}` does not parse: {what}", self.id);
                self.add(
                    text.start,
                    ("query-syntax", Error),
                    (message, "write it as Prometheus would take it"),
                );
                continue;
            }
            if query::averages_quantiles(text.as_str()) {
                let message = format!("metric `{}` averages quantiles, which gives no quantile", self.id);
                let help =
                    "add the buckets, `sum by (le) (rate(…_bucket[5m]))`, and take the quantile of that";
                self.add(text.start, ("quantile-of-averages", Warning), (message, help));
            }
            let short = query::windows(text.as_str()).into_iter().min().filter(|_| promql);
            let least = source.every.0.saturating_mul(SCRAPES);
            if let Some(window) = short.filter(|window| window.0 < least) {
                let every = source.every;
                let message = format!(
                    "metric `{}` looks over {window}, less than four times the {every} between two samples of `{}`",
                    self.id, source.id
                );
                let help = format!(
                    "look over at least {}, or say with `every` of the source how often it is really scraped",
                    crate::base::Seconds(least)
                );
                self.add(text.start, ("short-window", Warning), (message, help));
            }
        }
        // Target and alert speak of the same number, so one of them is enough to say it.
        let limits = [(&metric.alert, &written.alert), (&metric.target, &written.target)];
        if let Some((limit, text)) =
            limits.into_iter().find_map(|(limit, text)| Some((limit.as_ref()?, text.as_ref()?)))
        {
            self.rate(metric, limit, text.start);
        }
    }

    /// A rate a second or an extrapolated count, held against something else.
    fn rate(&mut self, metric: &Metric, limit: &Rule, at: usize) {
        let Some(text) = metric.query.as_deref() else { return };
        let values: Vec<&Quantity> = limit
            .tests()
            .filter_map(|test| match &test.check {
                Check::Compare { value, .. } => Some(value),
                _ => None,
            })
            .collect();
        let share = |value: &&&Quantity| match value.unit {
            Unit::Ratio => true,
            Unit::None => value.value > 0.0 && value.value < 1.0,
            _ => false,
        };
        if query::is_rate(text)
            && let Some(value) = values.iter().find(share)
        {
            let grave = if value.unit == Unit::Ratio { Error } else { Warning };
            let message =
                format!("metric `{}` is a rate a second, and its limit is a share of all events", metric.id);
            let help = "divide by the rate of all events, or write the limit as a rate, such as `> 0.001/s`";
            self.add(at, ("rate-as-ratio", grave), (message, help));
        }
        let whole = |value: &&Quantity| value.value > 0.0 && value.value.fract() == 0.0;
        if query::is_increase(text) && values.iter().any(whole) {
            let restarts = text.contains("restart");
            let code = if restarts { "restarts-by-increase" } else { "count-by-increase" };
            let message = format!(
                "metric `{}` is an `increase`, which extrapolates to the edges of its window: 3 can read as 3.33",
                metric.id
            );
            let help = if restarts {
                "ask a [source.*] with `kubernetes = \"deployment/NAMESPACE/NAME\"` for `restarts`"
            } else {
                "ask for the counter itself, as `bad` and `total`, or write a limit between two whole numbers"
            };
            self.add(at, (code, Warning), (message, help));
        }
    }

    fn limits(&mut self, metric: &Metric, written: &file::Metric) {
        for (limit, text) in [(&metric.target, &written.target), (&metric.alert, &written.alert)] {
            if let (Some(limit), Some(text)) = (limit, text) {
                self.rule(metric, limit, text);
            }
        }
        if let (Some(target), Some(alert), Some(text)) = (&metric.target, &metric.alert, &written.alert)
            && overlap(alert, target)
        {
            let message = format!("metric `{}` can meet its target and its alert at once", self.id);
            let help = "let the alert lie beyond the target, such as `< 0.1%` and `> 1%`";
            self.add(text.start, ("target-beyond-alert", Warning), (message, help));
        }
    }

    /// A baseline nobody named, a good way nobody said, a unit nobody knows.
    fn rule(&mut self, metric: &Metric, rule: &Rule, text: &At<String>) {
        let shown = Untrusted::new(text.as_str()).cell(60);
        let own = rule.tests().any(|test| test.against.is_none());
        if rule.needs_baseline() && own && metric.baseline.is_none() {
            let message = format!("`{shown}` names no baseline");
            let help = format!(
                "add `baseline = \"concurrent\"` (with `sides`), `\"before 1h\"` or `\"version 2.3.0\"` to [metric.{}]",
                metric.id
            );
            self.add(text.start, ("baseline-unnamed", Warning), (message, help));
        }
        if rule.needs_direction() && metric.better().is_none() {
            let message = format!("`{shown}` asks for better or worse, and nobody says which way that is");
            let help = format!("add `target = \"< 500ms\"` or `\"> 30000/s\"` to [metric.{}]", metric.id);
            self.add(text.start, ("direction-unknown", Warning), (message, help));
        }
        let counted = rule.tests().find_map(|test| match &test.check {
            Check::Compare { value: Quantity { unit: Unit::Count(thing), .. }, .. } => Some(thing),
            _ => None,
        });
        if let Some(thing) = counted.filter(|thing| !names(metric, thing) && is_odd(thing)) {
            let message = format!("`{}` is no unit", Untrusted::new(thing.as_str()).cell(40));
            let help =
                "write %, ms, s, min, h, B, kB, MB, GB, /s, /min, /h, or the plural of what is counted";
            self.add(text.start, ("unknown-unit", Warning), (message, help));
        }
    }

    fn command(&mut self, gate: &plan::Gate, command: &plan::CommandCheck, written: &file::Gate) {
        let at = written.run.as_ref().map_or(0, |run| run.start);
        let shell = command
            .run
            .first()
            .is_some_and(|program| matches!(program.rsplit('/').next(), Some("sh" | "bash" | "zsh")));
        let piped = command.run.iter().any(|word| word.contains('|'));
        if shell && piped && gate.pass.is_none() && command.expect != Some(Expect::Some) {
            let message = format!("gate `{}` passes when the first part of its pipe fails", self.id);
            let help = "run the program itself, or say `pass`";
            self.add(at, ("passes-on-nothing", Warning), (message, help));
        }
        if command.run.iter().any(|word| word.contains("result[0]")) {
            let message = format!(
                "gate `{}` takes the first of the answer's series, and passes when there is none",
                self.id
            );
            let help = "make it a [metric.*] with the query, and the gate `metric = \"…\"`";
            self.add(at, ("passes-on-no-data", Error), (message, help));
        }
    }
}

/// Whether the metric is called after what is counted: `restarts` of `pod-restarts`.
fn names(metric: &Metric, thing: &str) -> bool {
    let own = format!("{} {}", metric.id, metric.title.raw()).to_lowercase();
    let stem = thing.to_lowercase();
    let stem = stem.trim_end_matches('s');
    !stem.is_empty() && own.contains(stem)
}

/// Whether a word behind a number is rather a slip than what is counted.
fn is_odd(thing: &str) -> bool {
    const UNITS: [&str; 10] =
        ["ms", "sec", "min", "hours", "bytes", "MB", "percent", "seconds", "minutes", "rps"];
    let low = thing.to_lowercase();
    let one = !low.contains(' ');
    let slip = low.len() > 3 && nearest(&low, UNITS).is_some_and(|unit| unit.len() > 2);
    one && (NO_UNITS.contains(&low.as_str()) || slip || low.len() <= 2)
}
